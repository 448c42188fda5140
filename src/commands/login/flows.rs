//! Logs in by an API token, and collects what the other logins need: the client, the provider's
//! addresses, that of the redirect.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use vdk_client::auth::{
    ClientName, Credentials, Endpoints, Extra, Provider, Redirect, checked_token,
    given_client_secret, given_token,
};
use vdk_client::config::{env_vars, variable};
use vdk_client::http::BaseUrl;
use vdk_client::{Error, ErrorKind};
use zeroize::Zeroizing;

use super::LoginArgs;
use crate::terminal::prompt;

/// Default time to wait for the browser.
pub const BROWSER: Duration = Duration::from_secs(120);

pub fn api_token(
    args: &LoginArgs,
    provider: &Provider<'_>,
    service: Option<&BaseUrl>,
    credentials: &mut Credentials,
) -> Result<(), Error> {
    let url = match &args.api_token_authorization_url {
        Some(url) => Some(url.clone()),
        None => variable(env_vars::API_TOKEN_URL)?,
    };
    let token = match args.api_token.as_deref() {
        Some(token) => checked_token(token, "--api-token")?,
        None => match given_token()? {
            Some((token, _)) => token,
            None => {
                let origin = if prompt::has_terminal() { "the prompt" } else { "standard input" };
                checked_token(&prompt::only_secret("Oauth2 API token")?, origin)?
            }
        },
    };
    if token.expose_secret().is_empty() {
        return Err(Error::new(ErrorKind::Cancelled, "Login failed.")
            .why("The API token is empty.")
            .help("Give it at the prompt, as a line of stdin, or in VDK_API_TOKEN."));
    }
    // Without an address, only a token of our own service can be exchanged.
    let is_ours = token.expose_secret().starts_with("vdk_");
    let own = service.filter(|_| is_ours).map(|service| service.join(vdk_api::route::TOKEN));
    let url = url.or(own).ok_or_else(|| {
        Error::usage("Login failed.")
            .why(format!(
                "No token endpoint is known: neither --api-token-authorization-url nor {} is set, \
                 and the token is not one of a configured Control Service (vdk_…).",
                env_vars::API_TOKEN_URL
            ))
            .help("Give -u URL, or save the Control Service: vdk set-default -u URL")
    })?;
    provider.exchange_api_token(&url, token.expose_secret(), credentials)?;
    credentials.api_token = Some(Zeroizing::new(token.expose_secret().into()));
    credentials.api_token_authorization_url = Some(url);
    Ok(())
}

pub fn client(args: &LoginArgs, provider: &Provider<'_>) -> Result<(ClientName, Endpoints), Error> {
    let id = args.client_id.clone().ok_or_else(|| {
        Error::usage("Login failed.").why("The client id at the provider is not set.").help(
            "Give --client-id ID with --issuer URL, or with --oauth2-discovery-url and \
             --oauth2-exchange-url.",
        )
    })?;
    let secret = match &args.client_secret {
        Some(secret) => Some(SecretString::from(secret.as_str())),
        None => given_client_secret()?,
    };
    let mut endpoints = match args.issuer.as_deref() {
        Some(issuer) => provider.discover(issuer)?,
        None => Endpoints::default(),
    };
    endpoints.authorization = args.oauth2_discovery_url.clone().or(endpoints.authorization);
    endpoints.token = args.oauth2_exchange_url.clone().or(endpoints.token);
    if endpoints.token.is_none() {
        return Err(Error::usage("Login failed.")
            .why("No token endpoint of the provider was found.")
            .help("Give --issuer URL, or --oauth2-discovery-url and --oauth2-exchange-url."));
    }
    let client = ClientName { id, secret };
    Ok((client, endpoints))
}

/// Returns what to ask the provider for.
pub fn extra(args: &LoginArgs) -> Result<Extra, Error> {
    let mut extra = Extra::new(args.scope.as_deref().unwrap_or_default());
    for (name, value) in [("audience", &args.audience), ("prompt", &args.prompt)] {
        if let Some(value) = value {
            extra.add(name, value)?;
        }
    }
    for parameter in &args.parameter {
        let (name, value) = parameter.split_once('=').unwrap_or(("", parameter));
        extra.add(name, value)?;
    }
    Ok(extra)
}

/// Returns the address for the browser's redirect.
pub fn redirect(args: &LoginArgs) -> Result<Redirect, Error> {
    let port = variable(env_vars::REDIRECT_PORT)?;
    let port = port.as_deref().unwrap_or("31113").trim().parse().map_err(|_| {
        Error::usage("Invalid setting.")
            .why(format!("{}: a port from 0 to 65535 is expected.", env_vars::REDIRECT_PORT))
            .help("Correct the variable or unset it.")
    })?;
    let Some(text) = &args.redirect_uri else { return Ok(Redirect::on_port(port)) };
    Redirect::parse(text, port).map_err(|why| {
        Error::usage("Invalid address in --redirect-uri.")
            .why(format!("The browser cannot be sent to it: {why}."))
            .help(
                "Give an address of this machine that is registered at the provider, such as \
                   http://localhost:8400/callback.",
            )
    })
}
