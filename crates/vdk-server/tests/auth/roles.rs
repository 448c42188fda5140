//! Tests which callers are authenticated and what each role may do, on the embedded store.

use serde_json::{Value, json};
use vdk_testing::control_service::issuer::{Issuer, Key};
use vdk_testing::control_service::{SECURED, Service, eventually, now, path};

/// Checks the table of `docs/service/access.md` cell by cell.
#[test]
fn enforces_the_role_table_at_each_endpoint() {
    let issuer = Issuer::start();
    let key = Key::ed(1);
    issuer.publish(&[("k", &key)]);
    let service = Service::start(&[
        SECURED[0],
        ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URI", &issuer.uri),
    ]);
    let outside = |claims: Value| {
        let mut all = json!({"iss": issuer.uri, "exp": now() + 600});
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        key.sign(&json!({"alg": "EdDSA", "kid": "k"}), &all)
    };
    let root = service.access("root", "*", "manager");
    for (kind, name, role) in [
        ("user", "rita", "reader"),
        ("service-account", "etl", "writer"),
        ("group", "owners", "manager"),
    ] {
        let at = format!("/data-jobs/for-team/t/access/{kind}/{name}");
        let granted = service.ask("PUT", &at, Some(&root), &format!("{{\"role\":\"{role}\"}}"));
        assert_eq!(granted.status, 204, "{granted:?}");
    }
    // 0: no role in this team, 1: reader, 2: writer, 3: manager, -1: not authenticated.
    let who: [(&str, Option<String>, i8); 14] = [
        ("nobody", None, -1),
        ("expired", Some(outside(json!({"username": "rita", "exp": now() - 61}))), -1),
        ("too early", Some(outside(json!({"username": "rita", "nbf": now() + 550}))), -1),
        ("a reader's token", Some(service.access("a", "t", "reader")), 1),
        ("a writer's token", Some(service.access("b", "t", "writer")), 2),
        ("a manager's token", Some(service.access("c", "t", "manager")), 3),
        ("a reader of all", Some(service.access("d", "*", "reader")), 1),
        ("a manager of another team", Some(service.access("rita", "u", "manager")), 0),
        ("a user with a grant", Some(outside(json!({"username": "rita"}))), 1),
        ("a service account", Some(outside(json!({"sub": "acme:etl"}))), 2),
        ("a group", Some(outside(json!({"username": "x", "groups": ["a", "owners"]}))), 3),
        ("a user without grants", Some(outside(json!({"username": "etl"}))), 0),
        ("a token of a user", Some(service.exchange(&service.token(&["--user", "rita"]))), 1),
        ("the wrong audience of names", Some(outside(json!({"sub": "rita"}))), 0),
    ];
    for collection in ["secrets", "properties"] {
        let at = |rest: &str| format!("{}{rest}", path(collection, "t", "j"));
        let grant = "/data-jobs/for-team/t/access/user/new".to_string();
        let credentials = "/data-jobs/teams/t/oauth-credentials".to_string();
        let application = "{\"clientId\":\"app\",\"clientSecret\":\"x\"}";
        service.ask("PUT", &credentials, Some(&root), application);
        let endpoints = [
            ("GET", at(""), "", 1),
            ("GET", at("?version=1"), "", 1),
            ("PUT", at(""), "{\"a\":1}", 2),
            ("GET", at("/versions"), "", 2),
            ("POST", at("/versions/1/rollback"), "", 2),
            ("GET", "/data-jobs/for-team/t/access".into(), "", 3),
            ("PUT", grant.clone(), "{\"role\":\"reader\"}", 3),
            ("DELETE", grant, "", 3),
            ("GET", credentials.clone(), "", 2),
            ("GET", format!("{credentials}/client-id"), "", 1),
            ("PUT", credentials.clone(), application, 3),
            ("POST", "/data-jobs/oauth-credentials/client-ids".into(), "[]", 0),
            ("GET", "/data-jobs/for-team/t/info".into(), "", 0),
            ("GET", "/nowhere".into(), "", 0),
        ];
        service.ask("PUT", &at(""), Some(&root), "{\"a\":0}");
        for (method, address, body, needs) in &endpoints {
            for (name, token, has) in &who {
                let answer = service.ask(method, address, token.as_deref(), body);
                let cell = format!("{method} {address} by {name}: {answer:?}");
                match *has {
                    -1 => {
                        answer.problem(401, "token");
                        assert!(answer.header("www-authenticate").starts_with("Bearer "), "{cell}");
                    }
                    has if has < *needs => {
                        answer.problem(403, "needs the role");
                        assert!(answer.header("www-authenticate").contains("scope"), "{cell}");
                    }
                    // Another caller may have deleted it before.
                    _ if *method == "DELETE" => {
                        assert!([204, 404].contains(&answer.status), "{cell}")
                    }
                    _ if address == "/nowhere" => {
                        answer.problem(404, "");
                    }
                    _ => assert!((200..300).contains(&answer.status), "{cell}"),
                }
            }
        }
        // The response is the same whether the job exists or not.
        let stranger = who[11].1.as_deref();
        let (there, not) = (path(collection, "t", "j"), path(collection, "t", "nothing"));
        let said = [there, not].map(|at| service.ask("GET", &at, stranger, "").body);
        assert_eq!(said[0], said[1]);
    }
    let audit = service.audit();
    assert!(audit.contains("\"who\":\"service-account:etl\"") && audit.contains("user:new"));
    assert!(audit.contains("\"operation\":\"authenticate\""));
    for token in who.iter().filter_map(|(_, token, _)| token.as_deref()) {
        assert!(!audit.contains(token) && !service.log().contains(token));
    }
}

