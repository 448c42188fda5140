//! Sends requests over new connections and parses the responses.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// A complete response.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// Asserts an error with this status and all four parts, which contains `words`.
    #[track_caller]
    pub fn problem(&self, status: u16, words: &str) -> &Self {
        assert_eq!(self.status, status, "{self:?}");
        let json = self.json();
        let parts = ["what", "why", "consequences", "countermeasures"];
        assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), parts);
        for part in parts {
            assert!(!json[part].as_str().unwrap().trim().is_empty(), "{part}: {self:?}");
        }
        assert!(self.body.contains(words), "no '{words}' in {}", self.body);
        self
    }
}

/// Sends a request over a new connection. Returns `None` if the connection breaks.
pub fn http(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    // Only ends a test that would hang.
    stream.set_read_timeout(Some(Duration::from_secs(120))).ok()?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() || matches!(method, "PUT" | "POST") {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    // The service may close the connection before it has read a body that it refuses.
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    parse(&answer)
}

/// Reads until the service closes the connection. It may do so while the client still sends.
pub fn until_closed(stream: &mut TcpStream) {
    if let Err(error) = stream.read_to_end(&mut Vec::new()) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
    }
}

/// Parses a response. Returns `None` if it was cut off.
pub fn parse(bytes: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: BTreeMap<_, _> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_string()))
        .collect();
    let length: Option<usize> = headers.get("content-length").and_then(|n| n.parse().ok());
    if length.is_some_and(|length| body.len() < length) {
        return None;
    }
    Some(Answer { status, headers, body: body.to_string() })
}
