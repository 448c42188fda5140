//! Tests the login to PostgreSQL: limits of the role, changed passwords, and servers that only want
//! the password.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use vdk_testing::control_service::peers::{Database, Settings};
use vdk_testing::control_service::{Service, eventually, path};

fn start(settings: &Settings) -> Service {
    let all: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Service::start(&all)
}

/// Settings of a role of its own, as limits do not bind the administrator.
fn role(database: &Database, options: &str) -> Settings {
    database.sql(&[
        &format!("CREATE ROLE app LOGIN PASSWORD 'geheim' {options}"),
        "GRANT CREATE ON SCHEMA public TO app",
    ]);
    let mut settings = database.settings();
    settings[1].1 = "app".into();
    settings
}

#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn waits_for_its_own_connections_when_the_role_has_no_more() {
    let database = Database::start();
    let settings = role(&database, "CONNECTION LIMIT 12");
    let replicas = [0, 1].map(|_| start(&settings));
    let refused = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for n in 0..40 {
            let (service, refused) = (&replicas[n % 2], &refused);
            scope.spawn(move || {
                for _ in 0..5 {
                    let at = path("properties", "t", &n.to_string());
                    match service.put(&at, "{\"a\":1}", None).status {
                        204 => {}
                        503 => drop(refused.fetch_add(1, Ordering::Relaxed)),
                        other => panic!("{other}"),
                    }
                }
            });
        }
    });
    // On a busy machine, some wait for too long.
    let refused = refused.into_inner();
    assert!(refused * 5 <= 200, "{refused} of 200\n{}", replicas[0].log());
    let logs = replicas.each_ref().map(Service::log).join("");
    if database.log().contains("too many connections for role") {
        assert!(logs.contains("accepts no further connection"), "{logs}");
    }
}

#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn logs_in_rarely_after_its_password_was_changed() {
    let database = Database::start();
    let service = start(&role(&database, ""));
    let at = path("properties", "t", "j");
    assert_eq!(service.put(&at, "{\"a\":1}", None).status, 204);
    database.sql(&["ALTER ROLE app PASSWORD 'other'"]);
    // The connections that it has go on.
    for _ in 0..5 {
        assert_eq!(service.get(&at).status, 200);
    }
    database.sql(&[
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'app'",
    ]);
    eventually("it has no connection", || service.get(&at).status == 502);
    let began = Instant::now();
    for _ in 0..20 {
        service.get(&at).problem(502, "denies access to this service");
        assert_eq!(service.get("/readyz").status, 503);
    }
    // One each 10 s, on a machine that is as slow as that.
    let most = 2 + usize::try_from(began.elapsed().as_secs() / 10).unwrap();
    let tries = database.log().matches("password authentication failed").count();
    assert!(tries <= most, "{tries} tries\n{}", database.log());
    service.logs("the next attempt is in 10 s");
    assert!(!service.log().contains("geheim"));
}

#[test]
fn keeps_its_password_from_a_server_that_asks_for_it_in_clear() {
    for (request, kind) in [(&[0, 0, 0, 3][..], 8), (&[0, 0, 0, 5, 1, 2, 3, 4], 12)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("jdbc:postgresql://{}/postgres", listener.local_addr().unwrap());
        let (sender, received) = mpsc::channel();
        std::thread::spawn(move || {
            for mut client in listener.incoming().map_while(Result::ok) {
                let mut length = [0; 4];
                client.read_exact(&mut length).unwrap();
                let mut startup = vec![0; u32::from_be_bytes(length) as usize - 4];
                client.read_exact(&mut startup).unwrap();
                client.write_all(&[&[b'R', 0, 0, 0, kind], request].concat()).unwrap();
                let mut answer = Vec::new();
                let _ = client.read_to_end(&mut answer);
                if sender.send(answer).is_err() {
                    return;
                }
            }
        });
        let service = start(&vec![
            ("SPRING_DATASOURCE_URL", url),
            ("SPRING_DATASOURCE_USERNAME", "vdk".into()),
            ("SPRING_DATASOURCE_PASSWORD", "geheim".into()),
        ]);
        service.get(&path("properties", "t", "j")).problem(502, "denies access to this service");
        assert_eq!(received.recv().unwrap(), b"", "the server gets nothing more");
        service.logs("The password was not sent");
    }
}

#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn connects_to_a_socket_of_this_machine() {
    let database = Database::start();
    let folder = database.socket_folder().replace('/', "%2F");
    let service = start(&database.settings_at(&format!("{folder}:{}/postgres", database.port)));
    assert_eq!(service.put(&path("properties", "t", "j"), "{\"a\":1}", None).status, 204);
}

#[test]
fn warns_of_a_database_beyond_this_machine_without_tls() {
    let service = start(&vec![
        ("SPRING_DATASOURCE_URL", "jdbc:postgresql://192.0.2.1:1/x?sslmode=disable".into()),
        ("SPRING_DATASOURCE_USERNAME", "vdk".into()),
    ]);
    service.logs("has no TLS");
    let service = start(&vec![
        ("SPRING_DATASOURCE_URL", "jdbc:postgresql://127.0.0.1:1/x?sslmode=disable".into()),
        ("SPRING_DATASOURCE_USERNAME", "vdk".into()),
    ]);
    assert!(!service.log().contains("has no TLS"), "{}", service.log());
}