#[test]
fn rejects_forged_expired_and_foreign_tokens() {
    let issuer = Issuer::start();
    let (key, curve, other) = (Key::ed(1), Key::ec(), Key::ed(2));
    issuer.publish(&[("k", &key), ("c", &curve)]);
    let service = Service::start(&[
        SECURED[0],
        ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URIS", &issuer.uri),
        ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_AUDIENCES", "vdk, other"),
        ("DATAJOBS_AUTHORIZATION_CUSTOM_CLAIM_NAME", "org"),
        ("DATAJOBS_AUTHORIZATION_AUTHORIZED_CUSTOM_CLAIM_VALUES", "acme,example"),
        ("DATAJOBS_AUTHORIZATION_AUTHORIZED_ROLES", "jobs"),
    ]);
    let good = json!({
        "iss": issuer.uri, "exp": now() + 600, "aud": ["x", "vdk"], "org": "acme",
        "scope": "openid jobs", "username": "ana",
    });
    let ed = json!({"alg": "EdDSA", "kid": "k"});
    let info = |token: &str| service.ask("GET", "/data-jobs/for-team/t/info", Some(token), "");
    assert_eq!(info(&key.sign(&ed, &good)).status, 200);
    assert_eq!(info(&curve.sign(&json!({"alg": "ES256", "kid": "c"}), &good)).status, 200);
    assert_eq!(info(&key.sign(&json!({"alg": "EdDSA"}), &good)).status, 200, "any key may be it");
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        key.sign(&ed, &claims)
    };
    for (claim, value) in [
        ("exp", json!(now() - 61)),
        ("nbf", json!(now() + 120)),
        ("aud", json!("another")),
        ("aud", Value::Null),
        ("org", json!("evil")),
        ("scope", json!("openid")),
        ("username", json!(7)),
    ] {
        info(&with(claim, value)).problem(401, "Invalid token");
    }
    // An expired token or one for another audience does not count as a guess. These do.
    let forged = [
        other.sign(&ed, &good),
        key.sign(&json!({"alg": "none", "kid": "k"}), &good),
        key.sign(&json!({"alg": "HS256", "kid": "k"}), &good),
        key.sign(&json!({"alg": "ES256", "kid": "k"}), &good),
        key.sign(&json!({"alg": "EdDSA", "kid": "unknown"}), &good),
        with("iss", json!("https://evil.example.org")),
        with("exp", json!("never")),
        with("iss", json!("vdk-control-service")),
        "vdk_0123456789abcdef_not-an-access-token".into(),
    ];
    for token in &forged {
        let answer = info(token);
        answer.problem(401, "Invalid token");
        assert!(answer.header("www-authenticate").contains("invalid_token"));
    }
    assert!(
        *issuer.key_requests.lock().unwrap() <= 3,
        "unknown keys are asked for at a bounded rate"
    );
    // One of these tokens names an unknown issuer, which may be missing in the settings. It does not
    // count the first time. The keys of two others are unknown to their issuers, and count.
    for _ in 0..2 {
        info(&forged[0]).problem(401, "");
    }
    let refused = info("another.guess.x");
    refused.problem(429, "Too many");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 61);
    // Callers with valid tokens are not limited, even with a new token. Callers that guess are.
    assert_eq!(info(&key.sign(&ed, &good)).status, 200);
    assert_eq!(info(&with("jti", json!("new"))).status, 200);
    info(&other.sign(&ed, &good)).problem(429, "");
    let exchange = service.token(&["--user", "ana", "--team", "t", "--role", "reader"]);
    assert_eq!(service.try_exchange(&exchange).status, 200);
    let (wrong, last) = exchange.split_at(exchange.len() - 1);
    let wrong = format!("{wrong}{}", if last == "A" { "B" } else { "A" });
    service.try_exchange(&wrong).problem(429, "");
    assert!(
        service
            .get("/metrics")
            .body
            .contains("operation=\"authenticate\",method=\"GET\",status=\"429\"")
    );
}

