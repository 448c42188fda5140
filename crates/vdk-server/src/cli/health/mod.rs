//! The command `health`: asks the service that runs with these settings whether it is ready, as a
//! container's health check does. It needs no other program, and none of the service's secrets.

mod client;

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, ValueHint, value_parser};
use client::Client;
use serde_json::Value;
use tokio::time::timeout;

use crate::cli::options::{address, sources};
use crate::settings::Listen;

/// Longest time for the whole check. Container engines allow a second or more.
const TIME: Duration = Duration::from_millis(1800);
/// Most characters of an error that are shown.
const SHOWN: usize = 300;

/// Builds the command `health`.
pub fn command() -> Command {
    let file = |name: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("FILE")
            .value_hint(ValueHint::FilePath)
            .value_parser(value_parser!(PathBuf))
    };
    address(Command::new("health"))
        .about("Ask the running service whether it is ready")
        .long_about(
            "Ask the running service whether it is ready.\n\n\
             Reads the settings that the service has, and asks /readyz at the address it listens \
             on. Says in one line what is wrong. Ends within 2 seconds with exit code 0 if the \
             service is ready, else 1.",
        )
        .arg(
            Arg::new("exclude")
                .long("exclude")
                .value_name("PARTS")
                .value_parser(parts)
                .help("Parts that may be unavailable: secrets, properties, audit"),
        )
        .arg(
            file("client-cert")
                .requires("client-key")
                .help("Client certificate, if the service needs one [default: the service's own]"),
        )
        .arg(file("client-key").requires("client-cert").help("Private key of that certificate"))
}

/// Runs the command. Returns a line about the service, as an error if it is not ready.
pub fn run(options: &ArgMatches, own: &ArgMatches) -> Result<String, String> {
    let listen = sources(options)
        .and_then(|sources| Listen::from_sources(&sources))
        .map_err(|invalid| format!("invalid setting: {invalid}"))?;
    if listen.address.port() == 0 {
        return Err("server.port is 0, so the port is not known. Name it: --port PORT".into());
    }
    let file = |name: &str| own.get_one::<PathBuf>(name).cloned();
    let client = Client::new(&listen, file("client-cert").zip(file("client-key")))?;
    let scheme = if listen.tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}", reachable(listen.address));
    let query = own.get_one::<String>("exclude").map(|parts| format!("?exclude={parts}"));
    let path = format!("{url}/readyz{}", query.unwrap_or_default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    let answer = runtime.block_on(async { timeout(TIME, client.get(&path)).await });
    let (status, body) = match answer {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            let mut why = cause(&error);
            if listen.tls.is_some_and(|files| files.client_authorities.is_some()) {
                why.push_str(". If it rejects the client certificate, name another: --client-cert");
            }
            return Err(format!("{url} does not answer: {why}"));
        }
        Err(_) => return Err(format!("{url} does not answer within {} ms", TIME.as_millis())),
    };
    match verdict(status, &body) {
        Ok(()) => Ok(format!("{url} is ready")),
        Err(why) => Err(format!("{url} is not ready: {why}")),
    }
}

/// Parses the parts to exclude. The service itself rejects unknown ones.
fn parts(text: &str) -> Result<String, &'static str> {
    let is_list = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b',');
    if is_list { Ok(text.into()) } else { Err("a comma-separated list is expected") }
}

/// Returns the address at which this machine reaches a service that listens at `address`.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// Reads the answer of `/readyz`, or says what is unavailable.
fn verdict(status: u16, body: &[u8]) -> Result<(), String> {
    let Ok(Value::Object(answer)) = serde_json::from_slice(body) else {
        return Err(format!("it answers {status}, and not as this service does"));
    };
    if status == 200 {
        return Ok(());
    }
    if let Some(why) = answer.get("why").and_then(Value::as_str) {
        return Err(why.into());
    }
    let failing = answer.iter().filter_map(|(part, state)| {
        let status = state["status"].as_str()?;
        let is_fine = matches!(status, "ready" | "switched off" | "excluded");
        (!is_fine).then(|| match state["engine"].as_str() {
            Some(engine) => format!("{part} ({engine}): {status}"),
            None => format!("{part}: {status}"),
        })
    });
    let failing = failing.collect::<Vec<_>>().join(", ");
    let overall = answer.get("status").and_then(Value::as_str).unwrap_or_default();
    Err(if failing.is_empty() { format!("{status} {overall}") } else { failing })
}

/// Returns the innermost cause of an error in one line.
fn cause(mut error: &dyn Error) -> String {
    while let Some(source) = error.source() {
        error = source;
    }
    let text = error.to_string();
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_at_an_address_that_this_machine_reaches() {
        for (listens, asked) in [
            ("0.0.0.0:1", "127.0.0.1:1"),
            ("[::]:2", "[::1]:2"),
            ("10.0.0.7:3", "10.0.0.7:3"),
            ("127.0.0.1:4", "127.0.0.1:4"),
        ] {
            assert_eq!(reachable(listens.parse().unwrap()).to_string(), asked);
        }
    }

    #[test]
    fn names_what_is_unavailable() {
        let body = br#"{"status":"not ready","secrets":{"engine":"vault","status":"is sealed"},
            "properties":{"engine":"embedded","status":"ready"},"audit":{"status":"ready"}}"#;
        assert_eq!(verdict(200, body), Ok(()));
        assert_eq!(verdict(503, body), Err("secrets (vault): is sealed".into()));
        let ending = br#"{"status":"ending","audit":{"status":"ready"}}"#;
        assert_eq!(verdict(503, ending), Err("503 ending".into()));
        assert!(verdict(200, b"<html>").is_err(), "another program answers");
    }
}
