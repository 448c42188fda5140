//! Tests how long a connection may be idle, and that one address cannot take all connections.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use vdk_testing::control_service::{Service, binary, eventually, parse, path, until_closed};

const OWNER: &str = "127.0.0.2:0";
const OTHER: &str = "127.0.0.1:0";

/// Connects from this address of the machine.
fn connect(service: &Service, from: &str) -> TcpStream {
    let (to, from): (SocketAddr, SocketAddr) = (service.address, from.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(from).unwrap();
        socket.connect(to).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    // Only ends a test that would hang.
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    stream
}

/// Sends a request and returns the status of its response, or `None` if there is none.
fn status(stream: &mut TcpStream, service: &Service) -> Option<u16> {
    write!(stream, "GET /livez HTTP/1.1\r\nHost: {}\r\n\r\n", service.address).ok()?;
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    loop {
        let bytes = stream.read(&mut part).ok().filter(|bytes| *bytes > 0)?;
        answer.extend_from_slice(&part[..bytes]);
        if let Some(answer) = parse(&answer) {
            return Some(answer.status);
        }
    }
}

/// Opens a connection with a write whose body never ends.
fn running(service: &Service, from: &str, job: usize) -> TcpStream {
    let mut stream = connect(service, from);
    let at = path("properties", "t", &job.to_string());
    let head = format!(
        "PUT {at} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\n\r\n{{",
        service.address
    );
    let _ = stream.write_all(head.as_bytes());
    stream
}

#[test]
fn keeps_an_idle_connection_longer_than_one_without_a_request() {
    let service = Service::start(&[]);
    let mut used = connect(&service, OTHER);
    assert_eq!(status(&mut used, &service), Some(200));
    let mut slow = connect(&service, OTHER);
    assert_eq!(status(&mut slow, &service), Some(200));
    slow.write_all(b"GET /livez HTTP/1.1\r\nHost: ").unwrap();
    // These are closed after ten seconds, and they came last.
    let mut silent = connect(&service, OTHER);
    until_closed(&mut silent);
    until_closed(&mut slow);
    assert_eq!(status(&mut used, &service), Some(200));
}

#[test]
fn closes_an_idle_connection_after_the_time_that_is_set() {
    let service = Service::start(&[("SERVER_TOMCAT_KEEP_ALIVE_TIMEOUT", "1000")]);
    let mut used = connect(&service, OTHER);
    assert_eq!(status(&mut used, &service), Some(200));
    until_closed(&mut used);
    for invalid in ["0", "x", "-1s", "2h"] {
        let mut command = binary();
        command.env("SERVER_TOMCAT_KEEP_ALIVE_TIMEOUT", invalid).arg("--check-config");
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains("such as 75s"), "{invalid}: {said}");
    }
}

#[test]
fn lets_others_in_while_one_address_holds_idle_connections() {
    let service = Service::start(&[("SERVER_TOMCAT_MAX_CONNECTIONS", "40")]);
    let held: Vec<_> = (0..100).map(|_| connect(&service, OTHER)).collect();
    assert_eq!(status(&mut connect(&service, OWNER), &service), Some(200));
    // The same address gets in as well: those without a request make room.
    assert_eq!(status(&mut connect(&service, OTHER), &service), Some(200));
    drop(held);
    // So do those that had one.
    let mut held: Vec<_> = (0..100).map(|_| connect(&service, OTHER)).collect();
    for stream in &mut held {
        let _ = status(stream, &service);
    }
    assert_eq!(status(&mut connect(&service, OWNER), &service), Some(200));
    assert_eq!(status(&mut connect(&service, OTHER), &service), Some(200));
    service.logs("too many connections");
    let warnings = service.log().matches("too many connections").count();
    assert!((1..5).contains(&warnings), "{warnings} warnings");
}

#[test]
fn lets_others_in_while_one_address_has_requests_running() {
    let service = Service::start(&[("SERVER_TOMCAT_MAX_CONNECTIONS", "40")]);
    let held: Vec<_> = (0..60).map(|n| running(&service, OTHER, n)).collect();
    assert_eq!(status(&mut connect(&service, OWNER), &service), Some(200));
    service.logs("too many connections");
    drop(held);
    eventually("there is room again", || {
        status(&mut connect(&service, OTHER), &service) == Some(200)
    });
}

#[test]
fn lets_a_trusted_proxy_take_all_connections() {
    let service = Service::start(&[
        ("SERVER_TOMCAT_MAX_CONNECTIONS", "8"),
        ("VDK_ACCESS_TRUSTED_PROXIES", "127.0.0.1"),
    ]);
    let held: Vec<_> = (0..7).map(|n| running(&service, OTHER, n)).collect();
    eventually("all of them run", || {
        let mut probe = connect(&service, OTHER);
        let _ = write!(probe, "GET /metrics HTTP/1.0\r\n\r\n");
        let mut answer = String::new();
        let _ = probe.read_to_string(&mut answer);
        answer.contains("vdk_connections 8\n")
    });
    drop(held);
}

#[test]
fn keeps_descriptors_for_itself() {
    let service = Service::start_with_descriptors(64, &[]);
    service.logs("the limit of open files leaves room for 32 connections");
    let held: Vec<_> = (0..200).map(|_| connect(&service, OTHER)).collect();
    for collection in ["secrets", "properties"] {
        let at = path(collection, "t", "j");
        assert!(service.put(&at, "{\"a\":1}", None).status < 300);
        assert_eq!(service.get(&at).body, "{\"a\":1}");
    }
    assert_eq!(status(&mut connect(&service, OWNER), &service), Some(200));
    assert_eq!(service.get("/readyz").status, 200);
    service.logs("too many connections");
    let log = service.log();
    let warnings = log.matches("too many connections").count();
    assert!((1..5).contains(&warnings) && !log.contains("cannot be accepted"), "{log}");
    drop(held);
}
