//! Logins: selects the token that a Control Service gets, and keeps it valid.

mod callback;
mod credentials;
mod device;
mod environment;
mod error;
mod extra;
mod flow;
mod given;
mod interaction;
mod oauth;
mod redirect;
mod saved;
mod store;
mod token_response;

use std::net::SocketAddr;

pub use credentials::{Credentials, now};
use environment::{EnvironmentToken, exchange_url};
pub use extra::Extra;
pub use flow::Flow;
pub use given::{checked_token, given_client_secret, given_token};
pub use interaction::{DeviceCode, Interaction};
pub use oauth::{ClientName, Endpoints, Provider};
pub use redirect::Redirect;
pub use saved::{SavedLogins, Selected};
use secrecy::{ExposeSecret, SecretString};
pub use store::{CredentialStore, Place, Saved};
pub use token_response::on_exchange;
use vdk_platform::signals;

use crate::Reports;
use crate::config::env_vars;
use crate::config::{HttpSettings, Settings};
use crate::http::{BaseUrl, Renewal};
use crate::{Error, ErrorKind, NOTHING_CHANGED, Note, Warning};

/// The session for a service.
#[derive(Default)]
pub struct Session {
    /// The token, if there is one.
    pub token: Option<SecretString>,
    /// True if there was a login and it has expired.
    pub expired: bool,
    /// The function that gets another token if the service rejects this one.
    pub renewal: Option<Renewal>,
    /// The only address that `localhost` may resolve to: that of the user's own server. On this
    /// machine's other addresses somebody else may listen, who must not get the token.
    pub pinned: Option<SocketAddr>,
}

/// The logins that a service may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logins {
    /// The token of the environment, or else the saved login.
    All,
    /// The login that was saved for this service. The environment is for another one, and a saved
    /// login for no service yet would become this one's.
    SavedFor,
}

/// Returns the session for the service at `base`, with one of `logins`. `insecure` allows its token over
/// plain http.
pub fn token_for(
    logins: Logins,
    settings: &Settings,
    base: &BaseUrl,
    insecure: bool,
    reports: &Reports,
) -> Result<Session, Error> {
    let http = settings.http()?;
    let given = if logins == Logins::All { given_token()? } else { None };
    let shown = if let Some((token, origin)) = given {
        let url = exchange_url(base, &token, origin)?;
        let reports = reports.clone();
        EnvironmentToken { token, url, http, insecure, reports }.session()?
    } else {
        match Login::find(settings, base, http, (logins, insecure), reports)? {
            Some((login, credentials)) => {
                let pinned = login.pinned;
                Session { pinned, ..login.show(&credentials)? }
            }
            None => nobody(base, logins, insecure, reports),
        }
    };
    if shown.token.is_some() && !base.is_https() && !base.is_loopback() && !insecure {
        return Err(unencrypted(base));
    }
    Ok(shown)
}

/// Returns a session without a token. A server that is starting on this machine may log its user in
/// while the request waits for it.
fn nobody(base: &BaseUrl, logins: Logins, insecure: bool, reports: &Reports) -> Session {
    if logins == Logins::All && std::env::var_os(env_vars::API_TOKEN).is_some() {
        reports.warning(&Warning::EmptyToken);
    }
    if !base.is_loopback() {
        return Session::default();
    }
    let (base, reports) = (base.clone(), reports.clone());
    let renewal: Renewal = Box::new(move |_| {
        let settings = Settings::new(&reports)?;
        match Login::find(&settings, &base, settings.http()?, (logins, insecure), &reports)? {
            // A running request already connects to whatever address localhost resolved to.
            Some((login, credentials)) if login.pinned.is_none() => {
                Ok(login.show(&credentials)?.token)
            }
            _ => Ok(None),
        }
    });
    Session { renewal: Some(renewal), ..Session::default() }
}

/// The login at a `vdk server` of this user.
pub struct OwnLogin {
    /// The place where it is kept.
    pub store: CredentialStore,
    credentials: Credentials,
    /// The origin that the server was saved under.
    origin: String,
    pinned: Option<SocketAddr>,
}

