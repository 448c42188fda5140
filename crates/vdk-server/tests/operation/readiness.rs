//! Tests readiness by part.

use serde_json::json;
use vdk_testing::control_service::peers::Bao;
use vdk_testing::control_service::{SECURED, Service, eventually, path};

#[test]
fn answers_readiness_by_part() {
    // Probes have no token.
    let service = Service::start(&SECURED);
    for path in [
        "/readyz",
        "/readyz/secrets",
        "/readyz/properties",
        "/readyz?exclude=secrets",
        "/readyz?exclude=secrets,properties,audit",
        "/readyz?exclude=secrets,%20audit",
    ] {
        assert_eq!(service.get(path).status, 200, "{path}");
    }
    let ready = service.get("/readyz").json();
    assert_eq!(ready["secrets"], json!({"engine": "embedded", "status": "ready"}));
    let ready = service.get("/readyz?exclude=secrets").json();
    assert_eq!(ready["secrets"], json!({"status": "excluded"}));
    assert_eq!(ready["properties"]["status"], "ready");
    for path in ["/readyz?exclude=vault", "/readyz?exclude=", "/readyz?exclude=secrets,,audit"] {
        service.get(path).problem(400, "exclude secrets, properties, audit");
    }
    service.get("/readyz?exclude=a&exclude=b").problem(400, "Invalid query.");
    assert_ne!(service.get("/readyz/vault").status, 200);
}

#[test]
fn reports_secrets_that_are_switched_off() {
    let service = Service::start(&[("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "false")]);
    assert_eq!(service.get("/readyz").status, 200);
    assert_eq!(service.get("/readyz/properties").status, 200);
    let secrets = service.get("/readyz/secrets");
    assert_eq!(
        (secrets.status, &secrets.json()["secrets"]["status"]),
        (503, &json!("switched off"))
    );
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn keeps_properties_ready_while_vault_is_sealed() {
    let bao = Bao::start();
    let settings = bao.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let service = Service::start(&settings);
    let status = |path: &str| service.get(path).status;
    eventually("all is ready", || status("/readyz") == 200 && status("/readyz/secrets") == 200);
    bao.seal();
    eventually("secrets are not ready", || status("/readyz/secrets") == 503);
    assert_eq!(status("/readyz"), 503);
    let sealed = service.get("/readyz/secrets").json();
    assert_eq!(sealed["secrets"], json!({"engine": "vault", "status": "is sealed"}));
    assert_eq!(sealed["properties"], json!({"status": "excluded"}));
    for path in ["/readyz/properties", "/readyz?exclude=secrets"] {
        assert_eq!(status(path), 200, "{path}");
    }
    assert_eq!(service.put(&path("properties", "t", "j"), "{\"a\":1}", None).status, 204);
    bao.unseal();
    eventually("secrets are ready again", || status("/readyz/secrets") == 200);
}
