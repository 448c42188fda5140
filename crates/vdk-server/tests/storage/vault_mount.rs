//! Tests mounts that are not KV version 2. Version 1 takes the same writes, but ignores their
//! preconditions and keeps no versions.

use serde_json::{Value, json};
use vdk_testing::control_service::peers::{Bao, Settings, is_mounted};
use vdk_testing::control_service::{Service, eventually, path};

/// A policy for the mount that the documentation recommends.
fn documented(mount: &str) -> String {
    format!(
        "path \"{mount}/data/*\" {{ capabilities = [\"create\", \"read\", \"update\"] }}\n\
         path \"{mount}/metadata/*\" {{ capabilities = [\"read\", \"patch\", \"list\"] }}\n"
    )
}

/// The addition to a policy that hides the version of mounts.
const HIDDEN: &str = "path \"sys/internal/*\" { capabilities = [\"deny\"] }";

fn mount(bao: &Bao, path: &str, version: &str) {
    let kv = json!({"type": "kv", "options": {"version": version}});
    eventually("the mount is there", || is_mounted(&bao.ask("POST", path, &kv)));
}

fn start(settings: &Settings) -> Service {
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Service::start(&settings)
}

/// Checks that a service on a version 1 mount says so and touches nothing.
fn rejects(bao: &Bao, service: &Service, folder: &str) {
    service.logs("KV version 1");
    let jobs = || {
        let list = bao.ask("GET", &format!("{folder}/data/t?list=true"), &Value::Null);
        list.json()["data"]["keys"].clone()
    };
    let before = jobs();
    let at = path("secrets", "t", "j");
    for condition in [None, Some("\"0\"")] {
        let put = service.put(&at, "{\"a\":1}", condition);
        put.problem(503, "KV version 1");
    }
    service.get(&at).problem(503, "KV version 1");
    service.get(&format!("{at}/versions")).problem(503, "KV version 1");
    let ready = service.get("/readyz");
    assert_eq!(ready.status, 503, "{ready:?}");
    assert!(ready.body.contains("KV version 1"), "{ready:?}");
    assert_eq!(before, jobs(), "nothing was written for the team");
}

/// Checks that a service works, and without a restart.
fn works(service: &Service) {
    let at = path("secrets", "t", "j");
    eventually("it is ready", || service.get("/readyz").status == 200);
    eventually("it writes", || service.put(&at, "{\"a\":1}", None).status == 202);
    let read = service.get(&at);
    assert_eq!((read.status, read.body.as_str()), (200, "{\"a\":1}"));
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn rejects_version_1_mounts_until_they_are_version_2() {
    let bao = Bao::development();
    for (name, policy) in [
        ("kv1", documented("kv1")),
        ("deep/in/kv1", documented("deep/in/kv1")),
        ("hidden", documented("hidden") + HIDDEN),
    ] {
        mount(&bao, &format!("sys/mounts/{name}"), "1");
        let token = bao.token("", &policy);
        // An older service may have written this.
        let theirs = json!({"data": {"jobName": "t/old", "secretsJson": "{}"}});
        bao.ask("POST", &format!("{name}/data/t/old"), &theirs);
        let service = start(&bao.settings_of(&token, name));
        rejects(&bao, &service, name);
        service.get(&path("secrets", "t", "old")).problem(503, "KV version 1");
        if name == "kv1" {
            bao.ask(
                "POST",
                &format!("sys/mounts/{name}/tune"),
                &json!({"options": {"version": "2"}}),
            );
        } else {
            bao.ask("DELETE", &format!("sys/mounts/{name}"), &Value::Null);
            mount(&bao, &format!("sys/mounts/{name}"), "2");
        }
        works(&service);
    }
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn rejects_a_version_1_mount_in_a_namespace() {
    let bao = Bao::development();
    bao.ask("POST", "sys/namespaces/ns1", &json!({}));
    mount(&bao, "ns1/sys/mounts/team/kv", "1");
    // The mount of this name outside of the namespace has another version.
    mount(&bao, "sys/mounts/team/kv", "2");
    let mut settings = bao.settings_of(&bao.token("ns1/", &documented("team/kv")), "team/kv");
    settings.push(("VDK_VAULT_NAMESPACE", "ns1".into()));
    let service = start(&settings);
    rejects(&bao, &service, "ns1/team/kv");
    bao.ask("DELETE", "ns1/sys/mounts/team/kv", &Value::Null);
    mount(&bao, "ns1/sys/mounts/team/kv", "2");
    works(&service);
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn uses_a_version_2_mount_whose_version_is_hidden() {
    let bao = Bao::development();
    let service =
        start(&bao.settings_of(&bao.token("", &(documented("secret") + HIDDEN)), "secret"));
    works(&service);
    // Asking for the version stored nothing.
    let own = bao.ask("GET", "secret/metadata/vdk-control-service?list=true", &Value::Null);
    assert_eq!(own.status, 404, "{own:?}");
    assert!(!service.log().contains("KV version 1"), "{}", service.log());
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn notices_that_a_mount_was_replaced_by_version_1() {
    let bao = Bao::development();
    mount(&bao, "sys/mounts/kv", "2");
    let service = start(&bao.settings_of(&bao.token("", &documented("kv")), "kv"));
    works(&service);
    bao.ask("DELETE", "sys/mounts/kv", &Value::Null);
    mount(&bao, "sys/mounts/kv", "1");
    eventually("it is not ready", || service.get("/readyz").status == 503);
    rejects(&bao, &service, "kv");
}