/// Returns the login at this user's `vdk server` at `base`, given by the address that it listens on
/// or by the name `localhost`. If the user `has_login` for that name itself, it takes precedence.
pub fn own_login(
    settings: &Settings,
    base: &BaseUrl,
    has_login: bool,
    reports: &Reports,
) -> Result<Option<OwnLogin>, Error> {
    let Some(port) = base.port() else { return Ok(None) };
    let store = CredentialStore::own_server(settings, port, reports);
    if !store.path().exists() {
        return Ok(None);
    }
    let Some((credentials, _)) = store.load()? else { return Ok(None) };
    let origin = base.origin();
    if credentials.services.contains(&origin) {
        return Ok(Some(OwnLogin { store, credentials, origin, pinned: None }));
    }
    let is_localhost = base.url().host_str() == Some("localhost") && !has_login;
    let recorded = credentials.services.iter().find_map(|service| {
        let (scheme, address) = service.split_once("://")?;
        let address: SocketAddr = address.parse().ok()?;
        let is_it = scheme == base.url().scheme() && address.ip().is_loopback();
        (is_it && address.port() == port).then(|| (service.clone(), address))
    });
    Ok(recorded.filter(|_| is_localhost).map(|(origin, address)| OwnLogin {
        store,
        credentials,
        origin,
        pinned: Some(address),
    }))
}

/// A saved login, used for one service.
struct Login {
    store: CredentialStore,
    http: HttpSettings,
    base: BaseUrl,
    origin: String,
    pinned: Option<SocketAddr>,
    insecure: bool,
    reports: Reports,
}

impl Login {
    /// Finds the login for the service at `base`: that of this user's server, or the user's own.
    fn find(
        settings: &Settings,
        base: &BaseUrl,
        http: HttpSettings,
        (logins, insecure): (Logins, bool),
        reports: &Reports,
    ) -> Result<Option<(Self, Credentials)>, Error> {
        let origin = base.origin();
        let saved = SavedLogins::new(settings, reports);
        let selected = saved.find(&origin);
        let is_for_it = matches!(selected, Ok(Selected::Login(_)));
        if let Some(own) = own_login(settings, base, is_for_it, reports)? {
            let OwnLogin { store, credentials, origin, pinned } = own;
            let (base, reports) = (base.clone(), reports.clone());
            let login = Login { store, http, base, origin, pinned, insecure, reports };
            return Ok(Some((login, credentials)));
        }
        let store = match selected? {
            Selected::Others(others) if others.is_empty() => return Ok(None),
            Selected::Others(others) => return Err(not_for(base, &others)),
            // The environment's login is for another service, and this one would become its.
            Selected::Unbound(_) if logins == Logins::SavedFor => return Ok(None),
            Selected::Login(store) | Selected::Unbound(store) => store,
        };
        if !base.is_https() && !base.is_loopback() && !insecure {
            return Err(unencrypted(base));
        }
        let (base, reports) = (base.clone(), reports.clone());
        let login = Login { store, http, base, origin, pinned: None, insecure, reports };
        if !is_for_it {
            return Ok(login.bind(&saved)?.map(|credentials| (login, credentials)));
        }
        let Some((credentials, _)) = login.store.load()? else { return Ok(None) };
        login.check_origin(&credentials)?;
        Ok(Some((login, credentials)))
    }

    /// Binds a login to the first service that it is used with. The Python vdk's logins are
    /// unbound, and so are those made before any service was configured.
    fn bind(&self, saved: &SavedLogins) -> Result<Option<Credentials>, Error> {
        let _all = saved.lock()?;
        let _lock = self.store.lock()?;
        let Some((mut credentials, place)) = self.store.load()? else { return Ok(None) };
        if credentials.services.is_empty() {
            credentials.services.push(self.origin.clone());
            self.store.save_again(&credentials, place)?;
            self.reports.note(&Note::LoginBound { service: self.base.to_string() });
        }
        self.check_origin(&credentials)?;
        Ok(Some(credentials))
    }

