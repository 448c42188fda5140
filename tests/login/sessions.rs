//! Tests logins at `vdk server`: where they are saved, and to which service they are sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use serde_json::Value;
use vdk_testing::clock::{Clock, HOUR, TEN_YEARS};
use vdk_testing::port::free_port;
use vdk_testing::scripted_service::Service;
use vdk_testing::server::Server;
use vdk_testing::wait::eventually;
use vdk_testing::{Home, Run, finish};

/// Creates an API token of the service that runs for `home`.
fn token(home: &Home, words: &[&str]) -> String {
    let create = ["server", "token", "create", "--user", "ana"];
    home.run([&create, words].concat()).done().stdout.trim().to_string()
}

fn saved_login(home: &Home) -> Value {
    let text = std::fs::read_to_string(home.config("vdk-cred.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Logs in with `token` on stdin.
fn log_in(home: &Home, token: &str) -> Run {
    home.run_with(["login"], format!("{token}\r\n"))
}

#[test]
fn authenticates_the_user_who_started_the_local_server() {
    let home = Home::new();
    let server = Server::secured(&home);
    let url = server.url();
    let own = |args: &[&str]| home.secrets(&[&["-u", &url], args].concat());
    own(&["--set", "a", "1"]).done();
    assert_eq!(own(&["--get", "a", "-o", "raw"]).done().stdout, "1");
    home.run(["login", "--status"]).failed(3, "Nobody is logged in");
    home.run(["set-default", "-u", &url]).done();
    let status: Value =
        serde_json::from_str(&home.run(["login", "--status", "-o", "json"]).done().stdout).unwrap();
    assert_eq!(
        (&status["logged_in"], &status["services"][0]),
        (&true.into(), &url.as_str().into())
    );
    home.run(["reset-default", "-u"]).done();
    // Another server may listen on the port at another address. The name is resolved to this one.
    let by_name = url.replace("127.0.0.1", "localhost");
    home.secrets(&["-u", &by_name, "--get", "a"]).done();
    // Another user has another home and no login.
    let other = Home::at(&url);
    other.secrets(&["--list"]).failed(3, "no bearer token");
    // The login file ends with the server. A new server makes a new one.
    let port = url.rsplit(':').next().unwrap();
    let login = home.config(&format!("local/server-{port}.json"));
    // A second server must not change the login of the first.
    let second = home.run(["server", "--port", port]);
    second.failed(6, "If the port is in use");
    assert!(login.exists());
    let before = std::fs::read_to_string(&login).unwrap();
    let ended = Command::new("kill").args(["-KILL", &server.id().to_string()]).status();
    assert!(ended.unwrap().success());
    drop(server);
    let server = Server::start_at(&home, &url);
    let after = std::fs::read_to_string(&login).unwrap();
    assert_ne!(
        before, after,
        "what may have been shown to a stranger on the port is worth nothing"
    );
    assert_eq!(own(&["--get", "a", "-o", "raw"]).done().stdout, "1");
    let stale: Value = serde_json::from_str(&before).unwrap();
    let stale = stale["api_token"].as_str().unwrap();
    other.run_with(["login"], stale).failed(1, "invalid_grant");
    let ended = Command::new("kill").args(["-INT", &server.id().to_string()]).status();
    assert!(ended.unwrap().success());
    assert_eq!(server.wait(), Some(0));
    assert!(!login.exists());
}

#[test]
fn logs_in_and_out_with_an_api_token() {
    let operator = Home::new();
    let server = Server::secured(&operator);
    let home = Home::at(&server.url());
    home.run(["login", "--status"]).failed(3, "Nobody is logged in");
    let token = token(&operator, &["--team", "t", "--role", "writer"]);
    let run = log_in(&home, &token).done();
    assert_eq!(run.stdout, "Login Successful\n");
    assert!(run.stderr.contains("there is no keyring here"), "{}", run.stderr);
    home.secrets(&["--set", "a", "1"]).done();
    let run = home.run(["secrets", "-n", "j", "-t", "u", "--list"]);
    let run = run.failed(3, "needs the role reader");
    assert!(run.stderr.contains("limited to the role writer in team t"), "{}", run.stderr);
    let status = home.run(["login", "--status", "-o", "json"]).done().stdout;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!((&status["user"], &status["logged_in"]), (&"ana".into(), &true.into()));
    assert_eq!(status["services"][0], server.url());
    let told = home.run(["login", "--status"]).done().stdout;
    assert!(told.contains("ana") && told.contains("renewed by itself"), "{told}");
    assert!(!told.contains("vdk_") && !status.to_string().contains("eyJ"));
    // A failed login keeps the existing login.
    let before = saved_login(&home);
    log_in(&home, "vdk_0123456789abcdef_wrong").failed(1, "invalid_grant");
    log_in(&home, "").failed(1, "is empty");
    log_in(&home, "of-another-provider").failed(2, "is not known");
    home.run(["login", "-u", "http://127.0.0.1:1/token", "-a", "x"]).failed(6, "cannot be reached");
    home.run(["login", "-u", "http://example.org/token", "-a", "x"]).failed(2, "not https");
    home.run(["login", "-t", "credentials"]).failed(2, "client id");
    assert_eq!(saved_login(&home), before);
    home.run(["logout"]).done();
    assert!(!home.config("vdk-cred.json").exists());
    home.secrets(&["--list"]).failed(3, "no bearer token");
    home.run(["logout"]).done();
}

#[test]
fn sends_a_login_only_to_its_own_service() {
    let (service, other) = (Service::plain(), Service::plain());
    let home = Home::at(&service.url());
    let login =
        r#"{"access_token":"tok.en","access_token_expiration_time":1e11,"auth_type":"api-token"}"#;
    home.write_config("vdk-cred.json", login);
    let first = home.secrets(&["--list"]).done();
    assert!(first.stderr.contains("the saved login is for"), "{}", first.stderr);
    let run = home.secrets(&["-u", &other.url(), "--list"]).failed(3, "vdk login --allow");
    assert!(other.requests().is_empty(), "{}", run.stderr);
    home.run(["login", "--allow", &other.url()]).done();
    home.secrets(&["-u", &other.url(), "--list"]).done();
    assert_eq!(other.requests()[0].header("authorization").unwrap(), "Bearer tok.en");
    // Plain http beyond this machine must be allowed.
    let far = "http://vdk.invalid";
    home.run(["login", "--allow", far]).done();
    home.secrets(&["-u", far, "--list"]).failed(3, "--allow-insecure-http");
    home.secrets(&["-u", far, "--list", "--allow-insecure-http"]).failed(6, "cannot be reached");
}

#[test]
fn keeps_the_login_file_private() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let operator = Home::new();
    let server = Server::secured(&operator);
    let token = token(&operator, &[]);
    let home = Home::at(&server.url());
    let mode =
        |name: &str| std::fs::metadata(home.config(name)).unwrap().permissions().mode() & 0o777;
    let mut command = home.command(["login"]);
    command.env("VDK_API_TOKEN", &token);
    let script = format!("umask 000; exec '{}' login", vdk_testing::vdk());
    let mut open = home.command([""; 0]);
    open = {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &script])
            .env_clear()
            .envs(open.get_envs().filter_map(|(k, v)| Some((k, v?))));
        shell.env("VDK_API_TOKEN", &token);
        shell
    };
    finish(open).done();
    assert_eq!((mode("vdk-cred.json"), mode("")), (0o600, 0o700));
    // A login file of the Python vdk may be readable by others. vdk closes it.
    std::fs::set_permissions(home.config("vdk-cred.json"), std::fs::Permissions::from_mode(0o644))
        .unwrap();
    let run = home.run(["login", "--status"]).done();
    assert!(run.stderr.contains("could be read by other users"), "{}", run.stderr);
    assert_eq!(mode("vdk-cred.json"), 0o600);
    // A symbolic link is replaced. Its target is unchanged.
    let victim = home.file("victim", "mine");
    home.write_config(".vdk-cred.json-killed", "what a killed process has left behind");
    std::fs::remove_file(home.config("vdk-cred.json")).unwrap();
    symlink(&victim, home.config("vdk-cred.json")).unwrap();
    finish(command).done();
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "mine");
    assert!(!home.config(".vdk-cred.json-killed").exists());
}

