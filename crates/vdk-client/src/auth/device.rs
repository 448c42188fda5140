//! Login on another device, with a code that the user enters there (RFC 8628).

use std::cell::RefCell;
use std::time::{Duration, Instant};

use oauth2::basic::BasicClient;
use oauth2::http::StatusCode;
use oauth2::{
    ClientId, DeviceAuthorizationUrl, DeviceCodeErrorResponseType, HttpResponse, RequestTokenError,
    Scope, StandardDeviceAuthorizationResponse, TokenUrl,
};

use super::credentials::Credentials;
use super::error::{clean, failed, lost, missing, refused};
use super::extra::Extra;
use super::oauth::{ClientName, Endpoints, Provider, with_secret};
use super::token_response::{take, usable};
use crate::Error;
use crate::http::{TransportError, exchange};

impl Provider<'_> {
    /// Requests a code that the user enters elsewhere.
    pub fn device(
        &self,
        endpoints: &Endpoints,
        client: &ClientName,
        extra: &Extra,
    ) -> Result<StandardDeviceAuthorizationResponse, Error> {
        let option = "--issuer";
        let address = endpoints.device.as_deref().ok_or_else(|| missing(option))?;
        let url = self.checked(address, option)?;
        let named = with_secret(BasicClient::new(ClientId::new(client.id.clone())), client)
            .set_device_authorization_url(DeviceAuthorizationUrl::from_url(url.clone()));
        let mut request = named.exchange_device_code();
        for scope in &extra.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        for (name, value) in extra.parameters() {
            request = request.add_extra_param(name, value);
        }
        request
            .request(&|request| self.send(request))
            .map_err(|error| refused(&url, error, &client.secrets(&[])))
    }

    /// Waits until the user has entered the code.
    pub fn exchange_device(
        &self,
        endpoints: &Endpoints,
        client: &ClientName,
        details: &StandardDeviceAuthorizationResponse,
        limit: Duration,
        credentials: &mut Credentials,
    ) -> Result<(), Error> {
        let url = self.token_url(endpoints)?;
        let named = with_secret(BasicClient::new(ClientId::new(client.id.clone())), client)
            .set_token_uri(TokenUrl::from_url(url.clone()));
        // The provider sets the polling interval, but not the total wait.
        let longest = limit.min(Duration::from_secs(30));
        let sleep = |wait: Duration| {
            std::thread::sleep(
                wait.clamp(Duration::from_secs(1), longest.max(Duration::from_secs(1))),
            );
        };
        let device_code = details.device_code().secret();
        let secrets = client.secrets(&[device_code]);
        let last = RefCell::new(None);
        let began = Instant::now();
        let send = |request| {
            let answer = exchange(self.settings, request).map(|(answer, _)| answer);
            let passes = match &answer {
                Ok(answer) => matches!(answer.status().as_u16(), 429 | 500..),
                Err(error) => {
                    matches!(
                        error,
                        TransportError::Connect(_)
                            | TransportError::Broken(_)
                            | TransportError::Timeout
                    )
                }
            };
            let answer = answer.and_then(usable);
            let failure = answer.as_ref().err().map(|error| match error {
                TransportError::InvalidResponse(what) => {
                    lost(&url, &TransportError::InvalidResponse(clean(what, &secrets)))
                }
                error => lost(&url, error),
            });
            *last.borrow_mut() = failure;
            // The crate polls until the code expires, whatever the error is.
            match answer {
                Err(_) if !passes => Ok(no_more()),
                answer => answer,
            }
        };
        let given = named
            .exchange_device_access_token(details)
            .request(&send, sleep, Some(limit))
            .map_err(|error| {
                let unreachable = last.borrow_mut().take();
                let is_over = matches!(&error, RequestTokenError::ServerResponse(said)
                    if said.error() == &DeviceCodeErrorResponseType::ExpiredToken);
                if unreachable.is_none() && is_over && began.elapsed() >= limit {
                    return failed(
                        format!("The code was not entered within {} seconds.", limit.as_secs()),
                        "Try again. For more time, as long as the code is valid, add --timeout \
                         SECONDS.",
                    );
                }
                let refused = || refused(&url, error, &secrets);
                unreachable.unwrap_or_else(refused)
            })?;
        take(credentials, &given, true);
        Ok(())
    }
}

/// Returns the response that makes the crate stop polling.
fn no_more() -> HttpResponse {
    let mut answer = HttpResponse::new(br#"{"error":"access_denied"}"#.to_vec());
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    answer
}
