//! `vdk login`, `vdk login --status` and `vdk logout`.

use std::io::BufReader;
use std::time::Duration;

use clap::ArgMatches;
use secrecy::{ExposeSecret, SecretString};
use vdk_api::escape;
use vdk_client::NOTHING_CHANGED;
use vdk_client::auth::{
    ClientName, CredentialStore, Credentials, Endpoints, Place, Provider, checked_token, failed,
    given_token, now, own_login,
};
use vdk_client::config::env_vars;
use vdk_client::config::{HttpSettings, Settings, Target, variable};
use vdk_client::http::BaseUrl;
use vdk_client::{Error, ErrorKind};
use vdk_platform::keyring::chosen_place;
use zeroize::Zeroizing;

use super::browser::{Callback, open as open_browser};
use super::{text, wants_json};
use crate::error::{Exit, write_stderr};
use crate::formats;
use crate::terminal::prompt;
use crate::terminal::reporter::TerminalReporter;
use crate::terminal::streams::unlocked_stdin;

/// Default time to wait for the browser.
const BROWSER: Duration = Duration::from_secs(120);
/// Longest wait for another device, even if its code is valid for longer.
const DEVICE: Duration = Duration::from_secs(3600);

/// Logs in, or runs `--status` or `--allow`.
pub fn run(flags: &ArgMatches, reporter: TerminalReporter) -> anyhow::Result<Exit> {
    let settings = Settings::new(&reporter.shared())?;
    let store = CredentialStore::login(&settings, &reporter.shared());
    if flags.get_flag("status") {
        // An invalid address has no login of its own.
        let base = configured(&settings).ok().flatten();
        let own = base.map(|base| own_login(&settings, &base, &reporter.shared())).transpose()?;
        let store = own.flatten().map_or(store, |own| own.store);
        let is_local = matches!(settings.known_target(), Ok(Some(Target::Local)));
        if is_local && store.load()?.is_none() {
            return status_of_local(wants_json(flags));
        }
        return status(&store, wants_json(flags));
    }
    if let Some(url) = text(flags, "allow") {
        return allow(&store, url, reporter);
    }
    // Rejects an invalid setting before the user logs in for nothing.
    chosen_place()?;
    let http = settings.http()?;
    let insecure = flags.get_flag("allow-insecure-http");
    let reports = reporter.shared();
    let provider = Provider { settings: &http, insecure, reports: &reports };
    let service = configured(&settings)?;
    let mut credentials = Credentials {
        services: service.iter().map(BaseUrl::origin).collect(),
        ..Credentials::default()
    };
    let kind = text(flags, "auth-type").unwrap_or("api-token").to_ascii_lowercase();
    match kind.as_str() {
        "api-token" => api_token(flags, &provider, service.as_ref(), &mut credentials)?,
        kind => {
            let limit = flags.get_one("timeout").copied().map(Duration::from_secs);
            let (client, endpoints) = client(flags, &provider)?;
            provider.check_token_url(&endpoints)?;
            let scopes = text(flags, "scope").unwrap_or_default();
            let scopes: Vec<String> = scopes.split_whitespace().map(String::from).collect();
            if kind == "device" {
                device(&provider, &client, &endpoints, &scopes, limit, &mut credentials)?;
            } else {
                let limit = limit.unwrap_or(BROWSER);
                browser(&provider, &client, &endpoints, &scopes, limit, &mut credentials)?;
            }
            credentials.authorization_url = endpoints.token;
            credentials.revocation_url = endpoints.revocation;
            credentials.client_secret =
                client.secret.map(|secret| Zeroizing::new(secret.expose_secret().into()));
            credentials.client_id = Some(client.id);
        }
    }
    credentials.auth_type = Some(kind);
    let _lock = store.lock()?;
    let place = store.save_new(&credentials)?;
    if place == Place::Keyring && super::has_other_vdk() {
        reporter.note(&format!(
            "the other vdk on PATH reads no keyring; for it: {}=file vdk login",
            env_vars::CREDENTIAL_STORE
        ));
    }
    if let Some(service) = &service {
        reporter.note(&format!("the login is for {service}"));
    }
    formats::print("Login Successful\n")?;
    Ok(Exit::Done)
}

