//! Tests logins at stand-ins of the providers that teams use. docs/guide/login.md lists them.

mod stand_in;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

use serde_json::{Value, json};
use stand_in::{Profile, Provider, Rotation};
use vdk_testing::scripted_service::Service;
use vdk_testing::wait::eventually;
use vdk_testing::{Home, Run};

const PENDING: &str = r#"{"error":"authorization_pending"}"#;

/// Keycloak: Securing applications, "OpenID Connect"; "Revoke Refresh Token" is on, with a reuse of 0.
const KEYCLOAK: Profile = Profile {
    name: "Keycloak",
    issuer: "/realms/vdk",
    authorization: "/realms/vdk/protocol/openid-connect/auth",
    token: "/realms/vdk/protocol/openid-connect/token",
    device: Some("/realms/vdk/protocol/openid-connect/auth/device"),
    revocation: Some("/realms/vdk/protocol/openid-connect/revoke"),
    rotation: Rotation::Strict,
    granted: r#","expires_in":300,"refresh_expires_in":1800,"token_type":"Bearer","not-before-policy":0,"session_state":"s","scope":"openid""#,
    pending: (400, PENDING),
    device_members: r#""verification_uri":"HOST/device","verification_uri_complete":"HOST/device?user_code=AB-CD","expires_in":600,"interval":1"#,
    ended: (
        400,
        r#"{"error":"invalid_grant","error_description":"Maximum allowed refresh token reuse exceeded"}"#,
    ),
    options: &["--scope", "openid offline_access"],
    needed: &[("scope", "openid")],
    secret: None,
};

/// Microsoft Entra: OAuth 2.0 authorization code flow, and device authorization grant flow.
const ENTRA: Profile = Profile {
    name: "Entra",
    issuer: "/4c1a/v2.0",
    authorization: "/4c1a/oauth2/v2.0/authorize",
    token: "/4c1a/oauth2/v2.0/token",
    device: Some("/4c1a/oauth2/v2.0/devicecode"),
    revocation: None,
    rotation: Rotation::WithGrace,
    granted: r#","token_type":"Bearer","scope":"api://vdk/use","expires_in":3599,"ext_expires_in":3599,"id_token":"x.y.z""#,
    pending: (
        400,
        r#"{"error":"authorization_pending","error_description":"AADSTS70016","error_codes":[70016],"timestamp":"2026-01-01 00:00:00Z"}"#,
    ),
    device_members: r#""verification_uri":"HOST/devicelogin","expires_in":900,"interval":1,"message":"To sign in, open the page.""#,
    ended: (
        400,
        r#"{"error":"invalid_grant","error_description":"AADSTS700082: The refresh token has expired.","error_codes":[700082],"trace_id":"t","correlation_id":"c","error_uri":"https://login.example.org/error?code=700082"}"#,
    ),
    options: &[
        "--scope",
        "api://vdk/.default offline_access",
        "--redirect-uri",
        "http://localhost",
    ],
    needed: &[("scope", "offline_access")],
    secret: None,
};

/// Auth0: refresh token rotation without overlap, device flow, and `audience`.
const AUTH0: Profile = Profile {
    name: "Auth0",
    issuer: "/",
    authorization: "/authorize",
    token: "/oauth/token",
    device: Some("/oauth/device/code"),
    revocation: Some("/oauth/revoke"),
    rotation: Rotation::Strict,
    granted: r#","scope":"openid offline_access","expires_in":86400,"token_type":"Bearer""#,
    pending: (
        403,
        r#"{"error":"authorization_pending","error_description":"User has yet to authorize device code."}"#,
    ),
    device_members: r#""verification_uri":"HOST/activate","verification_uri_complete":"HOST/activate?user_code=AB-CD","expires_in":900,"interval":1"#,
    ended: (
        403,
        r#"{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}"#,
    ),
    options: &["--scope", "openid offline_access", "--audience", "https://vdk.example.org/"],
    needed: &[("audience", "https://vdk.example.org/"), ("scope", "offline_access")],
    secret: None,
};

