//! The base URL of a Control Service, validated and normalised once.

use std::fmt;

use url::{Host, ParseError, Url};

/// An http or https URL without credentials, query and trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    url: Url,
    text: String,
    scheme_was_missing: bool,
}

impl BaseUrl {
    /// Validates `text`. The error never quotes it: it may hold a password.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err("it contains a space or a control character");
        }
        if text.contains('\\') {
            return Err("it contains a backslash; a URL has slashes, as in https://host");
        }
        let scheme_was_missing = !text.contains("://");
        let word = text.split(':').next().unwrap_or_default();
        if scheme_was_missing
            && ["http", "https"].iter().any(|name| word.eq_ignore_ascii_case(name))
        {
            return Err("two slashes must follow http: and https:, as in https://host");
        }
        // A DNS query would reveal the host.
        let host = text.split_once("://").map_or(text, |(_, after)| after);
        let host = host.split(['/', ':']).next().unwrap_or_default();
        // An IPv6 address looks like a JSON list.
        if !host.starts_with('[') && vdk_api::may_be_secret(host) {
            return Err("it looks like a token or a key, so it is not sent anywhere");
        }
        let absolute = if scheme_was_missing { format!("http://{text}") } else { text.to_string() };
        let url = Url::parse(&absolute).map_err(|error| why_none(&absolute, error))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("only http and https URLs are supported");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it contains a user name or password, which logs would show");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("it has a query or fragment, but paths are appended to it");
        }
        if !url.has_host() {
            return Err("it has no host");
        }
        // Such a name is more likely a misspelled "local" than a host that may get values
        // unencrypted.
        if scheme_was_missing && !text.contains(['.', ':', '/']) {
            return Err(
                "it is a single word without a scheme, a dot or a port; if it is a host, put \
                 https:// or http:// before it",
            );
        }
        let text = url.as_str().trim_end_matches('/').to_string();
        Ok(BaseUrl { url, text, scheme_was_missing })
    }

    /// Returns the address as a URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the URL as text, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Appends a path, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }

    /// Returns scheme, host and port (RFC 6454), which a login is bound to.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Returns the port, explicit or the scheme's default.
    pub fn port(&self) -> Option<u16> {
        self.url.port_or_known_default()
    }

    /// Returns whether requests are encrypted.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Returns true if requests stay on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Returns true if http was assumed.
    pub fn scheme_was_missing(&self) -> bool {
        self.scheme_was_missing
    }
}

/// Explains why `text` is not a URL, with specific messages for the most frequent mistakes.
fn why_none(text: &str, error: ParseError) -> &'static str {
    let after = text.split_once("://").map_or("", |(_, after)| after);
    let host = after.split(['/', '?', '#']).next().unwrap_or_default();
    if error == ParseError::InvalidIpv6Address && host.contains('%') {
        "it has a zone, as in [fe80::1%eth0], which URLs do not support (WHATWG)"
    } else if error == ParseError::InvalidIpv6Address || host.matches(':').count() > 1 {
        "an IPv6 address needs brackets, as in http://[::1]:8092"
    } else {
        "it is not a URL"
    }
}

/// Returns true if requests to `url` stay on this machine. Names below `localhost` do, as browsers and
/// curl have it (RFC 6761, section 6.3).
pub fn is_loopback(url: &Url) -> bool {
    let below =
        |host: Host<&str>| matches!(host, Host::Domain(name) if name.ends_with(".localhost"));
    vdk_platform::is_loopback(url) || url.host().is_some_and(below)
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalizes_urls() {
        for (text, expected) in [
            ("http://h/", "http://h/x"),
            ("https://h:8443/a/b//", "https://h:8443/a/b/x"),
            ("localhost:8092", "http://localhost:8092/x"),
            ("HTTP://H", "http://h/x"),
            ("http://[::1]:80", "http://[::1]/x"),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().join("/x"), expected);
        }
        assert!(BaseUrl::parse("h:80").unwrap().scheme_was_missing());
        for text in ["http://127.9.9.9", "http://[::1]", "http://localhost"] {
            assert!(BaseUrl::parse(text).unwrap().is_loopback());
        }
        assert!(!BaseUrl::parse("http://127.0.0.1.example.org").unwrap().is_loopback());
    }

    #[test]
    fn rejects_urls_that_leak_or_mislead() {
        for text in [
            "",
            "ftp://h",
            "http://u:p@h",
            "http://u@h",
            "http://h?x=1",
            "http://h#f",
            "http://h/\nx",
            "http://h/\tx",
            "http://",
            "file:///x",
            "ht tp://x",
            "loca",
            "localhost",
            "https:/ana:pw@host",
            "https:host",
            "HTTP:8080",
            "https:\\\\host",
            "https://host\\path",
            "eyJhbGciOiJub25lIn0.e30.x",
            "https://eyJhbGciOiJub25lIn0.e30.x",
            "vdk_0123456789abcdef_geheim.org:443",
            "https://0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/",
        ] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
    }
}
