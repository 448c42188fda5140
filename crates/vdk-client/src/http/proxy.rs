//! The proxy between us and a service, from the environment or the system.

use std::env;

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{Client, ClientBuilder};
use url::{Host, Url};

use super::is_loopback;
use crate::config::env_vars::{CGI, HTTP_PROXIES, HTTPS_PROXIES, NO_PROXIES};

/// Returns a client builder for `url` and a description of its proxy. The description omits the
/// password that the proxy's URL may hold.
///
/// The error names the variable with an unusable proxy. A direct connection instead would expose
/// the request to another network.
pub fn client(url: &Url) -> Result<(ClientBuilder, Option<String>), String> {
    // No proxy needs to see local requests.
    if is_loopback(url) || is_excepted(url) {
        return Ok((Client::builder().no_proxy(), None));
    }
    Ok((Client::builder(), find(url)?))
}

/// Returns true if `NO_PROXY` excludes the host of `url`. Like curl and Python's requests, it
/// accepts `*` for IP addresses, bracketed IPv6 addresses and ports. Blanks separate like commas.
fn is_excepted(url: &Url) -> bool {
    let text =
        NO_PROXIES.into_iter().find_map(|name| env::var(name).ok().filter(|it| !it.is_empty()));
    let Some(host) = url.host() else { return false };
    text.unwrap_or_default().split([',', ' ', '\t']).filter(|entry| !entry.is_empty()).any(
        |entry| {
            let (name, port) = match entry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                Some((address, rest)) => (address, rest.strip_prefix(':')),
                None if entry.matches(':').count() > 1 => (entry, None),
                None => {
                    entry.split_once(':').map_or((entry, None), |(name, port)| (name, Some(port)))
                }
            };
            if name == "*" {
                return true;
            }
            if port.is_some_and(|port| port.parse().ok() != url.port_or_known_default()) {
                return false;
            }
            match &host {
                Host::Ipv4(address) => name.parse() == Ok(*address),
                Host::Ipv6(address) => name.parse() == Ok(*address),
                Host::Domain(domain) => {
                    let name =
                        name.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
                    let domain = domain.to_ascii_lowercase();
                    let before = domain.strip_suffix(&name).filter(|_| !name.is_empty());
                    before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
                }
            }
        },
    )
}

/// Explains status 407, which no service sends, only a proxy.
pub fn wants_login(proxy: Option<&str>) -> String {
    format!("{} requires a valid user and password (407)", proxy.unwrap_or("a proxy on the way"))
}

fn find(url: &Url) -> Result<Option<String>, String> {
    let Ok(uri) = url.as_str().parse::<Uri>() else { return Ok(None) };
    let names = if url.scheme() == "https" { HTTPS_PROXIES } else { HTTP_PROXIES };
    let name = names.into_iter().find(|name| env::var_os(name).is_some_and(|it| !it.is_empty()));
    let found = Matcher::from_system().intercept(&uri);
    let proxy = found.as_ref().map(|found| found.uri());
    if let Some(proxy) = proxy.filter(|proxy| matches!(proxy.scheme_str(), Some("http" | "https")))
        && let Some(host) = proxy.host().filter(|host| !host.is_empty())
    {
        let port = proxy.port().map(|port| format!(":{port}")).unwrap_or_default();
        let by = name.map(|name| format!(" of {name}")).unwrap_or_default();
        return Ok(Some(format!("the proxy {host}{port}{by}")));
    }
    let Some(name) = name else { return Ok(None) };
    let excepted = NO_PROXIES.into_iter().find_map(|name| env::var(name).ok());
    let others = Matcher::builder().all("http://any").no(excepted.unwrap_or_default()).build();
    if others.intercept(&uri).is_none() || env::var_os(CGI).is_some() {
        return Ok(None);
    }
    Err(format!("{name} is not the URL of an http or https proxy"))
}

/// Explains why there is no connection through `proxy`.
pub fn why(proxy: &str, why: &str) -> String {
    let why = why.trim_start_matches("tunnel error: ");
    match why.trim_start_matches("failed to create underlying connection: ") {
        "proxy authorization required" => wants_login(Some(proxy)),
        "unsuccessful" => format!("{proxy} refused to connect to it"),
        why => format!("{proxy}: {why}"),
    }
}
