//! `vdk login --status` and `--allow`: shows the saved login, and allows it for one more service.

use vdk_api::{escape, info_path};
use vdk_client::auth::{
    CredentialStore, Place, SavedLogins, Selected, given_token, now, own_login,
};
use vdk_client::config::{Target, checked_name};
use vdk_client::http::BaseUrl;
use vdk_client::service::get_answer;
use vdk_client::{Error, ErrorKind};

use super::{LoginArgs, service_of};
use crate::args::is_json;
use crate::context::Context;
use crate::error::Exit;
use crate::formats;
use crate::terminal::reporter::TerminalReporter;

/// Allows the login for `service`, or the only one unless the user has named the service, for the service
/// at `url` as well.
pub fn allow(
    saved: &SavedLogins,
    (service, is_named): (Option<BaseUrl>, bool),
    url: &str,
    reporter: TerminalReporter,
) -> anyhow::Result<Exit> {
    let base = BaseUrl::parse(url).map_err(|why| {
        Error::usage("Invalid address of the Control Service.")
            .why(format!("--allow: {why}."))
            .help("Give a base URL such as https://vdk.example.org/.")
    })?;
    let _lock = saved.lock()?;
    let origin = service.map(|service| service.origin());
    let Some(store) = saved.chosen(origin.as_deref(), is_named)? else {
        return Err(nobody().into());
    };
    if let Selected::Login(other) = saved.find(&base.origin())?
        && other.path() != store.path()
    {
        return Err(Error::usage(format!("{base} has a login of its own."))
            .why("Each service has one.")
            .help(format!("To use another one there, remove it first: vdk logout -u {base}"))
            .into());
    }
    let _lock = store.lock()?;
    let Some((mut credentials, place)) = store.load()? else { return Err(nobody().into()) };
    if !credentials.services.contains(&base.origin()) {
        credentials.services.push(base.origin());
    }
    store.save_again(&credentials, place)?;
    reporter.note(&format!("the saved login is for {}", credentials.services.join(" and ")));
    Ok(Exit::Done)
}

