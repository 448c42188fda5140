//! Tests the settings of identity providers: wrong issuers, keys without discovery, nested claims,
//! and what the log says about tokens that are refused.

use serde_json::{Value, json};
use vdk_testing::control_service::issuer::{Issuer, Key};
use vdk_testing::control_service::{Answer, SECURED, Service, now};

const ISSUER: &str = "SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URI";
const KEY_SET: &str = "SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_JWK_SET_URI";

/// Signs a token of `issuer` with more claims.
fn token(key: &Key, issuer: &str, claims: &Value) -> String {
    let mut all = json!({"iss": issuer, "exp": now() + 600, "username": "ana"});
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    key.sign(&json!({"alg": "EdDSA", "kid": "k"}), &all)
}

fn info(service: &Service, token: &str) -> Answer {
    service.ask("GET", "/data-jobs/for-team/t/info", Some(token), "")
}

fn provider() -> (Issuer, Key) {
    let (issuer, key) = (Issuer::start(), Key::ed(1));
    issuer.publish(&[("k", &key)]);
    (issuer, key)
}

#[test]
fn ignores_blanks_around_an_issuer() {
    let (issuer, key) = provider();
    let uri = format!(" {} ", issuer.uri);
    let service = Service::start(&[SECURED[0], (ISSUER, &uri)]);
    assert_eq!(info(&service, &token(&key, &issuer.uri, &json!({}))).status, 200);
}

#[test]
fn says_which_issuer_is_wrong_and_does_not_limit_its_users() {
    let (issuer, key) = provider();
    let uri = format!("{}/", issuer.uri);
    let service = Service::start(&[SECURED[0], (ISSUER, &uri)]);
    // Said at the start, without a request.
    service.logs("its configuration names another issuer");
    let of = |user: u32| token(&key, &issuer.uri, &json!({"username": format!("u{user}")}));
    for user in 0..30 {
        info(&service, &of(user)).problem(401, "issuer is not trusted");
    }
    service.logs("differs from it by the final slash");
    assert_eq!(service.log().matches("final slash").count(), 1, "once a minute");
    // A client that repeats its token guesses.
    let statuses: Vec<_> = (0..30).map(|_| info(&service, &of(1)).status).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    let strange = Service::start(&[SECURED[0], (ISSUER, &issuer.uri)]);
    let long = format!("https://\u{1b}[2J{}", "x".repeat(500));
    info(&strange, &token(&key, &long, &json!({}))).problem(401, "issuer is not trusted");
    strange.logs("unknown issuer");
    let log = strange.log();
    let line = log.lines().find(|line| line.contains("unknown issuer")).unwrap();
    assert!(line.contains("1b}[2J") && line.contains(&issuer.uri) && line.len() < 700, "{line}");
}

#[test]
fn starts_while_a_provider_is_down_and_says_so() {
    let port = vdk_testing::control_service::free_port();
    let uri = format!("http://127.0.0.1:{port}");
    let service = Service::start(&[SECURED[0], (ISSUER, &uri)]);
    service.logs("cannot fetch the keys of the issuer");
    assert_eq!(service.get("/readyz").status, 200);
}

#[test]
fn takes_keys_without_discovery() {
    let ((issuer, key), stranger) = (provider(), Key::ed(2));
    let keys = format!("{}/keys", issuer.uri);
    // A provider without discovery at its identifier.
    let other = format!("http://127.0.0.1:{}", vdk_testing::control_service::free_port());
    let service = Service::start(&[SECURED[0], (KEY_SET, &keys), (ISSUER, &other)]);
    assert_eq!(info(&service, &token(&key, &other, &json!({}))).status, 200);
    info(&service, &token(&key, &issuer.uri, &json!({}))).problem(401, "issuer is not trusted");
    info(&service, &token(&stranger, &other, &json!({}))).problem(401, "signature");

    let service = Service::start(&[SECURED[0], (KEY_SET, &keys)]);
    service.logs("tokens of every issuer are accepted");
    for iss in [&other, &issuer.uri, "x"] {
        assert_eq!(info(&service, &token(&key, iss, &json!({}))).status, 200);
    }
    info(&service, &token(&stranger, &other, &json!({}))).problem(401, "signature");
    // The service's own issuer keeps its own keys.
    info(&service, &token(&key, "vdk-control-service", &json!({}))).problem(401, "its key");
}

