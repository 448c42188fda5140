//! Tests logins at a certified OpenID provider with a real browser. They are ignored by `cargo
//! test` because they need what `./tests/run` installs.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use vdk_testing::port::free_port;
use vdk_testing::server::Server;
use vdk_testing::wait::eventually;
use vdk_testing::{Home, finish};

const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
const MORE: [&str; 4] = ["--scope", "openid offline_access", "--timeout", "600"];

/// Returns the folder of the provider, which `./tests/run` sets.
fn folder() -> PathBuf {
    PathBuf::from(std::env::var_os("VDK_TEST_PROVIDER").unwrap())
}

/// A running provider. It is killed when dropped.
struct Provider {
    child: Child,
    url: String,
}

impl Provider {
    fn start() -> Self {
        Provider::at(&format!("http://127.0.0.1:{}", free_port()))
    }

    fn at(url: &str) -> Self {
        let mut command = Command::new("node");
        command.arg(folder().join("provider.mjs")).arg(url.rsplit(':').next().unwrap());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let provider = Provider { child: command.spawn().unwrap(), url: url.into() };
        eventually("the provider listens", || provider.get("/-/count").is_some());
        provider
    }

    fn get(&self, path: &str) -> Option<Value> {
        let mut curl = Command::new("curl");
        curl.args(["-s", "--max-time", "60", &format!("{}{path}", self.url)]);
        serde_json::from_slice(&curl.output().unwrap().stdout).ok()
    }

    /// Returns how often an event happened.
    fn count(&self, what: &str) -> u64 {
        self.get("/-/count").unwrap()[what].as_u64().unwrap_or(0)
    }

