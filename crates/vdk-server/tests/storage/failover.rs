//! Tests failovers of PostgreSQL: behind one address, and with several hosts.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;
use vdk_testing::control_service::peers::{Database, Settings};
use vdk_testing::control_service::slow_proxy::SlowProxy;
use vdk_testing::control_service::{Service, eventually, path};

fn start(settings: &Settings) -> Service {
    let all: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Service::start(&all)
}

/// Fences a primary: it stays up, and its connections too, but it takes no more writes.
fn fence(database: &Database) {
    database
        .sql(&["ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"]);
    eventually("it takes no writes", || {
        database.sql(&["SHOW default_transaction_read_only"]) == "on"
    });
}

/// Writes `json` over and over until the service stores it.
fn store(service: &Service, at: &str, json: &str) {
    eventually("writes work", || service.put(at, json, None).status == 204);
}

#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn follows_an_address_to_the_new_primary_while_the_old_one_stays_up() {
    let old = Database::start();
    let new = old.standby();
    let address = SlowProxy::in_front_of(old.address());
    let service = start(&old.settings_at(&format!("{}/postgres", address.address)));
    let at = path("properties", "t", "j");
    store(&service, &at, "{\"n\":1}");
    // Several connections lead to the old primary.
    std::thread::scope(|scope| {
        for n in 0..16 {
            let (service, at) = (&service, path("properties", "t", &n.to_string()));
            scope.spawn(move || store(service, &at, "{}"));
        }
    });
    old.wait_for(&new);
    fence(&old);
    new.promote();
    address.lead_to(new.address());
    store(&service, &at, "{\"n\":2}");
    // From the first write on the new primary, no read comes from the old one.
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let read = service.get(&at);
                    // A busy machine may make a read too slow, but never an old one.
                    let is_new = (read.status, read.body.as_str()) == (200, "{\"n\":2}");
                    assert!(is_new || read.status == 503, "{read:?}");
                }
            });
        }
    });
    assert_eq!(service.get("/readyz").status, 200);
    let sessions = "SELECT count(*) FROM pg_stat_activity \
                    WHERE backend_type = 'client backend' AND pid != pg_backend_pid()";
    eventually("the old primary has no more connections", || old.sql(&[sessions]) == "0");
    assert_eq!(new.sql(&["SELECT count(*) >= 2 FROM vdk_versions WHERE job = 'j'"]), "t");
}

#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn serves_no_reads_of_a_standby() {
    let primary = Database::start();
    let standby = primary.standby();
    let address = SlowProxy::in_front_of(primary.address());
    let service = start(&primary.settings_at(&format!("{}/postgres", address.address)));
    let at = path("properties", "t", "j");
    assert_eq!(service.put(&at, "{\"n\":1}", None).status, 204);
    primary.wait_for(&standby);
    // The address moves before the standby is promoted.
    address.lead_to(standby.address());
    address.cut();
    eventually("reads are refused", || service.get(&at).status == 503);
    for read in [&at, &path("properties", "t", "none"), &format!("{at}/versions")] {
        service.get(read).problem(503, "no active node");
    }
    service.put(&at, "{\"n\":2}", None).problem(503, "no active node");
    let ready = service.get("/readyz");
    assert_eq!(
        (ready.status, &ready.json()["properties"]["status"]),
        (503, &json!("has no active node"))
    );
    service.logs("takes no writes: it is a standby");
    // A service that starts meanwhile says the same.
    let late = start(&primary.settings_at(&format!("{}/postgres", address.address)));
    late.get(&at).problem(503, "no active node");
    standby.promote();
    store(&service, &at, "{\"n\":3}");
    assert_eq!(service.get(&at).body, "{\"n\":3}");
    eventually("it is ready", || service.get("/readyz").status == 200);
    store(&late, &at, "{\"n\":4}");
}

#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn reads_go_on_where_the_only_primary_is_set_to_read_only() {
    let database = Database::start();
    let service = start(&database.settings());
    let at = path("properties", "t", "j");
    assert_eq!(service.put(&at, "{\"n\":1}", None).status, 204);
    fence(&database);
    eventually("writes are refused", || service.put(&at, "{\"n\":2}", None).status == 503);
    let logins = || {
        let count = "SELECT sessions FROM pg_stat_database WHERE datname = 'postgres'";
        database.sql(&["SELECT pg_stat_force_next_flush()", count]).parse::<i64>().unwrap()
    };
    let before = logins();
    for _ in 0..100 {
        assert_eq!(service.get(&at).body, "{\"n\":1}");
        service.put(&at, "{\"n\":2}", None).problem(503, "no active node");
    }
    assert!(logins() - before < 50, "it does not log in for each request");
    assert_eq!(service.get("/readyz").status, 503);
}

#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn finds_the_primary_among_several_hosts() {
    let mut old = Database::start();
    let new = old.standby();
    let hosts = format!("127.0.0.1:{},127.0.0.1:{}/postgres", new.port, old.port);
    let service = start(&old.settings_at(&hosts));
    let at = path("properties", "t", "j");
    assert_eq!(service.put(&at, "{\"n\":1}", None).status, 204, "the first host is a standby");
    old.wait_for(&new);
    old.kill();
    new.promote();
    store(&service, &at, "{\"n\":2}");
    assert_eq!(service.get(&at).body, "{\"n\":2}");
    assert_eq!(new.sql(&["SELECT count(*) >= 2 FROM vdk_versions"]), "t");
}

/// A dead host beside it must not hide what the other one says.
#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn tells_what_a_host_says_and_not_that_another_is_silent() {
    let (database, mut dead) = (Database::start(), Database::start());
    dead.kill();
    for (first, second) in [(dead.port, database.port), (database.port, dead.port)] {
        let hosts = format!("127.0.0.1:{first},127.0.0.1:{second}/absent");
        let service = start(&database.settings_at(&hosts));
        service.get(&path("properties", "t", "j")).problem(503, "storage fails");
        service.logs("database \\\"absent\\\" does not exist");
    }
}

#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn reads_are_tried_again_when_the_server_ends_their_sessions() {
    let database = Database::start();
    let service = start(&database.settings());
    let at = path("properties", "t", "j");
    assert_eq!(service.put(&at, "{\"n\":1}", None).status, 204);
    let ends = AtomicBool::new(false);
    let answered = [const { AtomicUsize::new(0) }; 4];
    std::thread::scope(|scope| {
        for answered in &answered {
            let (service, at, ends) = (&service, &at, &ends);
            scope.spawn(move || {
                while !ends.load(Ordering::Relaxed) {
                    let read = service.get(at);
                    if read.body != "{\"n\":1}" {
                        ends.store(true, Ordering::Relaxed);
                        panic!("{read:?}");
                    }
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..10 {
            // No request meets two of the faults.
            let count = || answered.each_ref().map(|answered| answered.load(Ordering::Relaxed));
            let before = count();
            eventually("all go on", || {
                let all_go_on = count().iter().zip(before).all(|(now, before)| *now > before + 1);
                all_go_on || ends.load(Ordering::Relaxed)
            });
            database.sql(&["SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                            WHERE application_name = 'vdk-control-service'"]);
        }
        ends.store(true, Ordering::Relaxed);
    });
}
