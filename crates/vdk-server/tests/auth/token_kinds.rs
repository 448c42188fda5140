//! Tests that only access tokens are accepted. A provider signs other kinds of tokens with the same
//! key, and browsers, logs and other services get to see those.

use serde_json::json;
use vdk_testing::control_service::issuer::{Issuer, Key};
use vdk_testing::control_service::keycloak::{TokenKind, token};
use vdk_testing::control_service::{Answer, SECURED, Service, now};

const INFO: &str = "/data-jobs/for-team/t/info";

fn ask(service: &Service, token: &str) -> Answer {
    service.ask("GET", INFO, Some(token), "")
}

#[test]
fn accepts_access_tokens_only() {
    let (issuer, key, service) = Issuer::with_service();
    for kind in [TokenKind::Access, TokenKind::AtJwt, TokenKind::Untyped] {
        assert_eq!(ask(&service, &token(&key, &issuer.uri, kind)).status, 200, "{kind:?}");
    }
    // More than ten: none of them counts as a guess.
    for (kind, cause) in [
        (TokenKind::Id, "ID token"),
        (TokenKind::IdWithNonce, "ID token"),
        (TokenKind::IdWithHash, "ID token"),
        (TokenKind::IdOfCognito, "ID token"),
        (TokenKind::Refresh, "refresh token"),
        (TokenKind::Logout, "logout token"),
        (TokenKind::UntypedLogout, "logout token"),
        (TokenKind::SecurityEvent, "its type is not JWT or at+jwt"),
        (TokenKind::Dpop, "bound to a key or certificate"),
        (TokenKind::CertificateBound, "bound to a key or certificate"),
        (TokenKind::DpopProof, "its type is not JWT or at+jwt"),
    ] {
        let answer = ask(&service, &token(&key, &issuer.uri, kind));
        answer.problem(401, cause);
        assert!(answer.header("www-authenticate").contains(cause), "{kind:?}: {answer:?}");
    }
}

#[test]
fn accepts_only_at_jwt_if_the_operator_wants_that() {
    let (issuer, key) = (Issuer::start(), Key::ed(1));
    issuer.publish(&[("k", &key)]);
    let service = Service::start(&[
        SECURED[0],
        ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URIS", &issuer.uri),
        ("VDK_ACCESS_REQUIRE_AT_JWT", "true"),
    ]);
    assert_eq!(ask(&service, &token(&key, &issuer.uri, TokenKind::AtJwt)).status, 200);
    for kind in [TokenKind::Access, TokenKind::Untyped] {
        ask(&service, &token(&key, &issuer.uri, kind)).problem(401, "its type is not at+jwt");
    }
    // The service's own tokens are of that type.
    assert_eq!(ask(&service, &service.access("ana", "t", "reader")).status, 200);
}

#[test]
fn counts_tokens_with_unknown_keys_as_guesses() {
    let (issuer, key, service) = Issuer::with_service();
    let claims = json!({"iss": issuer.uri, "exp": now() + 600, "username": "ana"});
    let of = |id: &str| key.sign(&json!({"alg": "EdDSA", "kid": id}), &claims);
    assert_eq!(ask(&service, &of("k")).status, 200);
    let statuses: Vec<_> = (0..60).map(|n| ask(&service, &of(&format!("k{n}"))).status).collect();
    assert_eq!(statuses[0], 401);
    assert_eq!(statuses[59], 429, "{statuses:?}");
    assert_eq!(ask(&service, &of("k")).status, 200, "a valid token is not affected");
    // The same holds for keys that the service itself does not have.
    let own = json!({"iss": "vdk-control-service", "exp": now() + 600, "api_token": "x"});
    let service = Service::start(&SECURED);
    let statuses: Vec<_> = (0..20)
        .map(|n| ask(&service, &key.sign(&json!({"alg": "EdDSA", "kid": n.to_string()}), &own)))
        .map(|answer| answer.status)
        .collect();
    assert_eq!((statuses[0], statuses[19]), (401, 429), "{statuses:?}");
}

#[test]
fn does_not_count_new_keys_while_the_provider_is_unavailable() {
    let (issuer, key) = (Issuer::start(), Key::ed(1));
    issuer.publish(&[("k", &key)]);
    let service = Service::start(&[
        SECURED[0],
        ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URIS", "http://127.0.0.1:1"),
    ]);
    let claims = json!({"iss": "http://127.0.0.1:1", "exp": now() + 600, "username": "ana"});
    for n in 0..20 {
        let token = key.sign(&json!({"alg": "EdDSA", "kid": n.to_string()}), &claims);
        ask(&service, &token).problem(503, "unavailable");
    }
}

#[test]
fn rejects_tokens_whose_parts_are_not_objects_with_unique_members() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
    let (issuer, key, service) = Issuer::with_service();
    let ring = |text: &str| match &key {
        Key::Ed(pair) => BASE64.encode(pair.sign(text.as_bytes())),
        _ => unreachable!("the provider has an Ed25519 key"),
    };
    let signed = |header: &str, claims: &str| {
        let text = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims));
        format!("{text}.{}", ring(&text))
    };
    let header = r#"{"alg":"EdDSA","kid":"k"}"#;
    let claims = json!({"iss": issuer.uri, "exp": now() + 600, "username": "ana"}).to_string();
    assert_eq!(ask(&service, &signed(header, &claims)).status, 200);
    let twice = claims.replacen('{', r#"{"username":"root","#, 1);
    for token in [
        signed(r#"["EdDSA","k"]"#, &claims),
        signed(r#"{"alg":"EdDSA","kid":"x","kid":"k"}"#, &claims),
        signed(header, &twice),
    ] {
        ask(&service, &token).problem(401, "not a JSON web token");
    }
}