/// Okta: refresh tokens that rotate after every use, with a grace period.
const OKTA: Profile = Profile {
    name: "Okta",
    issuer: "/oauth2/default",
    authorization: "/oauth2/default/v1/authorize",
    token: "/oauth2/default/v1/token",
    device: Some("/oauth2/default/v1/device/authorize"),
    revocation: Some("/oauth2/default/v1/revoke"),
    rotation: Rotation::WithGrace,
    granted: r#","token_type":"Bearer","expires_in":3600,"scope":"offline_access openid""#,
    pending: (
        400,
        r#"{"error":"authorization_pending","error_description":"The device authorization is pending. Please try again later."}"#,
    ),
    device_members: r#""verification_uri":"HOST/activate","verification_uri_complete":"HOST/activate?user_code=AB-CD","expires_in":600,"interval":1"#,
    ended: (
        400,
        r#"{"error":"invalid_grant","error_description":"The refresh token is invalid or expired."}"#,
    ),
    options: &["--scope", "openid offline_access"],
    needed: &[("scope", "offline_access")],
    secret: None,
};

/// Google: OAuth 2.0 for installed applications, and for limited-input devices.
const GOOGLE: Profile = Profile {
    name: "Google",
    issuer: "",
    authorization: "/o/oauth2/v2/auth",
    token: "/token",
    device: Some("/device/code"),
    revocation: Some("/revoke"),
    rotation: Rotation::Never,
    granted: r#","expires_in":3599,"scope":"openid","token_type":"Bearer","id_token":"x.y.z""#,
    pending: (
        428,
        r#"{"error":"authorization_pending","error_description":"Precondition Required"}"#,
    ),
    device_members: r#""verification_url":"HOST/device","expires_in":1800,"interval":1"#,
    ended: (
        400,
        r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#,
    ),
    options: &[
        "--scope",
        "openid email",
        "--parameter",
        "access_type=offline",
        "--prompt",
        "consent",
    ],
    needed: &[("access_type", "offline"), ("prompt", "consent")],
    secret: Some("GOCSPX-geheim"),
};

/// Dex: refresh tokens with `reuseInterval`, and no revocation endpoint.
const DEX: Profile = Profile {
    name: "Dex",
    issuer: "/dex",
    authorization: "/dex/auth",
    token: "/dex/token",
    device: Some("/dex/device/code"),
    revocation: None,
    rotation: Rotation::WithGrace,
    granted: r#","token_type":"bearer","expires_in":86399,"id_token":"x.y.z""#,
    pending: (401, PENDING),
    device_members: r#""verification_uri":"HOST/dex/device","verification_uri_complete":"HOST/dex/device?user_code=AB-CD","expires_in":300,"interval":1"#,
    ended: (
        400,
        r#"{"error":"invalid_request","error_description":"Refresh token is invalid or has already been claimed by another client."}"#,
    ),
    options: &["--scope", "openid offline_access"],
    needed: &[("scope", "offline_access")],
    secret: None,
};

const ALL: [Profile; 6] = [KEYCLOAK, ENTRA, AUTH0, OKTA, GOOGLE, DEX];

/// A user who logs in at a provider, for a service.
struct User {
    home: Home,
    provider: Provider,
    profile: Profile,
    service: Service,
}

impl User {
    fn of(profile: Profile) -> Self {
        let service = Service::with_etags();
        let home = Home::at(&service.url()).with("OAUTH2_REDIRECT_URI_PORT", "0");
        let home = home.with("BROWSER", "./browser");
        home.program("browser", "#!/bin/sh\nprintf %s \"$1\" > new && mv new opened\n");
        let home = profile
            .secret
            .into_iter()
            .fold(home, |home, secret| home.with("VDK_CLIENT_SECRET", secret));
        User { home, provider: Provider::start(profile), profile, service }
    }

    fn words(&self, kind: &str) -> Vec<String> {
        let issuer = self.provider.issuer();
        let words = ["login", "-t", kind, "--issuer", &issuer, "-i", "vdk"];
        words.iter().chain(self.profile.options).map(|word| word.to_string()).collect()
    }

