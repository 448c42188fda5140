//! What a login asks the provider for beyond what the protocol requires.

use super::error::NOT_CHANGED;
use crate::Error;

/// Parameters of an authorization request that this client sets itself (RFC 6749, section 4.1.1; RFC
/// 7636; RFC 8628, section 3.1).
const OURS: [&str; 10] = [
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

/// Scopes and other parameters of an authorization request.
#[derive(Clone, Debug, Default)]
pub struct Extra {
    /// The scopes.
    pub scopes: Vec<String>,
    /// Names and values that the provider knows, such as an audience.
    parameters: Vec<(String, String)>,
}

impl Extra {
    /// Asks for `scopes`, which spaces separate.
    pub fn new(scopes: &str) -> Self {
        let scopes = scopes.split_whitespace().map(String::from).collect();
        Extra { scopes, parameters: Vec::new() }
    }

    /// Adds a parameter. One that this client sets itself is refused.
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), Error> {
        if name.is_empty() || OURS.contains(&name) {
            let why = match name {
                "" => "A parameter has no name.".into(),
                name => format!("vdk sets the parameter '{name}' itself."),
            };
            return Err(Error::usage("Login failed.")
                .why(why)
                .consequences(NOT_CHANGED)
                .help("Give parameters that only the provider knows: --parameter NAME=VALUE"));
        }
        self.parameters.push((name.into(), value.into()));
        Ok(())
    }

    /// Returns the parameters. OpenID Connect gives offline access only with the person's consent
    /// (Core 1.0, section 11), so that is asked for unless another prompt is wanted.
    pub fn parameters(&self) -> Vec<(&str, &str)> {
        let given = self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut all: Vec<_> = given.collect();
        let is_offline = self.scopes.iter().any(|scope| scope == "offline_access");
        if is_offline && all.iter().all(|(name, _)| *name != "prompt") {
            all.push(("prompt", "consent"));
        }
        all
    }
}