/// Removes the login everywhere, and revokes it if the provider can.
pub fn log_out(flags: &ArgMatches, reporter: TerminalReporter) -> anyhow::Result<Exit> {
    let settings = Settings::new(&reporter.shared())?;
    let store = CredentialStore::login(&settings, &reporter.shared());
    let _lock = store.lock()?;
    let loaded = match store.load() {
        Err(failure) if store.is_in_keyring() => return Err(failure.into()),
        // An unreadable login can still be removed.
        loaded => loaded.ok().flatten(),
    };
    if let Some((credentials, _)) = &loaded {
        let http: HttpSettings = settings.http()?;
        let insecure = flags.get_flag("allow-insecure-http");
        match (Provider { settings: &http, insecure, reports: &reporter.shared() })
            .revoke(credentials)
        {
            Ok(true) => reporter.note("the login is revoked at the provider"),
            Ok(false) if credentials.refresh_token.is_some() => reporter.warning(
                "the provider tells no way to revoke the login: what was copied of it stays good \
                 until it ends",
            ),
            Ok(false) => {}
            Err(failure) => reporter.warning(&format!(
                "the login could not be revoked at the provider: {}",
                escape::line(&failure.body.why)
            )),
        }
    }
    store.remove()?;
    Ok(Exit::Done)
}

/// Returns the configured service, if there is one.
fn configured(settings: &Settings) -> Result<Option<BaseUrl>, Error> {
    match settings.known_target()? {
        Some(Target::Service(base)) => Ok(Some(base)),
        _ => Ok(None),
    }
}

fn api_token(
    flags: &ArgMatches,
    provider: &Provider<'_>,
    service: Option<&BaseUrl>,
    credentials: &mut Credentials,
) -> Result<(), Error> {
    let url = text(flags, "api-token-authorization-url").map(String::from);
    let url = match url {
        Some(url) => Some(url),
        None => variable(env_vars::API_TOKEN_URL)?,
    };
    let token = match text(flags, "api-token") {
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
        return Err(Error::new(
            ErrorKind::Cancelled,
            "Login failed.",
            "The API token is empty.",
            NOTHING_CHANGED,
            "Give it at the prompt, as a line of stdin, or in VDK_API_TOKEN.",
        ));
    }
    // Without an address, only a token of our own service can be exchanged.
    let is_ours = token.expose_secret().starts_with("vdk_");
    let own = service.filter(|_| is_ours).map(|service| service.join("/oauth2/token"));
    let url = url.or(own).ok_or_else(|| {
        Error::usage(
            "Login failed.",
            format!(
                "Where the API token is exchanged is not known: neither \
                 --api-token-authorization-url nor {} is set, and it is no token of a Control \
                 Service (vdk_…) that is configured.",
                env_vars::API_TOKEN_URL
            ),
            "Give -u URL, or save the Control Service: vdk set-default -u URL",
        )
    })?;
    provider.exchange_api_token(&url, token.expose_secret(), credentials)?;
    credentials.api_token = Some(Zeroizing::new(token.expose_secret().into()));
    credentials.api_token_authorization_url = Some(url);
    Ok(())
}

fn client(flags: &ArgMatches, provider: &Provider<'_>) -> Result<(ClientName, Endpoints), Error> {
    let id = text(flags, "client-id").ok_or_else(|| {
        Error::usage(
            "Login failed.",
            "The client id at the provider is not known.",
            "Give --client-id ID, and --issuer URL or --oauth2-discovery-url and --oauth2-exchange-url.",
        )
    })?;
    let secret = match text(flags, "client-secret") {
        Some(secret) => Some(secret.to_string()),
        None => variable(env_vars::CLIENT_SECRET)?,
    };
    let mut endpoints = match text(flags, "issuer") {
        Some(issuer) => provider.discover(issuer)?,
        None => Endpoints::default(),
    };
    let given = |name: &str| text(flags, name).map(String::from);
    endpoints.authorization = given("oauth2-discovery-url").or(endpoints.authorization);
    endpoints.token = given("oauth2-exchange-url").or(endpoints.token);
    if endpoints.token.is_none() {
        return Err(Error::usage(
            "Login failed.",
            "The addresses of the provider are not known.",
            "Give --issuer URL, or --oauth2-discovery-url and --oauth2-exchange-url.",
        ));
    }
    let client = ClientName { id: id.into(), secret: secret.map(SecretString::from) };
    Ok((client, endpoints))
}

