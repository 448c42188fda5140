//! Tests API tokens while the storage of the signing keys is unavailable.

use serde_json::Value;
use vdk_testing::control_service::peers::{Bao, Database};
use vdk_testing::control_service::{SECURED, Service, eventually, path};

#[test]
#[ignore = "needs OpenBao and PostgreSQL: ./tests/run"]
fn accepts_api_tokens_for_properties_on_a_replica_that_starts_without_vault() {
    let (bao, database) = (Bao::start(), Database::start());
    let (vault, properties) = (bao.settings(), database.settings());
    let settings: Vec<_> = vault.iter().chain(&properties).map(|(k, v)| (*k, v.as_str())).collect();
    let settings = [&settings[..], &SECURED].concat();
    let early = Service::start(&settings);
    let token = early.token(&["--user", "ana", "--team", "t", "--role", "writer"]);
    let old = early.exchange(&token);
    let (secrets, properties) = (path("secrets", "t", "j"), path("properties", "t", "j"));
    assert_eq!(early.ask("PUT", &properties, Some(&old), "{\"a\":1}").status, 204);
    bao.seal();
    let late = Service::start(&settings);
    // Both a token from before and a new one are good on both.
    let new = late.exchange(&token);
    for access in [&old, &new] {
        for service in [&late, &early] {
            let read = service.ask("GET", &properties, Some(access), "");
            assert_eq!((read.status, read.body.as_str()), (200, "{\"a\":1}"), "{read:?}");
            assert_eq!(service.ask("GET", &secrets, Some(access), "").status, 503);
        }
    }
    let other = late.exchange(&late.token(&["--user", "bob", "--team", "u", "--role", "writer"]));
    assert_eq!(late.ask("GET", &properties, Some(&other), "").status, 403, "roles count");
    let keys = late.get("/.well-known/jwks.json").json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2, "{keys}");
    // A changed signature, and a revoked token.
    let forged = format!("{}AAAA", &new[..new.len() - 4]);
    assert_eq!(late.ask("GET", &properties, Some(&forged), "").status, 401);
    // No private key is in the database.
    let query = "select string_agg(t::text, ' ') from (select h::text from vdk_heads h union all \
                 select v::text from vdk_versions v) t";
    let tables = database.sql(&[query]);
    assert!(tables.contains("public-keys") && !tables.contains("seed"), "{tables}");
    bao.unseal();
    eventually("secrets are back", || late.ask("GET", &secrets, Some(&new), "").status == 200);
    // The key in memory is not needed any longer, and was never stored.
    let again = late.exchange(&token);
    assert_eq!(early.ask("GET", &secrets, Some(&again), "").status, 200);
    let stored = bao.ask("GET", "secret/data/vdk-control-service/signing-keys", &Value::Null);
    let stored = stored.json()["data"]["data"]["secretsJson"].as_str().unwrap().to_string();
    assert_eq!(stored.matches("seed").count(), 1);
    let id = token.split('_').nth(1).unwrap();
    early.operate(&["token", "revoke", id]);
    eventually("it is revoked", || late.ask("GET", &properties, Some(&new), "").status == 401);
}
