//! Logins in a browser. Its callback ends them, or an address that the user pastes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;

use vdk_testing::Home;
use vdk_testing::port::free_port;
use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::session::Session;
use vdk_testing::wait::eventually;

pub(super) const PROMPT: &str = "(hidden): ";
pub(super) const GRANTED: Fault =
    Fault::Answer(200, "", r#"{"access_token":"tok.en","token_type":"bearer","expires_in":900}"#);
const REFUSED: Fault = Fault::Answer(400, "", r#"{"error":"invalid_grant"}"#);

/// Returns the words of a login in a browser at `provider`.
pub(super) fn words(provider: &Service) -> Vec<String> {
    let url = provider.url();
    let addresses = format!("login -t credentials -i cli -d {url}/authorize -e {url}/token");
    addresses.split(' ').map(String::from).collect()
}

/// Returns the home of a user whose browser is the command `browser`.
pub(super) fn home(provider: &Service, browser: &str, port: u16) -> Home {
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

pub(super) fn state(session: &Session) -> String {
    let after = session.screen().split("state=").nth(1).unwrap();
    after.split(['&', '\r', '\n']).next().unwrap().to_string()
}

/// Requests `target` from the login's listener, and returns the whole response.
fn visit(port: u16, target: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
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
        session.expect_times(PROMPT, 2);
        assert!(session.screen().contains("does not belong to this login"), "{}", session.screen());
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
    session.expect_times(PROMPT, 2);
    assert!(session.screen().contains("more than one line"), "{}", session.screen());
    session.send(format!("?code=1&state={state}\r")).expect("Login Successful");
    assert!(session.end().0.success());
}

#[test]
fn leaves_no_half_typed_address_to_the_shell() {
    let provider = Service::with_etags();
    provider.next("POST", [GRANTED]);
    let port = free_port();
    let home = home(&provider, "true", port);
    let script = format!("$VDK {} && read line && echo \"<$line>\"", words(&provider).join(" "));
    let mut session = Session::shell(&home, &script);
    session.expect(PROMPT).send("rm -rf half-typed");
    let state = state(&session);
    assert!(
        visit(port, &format!("/?code=1&state={state}"), &format!("127.0.0.1:{port}"))
            .contains("Logged in")
    );
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
        let page = visit(port, &format!("/?code=1&state={state}"), &format!("127.0.0.1:{port}"));
        assert!(page.contains(title), "{page}");
        let (status, screen) = session.end();
        assert_eq!(status.code(), Some(code), "{screen}");
    }
}

#[test]
fn restores_the_terminal_when_the_browser_answers_before_the_prompt() {
    let provider = Service::with_etags();
    for _ in 0..10 {
        let home = home(&provider, "", 0);
        // A session at the provider answers without a question.
        let browser = home.program(
            "browser",
            "#!/bin/bash\nstate=${1#*state=}; port=${1#*127.0.0.1%3A}\n\
             exec 3<>/dev/tcp/127.0.0.1/${port%%&*}\n\
             printf 'GET /?error=denied&state=%s HTTP/1.1\\r\\nHost: 127.0.0.1:%s\\r\\n\\r\\n' \
             \"${state%%&*}\" \"${port%%&*}\" >&3\n",
        );
        let home = home.with("BROWSER", browser);
        let words = words(&provider);
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let mut session = Session::start(&home, &words);
        session.expect("denied");
        assert_eq!(session.child.wait().unwrap().code(), Some(1), "{}", session.screen());
        assert!(session.echoes(), "{}", session.screen());
    }
}

#[test]
fn starts_the_browser_that_the_variable_describes() {
    let provider = Service::with_etags();
    for (name, variable) in [
        ("my browser", "{program}"),
        ("my browser", "'{program}'"),
        ("browser", "{program} \"--profile=a b\" --url=%s"),
        ("browser", "no-such-program:{program}"),
    ] {
        let home = home(&provider, "", 0);
        let script = "#!/bin/bash\nstate=${!#}; state=${state#*state=}; port=${!#}; \
                      port=${port#*127.0.0.1%3A}\nprintf '%s\\n' \"$@\" > words\n\
                      exec 3<>/dev/tcp/127.0.0.1/${port%%&*}\n\
                      printf 'GET /?error=denied&state=%s HTTP/1.1\\r\\nHost: 127.0.0.1:%s\\r\\n\\r\\n' \
                      \"${state%%&*}\" \"${port%%&*}\" >&3\n";
        let program = home.program(name, script);
        let home = home.with("BROWSER", variable.replace("{program}", &program));
        home.run(words(&provider)).failed(1, "denied");
        let given = std::fs::read_to_string(home.path().join("words")).unwrap();
        let given: Vec<_> = given.lines().collect();
        if variable.contains("--profile") {
            assert_eq!(given[0], "--profile=a b");
            assert!(given[1].starts_with("--url=http://"), "{given:?}");
        } else {
            assert!(given.len() == 1 && given[0].starts_with("http://"), "{given:?}");
        }
    }
}

#[test]
fn sends_the_parameters_that_a_provider_needs() {
    let provider = Service::with_etags();
    let home = home(&provider, "", 0);
    let browser = home.program("browser", "#!/bin/sh\nprintf %s \"$1\" > new && mv new url\n");
    let url = home.path().join("url");
    let query = |more: &[&str]| {
        let words = words(&provider);
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let _ = std::fs::remove_file(&url);
        let mut command = home.command([&words[..], &["--timeout", "1"], more].concat());
        command.env("BROWSER", &browser);
        vdk_testing::finish(command).failed(1, "not completed within 1 seconds");
        eventually("the browser has the URL", || url.exists());
        let url = url::Url::parse(&std::fs::read_to_string(&url).unwrap()).unwrap();
        url.query_pairs().into_owned().collect::<std::collections::HashMap<_, _>>()
    };
    let sent = query(&[
        "--audience",
        "https://api.example.org/x y",
        "--parameter",
        "access_type=offline",
        "--parameter",
        "hd=a=b",
        "--prompt",
        "select_account",
        "--scope",
        "openid offline_access",
    ]);
    for (name, value) in [
        ("audience", "https://api.example.org/x y"),
        ("access_type", "offline"),
        ("hd", "a=b"),
        ("prompt", "select_account"),
        ("scope", "openid offline_access"),
    ] {
        assert_eq!(sent[name], value, "{sent:?}");
    }
    assert_eq!(query(&["--scope", "openid offline_access"])["prompt"], "consent");
    let words = words(&provider);
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    for wrong in ["state=x", "client_id=x", "=x", "x"] {
        home.run([&words[..], &["--parameter", wrong]].concat()).failed(2, "arameter");
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

/// Starts a browser login with `browser` in place of a real browser.
fn browser_login(home: &Home, port: u16, browser: &str, more: &[&str]) -> std::process::Child {
    let flags = [
        "login",
        "-t",
        "credentials",
        "-i",
        "cli",
        "-d",
        "http://127.0.0.1:9/authorize?tenant=x",
        "-e",
        "http://127.0.0.1:9/token",
    ];
    let mut command = home.command([&flags[..], more].concat());
    command.env("OAUTH2_REDIRECT_URI_PORT", port.to_string()).env("BROWSER", browser);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[test]
fn ends_a_browser_login_only_by_its_own_callback() {
    let home = Home::new();
    let port = free_port();
    let mut child = browser_login(&home, port, "true", &[]);
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(told.next().unwrap().contains("the browser that opened"));
    let url = url::Url::parse(told.next().unwrap().trim()).unwrap();
    let query: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
    for (name, value) in [
        ("tenant", "x"),
        ("response_type", "code"),
        ("client_id", "cli"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(query[name], value);
    }
    // A person who has a session at the provider is not asked again.
    assert!(!query.contains_key("prompt"), "{query:?}");
    assert_eq!(query["redirect_uri"], format!("http://127.0.0.1:{port}"));
    let state = &query["state"];
    assert!(state.len() >= 22 && query["code_challenge"].len() == 43);
    // The listener uses only the loopback address.
    let own = format!("127.0.0.1:{port}");
    let _silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
    for (target, host) in [
        ("/favicon.ico", own.as_str()),
        ("/", &own),
        ("/?code=x&state=requested", &own),
        (&format!("/?code=x&state={state}"), "evil.example.org"),
    ] {
        assert!(visit(port, target, host).contains("1.1 400 "), "{target}");
    }
    let denied = format!("/?error=access_denied&error_description=not+%1b%5B2Jyou&state={state}");
    assert!(visit(port, &denied, &own).contains("Not logged in"));
    let rest: Vec<_> = told.collect();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let said = rest.join("\n");
    assert!(said.contains("access_denied: not ") && !said.contains('\u{1b}'), "{said}");
    // Two logins have different states.
    let mut other = browser_login(&home, port, "true", &["--timeout", "1"]);
    let output = {
        let mut text = String::new();
        other.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    };
    assert!(output.contains("not completed within 1 seconds") && !output.contains(state));
    assert_eq!(other.wait().unwrap().code(), Some(1));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let busy = browser_login(&home, taken.local_addr().unwrap().port(), "true", &[]);
    let said = String::from_utf8(busy.wait_with_output().unwrap().stderr).unwrap();
    assert!(said.contains("OAUTH2_REDIRECT_URI_PORT"), "{said}");
}

#[test]
fn accepts_a_pasted_address_and_hides_tokens_from_the_browser() {
    let home = Home::new()
        .with("VDK_API_TOKEN", "geheim-token")
        .with("VDK_CLIENT_SECRET", "geheim-client");
    let seen = home.path().join("seen");
    let browser = home.program(
        "browser",
        &format!(
            "#!/bin/sh\nenv > {0}; echo \"$@\" >> {0}; cat /proc/$PPID/cmdline >> {0}; exit 1\n",
            seen.display()
        ),
    );
    let flags = "login -t credentials -i cli -d http://127.0.0.1:9/a -e http://127.0.0.1:9/token";
    let mut command = home.command(flags.split(' '));
    command.env("OAUTH2_REDIRECT_URI_PORT", "0").env("BROWSER", &browser).stdin(Stdio::piped());
    command.stderr(Stdio::piped()).stdout(Stdio::piped());
    // On a busy machine the browser may run for more than a second. Then it counts as a browser
    // that shows the page.
    let (mut child, mut told) = (0..20)
        .find_map(|_| {
            let mut child = command.spawn().unwrap();
            let mut told =
                BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
            if told.next().unwrap().contains("Open this address") {
                return Some((child, told));
            }
            child.kill().unwrap();
            child.wait().unwrap();
            None
        })
        .unwrap();
    let url = url::Url::parse(told.next().unwrap().trim()).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "something else").unwrap();
    // Some browsers show addresses without the scheme.
    writeln!(stdin, "127.0.0.1/?code=the-code&state={state}").unwrap();
    let rest = told.collect::<Vec<_>>().join("\n");
    assert_eq!(
        child.wait().unwrap().code(),
        Some(6),
        "there is no provider at this address: {rest}"
    );
    assert!(rest.contains("Paste the whole address") && !rest.contains("the-code"), "{rest}");
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(seen.contains("code_challenge") && !seen.contains("geheim"), "{seen}");
}

#[test]
fn ends_a_login_when_the_callback_has_no_code() {
    let home = Home::new();
    let port = free_port();
    let mut child = browser_login(&home, port, "true", &[]);
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    told.next().unwrap();
    let url = url::Url::parse(told.next().unwrap().trim()).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let host = format!("127.0.0.1:{port}");
    assert!(visit(port, &format!("/?state={state}"), &host).contains("Not logged in"));
    let rest = told.collect::<Vec<_>>().join("\n");
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest}");
    assert!(rest.contains("neither a code nor an error"), "{rest}");
}