/// Prints who is logged in at the configured service, and which logins there are beside it.
pub fn show_status(
    saved: &SavedLogins,
    args: &LoginArgs,
    context: &Context,
) -> anyhow::Result<Exit> {
    let (settings, as_json) = (context.settings()?, is_json(&args.output));
    let url = args.rest_api_url.as_deref();
    if args.check {
        check(url, args.insecure.allow_insecure_http, context)?;
    }
    // An invalid address has no login of its own.
    let base = match (url, service_of(url, settings)) {
        (Some(_), Err(error)) => return Err(error.into()),
        (_, base) => base.ok().flatten(),
    };
    let store = match &base {
        None => saved.all()?.into_iter().find(|store| !matches!(store.outline(), Ok(None))),
        Some(base) => {
            let selected = saved.find(&base.origin());
            let has_login = matches!(selected, Ok(Selected::Login(_)));
            match own_login(settings, base, has_login, context.reports())? {
                Some(own) => Some(own.store),
                None => match selected? {
                    Selected::Login(store) | Selected::Unbound(store) => Some(store),
                    Selected::Others(_) => None,
                },
            }
        }
    };
    let others = saved.services_beside(store.as_ref());
    if let Some((_, origin)) = given_token()? {
        return status_of_variable(store.as_ref(), origin, as_json);
    }
    match (store, base) {
        (Some(store), _) => status(&store, &others, as_json),
        (None, None) if matches!(settings.known_target(), Ok(Some(Target::Local))) => {
            status_of_local(as_json)
        }
        (None, base) => status_of_nobody(base.as_ref(), &others, as_json),
    }
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

/// Prints that commands use the token of the environment, and the login that it hides.
fn status_of_variable(
    store: Option<&CredentialStore>,
    origin: &str,
    as_json: bool,
) -> anyhow::Result<Exit> {
    let hidden = store.map(CredentialStore::load).transpose()?.flatten();
    let hidden = hidden.map(|(credentials, _)| credentials);
    if as_json {
        let hidden = hidden
            .map(|login| serde_json::json!({"user": login.who(), "services": login.services}));
        let status = serde_json::json!({
            "logged_in": true, "store": origin, "hidden": hidden,
        });
        formats::print(&format!("{status}\n"))?;
        return Ok(Exit::Done);
    }
    let line = |label: &str, text: &str| format!("{label:<9}{}\n", escape::line(text));
    let mut text = line("token", &format!("{origin}; every command uses it"));
    if let Some(login) = hidden {
        let user = login.who().map(|user| format!(" of {user}")).unwrap_or_default();
        let services = match login.services.as_slice() {
            [] => String::new(),
            services => format!(" for {}", services.join(" and ")),
        };
        text.push_str(&line("hidden", &format!("the saved login{user}{services}")));
    }
    formats::print(&text)?;
    Ok(Exit::Done)
}

/// Asks the configured service whether it takes the login, which is renewed for that if it has to be.
fn check(url: Option<&str>, insecure: bool, context: &Context) -> anyhow::Result<()> {
    let Target::Service(base) = context.target(url)? else {
        return Err(Error::usage("There is nothing to check.")
            .why("The store on this machine (local) is in use, which needs no login.")
            .help("Leave out --check.")
            .into());
    };
    let (http, expired) = context.connect(&base, insecure)?;
    // Whoever is known may ask; whether there is such a team does not matter here.
    let path = info_path(&checked_name("team", "check", "")?.0);
    let doing = "check the login";
    match get_answer(&http, &path, doing, expired) {
        Err(failure) if failure.kind == ErrorKind::NotAllowed => {
            let answer = http.get(&path).map_err(|error| http.failure(&error, doing, None))?;
            if answer.status == 401 {
                return Err(failure.into());
            }
        }
        Err(failure) if failure.kind != ErrorKind::NotFound => return Err(failure.into()),
        _ => {}
    }
    context.reporter.note(&format!("{base} accepts the login"));
    Ok(())
}

/// Prints that nobody is logged in at the service at `base`.
fn status_of_nobody(
    base: Option<&BaseUrl>,
    others: &[String],
    as_json: bool,
) -> anyhow::Result<Exit> {
    if as_json {
        let status = serde_json::json!({"logged_in": false, "others": others});
        formats::print(&format!("{status}\n"))?;
        return Ok(Exit::NotAllowed);
    }
    Err(match base {
        Some(base) if !others.is_empty() => {
            Error::new(ErrorKind::NotAllowed, format!("Not logged in at {base}."))
                .why(format!("What is saved is for {}.", others.join(" and ")))
                .help("Log in there: vdk login")
        }
        _ => nobody(),
    }
    .into())
}

fn status(store: &CredentialStore, others: &[String], as_json: bool) -> anyhow::Result<Exit> {
    let Some((credentials, place)) = store.load()? else {
        return status_of_nobody(None, others, as_json);
    };
    let kept = match place {
        Place::Keyring => "keyring".to_string(),
        Place::File => store.path().display().to_string(),
    };
    let end = credentials.access_token_expiration_time;
    let is_refused = credentials.renewal_refused.is_some();
    let is_renewed =
        !is_refused && (credentials.refresh_token.is_some() || credentials.api_token.is_some());
    // A token is refused as well when its time is not over yet: then renewing it was tried.
    let is_good = !is_refused && (is_renewed || credentials.good_token().is_some());
    let who = credentials.who();
    if as_json {
        let status = serde_json::json!({
            "logged_in": is_good,
            "user": who,
            "services": credentials.services,
            "store": kept,
            "auth_type": credentials.auth_type,
            "expires": end,
            "renewed": is_renewed,
            "refused": is_refused,
            "others": others,
        });
        formats::print(&format!("{status}\n"))?;
    } else {
        let left = end - now();
        let ends = match left {
            _ if is_refused => "it has ended".into(),
            left if left <= 0.0 => "expired".into(),
            left if left < 120.0 => format!("in {left:.0} s"),
            left if left < 7200.0 => format!("in {:.0} min", left / 60.0),
            left => format!("in {:.0} h", left / 3600.0),
        };
        let renewed = match is_renewed {
            false if is_refused => "; the provider refused to renew it. Log in again: vdk login",
            true if left <= 0.0 => "; the next command renews it",
            true => ", renewed automatically",
            false => "",
        };
        let services = match credentials.services.is_empty() {
            true => "the first one that it is used with".into(),
            false => credentials.services.join(" and "),
        };
        let unknown = match credentials.access_token {
            Some(_) => "not named in the token",
            None => "known after the first command",
        };
        let line = |label: &str, text: &str| format!("{label:<9}{}\n", escape::line(text));
        let others = match others {
            [] => String::new(),
            others => line("also", &others.join(" and ")),
        };
        formats::print(
            &[
                line("user", who.as_deref().unwrap_or(unknown)),
                line("service", &services),
                line("kept in", if place == Place::Keyring { "the keyring" } else { &kept }),
                line("ends", &format!("{ends}{renewed}")),
                others,
            ]
            .concat(),
        )?;
    }
    if is_good { Ok(Exit::Done) } else { Ok(Exit::NotAllowed) }
}

fn nobody() -> Error {
    Error::new(ErrorKind::NotAllowed, "Not logged in.")
        .why("No saved login was found.")
        .help("Log in: vdk login")
}
