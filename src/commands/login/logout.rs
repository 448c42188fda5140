//! `vdk logout`: removes a saved login, and revokes it if the provider can.

use clap::Args;
use vdk_api::escape;
use vdk_client::Error;
use vdk_client::auth::{CredentialStore, Provider, Saved, SavedLogins, given_token};
use vdk_client::completion::NameCache;

use super::service_of;
use crate::args::ServiceArgs;
use crate::context::Context;
use crate::error::Exit;

// The arguments of `vdk logout`.
#[derive(Args)]
#[group(skip)]
pub struct LogoutArgs {
    #[command(flatten)]
    service: ServiceArgs,
    #[arg(
        long,
        overrides_with = "all",
        conflicts_with = "rest_api_url",
        help = "Remove the logins at all services"
    )]
    all: bool,
}

/// Removes the login at a service, or all, and revokes them if the provider can.
pub fn log_out(args: &LogoutArgs, context: &Context) -> anyhow::Result<Exit> {
    let reporter = context.reporter;
    let settings = context.settings()?;
    let saved = SavedLogins::new(settings, context.reports());
    let url = args.service.rest_api_url.as_deref();
    // A setting that is invalid keeps no login from being removed.
    let service = match (url, service_of(url, settings)) {
        (Some(_), Err(error)) => return Err(error.into()),
        (_, service) => service.ok().flatten(),
    };
    let _lock = saved.lock()?;
    let origin = service.map(|service| service.origin());
    let chosen = match args.all {
        true => None,
        false => saved.chosen(origin.as_deref(), url.is_some()).map_err(name_all)?,
    };
    let stores = match chosen {
        Some(store) => vec![store],
        None if url.is_some() => {
            reporter.note("no login for this service is saved");
            Vec::new()
        }
        None => saved.all()?,
    };
    let mut failure = None;
    for store in &stores {
        let _lock = store.lock()?;
        let service = url.and(origin.as_deref());
        if let Err(error) = end(store, service, args.service.insecure.allow_insecure_http, context)
        {
            // The others are still to be removed.
            failure.get_or_insert(error);
        }
    }
    saved.remove_leftovers();
    NameCache::remove(settings);
    let others = saved.services_beside(None);
    if !others.is_empty() {
        reporter.note(&format!(
            "the login for {} stays. To remove every login: vdk logout --all",
            others.join(" and ")
        ));
    }
    if let Ok(Some((_, origin))) = given_token() {
        reporter.warning(&format!("{origin} is still set, and commands use it"));
    }
    match failure {
        Some(error) => Err(error),
        None => Ok(Exit::Done),
    }
}

fn name_all(error: Error) -> Error {
    error.help("Say which one is meant, -u URL, or remove all: vdk logout --all")
}

/// Ends one login: revokes and removes it, or takes it from `service` alone if it is for others as well.
/// The caller holds its lock.
fn end(
    store: &CredentialStore,
    service: Option<&str>,
    insecure: bool,
    context: &Context,
) -> anyhow::Result<()> {
    if let Some(service) = service
        && let Some(login) = store.outline()?
        && login.services.len() > 1
    {
        let others = login.services.into_iter().filter(|other| other != service);
        return Ok(store.set_services(&Vec::from_iter(others))?);
    }
    let reporter = context.reporter;
    let saved = match store.look() {
        Err(failure) if store.is_in_keyring() => return Err(failure.into()),
        // An unreadable login can still be removed.
        looked => looked.unwrap_or(Saved::Nothing),
    };
    match saved {
        Saved::Nothing => {}
        Saved::Missing(why) => reporter
            .warning(&format!("the login could not be revoked: {}", escape::line(&why.body.why))),
        Saved::Login(credentials, _) => {
            let http = context.settings()?.http()?;
            let provider = Provider { settings: &http, insecure, reports: context.reports() };
            match provider.revoke(&credentials) {
                Ok(true) => reporter.note("the login is revoked at the provider"),
                Ok(false) if credentials.refresh_token.is_some() => reporter.warning(
                    "cannot revoke the login: no revocation endpoint of the provider is known. \
                     Copies of the login stay valid until they expire",
                ),
                Ok(false) => {}
                Err(failure) => reporter.warning(&format!(
                    "cannot revoke the login at the provider: {}",
                    escape::line(&failure.body.why)
                )),
            }
        }
    }
    Ok(store.remove()?)
}
