//! Tests the address that the provider sends the browser to.

use std::io::Write;
use std::net::{TcpListener, TcpStream};

use vdk_testing::port::free_port;
use vdk_testing::scripted_service::Service;
use vdk_testing::session::Session;

use super::browser::{GRANTED, PROMPT, home, state, words};

#[test]
fn listens_where_the_registered_address_leads() {
    for (uri, hosts) in [
        ("http://localhost:PORT/auth/callback", &["127.0.0.1", "[::1]"][..]),
        ("http://[::1]:PORT", &["[::1]"]),
        ("http://127.0.0.1:PORT/", &["127.0.0.1"]),
    ] {
        // Not every machine has IPv6.
        for host in hosts.iter().filter(|host| TcpListener::bind(format!("{host}:0")).is_ok()) {
            let provider = Service::with_etags();
            provider.next("POST", [GRANTED]);
            let port = free_port();
            let uri = uri.replace("PORT", &port.to_string());
            let home = home(&provider, "true", 0);
            let mut words = words(&provider);
            words.extend(["--redirect-uri".into(), uri.clone()]);
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            let mut session = Session::start(&home, &words);
            session.expect(PROMPT);
            let mut browser = TcpStream::connect(format!("{host}:{port}")).unwrap();
            let target = format!("/auth/callback?code=1&state={}", state(&session));
            write!(browser, "GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n").unwrap();
            session.expect("Login Successful");
            assert!(session.end().0.success());
            let asked =
                provider.requests().into_iter().find(|asked| asked.method == "POST").unwrap();
            let encoded: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
            assert!(asked.body.contains(&format!("redirect_uri={encoded}")), "{}", asked.body);
        }
    }
}

#[test]
fn refuses_addresses_that_lead_away_from_this_machine() {
    let provider = Service::with_etags();
    let home = home(&provider, "true", 0);
    for (uri, why) in [
        ("https://localhost:1", "http://"),
        ("http://example.org/geheim", "its host is not localhost"),
        ("http://localhost:x", "its port"),
    ] {
        let words = words(&provider).into_iter().chain(["--redirect-uri".into(), uri.into()]);
        let refused = home.run(words).failed(2, why);
        assert!(!refused.stderr.contains("geheim"), "{}", refused.stderr);
    }
    assert_eq!(provider.requests().len(), 0);
}