    /// Rejects a login for other services. Another login may have replaced it since it was read.
    fn check_origin(&self, credentials: &Credentials) -> Result<(), Error> {
        match credentials.services.contains(&self.origin) {
            true => Ok(()),
            false => Err(not_for(&self.base, &credentials.services)),
        }
    }

    fn show(self, credentials: &Credentials) -> Result<Session, Error> {
        let token = match credentials.good_token() {
            Some(token) => Some(token),
            None => self.renew(None)?,
        };
        let expired = token.is_none();
        let renewal: Renewal = Box::new(move |refused| self.renew(refused));
        Ok(Session { token, expired, renewal: Some(renewal), pinned: None })
    }

    /// Returns a token other than `refused`: one that another process got meanwhile, or a new one.
    /// `None` if the login cannot be renewed.
    fn renew(&self, refused: Option<&SecretString>) -> Result<Option<SecretString>, Error> {
        let _lock = self.store.lock()?;
        let Some((mut credentials, place)) = self.store.load()? else { return Ok(None) };
        self.check_origin(&credentials)?;
        if let Some(token) = credentials.good_token()
            && refused.is_none_or(|refused| refused.expose_secret() != token.expose_secret())
        {
            return Ok(Some(token));
        }
        let rotates = credentials.refresh_token.is_some();
        if rotates {
            // A rotated token is lost if it cannot be saved: try that first.
            self.store.save_again(&credentials, place).map_err(for_a_command)?;
        }
        let provider =
            Provider { settings: &self.http, insecure: self.insecure, reports: &self.reports };
        // From the request to the end of the write: in between only this process has the new token.
        let _held = rotates.then(signals::hold);
        match provider.refresh(&mut credentials) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(failure) => {
                if failure.kind == ErrorKind::Cancelled && credentials.renewal_refused.is_none() {
                    credentials.renewal_refused = Some(now());
                    // What --status shows then is only older.
                    let _ = self.store.save_again(&credentials, place);
                }
                return Err(ended(failure, &self.base));
            }
        }
        // This command can use the token even if it cannot be saved.
        let kept = (0..3).find_map(|_| self.store.save_again(&credentials, place).ok());
        if kept.is_none() {
            self.reports.warning(&Warning::LoginNotSaved { file: self.store.path().into() });
        }
        Ok(credentials.access_token.map(|token| SecretString::from(token.as_str())))
    }
}

/// Reports a refused renewal as the end of the login.
fn ended(mut failure: Error, base: &BaseUrl) -> Error {
    if failure.kind == ErrorKind::Cancelled {
        failure.body.what = "The saved login is no longer valid.".into();
        failure.body.countermeasures = format!("Log in again: vdk login --rest-api-url {base}");
    }
    for_a_command(failure)
}

/// Turns a failed login into the failure of a command that needs it.
fn for_a_command(mut failure: Error) -> Error {
    if failure.kind == ErrorKind::Cancelled {
        failure.kind = ErrorKind::NotAllowed;
    }
    failure.body.consequences = NOTHING_CHANGED.into();
    failure
}

/// Returns the error for a service that none of the saved logins is for, but for `services`.
fn not_for(base: &BaseUrl, services: &[String]) -> Error {
    let (what, they, it) = match services {
        [_] => ("The saved login is not sent.", "It is", "the saved login"),
        _ => ("The saved logins are not sent.", "They are", "one of them"),
    };
    let origin = base.origin();
    Error::new(ErrorKind::NotAllowed, what)
        .why(format!("{they} for {}, not for {origin}.", services.join(" and ")))
        .help(format!(
            "Log in there: vdk login --rest-api-url {base}. Or allow {it} there too: vdk login --allow {origin}"
        ))
}

fn unencrypted(base: &BaseUrl) -> Error {
    Error::new(ErrorKind::NotAllowed, "The login is not sent.")
        .why(format!(
            "{base} is plain http: others on the network could read the token and all values."
        ))
        .help("Give the https address of the service, or accept http with --allow-insecure-http.")
}
