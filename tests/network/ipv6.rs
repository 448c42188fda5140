//! Tests addresses in brackets, for the command line and for `vdk server`.

use std::io::Write;
use std::net::TcpListener;

use vdk_testing::server::Server;
use vdk_testing::{Home, Run};

/// Starts a server on an IPv6 address for `home`. Returns `None` on a machine without IPv6.
fn server(home: &Home, address: &str) -> Option<Server> {
    if let Err(error) = TcpListener::bind("[::1]:0") {
        let _ = writeln!(std::io::stderr(), "not tried: this machine has no ::1 ({error})");
        return None;
    }
    Some(Server::with(home, &[("SERVER_ADDRESS", address)]))
}

fn at(home: &Home, url: &str, args: &[&str]) -> Run {
    home.secrets(&[&["-u", url], args].concat())
}

#[test]
fn uses_and_logs_in_to_a_bracketed_address() {
    let operator = Home::new();
    let Some(server) = server(&operator, "::1") else { return };
    let url = server.url();
    assert!(url.starts_with("http://[::1]:"), "{url}");
    // The login of the local server works for every notation of its address. It is not sent to
    // 127.0.0.1, where another server may listen.
    let port = url.rsplit(':').next().unwrap();
    at(&operator, &url, &["--set", "a", "1"]).done();
    for same in [format!("http://[0:0:0:0:0:0:0:1]:{port}/"), format!("[::1]:{port}")] {
        assert_eq!(at(&operator, &same, &["--get", "a", "-o", "raw"]).done().stdout, "1");
    }
    let _other = TcpListener::bind(format!("127.0.0.1:{port}"));
    let elsewhere = Home::at(&url);
    elsewhere.secrets(&["--list"]).failed(3, "no bearer token");
    // A login for this server stays at its origin.
    let create = "server token create --user ana --team t --role writer".split(' ');
    let token = operator.run(create).done().stdout;
    elsewhere.run_with(["login"], &token).done();
    let saved = std::fs::read_to_string(elsewhere.config("vdk-cred.json")).unwrap();
    assert!(saved.contains(&format!("\"services\":[\"{url}\"]")), "{saved}");
    let set = elsewhere.secrets(&["--set", "b", "2"]).done();
    assert_eq!(set.stderr, "", "nothing leaves this machine: no warning of plain http");
    assert_eq!(elsewhere.all(), r#"{"a": "1", "b": "2"}"#);
    let status = elsewhere.run(["login", "--status"]).done().stdout;
    assert!(status.contains(&url), "{status}");
    for other in [format!("http://127.0.0.1:{port}"), "http://[::1]:1".into()] {
        at(&elsewhere, &other, &["--list"]).failed(3, "vdk login --allow");
    }
    elsewhere.run(["set-default", "-u", &url, "-t", "t"]).done();
    elsewhere.run(["info"]).done();
    elsewhere.run(["logout"]).done();
    elsewhere.secrets(&["--list"]).failed(3, "no bearer token");
}

#[test]
fn reaches_a_server_that_listens_on_all_addresses() {
    let home = Home::new();
    let Some(server) = server(&home, "::") else { return };
    let port = server.url().rsplit(':').next().unwrap().to_string();
    at(&home, &format!("http://[::1]:{port}"), &["--set", "a", "1"]).done();
    drop(server);
    let server = Server::with(&home, &[("SERVER_ADDRESS", "0.0.0.0")]);
    let port = server.url().rsplit(':').next().unwrap().to_string();
    let own = at(&home, &format!("http://127.0.0.1:{port}"), &["--get", "a", "-o", "raw"]);
    assert_eq!(own.done().stdout, "1");
}

#[test]
fn rejects_invalid_ipv6_addresses() {
    for (url, words) in [
        ("http://[fe80::1%25eth0]:8092", "it has a zone"),
        ("http://[fe80::1%eth0]/", "it has a zone"),
        ("::1", "needs brackets"),
        ("::1:8092", "needs brackets"),
        ("http://fe80::1:8092/x", "needs brackets"),
        ("http://[::1:8092", "needs brackets"),
        ("http://[::g]", "needs brackets"),
        ("http://h:port", "it is not a URL"),
    ] {
        Home::new().secrets(&["-u", url, "--list"]).failed(2, words);
        Home::new().run(["set-default", "-u", url]).failed(2, words);
    }
}