#[test]
fn lists_and_changes_grants_for_managers_only() {
    let operator = Home::new();
    let server = Server::with(&operator, &[("VDK_ACCESS_CLAIMABLE_TEAMS", "true")]);
    let url = server.url();
    let at = |user: &str| {
        let create = ["server", "token", "create", "--user", user];
        let token = operator.run(create).done().stdout;
        Home::at(&url).with("VDK_API_TOKEN", token.trim())
    };
    let (ana, bob) = (at("ana"), at("bob"));
    let access = |home: &Home, line: &str| {
        home.run(["access"].into_iter().chain(line.split(' ')).chain(["-t", "t"]))
    };
    access(&bob, "list").failed(3, "needs the role manager");
    access(&ana, "grant --user bob reader").done();
    let list = access(&ana, "list").done().stdout;
    let names: Vec<_> =
        list.lines().skip(1).map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert_eq!(names, ["ana", "bob"], "{list}");
    bob.secrets(&["--list"]).done();
    bob.secrets(&["--set", "a", "1"]).failed(3, "needs the role writer");
    access(&ana, "grant --user bob writer").done();
    // Cached grants are at most ten seconds old.
    eventually("bob may write", || bob.secrets(&["--set", "a", "1"]).code == 0);
    access(&ana, "revoke --user nobody").failed(4, "No such grant");
    access(&ana, "revoke --user ana").failed(5, "would have no manager");
    access(&ana, "revoke --user bob").done();
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

/// Sends a request to the login's listener and returns the status.
fn visit(port: u16, target: &str, host: &str) -> String {
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().to_string()
}

#[test]
fn ends_a_browser_login_only_by_its_own_callback() {
    let home = Home::new();
    let port = free_port();
    let mut child = browser_login(&home, port, "true", &[]);
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(told.next().unwrap().contains("in the browser"));
    let url = url::Url::parse(told.next().unwrap().trim()).unwrap();
    let query: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
    for (name, value) in [
        ("tenant", "x"),
        ("response_type", "code"),
        ("client_id", "cli"),
        ("code_challenge_method", "S256"),
        ("prompt", "login"),
    ] {
        assert_eq!(query[name], value);
    }
    assert_eq!(query["redirect_uri"], format!("http://127.0.0.1:{port}"));
    let state = &query["state"];
    assert!(state.len() >= 22 && query["code_challenge"].len() == 43);
    // The listener uses only the loopback address.
    let own = format!("127.0.0.1:{port}");
    let _silent = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    for (target, host) in [
        ("/favicon.ico", own.as_str()),
        ("/", &own),
        ("/?code=x&state=requested", &own),
        (&format!("/?code=x&state={state}"), "evil.example.org"),
    ] {
        assert_eq!(visit(port, target, host), "400", "{target}");
    }
    let denied = format!("/?error=access_denied&error_description=not+%1b%5B2Jyou&state={state}");
    assert_eq!(visit(port, &denied, &own), "200");
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
    assert!(output.contains("Nobody logged in within 1 seconds") && !output.contains(state));
    assert_eq!(other.wait().unwrap().code(), Some(1));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
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
    assert!(rest.contains("paste it whole") && !rest.contains("the-code"), "{rest}");
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(seen.contains("code_challenge") && !seen.contains("geheim"), "{seen}");
}

#[test]
#[ignore = "needs libfaketime: ./tests/run"]
fn works_when_clocks_are_hours_or_years_off() {
    let (of_service, of_user) = (Clock::new(), Clock::new());
    let operator = Home::new();
    let settings = of_service.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = Server::with(&operator, &settings);
    let mut home = Home::at(&server.url());
    for (name, value) in of_user.settings() {
        home = home.with(name, value);
    }
    let words = ["--team", "t", "--role", "writer", "--expires", "never"];
    let token = token(&operator, &words);
    let clocks = [-TEN_YEARS, -5 * HOUR, 0, 5 * HOUR, TEN_YEARS];
    for ahead in clocks {
        of_user.ahead(ahead);
        for (n, at_service) in clocks.into_iter().enumerate() {
            of_service.ahead(at_service);
            if n == 0 {
                log_in(&home, &token).done();
            }
            let before = saved_login(&home)["access_token"].clone();
            let run = home.secrets(&["--set", "n", &n.to_string()]);
            assert_eq!(run.code, 0, "{ahead} s, of the service {at_service} s ahead: {run:?}");
            let got = home.secrets(&["--get", "n", "-o", "raw"]).done();
            assert_eq!(got.stdout, n.to_string());
            let is_renewed = saved_login(&home)["access_token"] != before;
            assert_eq!(is_renewed, n > 0, "{ahead} s, of the service {at_service} s ahead");
        }
        // The service's clock is behind: for it, the new token is not valid yet and unknown.
        log_in(&home, &token).done();
        of_service.ahead(0);
        let before = saved_login(&home)["access_token"].clone();
        home.secrets(&["--get", "n"]).done();
        assert_ne!(saved_login(&home)["access_token"], before);
    }
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
    assert_eq!(visit(port, &format!("/?state={state}"), &host), "200");
    let rest = told.collect::<Vec<_>>().join("\n");
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest}");
    assert!(rest.contains("neither a code nor an error"), "{rest}");
}
