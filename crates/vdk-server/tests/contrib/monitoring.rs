//! Tests the alerts and the dashboard.

use std::collections::BTreeSet;
use std::process::Command;

use vdk_testing::control_service::peers::{Bao, Database};
use vdk_testing::control_service::{Service, path as job, program};
use vdk_testing::tls::Authority;

use super::{path, read, run};

#[test]
#[ignore = "needs promtool: ./tests/run"]
fn alerts_only_when_something_fails() {
    run(Command::new("promtool").args(["check", "rules"]).arg(path("prometheus/rules.yml")));
    run(Command::new("promtool").args(["test", "rules"]).arg(path("prometheus/rules.test.yml")));
}

/// Returns the names of metrics in a text.
fn names(text: &str) -> BTreeSet<&str> {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c| !is_name(c));
    words.filter(|word| word.starts_with("vdk_") || word.starts_with("process_")).collect()
}

#[test]
#[ignore = "needs OpenBao, PostgreSQL and curl: ./tests/run"]
fn names_only_metrics_that_the_service_has() {
    let dashboard: serde_json::Value =
        serde_json::from_str(&read("grafana/vdk-control-service.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    let mut used = String::new();
    for target in panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap()) {
        used.push_str(target["expr"].as_str().unwrap());
        used.push('\n');
    }
    used.push_str(&dashboard["templating"].to_string());
    let rules = read("prometheus/rules.yml");
    let used: BTreeSet<_> = names(&used).union(&names(&rules)).copied().collect();
    assert!(used.len() > 15, "{used:?}");

    let (mut bao, database) = (Bao::start(), Database::start());
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (certificate, key) = Authority::new().certificate(&["localhost"], |_| {});
    std::fs::write(at("cert.pem"), certificate.pem()).unwrap();
    std::fs::write(at("key.pem"), key.serialize_pem()).unwrap();
    let mut settings = [bao.settings(), database.settings()].concat();
    settings.push(("SERVER_SSL_CERTIFICATE", at("cert.pem")));
    settings.push(("SERVER_SSL_CERTIFICATE_PRIVATE_KEY", at("key.pem")));
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let service = Service::start(&settings);
    let curl = |path: &str, words: &[&str]| {
        let url = format!("https://{}{path}", service.address);
        run(Command::new("curl").args(["-sSk"]).args(words).arg(url)).0
    };
    let put = ["-X", "PUT", "-H", "Content-Type: application/json", "-d", "{}"];
    curl(&job("secrets", "t", "j"), &put);
    bao.stop();
    curl(&job("secrets", "t", "j"), &[]);
    let metrics = curl("/metrics", &[]);
    let known: BTreeSet<_> = metrics
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    let unknown: Vec<_> = used.difference(&known).collect();
    assert!(unknown.is_empty(), "{} has no {unknown:?} in\n{metrics}", program());
}
