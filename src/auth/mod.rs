//! The login: which token a Control Service is shown, and that it stays good.

mod answer;
mod browser;
mod credentials;
mod device;
mod provider;
mod refusal;
mod store;

use std::net::SocketAddr;

use secrecy::{ExposeSecret, SecretString};

#[cfg(any(fuzzing, debug_assertions))]
pub use answer::on_exchange;
pub use browser::{Callback, open as open_browser};
pub use credentials::{Credentials, now};
pub use provider::{ClientName, Endpoints, Provider};
pub use refusal::failed;
pub use store::{CredentialStore, Place, checked_token, choice, given_token};

use crate::env_vars;
use crate::exit::{Exit, Failure, NOTHING_CHANGED};
use crate::http::{BaseUrl, Renewal};
use crate::settings::{HttpSettings, Settings, variable};
use crate::signals;
use crate::talk::Talk;

/// What a service is shown.
#[derive(Default)]
pub struct Shown {
    /// The token.
    pub token: Option<SecretString>,
    /// Whether a login was there and has ended.
    pub expired: bool,
    /// How to get another token, where the service refuses this one.
    pub renewal: Option<Renewal>,
    /// The one address that `localhost` stands for: that of the user's own server. At another one of
    /// this machine somebody else may listen, who is not to be shown the token.
    pub pinned: Option<SocketAddr>,
}

/// The token for the service at `base`. `insecure`: also over plain http.
pub fn token_for(
    settings: &Settings,
    base: &BaseUrl,
    insecure: bool,
    talk: Talk,
) -> Result<Shown, Failure> {
    let http = settings.http()?;
    let shown = if let Some(token) = given_token()? {
        let url = exchange_url(base, &token)?;
        let mut credentials = Credentials::default();
        let provider = Provider { settings: &http, insecure, talk };
        provider
            .exchange_api_token(&url, token.expose_secret(), &mut credentials)
            .map_err(for_a_command)?;
        let token = credentials.access_token.map(|token| SecretString::from(token.as_str()));
        Shown { token, ..Shown::default() }
    } else {
        match Login::find(settings, base, http, insecure, talk)? {
            Some((login, credentials)) => {
                let pinned = login.pinned;
                Shown { pinned, ..login.show(&credentials)? }
            }
            None => nobody(base, insecure, talk),
        }
    };
    if shown.token.is_some() && !base.is_https() && !base.is_loopback() && !insecure {
        return Err(unencrypted(base));
    }
    Ok(shown)
}

/// Where there is no login. A server that is being started on this machine may log its user in
/// while the request waits for it.
fn nobody(base: &BaseUrl, insecure: bool, talk: Talk) -> Shown {
    if std::env::var_os(env_vars::API_TOKEN).is_some() {
        talk.warning(&format!("{} is empty, and not used", env_vars::API_TOKEN));
    }
    if !base.is_loopback() {
        return Shown::default();
    }
    let base = base.clone();
    let renewal: Renewal = Box::new(move |_| {
        let settings = Settings::new()?;
        match Login::find(&settings, &base, settings.http()?, insecure, talk)? {
            // A request that is under way already goes wherever localhost led it.
            Some((login, credentials)) if login.pinned.is_none() => {
                Ok(login.show(&credentials)?.token)
            }
            _ => Ok(None),
        }
    });
    Shown { renewal: Some(renewal), ..Shown::default() }
}

/// The login at a `vdk server` of this user.
pub struct OwnLogin {
    /// Where it is kept.
    pub store: CredentialStore,
    credentials: Credentials,
    /// What the server is recorded as.
    origin: String,
    pinned: Option<SocketAddr>,
}