    /// Logs in with a browser that the test is.
    fn log_in(&self) -> Run {
        let mut command = self.home.command(self.words("credentials"));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let opened = self.home.path().join("opened");
        eventually("the browser opens", || opened.exists());
        let address = std::fs::read_to_string(&opened).unwrap();
        let answer = visit(&address);
        let to = answer.split("Location: ").nth(1).unwrap().lines().next().unwrap();
        assert!(visit(to).contains("Logged in"), "{}", self.profile.name);
        std::fs::remove_file(opened).unwrap();
        Run::from(child.wait_with_output().unwrap())
    }

    fn login(&self) -> Value {
        let text = std::fs::read_to_string(self.home.config("vdk-cred.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Ends the access token, so that the next command renews it.
    fn expire(&self) {
        let mut login = self.login();
        login["access_token_expiration_time"] = json!(1);
        self.home.write_config("vdk-cred.json", login.to_string());
    }

    fn list(&self) -> Run {
        self.home.secrets(&["--list"])
    }

    fn renewals(&self) -> u32 {
        self.provider.state(|state| state.renewals)
    }
}

/// Requests an address as a browser does, and returns the whole answer.
fn visit(address: &str) -> String {
    let rest = address.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let path = if path.starts_with('/') { path.to_string() } else { format!("/{path}") };
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn logs_in_renews_and_logs_out_at_each_provider() {
    for profile in ALL {
        let user = User::of(profile);
        user.log_in().done();
        assert_eq!(user.login()["refresh_token"], "rt-1", "{}", profile.name);
        for n in 1..=3 {
            user.expire();
            user.list().done();
            assert_eq!(user.renewals(), n, "{}", profile.name);
        }
        let sent = user.service.requests().pop().unwrap();
        let current = user.provider.state(|state| state.current);
        assert_eq!(sent.header("authorization"), Some(&*format!("Bearer at-{current}")));
        assert_eq!(user.login()["refresh_token"], format!("rt-{current}"), "{}", profile.name);

        // The provider's own words tell why a login has ended.
        user.provider.state(|state| state.is_revoked = true);
        user.expire();
        let run = user.list().failed(3, "The saved login is no longer valid");
        let words: Value = serde_json::from_str(profile.ended.1).unwrap();
        assert!(run.stderr.contains(words["error_description"].as_str().unwrap()), "{run:?}");
        assert!(!run.stderr.contains("rt-") && !run.stderr.contains("geheim"), "{run:?}");
        user.log_in().done();
        let out = user.home.run(["logout"]).done();
        let is_told = out.stderr.contains("is revoked at the provider");
        assert_eq!(
            (is_told, user.provider.revocations()),
            match profile.revocation {
                Some(_) => (true, 1),
                None => (false, 0),
            }
        );
    }
}

#[test]
fn logs_in_by_a_code_on_another_device_at_each_provider() {
    for profile in ALL {
        let user = User::of(profile);
        let mut words = user.words("device");
        words.retain(|word| !word.starts_with("http://localhost") && word != "--redirect-uri");
        let run = user.home.run(words).done();
        assert!(run.stderr.contains("AB-CD"), "{}: {run:?}", profile.name);
        user.expire();
        user.list().done();
        assert_eq!(user.renewals(), 1, "{}", profile.name);
    }
}

#[test]
fn renews_once_for_twenty_processes_at_each_provider() {
    for profile in ALL {
        let user = User::of(profile);
        user.log_in().done();
        user.expire();
        let list = ["secrets", "-n", "j", "-t", "t", "--list"];
        let mut running: Vec<_> = (0..20)
            .map(|_| {
                user.home.command(list).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
            })
            .collect();
        for child in &mut running {
            assert!(child.wait().unwrap().success(), "{}", profile.name);
        }
        assert_eq!(user.renewals(), 1, "{}", profile.name);
        user.expire();
        user.list().done();
    }
}

/// The provider has replaced the refresh token, and its answer is lost: the same token is sent once more.
#[test]
fn survives_a_lost_answer_where_the_provider_allows_it() {
    for profile in ALL {
        let user = User::of(profile);
        user.log_in().done();
        user.expire();
        user.provider.state(|state| state.lose = 1);
        let run = user.list();
        if profile.rotation == Rotation::Strict {
            run.failed(3, "The saved login is no longer valid");
            continue;
        }
        run.done();
        user.expire();
        user.list().done();
    }
}
