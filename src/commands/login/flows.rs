//! The ways to log in: by an API token, in a browser, or with a code on another device.

use std::io::BufReader;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use vdk_api::escape;
use vdk_client::auth::{
    ClientName, Credentials, Endpoints, Provider, checked_token, failed, given_token,
};
use vdk_client::config::{env_vars, variable};
use vdk_client::http::BaseUrl;
use vdk_client::{Error, ErrorKind};
use zeroize::Zeroizing;

use super::LoginArgs;
use super::browser::{Callback, open as open_browser};
use crate::error::write_stderr;
use crate::terminal::prompt;
use crate::terminal::streams::unlocked_stdin;

/// Default time to wait for the browser.
pub const BROWSER: Duration = Duration::from_secs(120);
/// Longest wait for another device, even if its code is valid for longer.
const DEVICE: Duration = Duration::from_secs(3600);

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
            Some(token) => token,
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
    let own = service.filter(|_| is_ours).map(|service| service.join("/oauth2/token"));
    let url = url.or(own).ok_or_else(|| {
        Error::usage("Login failed.")
            .why(format!(
                "Where the API token is exchanged is not known: neither \
                 --api-token-authorization-url nor {} is set, and it is no token of a Control \
                 Service (vdk_…) that is configured.",
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
        Error::usage("Login failed.").why("The client id at the provider is not known.").help("Give --client-id ID, and --issuer URL or --oauth2-discovery-url and --oauth2-exchange-url.")
    })?;
    let secret = match &args.client_secret {
        Some(secret) => Some(secret.clone()),
        None => variable(env_vars::CLIENT_SECRET)?,
    };
    let mut endpoints = match args.issuer.as_deref() {
        Some(issuer) => provider.discover(issuer)?,
        None => Endpoints::default(),
    };
    endpoints.authorization = args.oauth2_discovery_url.clone().or(endpoints.authorization);
    endpoints.token = args.oauth2_exchange_url.clone().or(endpoints.token);
    if endpoints.token.is_none() {
        return Err(Error::usage("Login failed.")
            .why("The addresses of the provider are not known.")
            .help("Give --issuer URL, or --oauth2-discovery-url and --oauth2-exchange-url."));
    }
    let client = ClientName { id, secret: secret.map(SecretString::from) };
    Ok((client, endpoints))
}

pub fn browser(
    provider: &Provider<'_>,
    client: &ClientName,
    endpoints: &Endpoints,
    scopes: &[String],
    limit: Duration,
    credentials: &mut Credentials,
) -> Result<(), Error> {
    let port = variable(env_vars::REDIRECT_PORT)?;
    let port = port.as_deref().unwrap_or("31113").trim().parse::<u16>().map_err(|_| {
        Error::usage("A setting is not valid.")
            .why(format!("{}: a port from 0 to 65535 is expected.", env_vars::REDIRECT_PORT))
            .help("Correct the variable or unset it.")
    })?;
    let mut callback = Callback::listen(port).map_err(|error| {
        failed(
            format!("The browser's answer cannot be received on 127.0.0.1:{port}: {error}."),
            &format!(
                "End what uses the port, or choose another one, which the provider has to know: {}",
                env_vars::REDIRECT_PORT
            ),
        )
    })?;
    let redirect = callback.redirect_uri();
    let authorization = provider.authorization(endpoints, client, redirect, scopes)?;
    let state = authorization.state.secret().clone();
    callback.expect(&state);
    let url = escape::line(authorization.url.as_str()).into_owned();
    if open_browser(authorization.url.as_str()) {
        write_stderr(&format!("Log in in the browser, which opened:\n  {url}\n"));
    } else {
        write_stderr(&format!(
            "Open this address in a browser and log in:\n  {url}\nIf the browser then cannot reach \
             127.0.0.1, copy its address here: "
        ));
        callback.expect_line(BufReader::new(unlocked_stdin()), &state, write_stderr);
    }
    match callback.wait(limit) {
        Some(Ok(code)) => {
            provider.exchange_code(endpoints, client, authorization, code, credentials)
        }
        Some(Err(why)) => Err(failed(
            format!("The provider says: {why}."),
            "Log in again, or ask the provider's operator.",
        )),
        None => Err(failed(
            format!("Nobody logged in within {} seconds.", limit.as_secs()),
            "Try again; --timeout gives more time.",
        )),
    }
}

pub fn device(
    provider: &Provider<'_>,
    client: &ClientName,
    endpoints: &Endpoints,
    scopes: &[String],
    limit: Option<Duration>,
    credentials: &mut Credentials,
) -> Result<(), Error> {
    let details = provider.device(endpoints, client, scopes)?;
    let shown = |text: &str| escape::line(text).into_owned();
    write_stderr(&format!(
        "On any device open {} and enter the code {}\n",
        shown(details.verification_uri()),
        shown(details.user_code().secret())
    ));
    if let Some(whole) = details.verification_uri_complete() {
        write_stderr(&format!("  or open {}\n", shown(whole.secret())));
    }
    let limit = limit.unwrap_or_else(|| details.expires_in().min(DEVICE));
    provider.exchange_device(endpoints, client, &details, limit, credentials)
}