/// The login at the `vdk server` of this user that is at `base`, by the address that it listens on or
/// by the name `localhost`.
pub fn own_login(
    settings: &Settings,
    base: &BaseUrl,
    talk: Talk,
) -> Result<Option<OwnLogin>, Failure> {
    let Some(port) = base.port() else { return Ok(None) };
    let store = CredentialStore::own_server(settings, port, talk);
    if !store.path().exists() {
        return Ok(None);
    }
    let Some((credentials, _)) = store.load()? else { return Ok(None) };
    let origin = base.origin();
    if credentials.services.contains(&origin) {
        return Ok(Some(OwnLogin { store, credentials, origin, pinned: None }));
    }
    let is_localhost = base.url().host_str() == Some("localhost");
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

/// Where an API token of the environment is exchanged.
pub fn exchange_url(base: &BaseUrl, token: &SecretString) -> Result<String, Failure> {
    if let Some(url) = variable(env_vars::API_TOKEN_URL)? {
        return Ok(url);
    }
    if token.expose_secret().starts_with("vdk_") {
        return Ok(base.join("/oauth2/token"));
    }
    Err(Failure::usage(
        "The API token cannot be exchanged.",
        format!("{} is set, and {} is not.", env_vars::API_TOKEN, env_vars::API_TOKEN_URL),
        "Set it to the address where the provider exchanges API tokens.",
    ))
}

/// A login that is kept, and used for one service.
struct Login {
    store: CredentialStore,
    http: HttpSettings,
    origin: String,
    pinned: Option<SocketAddr>,
    insecure: bool,
    talk: Talk,
}

impl Login {
    /// The login for the service at `base`: that of the server on this machine, or the user's.
    fn find(
        settings: &Settings,
        base: &BaseUrl,
        http: HttpSettings,
        insecure: bool,
        talk: Talk,
    ) -> Result<Option<(Self, Credentials)>, Failure> {
        let users = CredentialStore::login(settings, talk);
        let is_for_it = |users: &CredentialStore| -> Result<bool, Failure> {
            let login = users.load()?;
            Ok(login.is_some_and(|(login, _)| login.services.contains(&base.origin())))
        };
        // A login that was made for the name counts before one that is led to by it.
        if let Some(own) = own_login(settings, base, talk)?
            && (own.pinned.is_none() || !is_for_it(&users)?)
        {
            let OwnLogin { store, credentials, origin, pinned } = own;
            return Ok(Some((Login { store, http, origin, pinned, insecure, talk }, credentials)));
        }
        let origin = base.origin();
        let login = |store| Login { store, http, origin, pinned: None, insecure, talk };
        let Some((credentials, _)) = users.load()? else { return Ok(None) };
        if !base.is_https() && !base.is_loopback() && !insecure {
            return Err(unencrypted(base));
        }
        let login = login(users);
        if credentials.services.is_empty() {
            return Ok(login.bind(base)?.map(|credentials| (login, credentials)));
        }
        login.check_origin(&credentials)?;
        Ok(Some((login, credentials)))
    }

    /// Remembers the first service that a login is used with: one of the Python vdk, or one that was
    /// made before any service was configured.
    fn bind(&self, base: &BaseUrl) -> Result<Option<Credentials>, Failure> {
        let _lock = self.store.lock()?;
        let Some((mut credentials, place)) = self.store.load()? else { return Ok(None) };
        if credentials.services.is_empty() {
            credentials.services.push(self.origin.clone());
            self.store.save_again(&credentials, place)?;
            self.talk.note(&format!("from now on the saved login is for {base}"));
        }
        self.check_origin(&credentials)?;
        Ok(Some(credentials))
    }

    /// Another login may have taken this one's place since it was looked at.
    fn check_origin(&self, credentials: &Credentials) -> Result<(), Failure> {
        let (origin, services) = (&self.origin, &credentials.services);
        if services.contains(origin) {
            return Ok(());
        }
        Err(Failure::new(
            Exit::NotAllowed,
            "The saved login is not sent.",
            format!("It is for {}, and not for {origin}.", services.join(" and ")),
            NOTHING_CHANGED,
            format!(
                "If {origin} may have it as well: vdk login --allow {origin}. Else log in there."
            ),
        ))
    }

    fn show(self, credentials: &Credentials) -> Result<Shown, Failure> {
        let token = match credentials.good_token() {
            Some(token) => Some(token),
            None => self.renew(None)?,
        };
        let expired = token.is_none();
        let renewal: Renewal = Box::new(move |refused| self.renew(refused));
        Ok(Shown { token, expired, renewal: Some(renewal), pinned: None })
    }

    /// A token other than `refused`: one that another process has got meanwhile, or a new one.
    /// `None` where the login cannot be renewed.
    fn renew(&self, refused: Option<&SecretString>) -> Result<Option<SecretString>, Failure> {
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
            // A token that is rotated is lost where it cannot be kept: that is found out before.
            self.store.save_again(&credentials, place).map_err(for_a_command)?;
        }
        let provider = Provider { settings: &self.http, insecure: self.insecure, talk: self.talk };
        // From the request to the end of the write: in between only this process has the new token.
        let _held = rotates.then(signals::hold);
        if !provider.refresh(&mut credentials).map_err(ended)? {
            return Ok(None);
        }
        // What is in hand serves this command, whatever becomes of it on the disk.
        let kept = (0..3).find_map(|_| self.store.save_again(&credentials, place).ok());
        if kept.is_none() {
            self.talk.warning(&format!(
                "the renewed login cannot be kept in {}; log in again with vdk login when that is \
                 mended",
                self.store.path().display()
            ));
        }
        Ok(credentials.access_token.map(|token| SecretString::from(token.as_str())))
    }
}

/// A provider that refuses to renew has ended the login.
fn ended(mut failure: Failure) -> Failure {
    if failure.exit == Exit::Cancelled {
        failure.body.what = "The saved login has ended.".into();
        failure.body.countermeasures = "Log in again with vdk login.".into();
    }
    for_a_command(failure)
}

/// What fails for a login fails for a command that needs it.
fn for_a_command(mut failure: Failure) -> Failure {
    if failure.exit == Exit::Cancelled {
        failure.exit = Exit::NotAllowed;
    }
    failure.body.consequences = NOTHING_CHANGED.into();
    failure
}

fn unencrypted(base: &BaseUrl) -> Failure {
    Failure::new(
        Exit::NotAllowed,
        "The login is not sent.",
        format!("{base} is plain http: whoever is between could read the token and all values."),
        NOTHING_CHANGED,
        "Give the https address of the service, or accept it with --allow-insecure-http.",
    )
}
