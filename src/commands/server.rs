//! `vdk server`: the Control Service on this machine, on the store that `-u local` uses.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use clap::ArgMatches;
use secrecy::{ExposeSecret, SecretString};
use vdk_store::MasterKeys;
use zeroize::Zeroizing;

use super::job::{local_keys, user};
use crate::auth::{CredentialStore, Credentials};
use crate::exit::{Exit, Failure};
use crate::paths;
use crate::settings::Settings;
use crate::talk::Talk;

/// Serves until a signal ends it, or runs `vdk server token`.
pub fn run(flags: &ArgMatches, talk: Talk) -> anyhow::Result<Exit> {
    let own = Settings::new()?;
    let settings =
        vdk_server::settings(flags, own.path(paths::LOCAL_STORE)).map_err(|invalid| {
            Failure::usage(
                "A setting of the service is not valid.",
                format!("{invalid}."),
                "Correct it; vdk server --help lists all settings.",
            )
        })?;
    if flags.get_flag("check-config") {
        talk.note("the settings are sound");
        return Ok(Exit::Done);
    }
    let keys: Box<dyn MasterKeys> = match &settings.master_key {
        Some(given) => Box::new(vdk_server::master_keys(Some(given.clone()))),
        None => Box::new(local_keys(talk)?),
    };
    let failed = |failed: vdk_server::Failed| {
        Failure::new(
            Exit::Unavailable,
            "The service cannot do this.",
            format!("{failed}."),
            crate::exit::NOTHING_CHANGED,
            "Correct what is named, and try again.",
        )
    };
    if let Some(("token", token)) = flags.subcommand() {
        if vdk_server::run_token_command(settings, &*keys, token).map_err(failed)? {
            return Ok(Exit::Done);
        }
        return Err(Failure::new(
            Exit::NotFound,
            "There is no token with this id.",
            "It was revoked and forgotten, or never made; the id is not shown, as it may be a token.",
            crate::exit::NOTHING_CHANGED,
            "List the ids: vdk server token list",
        )
        .into());
    }
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let login = settings.security.then(user);
    let who = match &login {
        Some(_) => "you are logged in to it, and no other user is",
        None => "everybody on this machine may do everything",
    };
    let kept = RefCell::new(None);
    let ready = |address: SocketAddr, token: Option<SecretString>| {
        let store = CredentialStore::own_server(&own, address.port(), talk);
        let done = match token {
            Some(token) => keep(&store, scheme, address, &token),
            // A killed server left this login behind.
            None if store.path().exists() => store.lock().and_then(|_lock| store.remove()),
            None => Ok(()),
        };
        if let Err(failure) = done {
            talk.warning(&format!("{} {}", failure.body.what, failure.body.why));
        }
        *kept.borrow_mut() = Some(store);
        talk.note(&format!(
            "serving {scheme}://{address}, until Ctrl-C; {who}: vdk set-default -u {}",
            own_url(scheme, address)
        ));
    };
    let served = vdk_server::run(settings, &*keys, login, ready);
    if let Some(store) = kept.take().filter(|store| store.path().exists())
        && let Err(failure) = store.lock().and_then(|_lock| store.remove())
    {
        talk.warning(&format!("{} {}", failure.body.what, failure.body.why));
    }
    served.map_err(failed)?;
    Ok(Exit::Done)
}

/// Saves the login for the service at `address` alone: somebody else may listen on this machine's
/// other addresses.
fn keep(
    store: &CredentialStore,
    scheme: &str,
    address: SocketAddr,
    token: &SecretString,
) -> Result<(), Failure> {
    let url = own_url(scheme, address);
    let credentials = Credentials {
        api_token: Some(Zeroizing::new(token.expose_secret().to_string())),
        api_token_authorization_url: Some(format!("{url}/oauth2/token")),
        auth_type: Some("api-token".into()),
        services: vec![url],
        ..Credentials::default()
    };
    let _lock = store.lock()?;
    store.save_new(&credentials).map(|_| ())
}

/// Returns the URL of the service at `address`, as seen from this machine.
fn own_url(scheme: &str, mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("{scheme}://{address}")
}
