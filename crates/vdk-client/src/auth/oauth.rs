//! The OAuth 2.0 flows (RFC 6749, 7636, 8628, 7009), with the crate `oauth2` over our own HTTP
//! client. That client follows no redirects, and limits time and size.

use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use oauth2::basic::BasicClient;
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, Scope, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;
use vdk_api::escape;
use zeroize::Zeroizing;

use super::credentials::Credentials;
use super::error::{clean, failed, lost, missing, no_address, refused};
use super::extra::Extra;
use super::token_response::{exchanged, take, usable};
use crate::Error;
use crate::Reports;
use crate::config::HttpSettings;
use crate::http::{
    BudgetExhausted, Cause, RetryBudget, TransportError, exchange, in_words, is_loopback,
};

/// An identity provider and the settings to reach it.
pub struct Provider<'a> {
    /// The HTTP settings.
    pub settings: &'a HttpSettings,
    /// True if addresses without TLS are accepted.
    pub insecure: bool,
    /// Receives its messages.
    pub reports: &'a Reports,
}

/// The addresses of a provider.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// The authorization endpoint, which the browser opens.
    pub authorization: Option<String>,
    /// The token endpoint, for codes and refresh tokens.
    pub token: Option<String>,
    /// The device authorization endpoint.
    pub device: Option<String>,
    /// The revocation endpoint.
    pub revocation: Option<String>,
}

/// This client's identity at the provider.
#[derive(Clone)]
pub struct ClientName {
    /// The client id.
    pub id: String,
    /// Its secret, if it has one.
    pub secret: Option<SecretString>,
}

impl ClientName {
    /// Returns the secrets to redact in a provider's messages: the client's, and `more`.
    pub fn secrets<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let own = self.secret.as_ref().map(|secret| secret.expose_secret());
        own.into_iter().chain(more.iter().copied()).collect()
    }
}

/// An authorization request for the browser, and the values to complete it.
pub struct Authorization {
    /// The address to open.
    pub url: Url,
    /// The value that the redirect has to repeat.
    pub state: CsrfToken,
    verifier: PkceCodeVerifier,
    redirect: RedirectUrl,
}

