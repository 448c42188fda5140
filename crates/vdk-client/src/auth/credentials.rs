//! A saved login: the members of the Python vdk's `vdk-cred.json`, and a few that the Python vdk
//! ignores.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// Seconds before its expiry from which a token is no longer sent. `PART` of the token's lifetime
/// is the upper bound: otherwise each command would renew a one-minute token.
const MARGIN: f64 = 60.0;
const PART: f64 = 0.1;
/// Seconds that a token of unknown expiry is used.
const UNTOLD: f64 = 300.0;

/// The known members; the first nine are the Python vdk's.
const MEMBERS: [&str; 15] = [
    "authorization_url",
    "refresh_token",
    "access_token",
    "access_token_expiration_time",
    "client_id",
    "client_secret",
    "api_token",
    "api_token_authorization_url",
    "auth_type",
    "access_token_life",
    "services",
    "revocation_url",
    "store",
    "entry",
    "renewal_refused",
];

/// A string that is zeroed when it is dropped.
pub type Secret = Zeroizing<String>;

/// A login, as it is saved.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Credentials {
    /// The token endpoint for the refresh token.
    pub authorization_url: Option<String>,
    /// The refresh token of `credentials` and `device`.
    pub refresh_token: Option<Secret>,
    /// The token for requests.
    pub access_token: Option<Secret>,
    /// Expiry of the access token, in seconds since 1970.
    pub access_token_expiration_time: f64,
    /// The client id of `credentials` and `device`.
    pub client_id: Option<String>,
    /// The client's secret, if it has one.
    pub client_secret: Option<Secret>,
    /// The API token of `api-token`.
    pub api_token: Option<Secret>,
    /// The token endpoint for the API token.
    pub api_token_authorization_url: Option<String>,
    /// `api-token`, `credentials` or `device`.
    pub auth_type: Option<String>,
    /// Not in the Python vdk: the lifetime of the access token in seconds, if it is short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_life: Option<f64>,
    /// Not in the Python vdk: the origins that the login is for; empty until its first use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Not in the Python vdk: the revocation endpoint (RFC 7009).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_url: Option<String>,
    /// Not in the Python vdk: says that all the rest is in the keyring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Not in the Python vdk: the random part of the name of the keyring's entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// Not in the Python vdk: when the provider refused to renew it, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewal_refused: Option<f64>,
    /// Unknown members, such as those of a newer version. They are preserved.
    #[serde(skip)]
    pub rest: Map<String, Value>,
}

