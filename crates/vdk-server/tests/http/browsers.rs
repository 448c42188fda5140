//! Tests that web pages cannot use a service without authentication: neither by a name that they
//! point at this machine (DNS rebinding) nor by requests that a browser sends for them.

use std::io::{Read, Write};
use std::net::TcpStream;

use vdk_testing::control_service::{Answer, SECURED, Service, parse, path};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Sends a request with these lines after the request line.
fn raw(service: &Service, line: &str, headers: &[&str]) -> Answer {
    let mut stream = TcpStream::connect(service.address).unwrap();
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    write!(stream, "{line}\r\n{headers}Connection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    parse(&answer).unwrap()
}

#[test]
fn refuses_names_that_are_not_its_own() {
    let service = Service::start(&[]);
    let at = path("secrets", "t", "j");
    assert_eq!(service.put(&at, "{\"pw\":\"s3cret\"}", None).status, 202);
    let get = format!("GET {at} HTTP/1.1");
    let port = service.address.port();
    for host in [
        "evil.example.org".to_string(),
        format!("evil.example.org:{port}"),
        "localhost.evil.example.org".into(),
        format!("127.0.0.1.nip.io:{port}"),
        "10.0.0.1".into(),
        "[fe80::1]".into(),
        "localhost@evil.example.org".into(),
        String::new(),
    ] {
        let answer = raw(&service, &get, &[&format!("Host: {host}")]);
        answer.problem(403, "Host");
        assert!(!answer.body.contains("s3cret"), "{host}");
    }
    raw(&service, &get, &["Host: localhost", "Host: evil.example.org"]).problem(403, "Host");
    let absolute = format!("GET http://evil.example.org{at} HTTP/1.1");
    raw(&service, &absolute, &["Host: localhost"]).problem(403, "Host");
    for host in ["localhost", "LocalHost", "127.0.0.1", "[::1]", "127.0.0.2"] {
        for host in [host.to_string(), format!("{host}:{port}")] {
            assert_eq!(raw(&service, &get, &[&format!("Host: {host}")]).status, 200, "{host}");
        }
    }
    // A browser always sends the header.
    assert_eq!(raw(&service, &format!("GET {at} HTTP/1.0"), &[]).status, 200);
    // Probes may use any name; they reveal nothing.
    assert_eq!(raw(&service, "GET /livez HTTP/1.1", &["Host: vdk.example.org"]).status, 200);
}

#[test]
fn refuses_requests_of_other_sites() {
    let service = Service::start(&[]);
    let at = path("secrets", "t", "j");
    for body in ["{\"a\":1}", "{\"a\":2}"] {
        assert_eq!(service.put(&at, body, None).status, 202);
    }
    let back = format!("{at}/versions/1/rollback");
    for origin in ["https://evil.example.org", "null", "http://localhost:1", "file://", "x"] {
        let origin = ("Origin", origin);
        service.send("POST", &back, &[origin], "").problem(403, "Origin");
        service.send("PUT", &at, &[JSON, origin], "{\"a\":3}").problem(403, "Origin");
        service.send("GET", &at, &[origin], "").problem(403, "Origin");
    }
    for kind in
        ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "TEXT/plain"]
    {
        let kind = [("Content-Type", kind)];
        service.send("POST", &back, &kind, "").problem(415, "form");
        service.send("PUT", &at, &kind, "{\"a\":3}").problem(415, "Content-Type");
        let delete = "/data-jobs/for-team/t/access/user/ana";
        service.send("DELETE", delete, &kind, "").problem(415, "form");
    }
    assert_eq!(service.get(&at).body, "{\"a\":2}");
    // Its own pages, curl and vdk send nothing of that.
    let own = format!("http://{}", service.address);
    assert_eq!(service.send("POST", &back, &[("Origin", &own)], "").status, 202);
    assert_eq!(service.send("POST", &back, &[], "").status, 202);
}

#[test]
fn needs_no_such_check_if_clients_authenticate() {
    let service = Service::start(&SECURED);
    let access = format!("Bearer {}", service.access("ana", "t", "writer"));
    let at = path("secrets", "t", "j");
    let bearer = format!("Authorization: {access}");
    let headers = ["Host: vdk.example.org", "Origin: https://app.example.org", bearer.as_str()];
    assert_eq!(raw(&service, &format!("GET {at} HTTP/1.1"), &headers).status, 200);
}