    /// Sends a request to the token endpoint.
    fn token(&self, login: Option<&str>, form: &[&str]) -> Value {
        let mut curl = Command::new("curl");
        curl.args(["-s", "--max-time", "60", &format!("{}/token", self.url)]);
        curl.args(login.iter().flat_map(|login| ["-u", login]));
        curl.args(form.iter().flat_map(|part| ["--data-urlencode", part]));
        serde_json::from_slice(&curl.output().unwrap().stdout).unwrap()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a service that trusts `provider`. Returns the home of a user with a browser as the last
/// one.
fn service(provider: &Provider) -> (Home, Server, Home) {
    let operator = Home::new();
    let server = Server::with(
        &operator,
        &[
            ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URI", &provider.url),
            ("VDK_ACCESS_CLAIMABLE_TEAMS", "true"),
            (
                "SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_AUDIENCES",
                "urn:vdk,urn:vdk:es,urn:vdk:ed",
            ),
        ],
    );
    let browser = format!("node {}", folder().join("browser.mjs").display());
    let user = Home::at(&server.url())
        .with("PATH", PATH)
        .with("BROWSER", browser)
        .with("OAUTH2_REDIRECT_URI_PORT", "0");
    (operator, server, user)
}

fn saved_login(home: &Home) -> Value {
    serde_json::from_str(&std::fs::read_to_string(home.config("vdk-cred.json")).unwrap()).unwrap()
}

fn edit_login(home: &Home, member: &str, value: Value) {
    let mut login = saved_login(home);
    login[member] = value;
    home.write_config("vdk-cred.json", login.to_string());
}

#[test]
#[ignore = "needs node and chromium: ./tests/run"]
fn renews_a_browser_login_and_revokes_it_at_logout() {
    let provider = Provider::start();
    let (_operator, _server, home) = service(&provider);
    let login = ["login", "-t", "credentials", "--issuer", &provider.url, "-i", "vdk-cli"];
    let run = home.run([&login[..], &MORE].concat()).done();
    assert_eq!(run.stdout, "Login Successful\n");
    assert!(!run.stderr.contains("eyJ"), "{}", run.stderr);
    let status = home.run(["login", "--status", "-o", "json"]).done().stdout;
    assert_eq!(serde_json::from_str::<Value>(&status).unwrap()["user"], "ana");
    home.secrets(&["--list"]).failed(3, "needs the role reader");
    home.run(["access", "grant", "--user", "bob", "reader", "-t", "t"]).done();
    home.secrets(&["--set", "a", "1"]).done();
    assert!(home.secrets(&["history"]).done().stdout.contains("ana"));

    // An expired token is renewed each time with the newest refresh token.
    let refreshed = || provider.count("refresh_token done");
    for n in 1..=3 {
        let before = saved_login(&home)["refresh_token"].clone();
        edit_login(&home, "access_token_expiration_time", json!(0));
        home.secrets(&["--list"]).done();
        assert_eq!(refreshed(), n);
        assert_ne!(saved_login(&home)["refresh_token"], before, "it is rotated");
    }
    // A token that the service rejects is renewed once.
    edit_login(&home, "access_token", json!("eyJ.not.good"));
    home.secrets(&["--list"]).done();
    assert_eq!(refreshed(), 4);

    // A hundred processes at once renew it once.
    edit_login(&home, "access_token_expiration_time", json!(0));
    let many: Vec<_> = (0..100)
        .map(|_| {
            let mut command = home.command(["secrets", "-n", "j", "-t", "t", "--get", "a"]);
            command.stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut one in many {
        assert!(one.wait().unwrap().success());
    }
    assert_eq!((refreshed(), provider.count("refresh_token refused")), (5, 0));

    // The logout also revokes the tokens at the provider.
    let refresh = saved_login(&home)["refresh_token"].as_str().unwrap().to_string();
    let out = home.run(["logout"]).done();
    assert!(out.stderr.contains("the login is revoked at the provider"), "{}", out.stderr);
    let form =
        ["grant_type=refresh_token", "client_id=vdk-cli", &format!("refresh_token={refresh}")];
    let again = provider.token(None, &form);
    assert_eq!(again["error"], "invalid_grant", "{again}");
    home.secrets(&["--list"]).failed(3, "no bearer token");
}

#[test]
#[ignore = "needs node and chromium: ./tests/run"]
fn sends_the_client_secret_and_reports_a_refused_renewal() {
    let provider = Provider::start();
    let (_operator, _server, home) = service(&provider);
    let home = home.with("VDK_CLIENT_SECRET", "s+e c&ret/%");
    let login = ["login", "-t", "credentials", "--issuer", &provider.url, "-i", "vdk-secret"];
    home.run([&login[..], &MORE].concat()).done();
    edit_login(&home, "access_token_expiration_time", json!(0));
    home.run(["info", "-t", "t"]).done();
    assert_eq!(provider.count("refresh_token done"), 1);
    edit_login(&home, "refresh_token", json!("geheim-and-wrong"));
    edit_login(&home, "access_token_expiration_time", json!(0));
    let run = home.run(["info", "-t", "t"]).failed(3, "The saved login is no longer valid");
    assert!(run.stderr.contains("invalid_grant") && !run.stderr.contains("geheim"), "{run:?}");
    let wrong = home.with("VDK_CLIENT_SECRET", "wrong");
    wrong.run([&login[..], &MORE].concat()).failed(1, "invalid_client");
}

#[test]
#[ignore = "needs node and chromium: ./tests/run"]
fn logs_in_by_a_device_code() {
    let provider = Provider::start();
    let (_operator, _server, home) = service(&provider);
    let login = ["login", "-t", "device", "--issuer", &provider.url, "-i", "vdk-cli"];
    let mut command = home.command([&login[..], &MORE].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let first = lines.next().unwrap();
    assert!(first.contains("enter the code"), "{first}");
    let address = lines.next().unwrap().replace("  or open ", "");
    let mut browser = Command::new("node");
    browser.arg(folder().join("browser.mjs")).arg(address);
    finish(browser).done();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "Login Successful\n");
    home.run(["info", "-t", "t"]).done();
}

#[test]
#[ignore = "needs node: ./tests/run"]
fn accepts_service_accounts_and_rotated_provider_keys() {
    let mut provider = Provider::start();
    let (operator, server, _home) = service(&provider);
    let url = server.url();
    let grant = ["access", "grant", "--service-account", "etl", "writer", "-t", "t", "-u", &url];
    operator.run(grant).done();
    let ask = |audience: &str, provider: &Provider| {
        let audience = format!("resource={audience}");
        let given =
            provider.token(Some("etl:etl-secret"), &["grant_type=client_credentials", &audience]);
        let login = Home::at(&url);
        let token = given["access_token"].as_str().unwrap();
        let file = json!({"access_token": token, "access_token_expiration_time": 1e11});
        login.write_config("vdk-cred.json", file.to_string());
        login.secrets(&["--set", "by", "etl"])
    };
    for audience in ["urn:vdk", "urn:vdk:es", "urn:vdk:ed"] {
        ask(audience, &provider).done();
    }
    ask("urn:other", &provider).failed(3, "another audience");
    let history = operator.secrets(&["-u", &url, "history"]).done().stdout;
    assert!(history.contains("service-account:etl"), "{history}");
    // The provider gets new keys, with the same issuer.
    let at = provider.url.clone();
    drop(provider);
    provider = Provider::at(&at);
    eventually("the new key is known", || ask("urn:vdk", &provider).code == 0);
}