impl Credentials {
    /// Parses a login. The error is for the user, and quotes nothing.
    pub fn parse(text: &[u8]) -> Result<Self, &'static str> {
        const OTHER: &str = "it is not the JSON object that vdk login writes";
        // serde would also accept an array of the members' values.
        if text.trim_ascii().first() != Some(&b'{') {
            return Err(OTHER);
        }
        let mut credentials: Credentials = serde_json::from_slice(text).map_err(|_| OTHER)?;
        credentials.rest = serde_json::from_slice(text).map_err(|_| OTHER)?;
        credentials.rest.retain(|name, _| !MEMBERS.contains(&name.as_str()));
        let tokens =
            [&credentials.access_token, &credentials.refresh_token, &credentials.api_token];
        let is_token = |token: &&Secret| token.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if tokens.into_iter().flatten().all(|token| is_token(&token)) {
            Ok(credentials)
        } else {
            Err("one of its tokens contains invalid characters")
        }
    }

    /// Returns the login as JSON.
    pub fn to_json(&self) -> Secret {
        let mut text = Zeroizing::new(serde_json::to_string(self).unwrap_or_default());
        if !self.rest.is_empty() {
            let rest = Zeroizing::new(serde_json::to_string(&self.rest).unwrap_or_default());
            text.pop();
            text.push(',');
            text.push_str(&rest[1..]);
        }
        text
    }

    /// Returns the access token if it is still valid.
    pub fn good_token(&self) -> Option<SecretString> {
        let token = self.access_token.as_ref().filter(|token| !token.is_empty())?;
        let margin = self.access_token_life.map_or(MARGIN, |life| MARGIN.min(life * PART));
        let is_good = self.access_token_expiration_time >= now() + margin;
        is_good.then(|| SecretString::from(token.as_str()))
    }

    /// Returns true if there is any token.
    pub fn is_login(&self) -> bool {
        let tokens = [&self.access_token, &self.refresh_token, &self.api_token];
        tokens.into_iter().flatten().any(|token| !token.is_empty())
    }

    /// Stores what a provider granted. A refresh token that it does not replace stays.
    pub fn take(&mut self, token: Secret, life: Option<f64>, refresh: Option<Secret>) {
        self.renewal_refused = None;
        let claimed = claims(&token).and_then(|claims| claims.get("exp")?.as_f64());
        let end = life.map(|life| now() + life).or(claimed).unwrap_or(now() + UNTOLD);
        self.access_token_expiration_time = end;
        self.access_token_life =
            Some(end - now()).filter(|life| (0.0..MARGIN / PART).contains(life));
        self.access_token = Some(token);
        if refresh.is_some() {
            self.refresh_token = refresh;
        }
    }

    /// Returns the user that the access token names. For display only: it is not verified.
    pub fn who(&self) -> Option<String> {
        let claims = claims(self.access_token.as_ref()?)?;
        ["username", "acct", "preferred_username", "email", "sub"]
            .into_iter()
            .find_map(|name| Some(claims.get(name)?.as_str()?.to_string()))
    }
}

/// Returns the seconds since 1970.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// Returns the claims of a JSON web token, unverified; `None` for any other token.
fn claims(token: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_python_vdks_members_first_and_ours_only_if_set() {
        let python = concat!(
            r#"{"authorization_url":null,"refresh_token":null,"access_token":"a","#,
            r#""access_token_expiration_time":5.5,"client_id":null,"client_secret":null,"#,
            r#""api_token":"x","api_token_authorization_url":"https://p","auth_type":"api-token"}"#
        );
        let mut credentials = Credentials::parse(python.as_bytes()).unwrap();
        assert_eq!(*credentials.to_json(), python);
        credentials.services.push("https://s".into());
        assert!(
            credentials.to_json().ends_with(r#""auth_type":"api-token","services":["https://s"]}"#)
        );
        assert!(Credentials::parse(b"{\"access_token\":\"a\\nb\"}").is_err());
        assert!(!Credentials::parse(b"{}").unwrap().is_login());
    }

    #[test]
    fn knows_every_member_and_keeps_others() {
        let all = Credentials {
            access_token_life: Some(0.0),
            services: vec![String::new()],
            revocation_url: Some(String::new()),
            store: Some(String::new()),
            entry: Some(String::new()),
            renewal_refused: Some(0.0),
            rest: Map::from_iter([("later".to_string(), Value::from(1))]),
            ..Credentials::default()
        };
        let text = all.to_json();
        let members: Map<String, Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(members.keys().map(String::as_str).take(15).collect::<Vec<_>>(), MEMBERS);
        assert_eq!(Credentials::parse(text.as_bytes()).unwrap().rest, all.rest);
    }

    #[test]
    fn takes_the_expiry_from_the_provider_or_the_token() {
        let of = |life, token: &str| {
            let mut credentials = Credentials::default();
            credentials.take(Zeroizing::new(token.into()), life, None);
            credentials.access_token_expiration_time - now()
        };
        let token =
            format!("x.{}.y", URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{}}}", now() + 50.0)));
        assert!((of(Some(900.0), &token) - 900.0).abs() < 5.0);
        assert!((of(None, &token) - 50.0).abs() < 5.0);
        assert!((of(None, "opaque") - UNTOLD).abs() < 5.0);
    }
}