#[test]
fn refuses_keys_that_may_belong_to_either_of_two_issuers() {
    let variables = [
        ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URIS", "https://a.org,https://b.org"),
        (KEY_SET, "https://a.org/keys"),
    ];
    let check = |more: &[(&str, &str)]| {
        vdk_testing::control_service::check_config("", &[&variables, more].concat(), &[])
    };
    let (code, said) = check(&[]);
    assert!(code == Some(2) && said.contains("not clear whose keys"), "{said}");
    assert_eq!(check(&[(ISSUER, "https://a.org")]).0, Some(0));
    let (code, said) = vdk_testing::control_service::check_config(
        "",
        &[(KEY_SET, "http://login.example.org/keys")],
        &[],
    );
    assert!(code == Some(2) && said.contains("https is expected"), "{said}");
}

#[test]
fn reads_claims_within_objects() {
    let (issuer, key) = provider();
    let service = Service::start(&[
        SECURED[0],
        (ISSUER, &issuer.uri),
        ("DATAJOBS_AUTHORIZATION_JWT_CLAIM_USERNAME", "profile.name"),
        ("VDK_ACCESS_GROUPS_CLAIM", "realm_access.groups"),
        ("AUTHORITIES_CLAIM_NAME", "resource_access.my.client.roles"),
        ("AUTHORIZED_ROLES", "operator"),
        ("CUSTOM_CLAIM_NAME", "org.id"),
        ("AUTHORIZED_CUSTOM_CLAIM_VALUES", "acme"),
    ]);
    let root = service.access("root", "*", "manager");
    let grant = "/data-jobs/for-team/t/access/group/crew";
    assert_eq!(service.ask("PUT", grant, Some(&root), "{\"role\":\"reader\"}").status, 204);
    let claims = |id: &str, role: &str, group: &str| {
        json!({
            "profile": {"name": "ana"}, "realm_access": {"groups": [group]},
            "resource_access": {"my.client": {"roles": [role]}}, "org": {"id": id},
        })
    };
    let at = vdk_testing::control_service::path("secrets", "t", "j");
    let get = |claims: &Value| {
        service.ask("GET", &at, Some(&token(&key, &issuer.uri, claims)), "").status
    };
    assert_eq!(get(&claims("acme", "operator", "crew")), 200);
    assert_eq!(get(&claims("acme", "operator", "other")), 403);
    assert_eq!(get(&claims("acme", "guest", "crew")), 401);
    assert_eq!(get(&claims("other", "operator", "crew")), 401);
    assert!(service.audit().contains("\"who\":\"ana\""));
}

#[test]
fn says_why_a_genuine_token_gives_less_than_expected() {
    let (issuer, key) = provider();
    let with = |more: &[(&str, &str)]| {
        Service::start(&[&[SECURED[0], (ISSUER, issuer.uri.as_str())], more].concat())
    };
    let service = with(&[("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_AUDIENCES", "vdk")]);
    let keycloak = token(&key, &issuer.uri, &json!({"aud": "account"}));
    info(&service, &keycloak).problem(401, "another audience");
    service.logs("audience mapper");

    let service = with(&[("AUTHORITIES_CLAIM_NAME", "roles"), ("AUTHORIZED_ROLES", "operator")]);
    let nested = json!({"realm_access": {"roles": ["operator"]}});
    info(&service, &token(&key, &issuer.uri, &nested)).problem(401, "required role");
    service.logs("realm_access");
    let log = service.log();
    let line = log.lines().find(|line| line.contains("genuine")).unwrap();
    assert!(line.contains("that it lacks: \\\"roles\\\"") && !line.contains("operator"), "{line}");

    let service = with(&[]);
    let azure = json!({"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {}}});
    assert_eq!(info(&service, &token(&key, &issuer.uri, &azure)).status, 200);
    service.logs("too many groups");
}

#[test]
fn finds_the_client_behind_proxies_of_a_network() {
    let service =
        Service::start(&[SECURED[0], ("VDK_ACCESS_TRUSTED_PROXIES", "127.0.0.0/8,10.0.0.0/8")]);
    let ask = |from: &str| {
        let headers = [("X-Forwarded-For", from), ("Authorization", "Bearer x")];
        service.send("GET", "/data-jobs/for-team/t/info", &headers, "").status
    };
    for _ in 0..10 {
        assert_eq!(ask("192.0.2.7, 10.1.2.3"), 401);
    }
    assert_eq!(ask("192.0.2.7, 10.9.9.9"), 429);
    assert_eq!(ask("192.0.2.8, 10.1.2.3"), 401);
}
