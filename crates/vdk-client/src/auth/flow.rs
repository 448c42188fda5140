//! The logins that need a person: in a browser on this machine, or with a code on another device.

use std::sync::Arc;
use std::time::Duration;

use super::callback::Callback;
use super::credentials::Credentials;
use super::error::{NOT_CHANGED, failed};
use super::extra::Extra;
use super::interaction::{DeviceCode, Interaction};
use super::oauth::{ClientName, Endpoints, Provider};
use super::redirect::Redirect;
use crate::config::env_vars;
use crate::{Error, Warning};

/// Longest wait for another device, even if its code is valid for longer.
const LONGEST_DEVICE_WAIT: Duration = Duration::from_secs(3600);

/// A login at a provider that needs a person.
pub struct Flow<'a> {
    /// The provider.
    pub provider: &'a Provider<'a>,
    /// The provider's addresses.
    pub endpoints: &'a Endpoints,
    /// This client's identity at the provider.
    pub client: &'a ClientName,
    /// What to ask for.
    pub extra: &'a Extra,
    /// Shows the login to the person.
    pub interaction: Arc<dyn Interaction>,
}

impl Flow<'_> {
    /// Logs in by a browser within `limit`. If others listen on the addresses of `redirect`, a pasted
    /// address still ends the login.
    pub fn browser(
        &self,
        redirect: Redirect,
        limit: Duration,
        credentials: &mut Credentials,
    ) -> Result<(), Error> {
        let mut callback = match Callback::listen(redirect.clone()) {
            Err(error) if self.interaction.can_paste() => {
                let (place, why) = (redirect.authority(), error.to_string());
                self.provider.reports.warning(&Warning::NoCallback { place, why });
                Callback::pasted_only(redirect)
            }
            listening => listening.map_err(|error| cannot_listen(&redirect, &error))?,
        };
        let redirect = callback.redirect_uri();
        let (provider, client, endpoints) = (self.provider, self.client, self.endpoints);
        let authorization = provider.authorization(endpoints, client, redirect, self.extra)?;
        let state = authorization.state.secret().clone();
        callback.expect(&state).map_err(|error| no_thread(&error))?;
        self.interaction.open_browser(authorization.url.as_str());
        let pasted = callback.expect_pasted(self.interaction.clone(), &state);
        pasted.map_err(|error| no_thread(&error))?;
        let (result, page) = callback.wait(limit).ok_or_else(|| {
            failed(
                format!("The login was not completed within {} seconds.", limit.as_secs()),
                "Try again. For more time, add --timeout SECONDS.",
            )
        })?;
        let result = match result {
            Ok(code) => provider.exchange_code(endpoints, client, authorization, code, credentials),
            Err(why) => Err(failed(
                format!("The provider returned no code: {why}."),
                "Log in again, or ask the provider's operator.",
            )),
        };
        callback.finish(page, result.is_ok());
        result
    }

    /// Logs in by a code that the person enters on another device within `limit`, or within the life
    /// of the code.
    pub fn device(
        &self,
        limit: Option<Duration>,
        credentials: &mut Credentials,
    ) -> Result<(), Error> {
        let (provider, client, endpoints) = (self.provider, self.client, self.endpoints);
        let details = provider.device(endpoints, client, self.extra)?;
        let life = details.expires_in();
        self.interaction.device_code(&DeviceCode {
            user_code: details.user_code().secret().clone(),
            address: details.verification_uri().to_string(),
            whole_address: details.verification_uri_complete().map(|uri| uri.secret().clone()),
            life,
        });
        let limit = limit.unwrap_or(life.min(LONGEST_DEVICE_WAIT));
        provider.exchange_device(endpoints, client, &details, limit, credentials)
    }
}

fn cannot_listen(redirect: &Redirect, error: &std::io::Error) -> Error {
    failed(
        format!("Cannot receive the browser's redirect on {}: {error}.", redirect.authority()),
        &format!(
            "Stop the program that uses the port, or register another port at the provider and \
             set {}, or give --redirect-uri.",
            env_vars::REDIRECT_PORT
        ),
    )
}

fn no_thread(error: &std::io::Error) -> Error {
    Error::no_thread("Login failed.", error).consequences(NOT_CHANGED)
}