#[test]
fn follows_rotated_issuer_keys_and_survives_unavailable_issuers() {
    let issuer = Issuer::start();
    let (old, new) = (Key::ed(1), Key::ed(2));
    issuer.publish(&[("old", &old)]);
    let closed = format!("http://127.0.0.1:{}", vdk_testing::control_service::free_port());
    let issuers = format!("{},{closed}", issuer.uri);
    let service = Service::start(&[
        SECURED[0],
        ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URIS", &issuers),
    ]);
    let claims = json!({"iss": issuer.uri, "exp": now() + 600, "username": "ana"});
    let info = |token: &str| service.ask("GET", "/data-jobs/for-team/t/info", Some(token), "");
    let of = |key: &Key, id: &str| key.sign(&json!({"alg": "EdDSA", "kid": id}), &claims);
    assert_eq!(info(&of(&old, "old")).status, 200);
    issuer.publish(&[("new", &new)]);
    eventually("the new key is known", || info(&of(&new, "new")).status == 200);
    let away = json!({"iss": closed, "exp": now() + 600, "username": "ana"});
    info(&new.sign(&json!({"alg": "EdDSA", "kid": "new"}), &away))
        .problem(503, "authorization is unavailable");
}

#[test]
fn exchanges_and_revokes_api_tokens() {
    let service = Service::start(&SECURED);
    let token = service.token(&["--user", "ana", "--team", "t", "--role", "writer"]);
    let access = service.exchange(&token);
    let at = path("secrets", "t", "j");
    assert_eq!(service.ask("PUT", &at, Some(&access), "{\"a\":1}").status, 202);
    let versions = service.ask("GET", &format!("{at}/versions"), Some(&access), "").json();
    assert_eq!(versions["versions"][0]["who"], "ana");
    // The store does not contain the token. The secret part may itself contain underscores.
    let secret = token.splitn(3, '_').nth(2).unwrap();
    for entry in std::fs::read_dir(service.folder().join("store")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
    }
    let list: Value =
        serde_json::from_str(&service.operate(&["token", "list", "-o", "json"])).unwrap();
    assert_eq!((&list[0]["user"], &list[0]["role"]), (&json!("ana"), &json!("writer")));
    assert!(!service.operate(&["token", "list"]).contains(secret));
    for (form, error) in [
        ("grant_type=password&refresh_token=x", "unsupported_grant_type"),
        ("grant_type=refresh_token", "invalid_request"),
        ("grant_type=refresh_token&refresh_token=x", "invalid_grant"),
    ] {
        let answer = service.send("POST", "/oauth2/token", &[], form);
        assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some(error)));
    }
    let id = list[0]["id"].as_str().unwrap();
    let odd = "a\u{202e}b\u{200b}";
    service.token(&["--user", odd]);
    for format in [&["token", "list"][..], &["token", "list", "-o", "json"]] {
        let printed = service.operate(format);
        assert!(
            !printed.contains(['\u{202e}', '\u{200b}']) && printed.contains("202e"),
            "{printed}"
        );
    }
    service.operate(&["token", "revoke", id]);
    eventually("the access token ends", || {
        service.ask("GET", &at, Some(&access), "").status == 401
    });
    assert_eq!(service.try_exchange(&token).json()["error"], "invalid_grant");
    // A new token is valid at once, even if unknown tokens were looked up before.
    service.exchange(&service.token(&["--user", "bob"]));
    let short = service.token(&["--user", "bob", "--expires", "1s"]);
    eventually("it ends", || service.try_exchange(&short).status == 400);
}

