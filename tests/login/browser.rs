//! Logins in a browser, with somebody at the terminal: a pasted address ends them as well.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use vdk_testing::Home;
use vdk_testing::port::free_port;
use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::session::Session;

const PROMPT: &str = "(hidden): ";
const GRANTED: Fault =
    Fault::Answer(200, "", r#"{"access_token":"tok.en","token_type":"bearer","expires_in":900}"#);
const REFUSED: Fault = Fault::Answer(400, "", r#"{"error":"invalid_grant"}"#);

/// Returns the words of a login in a browser at `provider`.
fn words(provider: &Service) -> Vec<String> {
    let url = provider.url();
    let addresses = format!("login -t credentials -i cli -d {url}authorize -e {url}token");
    addresses.split(' ').map(String::from).collect()
}

/// Returns the home of a user whose browser is the command `browser`.
fn home(provider: &Service, browser: &str, port: u16) -> Home {
    let home = Home::at(&provider.url()).with("BROWSER", browser);
    home.with("OAUTH2_REDIRECT_URI_PORT", port.to_string())
}

/// Starts a login, and waits until it takes an address. Returns the state of the login as well.
fn start(home: &Home, provider: &Service) -> (Session, String) {
    let words = words(provider);
    let mut session = Session::start(home, &words.iter().map(String::as_str).collect::<Vec<_>>());
    session.expect(PROMPT);
    let state = state(&session);
    (session, state)
}

fn state(session: &Session) -> String {
    let after = session.screen().split("state=").nth(1).unwrap();
    after.split(['&', '\r', '\n']).next().unwrap().to_string()
}

/// Returns the page that a browser shows for `target`.
fn visit(port: u16, target: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

#[test]
fn takes_a_pasted_address_whatever_the_browser_did() {
    // More than a terminal takes in a line, unless it is asked for single bytes.
    let code = "c".repeat(6000);
    for browser in ["true", "false"] {
        let provider = Service::with_etags();
        provider.next("POST", [GRANTED]);
        let home = home(&provider, browser, 0);
        let (mut session, state) = start(&home, &provider);
        assert!(!session.echoes(), "the code would be on the screen");
        session.send("https://login.example.org/elsewhere\r");
        session.expect("not the address").expect(PROMPT);
        session.send(format!("http://127.0.0.1:1/?code={code}&state={state}\r"));
        session.expect("Login Successful");
        assert!(session.echoes());
        let (status, screen) = session.end();
        assert!(status.success() && !screen.contains("cccc"), "{screen}");
        assert!(provider.requests().iter().any(|asked| asked.body.contains(&code)), "cut");
    }
}

#[test]
fn refuses_a_paste_of_several_lines_and_takes_the_next() {
    let provider = Service::with_etags();
    provider.next("POST", [GRANTED]);
    let home = home(&provider, "true", 0);
    let (mut session, state) = start(&home, &provider);
    session.send(format!("http://127.0.0.1:1/?state={state}&co\rde=1\r"));
    session.expect("more than one line");
    session.send(format!("?code=1&state={state}\r")).expect("Login Successful");
    assert!(session.end().0.success());
}

#[test]
fn leaves_no_half_typed_address_to_the_shell() {
    let provider = Service::with_etags();
    provider.next("POST", [GRANTED]);
    let port = free_port();
    let home = home(&provider, "true", port);
    let script = format!("$VDK {}; read line; echo \"<$line>\"", words(&provider).join(" "));
    let mut session = Session::shell(&home, &script);
    session.expect(PROMPT).send("rm -rf half-typed");
    let state = state(&session);
    assert!(visit(port, &format!("/?code=1&state={state}")).contains("Logged in"));
    session.expect("Login Successful").send("next\r").expect("<next>");
    session.end();
}

#[test]
fn shows_in_the_browser_whether_the_provider_granted_it() {
    for (answer, title, code) in [(GRANTED, "<h1>Logged in", 0), (REFUSED, "<h1>Not logged in", 1)]
    {
        let provider = Service::with_etags();
        provider.next("POST", [answer]);
        let port = free_port();
        let home = home(&provider, "true", port);
        let (session, state) = start(&home, &provider);
        let page = visit(port, &format!("/?code=1&state={state}"));
        assert!(page.contains(title), "{page}");
        let (status, screen) = session.end();
        assert_eq!(status.code(), Some(code), "{screen}");
    }
}

#[test]
fn goes_on_by_pasting_when_the_port_is_taken() {
    let provider = Service::with_etags();
    provider.next("POST", [GRANTED]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let home = home(&provider, "true", taken.local_addr().unwrap().port());
    let (mut session, state) = start(&home, &provider);
    assert!(session.screen().contains("OAUTH2_REDIRECT_URI_PORT"), "{}", session.screen());
    session.send(format!("?code=1&state={state}\r")).expect("Login Successful");
    assert!(session.end().0.success());
}
