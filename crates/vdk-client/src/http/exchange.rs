//! Single requests to hosts other than the Control Service: to identity providers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use oauth2::{HttpRequest, HttpResponse};
use reqwest::Request;
use url::Url;

use super::client::{TransportError, chain, transport_error};
use super::runtime::{Resolver, runtime};
use super::{Answer, proxy, tls};
use crate::config::HttpSettings;

/// Sends `request` once, without redirects, and reads the whole response within limits. Also
/// returns the delay that it asks for.
pub fn exchange(
    settings: &HttpSettings,
    request: HttpRequest,
) -> Result<(HttpResponse, Option<Duration>), TransportError> {
    let uri = request.uri().clone();
    let is_https = uri.scheme_str() == Some("https");
    let tls = tls::config(settings, is_https)
        .map_err(|failure| TransportError::Unusable(failure.body))?;
    let url =
        Url::parse(&uri.to_string()).map_err(|error| TransportError::Connect(error.to_string()))?;
    let (builder, proxy) = proxy::client(&url).map_err(TransportError::Connect)?;
    let client = builder
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.timeout)
        .http1_only()
        .user_agent(&settings.user_agent)
        .dns_resolver(Arc::new(Resolver))
        .build()
        .map_err(|error| TransportError::Connect(chain(&error)))?;
    let runtime = runtime().map_err(|error| TransportError::Connect(error.to_string()))?;
    let deadline = Instant::now() + settings.timeout;
    let classify = |error| transport_error(error, proxy.as_deref(), settings);
    let request = Request::try_from(request).map_err(classify)?;
    let answer = runtime.block_on(async {
        let response = client.execute(request).await.map_err(classify)?;
        Answer::read(response, &uri.to_string(), deadline).await
    })?;
    if answer.status == 407 {
        return Err(TransportError::Connect(proxy::wants_login(proxy.as_deref())));
    }
    if (300..400).contains(&answer.status) {
        return Err(TransportError::InvalidResponse(format!(
            "status {}, a redirect to {}, which is not followed",
            answer.status,
            place(&url, answer.location.as_deref())
        )));
    }
    let mut whole = HttpResponse::new(answer.body.to_vec());
    *whole.status_mut() = oauth2::http::StatusCode::from_u16(answer.status)
        .map_err(|_| TransportError::InvalidResponse("an invalid status".into()))?;
    Ok((whole, answer.retry_after))
}

/// Returns the target of a redirect of `url`. Another host is not named: its name could repeat what
/// was sent.
fn place(url: &Url, location: Option<&str>) -> String {
    let Some(location) = location else { return "nowhere".into() };
    match url.join(location) {
        Ok(target) if target.host() == url.host() && target.scheme().starts_with("http") => {
            target.origin().ascii_serialization()
        }
        _ => "another address".into(),
    }
}

/// Returns a response of these parts, without headers whose names or values are invalid.
#[doc(hidden)]
pub fn response(
    status: u16,
    headers: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>,
    body: Vec<u8>,
) -> HttpResponse {
    use oauth2::http::{HeaderName, HeaderValue, StatusCode};
    let mut response = HttpResponse::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    for (name, value) in headers {
        let header = (HeaderName::from_bytes(&name), HeaderValue::from_bytes(&value));
        if let (Ok(name), Ok(value)) = header {
            response.headers_mut().append(name, value);
        }
    }
    response
}