#[test]
fn makes_the_first_granter_manager_and_keeps_the_last_manager() {
    let service = Service::start(&SECURED);
    let of = |user: &str| service.exchange(&service.token(&["--user", user]));
    let (ana, bob) = (of("ana"), of("bob"));
    let grant = |by: &str, name: &str, role: &str| {
        let at = format!("/data-jobs/for-team/t/access/user/{name}");
        service.ask("PUT", &at, Some(by), &format!("{{\"role\":\"{role}\"}}"))
    };
    assert_eq!(service.ask("GET", &path("secrets", "t", "j"), Some(&ana), "").status, 403);
    assert_eq!(grant(&ana, "carl", "reader").status, 204);
    grant(&bob, "bob", "manager").problem(403, "manager");
    let list = service.ask("GET", "/data-jobs/for-team/t/access", Some(&ana), "").json();
    let names: Vec<_> = list["grants"].as_array().unwrap().iter().map(|g| &g["name"]).collect();
    assert_eq!(names, ["ana", "carl"]);
    grant(&ana, "ana", "reader").problem(409, "would have no manager");
    let own = "/data-jobs/for-team/t/access/user/ana";
    service.ask("DELETE", own, Some(&ana), "").problem(409, "would have no manager");
    assert_eq!(grant(&ana, "bob", "manager").status, 204);
    assert_eq!(service.ask("DELETE", own, Some(&bob), "").status, 204);
    service.ask("DELETE", own, Some(&bob), "").problem(404, "No such grant");
    grant(&ana, "x", "reader").problem(403, "");
    // A limited token does not get the grants of its user.
    let limited = service.access("bob", "u", "reader");
    grant(&limited, "evil", "manager").problem(403, "manager");
    let carl = "/data-jobs/for-team/t/access/user/carl";
    service.ask("DELETE", carl, Some(&limited), "").problem(403, "manager");
    // Some providers use paths as group names.
    let group = "/data-jobs/for-team/t/access/group/%2Fowners%2Fall";
    assert_eq!(service.ask("PUT", group, Some(&bob), "{\"role\":\"reader\"}").status, 204);
    // No grant makes a manager of all teams or of the service's own team.
    let all = "/data-jobs/for-team/%2A/access/user/ana";
    service.ask("PUT", all, Some(&ana), "{\"role\":\"manager\"}").problem(403, "");
    let own = "/data-jobs/for-team/vdk-control-service/access/user/ana";
    service.ask("PUT", own, Some(&ana), "{\"role\":\"manager\"}").problem(400, "reserved");
    let strict = Service::start(&[SECURED[0], ("VDK_ACCESS_CLAIMABLE_TEAMS", "false")]);
    let ana = strict.exchange(&strict.token(&["--user", "ana"]));
    let at = "/data-jobs/for-team/t/access/user/ana";
    strict.ask("PUT", at, Some(&ana), "{\"role\":\"manager\"}").problem(403, "");
    for job in ["team-access", "team-oauth-credentials"] {
        let root = strict.access("root", "*", "manager");
        strict.ask("GET", &path("properties", "t", job), Some(&root), "").problem(400, "reserved");
    }
}

#[test]
fn rejects_claims_to_a_team_with_data() {
    let service = Service::start(&SECURED);
    let root = service.access("root", "*", "manager");
    let bob = service.exchange(&service.token(&["--user", "bob"]));
    let claim = |team: &str| {
        let at = format!("/data-jobs/for-team/{team}/access/user/bob");
        service.ask("PUT", &at, Some(&bob), "{\"role\":\"manager\"}")
    };
    // An emptied document still has readable versions.
    for (collection, team, json) in [
        ("secrets", "finance", "{\"password\":\"geheim\"}"),
        ("properties", "sales", "{\"a\":1}"),
        ("secrets", "emptied", "{}"),
    ] {
        let written = service.ask("PUT", &path(collection, team, "j"), Some(&root), json);
        assert!(written.status < 300, "{written:?}");
    }
    let credentials = "/data-jobs/teams/apps/oauth-credentials";
    let application = "{\"clientId\":\"app\",\"clientSecret\":\"x\"}";
    assert_eq!(service.ask("PUT", credentials, Some(&root), application).status, 202);
    for team in ["finance", "sales", "emptied", "apps"] {
        claim(team).problem(403, "manager");
        let read = service.ask("GET", &path("secrets", team, "j"), Some(&bob), "");
        assert!(!read.problem(403, "reader").body.contains("geheim"));
    }
    // Teams whose names only share a prefix are different teams.
    for team in ["financ", "finance2", "fin%25"] {
        assert_eq!(claim(team).status, 204);
    }
    let grant = "/data-jobs/for-team/sales/access/user/bob";
    assert_eq!(service.ask("PUT", grant, Some(&root), "{\"role\":\"manager\"}").status, 204);
    // A manager of all teams can appoint others. After this no manager is left.
    let tokens: Value =
        serde_json::from_str(&service.operate(&["token", "list", "-o", "json"])).unwrap();
    let of_root = tokens.as_array().unwrap().iter().find(|token| token["user"] == "root").unwrap();
    service.operate(&["token", "revoke", of_root["id"].as_str().unwrap()]);
    let mut service = service;
    service.restart();
    service.logs("teams with data and no manager: apps, emptied, finance;");
}

#[test]
fn shares_tokens_between_services_on_one_store() {
    let one = Service::start(&SECURED);
    let other = Service::start_in(&one.shared_folder(), &SECURED);
    let token = one.token(&["--user", "ana", "--team", "t", "--role", "writer"]);
    for (from, to) in [(&one, &other), (&other, &one)] {
        let access = from.exchange(&token);
        assert_eq!(to.ask("GET", &path("secrets", "t", "j"), Some(&access), "").status, 200);
    }
    assert_eq!(one.get("/.well-known/jwks.json").body, other.get("/.well-known/jwks.json").body);
    let metadata = one.get("/.well-known/oauth-authorization-server").json();
    assert_eq!(metadata["token_endpoint"], one.url("/oauth2/token"));
}
