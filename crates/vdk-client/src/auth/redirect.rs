//! The address that a provider sends the browser to after a login: one of this machine (RFC 8252, section
//! 7.3). Providers compare it with what is registered there, each by its own rule.

use std::fmt;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// The hosts of loopback addresses, and where a listener for each has to listen: the browser chooses what
/// `localhost` is.
const HOSTS: [(&str, &[IpAddr]); 3] =
    [("127.0.0.1", &[V4]), ("localhost", &[V4, V6]), ("[::1]", &[V6])];

/// A loopback address for redirects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    host: &'static str,
    port: u16,
    path: String,
}

impl Redirect {
    /// Returns the address that has been the default since the first Python vdk. Port 0 is a free one.
    pub fn on_port(port: u16) -> Self {
        Redirect { host: HOSTS[0].0, port, path: String::new() }
    }

    /// Parses an address. Without a port it has `port`. The error does not repeat it.
    pub fn parse(text: &str, port: u16) -> Result<Self, &'static str> {
        let rest = text.strip_prefix("http://").ok_or("it does not begin with http://")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, given) = HOSTS
            .iter()
            .find_map(|(host, _)| Some((*host, authority.strip_prefix(host)?)))
            .filter(|(_, given)| given.is_empty() || given.starts_with(':'))
            .ok_or("its host is not localhost, 127.0.0.1 or [::1]")?;
        let port = match given.strip_prefix(':') {
            None => port,
            // The provider compares the text.
            Some(digits) if !digits.starts_with(['+', '0']) || digits == "0" => {
                digits.parse().map_err(|_| "its port is not a number to 65535")?
            }
            Some(_) => return Err("its port begins with + or 0"),
        };
        if path.contains(|c: char| !c.is_ascii_graphic() || "?#\\".contains(c)) {
            return Err("its path has a query, a fragment, or a character that no path has");
        }
        Ok(Redirect { host, port, path: path.into() })
    }

    /// Listens on each of its addresses. A free port is taken into the address.
    pub fn listen(&mut self) -> std::io::Result<Vec<TcpListener>> {
        let addresses =
            HOSTS.iter().find(|(host, _)| *host == self.host).map_or(&[V4][..], |of| of.1);
        let (mut listeners, mut failed) = (Vec::new(), None);
        for address in addresses {
            match TcpListener::bind((*address, self.port)) {
                Ok(listener) => {
                    self.port = listener.local_addr()?.port();
                    listeners.push(listener);
                }
                // A machine has one of both families. Another program's listener would get the code.
                Err(error) if error.kind() != ErrorKind::AddrInUse => failed = Some(error),
                Err(error) => return Err(error),
            }
        }
        match failed {
            Some(error) if listeners.is_empty() => Err(error),
            _ => Ok(listeners),
        }
    }

    /// Returns true if `host` is what a browser calls this machine in a request to it.
    pub fn is_host(&self, host: &str) -> bool {
        HOSTS.iter().any(|(name, _)| match host.strip_prefix(name) {
            Some("") => self.port == 80,
            Some(port) => port.strip_prefix(':') == Some(&self.port.to_string()),
            None => false,
        })
    }

    /// Returns where it listens, for messages.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "http://{}:{}{}", self.host, self.port, self.path)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn parses_loopback_addresses_as_they_are_registered() {
        for (text, same) in [
            ("http://localhost", "http://localhost:31113"),
            ("http://localhost/", "http://localhost:31113/"),
            ("http://localhost:8400/auth/callback", "http://localhost:8400/auth/callback"),
            ("http://127.0.0.1:80", "http://127.0.0.1:80"),
            ("http://[::1]:1/a", "http://[::1]:1/a"),
        ] {
            assert_eq!(Redirect::parse(text, 31113).unwrap().to_string(), same);
        }
        for wrong in [
            "",
            "localhost:1",
            "https://localhost",
            "http://example.org",
            "http://localhost.example.org",
            "http://127.0.0.10",
            "http://user@localhost",
            "http://localhost:x",
            "http://localhost:65536",
            "http://localhost:",
            "http://localhost:+80",
            "http://localhost:080",
            "http://localhost/\\a",
            "http://localhost/?a",
            "http://localhost/#a",
            "http://localhost/a b",
        ] {
            assert!(Redirect::parse(wrong, 31113).is_err(), "{wrong}");
        }
    }

    #[test]
    fn knows_its_own_requests() {
        let redirect = Redirect::parse("http://localhost:80/a", 0).unwrap();
        for host in ["localhost", "localhost:80", "127.0.0.1", "[::1]:80"] {
            assert!(redirect.is_host(host), "{host}");
        }
        for host in ["", "localhost:81", "localhost.example.org", "example.org"] {
            assert!(!redirect.is_host(host), "{host}");
        }
    }
}