impl Provider<'_> {
    /// Finds the addresses of an issuer by OpenID Connect Discovery 1.0.
    pub fn discover(&self, issuer: &str) -> Result<Endpoints, Error> {
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let url = self.checked(&address, "--issuer")?;
        let request = oauth2::http::Request::get(url.as_str())
            .header("Accept", "application/json")
            .body(Vec::new());
        let request = request.map_err(|_| no_address("--issuer"))?;
        let answer = self.send(request).map_err(|error| lost(&url, &error))?;
        let found: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let named = found["issuer"].as_str();
        if answer.status() != 200 || named != Some(issuer) {
            let named = named.map(|named| format!(", but {}", escape::name(named)));
            return Err(failed(
                format!(
                    "{url} answered {} and does not name the issuer '{issuer}'{}.",
                    answer.status(),
                    named.unwrap_or_default()
                ),
                "Give --issuer exactly as the provider names itself. If that name contains a \
                 placeholder such as {tenantid}, use the address with the tenant's id.",
            ));
        }
        let text = |name: &str| found[name].as_str().map(String::from);
        Ok(Endpoints {
            authorization: text("authorization_endpoint"),
            token: text("token_endpoint"),
            device: text("device_authorization_endpoint"),
            revocation: text("revocation_endpoint"),
        })
    }

    /// Exchanges an API token, which is a refresh token without a client. The exchange does not
    /// replace it, so a failed request is retried like any other.
    pub fn exchange_api_token(
        &self,
        url: &str,
        token: &str,
        credentials: &mut Credentials,
    ) -> Result<(), Error> {
        let url = self.checked(url, "--api-token-authorization-url")?;
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", token);
        let request = oauth2::http::Request::post(url.as_str())
            .header("Accept", "application/json")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form.finish().into_bytes())
            .map_err(|_| no_address("--api-token-authorization-url"))?;
        let answer = self.send_with_retries(&request, &url).map_err(|error| match error {
            TransportError::InvalidResponse(what) => {
                lost(&url, &TransportError::InvalidResponse(clean(&what, &[token])))
            }
            error => lost(&url, &error),
        })?;
        exchanged(&answer, &url, token, credentials)
    }

    /// Creates the authorization request for the browser.
    pub fn authorization(
        &self,
        endpoints: &Endpoints,
        client: &ClientName,
        redirect: String,
        extra: &Extra,
    ) -> Result<Authorization, Error> {
        let option = "--oauth2-discovery-url";
        let address = endpoints.authorization.as_deref().ok_or_else(|| missing(option))?;
        let base = self.checked(address, option)?;
        let redirect = RedirectUrl::new(redirect).map_err(|_| no_address("the redirect"))?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let named = BasicClient::new(ClientId::new(client.id.clone()))
            .set_auth_uri(AuthUrl::from_url(base))
            .set_redirect_uri(redirect.clone());
        let mut request = named.authorize_url(CsrfToken::new_random).set_pkce_challenge(challenge);
        for scope in &extra.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        for (name, value) in extra.parameters() {
            request = request.add_extra_param(name, value);
        }
        let (url, state) = request.url();
        Ok(Authorization { url, state, verifier, redirect })
    }

    /// Exchanges the code from the browser's redirect.
    pub fn exchange_code(
        &self,
        endpoints: &Endpoints,
        client: &ClientName,
        authorization: Authorization,
        code: SecretString,
        credentials: &mut Credentials,
    ) -> Result<(), Error> {
        let url = self.token_url(endpoints)?;
        let named = with_secret(BasicClient::new(ClientId::new(client.id.clone())), client)
            .set_token_uri(TokenUrl::from_url(url.clone()))
            .set_redirect_uri(authorization.redirect);
        let given = named
            .exchange_code(AuthorizationCode::new(code.expose_secret().into()))
            .set_pkce_verifier(authorization.verifier)
            .request(&|request| self.send(request))
            .map_err(|error| refused(&url, error, &client.secrets(&[code.expose_secret()])))?;
        take(credentials, &given, true);
        Ok(())
    }

    /// Exchanges a refresh token for an access token. A rotated refresh token replaces the old one.
    pub fn refresh(&self, credentials: &mut Credentials) -> Result<bool, Error> {
        let kept = credentials.clone();
        if kept.auth_type.as_deref() == Some("api-token")
            && let (Some(token), Some(url)) = (&kept.api_token, &kept.api_token_authorization_url)
        {
            self.exchange_api_token(url, token, credentials)?;
            return Ok(true);
        }
        let (Some(token), Some(url), Some(id)) =
            (kept.refresh_token, kept.authorization_url, kept.client_id)
        else {
            return Ok(false);
        };
        let secret = kept.client_secret.filter(|secret| !secret.is_empty());
        let client = ClientName { id, secret: secret.map(|secret| secret.as_str().into()) };
        let endpoints = Endpoints { token: Some(url), ..Endpoints::default() };
        let url = self.token_url(&endpoints)?;
        let named = with_secret(BasicClient::new(ClientId::new(client.id.clone())), &client)
            .set_token_uri(TokenUrl::from_url(url.clone()));
        // A lost response may have held the rotated token. Many providers repeat it for a while.
        let lost = |error: &TransportError| {
            matches!(error, TransportError::Broken(_) | TransportError::Timeout)
        };
        let send = |request: HttpRequest| match self.send(request.clone()) {
            Err(error) if lost(&error) => self.send(request),
            answer => answer,
        };
        let given = named
            .exchange_refresh_token(&RefreshToken::new(token.to_string()))
            .request(&send)
            .map_err(|error| refused(&url, error, &client.secrets(&[&token])))?;
        take(credentials, &given, true);
        Ok(true)
    }

    /// Revokes the refresh token, and with it the tokens issued for it; false if the provider
    /// cannot do that.
    pub fn revoke(&self, credentials: &Credentials) -> Result<bool, Error> {
        let (Some(address), Some(id), Some(token)) =
            (&credentials.revocation_url, &credentials.client_id, &credentials.refresh_token)
        else {
            return Ok(false);
        };
        let url = self.checked(address, "the revocation address")?;
        // The crate accepts no address without TLS, not even one on this machine.
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", token).append_pair("token_type_hint", "refresh_token");
        let secret = credentials.client_secret.as_ref().filter(|secret| !secret.is_empty());
        let mut request = oauth2::http::Request::post(url.as_str())
            .header("Content-Type", "application/x-www-form-urlencoded");
        match secret {
            None => {
                form.append_pair("client_id", id);
            }
            Some(secret) => {
                let part = |text: &str| -> String {
                    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
                };
                let login = Zeroizing::new(format!("{}:{}", part(id), part(secret)));
                let login = format!("Basic {}", BASE64.encode(login.as_bytes()));
                let mut value = oauth2::http::HeaderValue::from_str(&login)
                    .map_err(|_| no_address("the revocation address"))?;
                value.set_sensitive(true);
                request = request.header("Authorization", value);
            }
        }
        let request = request
            .body(form.finish().into_bytes())
            .map_err(|_| no_address("the revocation address"))?;
        let answer = self.send(request).map_err(|error| match error {
            TransportError::InvalidResponse(what) => {
                lost(&url, &TransportError::InvalidResponse(clean(&what, &[token])))
            }
            error => lost(&url, &error),
        })?;
        if !answer.status().is_success() {
            let why = format!("{url} answered {}.", answer.status().as_u16());
            return Err(failed(why, "Revoke it at the provider."));
        }
        Ok(true)
    }

    /// Checks the token endpoint before the user logs in for nothing.
    pub fn check_token_url(&self, endpoints: &Endpoints) -> Result<(), Error> {
        self.token_url(endpoints).map(|_| ())
    }

    /// Returns the address of the token endpoint.
    pub fn token_url(&self, endpoints: &Endpoints) -> Result<Url, Error> {
        let option = "--oauth2-exchange-url";
        self.checked(endpoints.token.as_deref().ok_or_else(|| missing(option))?, option)
    }

    /// Parses an address that tokens may be sent to.
    pub fn checked(&self, address: &str, option: &str) -> Result<Url, Error> {
        let url = Url::parse(address.trim()).map_err(|_| no_address(option))?;
        let has_login = !url.username().is_empty() || url.password().is_some();
        match url.scheme() {
            _ if has_login => Err(no_address(option)),
            "https" => Ok(url),
            "http" if is_loopback(&url) || self.insecure => Ok(url),
            "http" => Err(Error::usage("Login failed.")
                .why(format!("{option} is not https: others on the network could read the token."))
                .help("Give the https address, or accept http with --allow-insecure-http.")),
            _ => Err(no_address(option)),
        }
    }

    /// Sends a request that may be retried.
    fn send_with_retries(
        &self,
        request: &HttpRequest,
        url: &Url,
    ) -> Result<HttpResponse, TransportError> {
        let mut budget = RetryBudget::new(self.settings);
        loop {
            let sent = exchange(self.settings, request.clone());
            let (cause, what) = match &sent {
                Err(TransportError::Connect(why)) => (Cause::Connect, format!("{url}: {why}")),
                Ok((answer, wait)) if matches!(answer.status().as_u16(), 429 | 502..=504) => {
                    (Cause::Status(*wait), format!("{url} answered {}", answer.status().as_u16()))
                }
                _ => return usable(sent?.0),
            };
            match budget.next_delay(cause, Instant::now(), fastrand::f64()) {
                Ok(wait) => {
                    let _shown = self.reports.retry(&what, wait);
                    std::thread::sleep(wait);
                }
                Err(BudgetExhausted::Wait(wait)) => {
                    let (status, wait) = (sent?.0.status().as_u16(), in_words(wait));
                    return Err(TransportError::InvalidResponse(format!(
                        "status {status}, and asks to wait {wait}"
                    )));
                }
                Err(BudgetExhausted::Tries(_)) => return usable(sent?.0),
            }
        }
    }

    /// Sends a request once, without retries.
    pub fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        usable(exchange(self.settings, request)?.0)
    }
}

/// Adds the client's secret, if it has one.
pub fn with_secret<A, B, C, D, E>(
    client: oauth2::basic::BasicClient<A, B, C, D, E>,
    name: &ClientName,
) -> oauth2::basic::BasicClient<A, B, C, D, E>
where
    A: oauth2::EndpointState,
    B: oauth2::EndpointState,
    C: oauth2::EndpointState,
    D: oauth2::EndpointState,
    E: oauth2::EndpointState,
{
    match &name.secret {
        Some(secret) => {
            client.set_client_secret(ClientSecret::new(secret.expose_secret().to_string()))
        }
        None => client,
    }
}
