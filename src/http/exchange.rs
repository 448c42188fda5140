//! One request to anybody, outside the Control Service: to identity providers.

use std::time::Instant;

use oauth2::{HttpRequest, HttpResponse};
use reqwest::blocking::{Client, Request};
use url::Url;

use super::client::{Trouble, chain, trouble};
use super::{Answer, is_loopback, tls};
use crate::settings::HttpSettings;

/// Sends `request` once, follows nothing, and reads the whole answer within bounds.
pub fn exchange(settings: &HttpSettings, request: HttpRequest) -> Result<HttpResponse, Trouble> {
    let uri = request.uri().clone();
    let is_https = uri.scheme_str() == Some("https");
    let tls = tls::config(settings, is_https).map_err(|f| Trouble::Tls(f.body.why))?;
    let mut builder = Client::builder();
    if Url::parse(&uri.to_string()).is_ok_and(|url| is_loopback(&url)) {
        builder = builder.no_proxy();
    }
    let client = builder
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.timeout)
        .http1_only()
        .user_agent(&settings.user_agent)
        .build()
        .map_err(|error| Trouble::Connect(chain(&error)))?;
    let deadline = Instant::now() + settings.timeout;
    let request = Request::try_from(request).map_err(trouble)?;
    let response = client.execute(request).map_err(trouble)?;
    let answer = Answer::read(response, &uri.to_string(), deadline)?;
    let mut whole = HttpResponse::new(answer.body.to_vec());
    *whole.status_mut() = oauth2::http::StatusCode::from_u16(answer.status)
        .map_err(|_| Trouble::Nonsense("a status that is none".into()))?;
    Ok(whole)
}
