//! Tests the original's authorization webhook and the OAuth credentials of teams.

use serde_json::{Value, json};
use vdk_testing::control_service::issuer::{Issuer, Key, Webhook};
use vdk_testing::control_service::{SECURED, Service, now, path};

#[test]
fn authorizes_by_webhook_as_the_original_does() {
    let (issuer, webhook, key) = (Issuer::start(), Webhook::start(), Key::ed(1));
    issuer.publish(&[("k", &key)]);
    let settings = [
        SECURED[0],
        ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URI", &issuer.uri),
        ("FEATUREFLAG_AUTHORIZATION_ENABLED", "true"),
        ("DATAJOBS_AUTHORIZATION_WEBHOOK_ENDPOINT", &webhook.url),
        ("DATAJOBS_AUTHORIZATION_WEBHOOK_AUTHENTICATION_ENABLED", "true"),
    ];
    let mut open = settings.to_vec();
    open[3].1 = "http://192.0.2.1/";
    Service::start(&open).logs("webhook is plain http");
    let service = Service::start(&settings);
    assert!(!service.log().contains("webhook is plain http"), "on this machine");
    let of = |claims: Value| {
        let mut all = json!({"iss": issuer.uri, "exp": now() + 600});
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        key.sign(&json!({"alg": "EdDSA", "kid": "k"}), &all)
    };
    let ana = of(json!({"username": "ana"}));
    let at = path("secrets", "my%20team", "j");
    let last_request = || webhook.requests.lock().unwrap().last().cloned().unwrap();
    assert_eq!(service.ask("PUT", &format!("{at}?name=other"), Some(&ana), "{}").status, 202);
    let body = format!(
        "{{\"requester_user_id\":\"ana\",\"requested_resource_team\":\"my team\",\
         \"requested_resource_name\":\"data-job\",\"requested_resource_id\":\"j\",\
         \"requested_http_path\":\"{at}\",\"requested_http_verb\":\"PUT\",\
         \"requested_resource_new_team\":\"my team\",\"requested_permission\":\"write\"}}"
    );
    assert_eq!(last_request(), (body, format!("Bearer {ana}")));
    assert_eq!(service.ask("GET", &at, Some(&ana), "").status, 200);
    assert!(last_request().0.contains("\"requested_permission\":\"read\""));
    let answers = |next: &[(u16, &'static str)]| *webhook.answers.lock().unwrap() = next.to_vec();
    let get = |token: &str| service.ask("GET", &at, Some(token), "");
    answers(&[(403, "not\x1b your job")]);
    get(&ana).problem(403, "not your job");
    answers(&[(404, "")]);
    get(&ana).problem(404, "denies the request");
    answers(&[(500, ""), (200, "")]);
    assert_eq!(get(&ana).status, 200, "asked again once");
    for unsure in [500, 302] {
        answers(&[(unsure, "")]);
        get(&ana).problem(503, "authorization is unavailable");
    }
    // An application acts only for its own team, and the webhook is not called.
    answers(&[(200, "")]);
    let credentials = "/data-jobs/teams/my%20team/oauth-credentials";
    let app = of(json!({"sub": "acme:app"}));
    get(&app).problem(403, "");
    let body = "{\"clientId\":\"app\",\"clientSecret\":\"geheim\"}";
    assert_eq!(service.ask("PUT", credentials, Some(&ana), body).status, 202);
    let before = webhook.requests.lock().unwrap().len();
    assert_eq!(get(&app).status, 200);
    service.ask("GET", &path("secrets", "t", "j"), Some(&app), "").problem(403, "");
    service.ask("PUT", credentials, Some(&app), body).problem(403, "");
    get(&of(json!({"sub": "acme:other"}))).problem(403, "");
    assert_eq!(webhook.requests.lock().unwrap().len(), before);
    service.ask("GET", "/data-jobs/for-team/t/access", Some(&ana), "").problem(501, "webhook");
    let mut off = settings.to_vec();
    off.push(("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "false"));
    let off = Service::start(&off);
    let at = path("properties", "my%20team", "j");
    off.ask("GET", &at, Some(&app), "").problem(403, "");
    off.ask("GET", credentials, Some(&ana), "").problem(501, "Not Configured");
}

#[test]
fn protects_the_oauth_credentials_of_teams() {
    let service = Service::start(&SECURED);
    let (manager, reader) =
        (service.access("m", "t", "manager"), service.access("r", "t", "reader"));
    let (writer, other) = (service.access("w", "t", "writer"), service.access("o", "u", "manager"));
    let at = "/data-jobs/teams/t/oauth-credentials";
    let (body, ids) = (
        "{\"clientId\":\"app\",\"clientSecret\":\"geheim\"}",
        "/data-jobs/oauth-credentials/client-ids",
    );
    let client_id = format!("{at}/client-id");
    service.ask("GET", at, Some(&reader), "").problem(403, "writer");
    service.ask("GET", at, Some(&writer), "").problem(404, "no OAuth credentials");
    for token in [&reader, &writer, &other] {
        service.ask("PUT", at, Some(token), body).problem(403, "");
    }
    assert_eq!(service.ask("PUT", at, Some(&manager), body).status, 202);
    for wrong in ["{}", "[]", "{\"clientId\":\" \",\"clientSecret\":\"x\"}"] {
        service.ask("PUT", at, Some(&manager), wrong).problem(400, "");
    }
    let found = service.ask("GET", at, Some(&writer), "");
    assert_eq!(found.body, "{\"teamName\":\"t\",\"clientId\":\"app\",\"clientSecret\":\"geheim\"}");
    assert_eq!(
        service.ask("GET", &client_id, Some(&reader), "").body,
        "{\"teamName\":\"t\",\"clientId\":\"app\"}"
    );
    // A team cannot take the client id of another team while that team uses it.
    let theirs = "/data-jobs/teams/u/oauth-credentials";
    service.ask("PUT", theirs, Some(&other), body).problem(409, "belongs to another team");
    service.ask("GET", theirs, Some(&other), "").problem(404, "no OAuth credentials");
    let found = service.ask("POST", ids, Some(&other), "[\"app\",\"nobody\"]");
    assert_eq!(
        (found.status, found.body.as_str()),
        (200, "[{\"teamName\":\"t\",\"clientId\":\"app\"}]")
    );
    let moved = "{\"clientId\":\"app-2\",\"clientSecret\":\"geheim\"}";
    assert_eq!(service.ask("PUT", at, Some(&manager), moved).status, 202);
    assert_eq!(service.ask("PUT", theirs, Some(&other), body).status, 202);
    // Of two that are set at once, the one that stays is listed, and nobody else gets it.
    for round in 0..20 {
        let set = |id: String| {
            let body = format!("{{\"clientId\":\"{id}\",\"clientSecret\":\"geheim\"}}");
            assert_eq!(service.ask("PUT", at, Some(&manager), &body).status, 202);
        };
        std::thread::scope(|scope| {
            for one in ["x", "y"] {
                scope.spawn(move || set(format!("{one}{round}")));
            }
        });
        let both = format!("[\"x{round}\",\"y{round}\"]");
        let listed = service.ask("POST", ids, Some(&other), &both).json();
        // To read it would list it, too.
        let now = service.ask("GET", &client_id, Some(&reader), "").json();
        assert!(listed.as_array().unwrap().contains(&now), "{now} is not in {listed}");
    }
    for (method, at, body) in
        [("GET", at, ""), ("PUT", at, body), ("GET", &client_id, ""), ("POST", ids, "[]")]
    {
        service.ask(method, at, None, body).problem(401, "");
        if method != "POST" {
            service.ask(method, at, Some(&other), body).problem(403, "");
        }
    }
    assert!(!service.audit().contains("geheim") && !service.log().contains("geheim"));
}