fn browser(
    provider: &Provider<'_>,
    client: &ClientName,
    endpoints: &Endpoints,
    scopes: &[String],
    limit: Duration,
    credentials: &mut Credentials,
) -> Result<(), Error> {
    let port = variable(env_vars::REDIRECT_PORT)?;
    let port = port.as_deref().unwrap_or("31113").trim().parse::<u16>().map_err(|_| {
        Error::usage(
            "A setting is not valid.",
            format!("{}: a port from 0 to 65535 is expected.", env_vars::REDIRECT_PORT),
            "Correct the variable or unset it.",
        )
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

fn device(
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

fn allow(store: &CredentialStore, url: &str, reporter: TerminalReporter) -> anyhow::Result<Exit> {
    let base = BaseUrl::parse(url).map_err(|why| {
        Error::usage(
            "The address of the Control Service is not valid.",
            format!("--allow: {why}."),
            "Give a base URL such as https://vdk.example.org/.",
        )
    })?;
    let _lock = store.lock()?;
    let Some((mut credentials, place)) = store.load()? else { return Err(nobody().into()) };
    if !credentials.services.contains(&base.origin()) {
        credentials.services.push(base.origin());
        store.save_again(&credentials, place)?;
    }
    reporter.note(&format!("the saved login is for {}", credentials.services.join(" and ")));
    Ok(Exit::Done)
}

/// Prints that the store on this machine needs no login.
fn status_of_local(as_json: bool) -> anyhow::Result<Exit> {
    formats::print(match as_json {
        true => "{\"logged_in\": false, \"local\": true}\n",
        false => {
            "No login is saved, and none is needed: the store on this machine (local) is in use.\n"
        }
    })?;
    Ok(Exit::Done)
}

fn status(store: &CredentialStore, as_json: bool) -> anyhow::Result<Exit> {
    let Some((credentials, place)) = store.load()? else {
        if as_json {
            formats::print("{\"logged_in\": false}\n")?;
            return Ok(Exit::NotAllowed);
        }
        return Err(nobody().into());
    };
    let kept = match place {
        Place::Keyring => "keyring".to_string(),
        Place::File => store.path().display().to_string(),
    };
    let end = credentials.access_token_expiration_time;
    let is_renewed = credentials.refresh_token.is_some() || credentials.api_token.is_some();
    let who = credentials.who();
    if as_json {
        let status = serde_json::json!({
            "logged_in": is_renewed || credentials.good_token().is_some(),
            "user": who,
            "services": credentials.services,
            "store": kept,
            "auth_type": credentials.auth_type,
            "expires": end,
            "renewed": is_renewed,
        });
        formats::print(&format!("{status}\n"))?;
    } else {
        let left = end - now();
        let ends = match left {
            left if left <= 0.0 => "over".into(),
            left if left < 120.0 => format!("in {left:.0} s"),
            left if left < 7200.0 => format!("in {:.0} min", left / 60.0),
            left => format!("in {:.0} h", left / 3600.0),
        };
        let renewed = if is_renewed { ", and is renewed by itself" } else { "" };
        let services = match credentials.services.is_empty() {
            true => "the first one that it is used with".into(),
            false => credentials.services.join(" and "),
        };
        let line = |label: &str, text: &str| format!("{label:<9}{}\n", escape::line(text));
        formats::print(
            &[
                line("user", who.as_deref().unwrap_or("the token does not say")),
                line("service", &services),
                line("kept in", if place == Place::Keyring { "the keyring" } else { &kept }),
                line("ends", &format!("{ends}{renewed}")),
            ]
            .concat(),
        )?;
    }
    if is_renewed || credentials.good_token().is_some() {
        Ok(Exit::Done)
    } else {
        Ok(Exit::NotAllowed)
    }
}

fn nobody() -> Error {
    Error::new(
        ErrorKind::NotAllowed,
        "Nobody is logged in.",
        "There is no saved login.",
        NOTHING_CHANGED,
        "Log in with vdk login.",
    )
}
