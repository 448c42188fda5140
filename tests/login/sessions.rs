//! Tests logins at `vdk server`: where they are saved, and to which service they are sent.

use std::process::Command;

use serde_json::Value;
use vdk_testing::clock::{Clock, HOUR, TEN_YEARS};
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
    home.run(["login", "--status"]).failed(3, "Not logged in");
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
    second.failed(6, "another program uses this port");
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

/// Until the next login, `--status` tells what only the provider knew.
#[test]
fn remembers_that_a_renewal_was_refused() {
    let operator = Home::new();
    let server = Server::secured(&operator);
    let home = Home::at(&server.url());
    home.run(["login", "--status", "--check"]).failed(3, "no bearer token");
    let create = token(&operator, &["--team", "t", "--role", "writer"]);
    log_in(&home, &create).done();
    let checked = home.run(["login", "--status", "--check"]).done();
    assert!(checked.stderr.contains("accepts the login"), "{checked:?}");

    let list = operator.run(["server", "token", "list", "-o", "json"]).done().stdout;
    let list: Value = serde_json::from_str(&list).unwrap();
    let id = list.as_array().unwrap().iter().find(|token| token["user"] == "ana").unwrap();
    operator.run(["server", "token", "revoke", id["id"].as_str().unwrap()]).done();
    // The service looks its tokens up anew every now and then.
    vdk_testing::wait::eventually("the token ends", || {
        let mut saved = saved_login(&home);
        saved["access_token_expiration_time"] = 1.into();
        home.write_config("vdk-cred.json", saved.to_string());
        home.secrets(&["--list"]).code == 3
    });
    home.secrets(&["--list"]).failed(3, "no longer valid");
    let status = home.run(["login", "--status"]);
    assert_eq!(status.code, 3, "{status:?}");
    assert!(status.stdout.contains("refused to renew it. Log in again: vdk login"), "{status:?}");
    let status = home.run(["login", "--status", "-o", "json"]);
    let json: Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!(
        (status.code, &json["logged_in"], &json["refused"]),
        (3, &false.into(), &true.into())
    );
    home.run(["login", "--status", "--check"]).failed(3, "no longer valid");

    log_in(&home, &token(&operator, &["--team", "t", "--role", "reader"])).done();
    assert!(saved_login(&home)["renewal_refused"].is_null());
    home.run(["login", "--status", "--check"]).done();
    Home::at("local").run(["login", "--status", "--check"]).failed(2, "nothing to check");
    Home::at("http://127.0.0.1:1")
        .with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0")
        .run(["login", "--status", "--check"])
        .failed(6, "check the login");
}

#[test]
fn logs_in_and_out_with_an_api_token() {
    let operator = Home::new();
    let server = Server::secured(&operator);
    let home = Home::at(&server.url());
    home.run(["login", "--status"]).failed(3, "Not logged in");
    let token = token(&operator, &["--team", "t", "--role", "writer"]);
    let run = log_in(&home, &token).done();
    assert_eq!(run.stdout, "Login Successful\n");
    assert!(run.stderr.contains("no keyring found"), "{}", run.stderr);
    home.secrets(&["--set", "a", "1"]).done();
    let run = home.run(["secrets", "-n", "j", "-t", "u", "--list"]);
    let run = run.failed(3, "needs the role reader");
    assert!(run.stderr.contains("limited to the role writer in team t"), "{}", run.stderr);
    let status = home.run(["login", "--status", "-o", "json"]).done().stdout;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!((&status["user"], &status["logged_in"]), (&"ana".into(), &true.into()));
    assert_eq!(status["services"][0], server.url());
    let told = home.run(["login", "--status"]).done().stdout;
    assert!(told.contains("ana") && told.contains("renewed automatically"), "{told}");
    assert!(!told.contains("vdk_") && !status.to_string().contains("eyJ"));
    // A failed login keeps the existing login.
    let before = saved_login(&home);
    log_in(&home, "vdk_0123456789abcdef_wrong").failed(1, "invalid_grant");
    log_in(&home, "").failed(1, "is empty");
    log_in(&home, "of-another-provider").failed(2, "No token endpoint is known");
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
    assert!(run.stderr.contains("other users of this machine could read"), "{}", run.stderr);
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
