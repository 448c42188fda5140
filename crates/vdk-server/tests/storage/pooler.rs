//! Tests PgBouncer between the service and PostgreSQL. It may give each transaction another session,
//! and several clients share them.

use vdk_testing::control_service::peers::Database;
use vdk_testing::control_service::pooler::PgBouncer;
use vdk_testing::control_service::{Answer, Service, eventually, path};

/// Repeats a request that a busy machine makes too slow.
fn settled(ask: impl Fn() -> Answer) -> Answer {
    let mut answer = None;
    eventually("it is answered in time", || {
        answer = Some(ask()).filter(|answer| answer.status != 503);
        answer.is_some()
    });
    answer.unwrap()
}

/// Reads and writes through two services at once, whose sessions are shared.
fn serves_through(mode: &str) {
    let database = Database::start();
    let pooler = PgBouncer::in_front_of(&database, mode);
    let settings = database.settings_at(&format!("{}/postgres", pooler.address));
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let services = [0, 1].map(|_| Service::start(&settings));
    for service in &services {
        assert_eq!(service.get("/readyz").status, 200, "{}", service.log());
    }
    std::thread::scope(|scope| {
        for n in 0..8 {
            let service = &services[n % 2];
            scope.spawn(move || {
                let at = path("properties", "t", &n.to_string());
                for version in 1..=20 {
                    let json = format!("{{\"n\":{version}}}");
                    let tag = format!("\"{}\"", version - 1);
                    let put = settled(|| service.put(&at, &json, Some(&tag)));
                    // One that was answered too late may be stored.
                    assert!(matches!(put.status, 204 | 412), "{put:?}");
                    assert_eq!(settled(|| service.put(&at, &json, Some(&tag))).status, 412);
                    let read = settled(|| service.get(&at));
                    assert_eq!((read.status, read.body), (200, json), "{}", service.log());
                    let versions = format!("{at}/versions");
                    assert_eq!(settled(|| service.get(&versions)).status, 200);
                }
            });
        }
    });
    for service in &services {
        assert!(!service.log().contains("prepared statement"), "{}", service.log());
    }
    // Nothing of a session is left to the next client.
    let left =
        "SELECT count(*) FROM pg_settings WHERE name LIKE '%\\_timeout' AND source = 'session'";
    let output = std::process::Command::new("psql")
        .env("PGPASSWORD", "geheim")
        .args(["-h", "127.0.0.1", "-p", &pooler.address.port().to_string(), "-U", "vdk"])
        .args([
            "-d",
            "postgres",
            "-XqAt",
            "-c",
            left,
            "-c",
            "SELECT count(*) FROM pg_prepared_statements",
        ])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n0\n", "{output:?}");
}

#[test]
#[ignore = "needs PostgreSQL and PgBouncer: ./tests/run"]
fn serves_through_shared_transactions() {
    serves_through("transaction");
}

#[test]
#[ignore = "needs PostgreSQL and PgBouncer: ./tests/run"]
fn serves_through_shared_sessions() {
    serves_through("session");
}
