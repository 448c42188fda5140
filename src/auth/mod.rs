//! The login: which token a Control Service is shown, and that it stays good.

mod browser;
mod credentials;
mod provider;
mod store;

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

pub use browser::{Callback, open as open_browser};
pub use credentials::{Credentials, now};
pub use provider::{ClientName, Endpoints, Provider};
pub use store::{CredentialStore, Place, given_token};

use crate::exit::{Exit, Failure, NOTHING_CHANGED};
use crate::http::{BaseUrl, Renewal};
use crate::service::JobLock;
use crate::settings::{HttpSettings, Settings, variable};
use crate::talk::Talk;
use crate::{env_vars, paths};

/// How long another process may take to renew the same login.
const RENEWAL: Duration = Duration::from_secs(60);

/// What a service is shown.
#[derive(Default)]
pub struct Shown {
    /// The token.
    pub token: Option<SecretString>,
    /// Whether a login was there and has ended.
    pub expired: bool,
    /// How to get another token, where the service refuses this one.
    pub renewal: Option<Renewal>,
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
        let provider = Provider { settings: &http, insecure };
        provider.exchange_api_token(&url, token.expose_secret(), &mut credentials)?;
        let token = credentials.access_token.map(|token| SecretString::from(token.as_str()));
        Shown { token, ..Shown::default() }
    } else {
        let Some(login) = Login::find(settings, base, http, insecure, talk)? else {
            return Ok(Shown::default());
        };
        login.show()?
    };
    if shown.token.is_some() && !base.is_https() && !base.is_loopback() && !insecure {
        return Err(Failure::new(
            Exit::NotAllowed,
            "The login is not sent.",
            format!(
                "{base} is plain http: whoever is between could read the token and all values."
            ),
            NOTHING_CHANGED,
            "Give the https address of the service, or accept it with --allow-insecure-http.",
        ));
    }
    Ok(shown)
}

/// Where an API token of the environment is exchanged.
fn exchange_url(base: &BaseUrl, token: &SecretString) -> Result<String, Failure> {
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
    locks: std::path::PathBuf,
    insecure: bool,
}

impl Login {
    /// The login for the service at `base`: that of the server on this machine, or the user's.
    fn find(
        settings: &Settings,
        base: &BaseUrl,
        http: HttpSettings,
        insecure: bool,
        talk: Talk,
    ) -> Result<Option<Self>, Failure> {
        let origin = base.origin();
        let locks = settings.path(paths::LOCKS);
        let login = |store| Some(Login { store, http, locks, insecure });
        let own = CredentialStore::own_server(settings, talk);
        if let Some((credentials, _)) = own.load()?
            && credentials.services.contains(&origin)
        {
            return Ok(login(own));
        }
        let store = CredentialStore::login(settings, talk);
        let Some((mut credentials, place)) = store.load()? else { return Ok(None) };
        if credentials.services.is_empty() {
            // A login of the Python vdk, or one made before any service was configured.
            credentials.services.push(origin);
            store.save_again(&credentials, place)?;
            talk.note(&format!("from now on the saved login is for {base}"));
        } else if !credentials.services.contains(&origin) {
            return Err(Failure::new(
                Exit::NotAllowed,
                "The saved login is not sent.",
                format!("It is for {}, and not for {base}.", credentials.services.join(" and ")),
                NOTHING_CHANGED,
                format!(
                    "If {base} may have it as well: vdk login --allow {base}. Else log in there."
                ),
            ));
        }
        Ok(login(store))
    }

    fn show(self) -> Result<Shown, Failure> {
        let Some((credentials, _)) = self.store.load()? else { return Ok(Shown::default()) };
        let token = match credentials.good_token() {
            Some(token) => Some(token),
            None => self.renew(None)?,
        };
        let expired = token.is_none();
        let renewal: Renewal = Box::new(move |refused| self.renew(Some(refused)));
        Ok(Shown { token, expired, renewal: Some(renewal) })
    }

    /// A token other than `refused`: one that another process has got meanwhile, or a new one.
    /// `None` where the login cannot be renewed.
    fn renew(&self, refused: Option<&SecretString>) -> Result<Option<SecretString>, Failure> {
        let name = format!("login {}", self.store.path().display());
        let lock = JobLock::acquire(&self.locks, &name, RENEWAL);
        let Ok(Some(_lock)) = lock else {
            return Err(Failure::new(
                Exit::Unavailable,
                "The login cannot be renewed.",
                "Another process has been renewing it for a minute, or there is no place for locks.",
                NOTHING_CHANGED,
                "Try again; end the other vdk processes where it happens again.",
            ));
        };
        let Some((mut credentials, place)) = self.store.load()? else { return Ok(None) };
        if let Some(token) = credentials.good_token()
            && refused.is_none_or(|refused| refused.expose_secret() != token.expose_secret())
        {
            return Ok(Some(token));
        }
        // A token that is rotated is lost where it cannot be kept: that is found out before.
        self.store.save_again(&credentials, place)?;
        let provider = Provider { settings: &self.http, insecure: self.insecure };
        let renewed = provider.refresh(&mut credentials).map_err(|mut failure| {
            if failure.exit == Exit::Cancelled {
                failure.exit = Exit::NotAllowed;
                failure.body.what = "The saved login has ended.".into();
                failure.body.consequences = NOTHING_CHANGED.into();
                failure.body.countermeasures = "Log in again with vdk login.".into();
            }
            failure
        })?;
        if !renewed {
            return Ok(None);
        }
        self.store.save_again(&credentials, place)?;
        Ok(credentials.access_token.map(|token| SecretString::from(token.as_str())))
    }
}
