//! Tests the usual setup of a team: secrets in OpenBao, properties in PostgreSQL, several replicas.
//! Parts of it are unavailable for a while.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vdk_testing::control_service::peers::{Bao, Database, Settings};
use vdk_testing::control_service::{Answer, Service, eventually, path};

const COLLECTIONS: [&str; 2] = ["secrets", "properties"];

fn start(settings: &[Settings]) -> Service {
    let all: Vec<_> = settings.iter().flatten().map(|(k, v)| (*k, v.as_str())).collect();
    Service::start(&all)
}

#[test]
#[ignore = "needs OpenBao and PostgreSQL: ./tests/run"]
fn a_hundred_writers_through_two_replicas_lose_nothing() {
    let (bao, database) = (Bao::start(), Database::start());
    let replicas = [0, 1].map(|_| start(&[bao.settings(), database.settings()]));
    for collection in COLLECTIONS {
        let at = path(collection, "t", "j");
        std::thread::scope(|scope| {
            for n in 0..100 {
                let (service, at) = (&replicas[n % 2], &at);
                scope.spawn(move || add_key(service, at, &format!("key {n}")));
            }
        });
        for service in &replicas {
            let now = service.get(&at);
            assert_eq!(now.json().as_object().unwrap().len(), 100, "{collection}");
            assert_eq!(now.header("etag"), "\"100\"");
        }
    }
    let versions = replicas[1].get(&format!("{}/versions", path("properties", "t", "j"))).json();
    assert_eq!(versions["versions"][0]["changes"]["added"].as_array().unwrap().len(), 1);
}

/// Adds a key with a conditional write and retries until it succeeds.
fn add_key(service: &Service, at: &str, key: &str) {
    let mut asked = 0;
    // A slow machine may refuse requests when there are too many. Nothing was written then.
    let mut is_busy = |answer: &Answer| {
        asked += 1;
        let is_known = answer.header("x-vdk-write-outcome").is_empty();
        answer.status == 503 && is_known && asked < 10_000
    };
    loop {
        let now = service.get(at);
        if is_busy(&now) {
            continue;
        }
        assert_eq!(now.status, 200, "{now:?}");
        let mut document = now.json();
        document[key] = json!("x");
        let put = service.put(at, &document.to_string(), Some(now.header("etag")));
        match put.status {
            202 | 204 => return,
            412 => {}
            _ if is_busy(&put) => {}
            _ => panic!("{put:?}"),
        }
    }
}

#[test]
#[ignore = "needs OpenBao and PostgreSQL: ./tests/run"]
fn keeps_acknowledged_writes_after_kill_9() {
    let (bao, database) = (Bao::start(), Database::start());
    let mut service = start(&[bao.settings(), database.settings()]);
    vdk_testing::control_service::kill_while_writing(&mut service, &COLLECTIONS);
}

#[test]
#[ignore = "needs OpenBao and PostgreSQL: ./tests/run"]
fn authenticates_on_all_replicas_while_vault_is_sealed() {
    let (bao, database) = (Bao::start(), Database::start());
    let secured = vec![("FEATUREFLAG_SECURITY_ENABLED", "true".to_string())];
    let replicas = [0, 1].map(|_| start(&[bao.settings(), database.settings(), secured.clone()]));
    let at = |collection: &str| path(collection, "t", "j");
    let access = replicas[0].access("ana", "t", "writer");
    let ask = |n: usize, method: &str, at: &str, body: &str| {
        replicas[n].ask(method, at, Some(&access), body).status
    };
    assert_eq!(ask(1, "PUT", &at("secrets"), "{\"a\":1}"), 202);
    assert_eq!(ask(0, "PUT", &at("properties"), "{\"a\":1}"), 204);
    let records = bao.ask("GET", "secret/data/vdk-control-service/signing-keys", &Value::Null);
    assert!(records.body.contains("seed"), "the signing keys are a secret");
    let tables = database.sql(&["select string_agg(t::text, ' ') from (select h::text from vdk_heads h union all select v::text from vdk_versions v) t"]);
    assert!(tables.contains("api-tokens") && !tables.contains("seed"), "{tables}");
    // Authenticated callers can still use the properties.
    bao.seal();
    assert_eq!(ask(1, "GET", &at("properties"), ""), 200);
    assert_eq!(ask(1, "GET", &at("secrets"), ""), 503);
    replicas[1].get(&at("properties")).problem(401, "");
    bao.unseal();
    eventually("secrets are back", || ask(1, "GET", &at("secrets"), "") == 200);
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn reads_and_writes_the_originals_records() {
    let bao = Bao::start();
    let service = start(&[bao.settings()]);
    let theirs = json!({"data": {"jobName": "t/j", "secretsJson": "{\"b\": 1.0, \"a\": null}"}});
    bao.ask("POST", "secret/data/t/j", &theirs);
    let read = service.get(&path("secrets", "t", "j"));
    assert_eq!((read.body.as_str(), read.header("etag")), ("{\"b\": 1.0, \"a\": null}", "\"1\""));
    service.put(&path("secrets", "t", "j"), "{\"z\":1.50,\"a\":\"ü\"}", Some("\"1\""));
    let record = bao.ask("GET", "secret/data/t/j", &Value::Null).json();
    let expected = json!({"jobName": "t/j", "secretsJson": "{\"z\":1.50,\"a\":\"ü\"}"});
    assert_eq!(record["data"]["data"], expected);
    // The author is stored beside the record and visible to other replicas.
    let other = start(&[bao.settings()]);
    let who = |n: usize| {
        let at = format!("{}/versions", path("secrets", "t", "j"));
        other.get(&at).json()["versions"][n]["who"].clone()
    };
    eventually("the author is noted", || who(0) == json!("anonymous"));
    assert_eq!(who(1), Value::Null, "the original notes nobody");
    // A record of another format is not readable. A deleted record is empty and its version goes
    // on.
    bao.ask("POST", "secret/data/t/own", &json!({"data": {"password": "geheim"}}));
    let own = service.get(&path("secrets", "t", "own"));
    assert!(!own.problem(500, "cannot be read").body.contains("geheim"));
    bao.ask("DELETE", "secret/data/t/j", &Value::Null);
    let deleted = service.get(&path("secrets", "t", "j"));
    assert_eq!((deleted.body.as_str(), deleted.header("etag")), ("{}", "\"2\""));
    assert_eq!(
        service.put(&path("secrets", "t", "j"), "{}", Some("\"2\"")).header("etag"),
        "\"3\""
    );
}

#[test]
#[ignore = "needs OpenBao and PostgreSQL: ./tests/run"]
fn rejects_claims_unless_both_storages_report_no_data() {
    let (bao, database) = (Bao::start(), Database::start());
    let secured = vec![("FEATUREFLAG_SECURITY_ENABLED", "true".to_string())];
    let service = start(&[bao.settings(), database.settings(), secured]);
    let root = service.access("root", "*", "manager");
    let bob = service.exchange(&service.token(&["--user", "bob"]));
    let claim = |team: &str| {
        let at = format!("/data-jobs/for-team/{team}/access/user/bob");
        service.ask("PUT", &at, Some(&bob), "{\"role\":\"manager\"}")
    };
    for (team, collection) in ["one", "other"].into_iter().zip(COLLECTIONS) {
        let written = service.ask("PUT", &path(collection, team, "j"), Some(&root), "{\"a\":1}");
        assert!(written.status < 300, "{written:?}");
        claim(team).problem(403, "manager");
    }
    assert_eq!(claim("new").status, 204);
    // A team that cannot be listed may have data.
    let policy = "path \"secret/*\" { capabilities = [\"create\", \"read\", \"update\"] }";
    bao.ask("PUT", "sys/policies/acl/vdk", &json!({ "policy": policy }));
    claim("newer").problem(503, "authorization is unavailable");
    service.logs("does not allow to list secret/metadata/newer/");
    bao.seal();
    claim("newest").problem(503, "authorization is unavailable");
    // A manager by a grant is not affected.
    let grant = "/data-jobs/for-team/new/access/user/carl";
    assert_eq!(service.ask("PUT", grant, Some(&bob), "{\"role\":\"reader\"}").status, 204);
}

#[test]
#[ignore = "needs OpenBao and PostgreSQL: ./tests/run"]
fn returns_503_while_a_storage_is_unavailable_and_recovers() {
    let (mut bao, mut database) = (Bao::start(), Database::start());
    let service = start(&[bao.settings(), database.settings()]);
    let secrets = |service: &Service| service.put(&path("secrets", "t", "j"), "{\"a\":1}", None);
    let properties =
        |service: &Service| service.put(&path("properties", "t", "j"), "{\"a\":1}", None);
    assert_eq!((secrets(&service).status, properties(&service).status), (202, 204));

    let load = Load::start(&service);
    bao.seal();
    let (answer, spent) = timed(|| secrets(&service));
    answer.problem(503, "is sealed");
    assert!(spent < Duration::from_secs(30) && answer.header("retry-after") == "1", "{answer:?}");
    assert!(!answer.body.contains("127.0.0.1") && !answer.body.contains("Vault"), "{answer:?}");
    assert_eq!(properties(&service).status, 204, "properties go on");
    let ready = service.get("/readyz");
    assert_eq!((ready.status, &ready.json()["secrets"]["status"]), (503, &json!("is sealed")));
    assert_eq!(service.get("/livez").status, 200);
    bao.unseal();
    eventually("secrets work again", || secrets(&service).status == 202);

    bao.signal("STOP");
    let (answer, spent) = timed(|| service.get(&path("secrets", "t", "j")));
    answer.problem(503, "cannot be reached");
    assert!(spent < Duration::from_secs(30), "{spent:?}");
    let (answer, spent) = timed(|| secrets(&service));
    answer.problem(503, "not known whether");
    assert_eq!(answer.header("x-vdk-write-outcome"), "unknown");
    assert!(spent < Duration::from_secs(30), "{spent:?}");
    bao.signal("CONT");
    eventually("secrets work again", || secrets(&service).status == 202);
    bao.stop();
    let (answer, spent) = timed(|| service.get(&path("secrets", "t", "j")));
    answer.problem(503, "cannot be reached");
    assert!(spent < Duration::from_secs(30), "{spent:?}");
    bao.restart();
    eventually("secrets work again", || secrets(&service).status == 202);

    database.kill();
    let (answer, spent) = timed(|| properties(&service));
    answer.problem(503, "The properties' storage");
    assert!(spent < Duration::from_secs(30), "{spent:?}");
    assert_eq!(service.get("/readyz").status, 503);
    database.run();
    eventually("properties work again", || properties(&service).status == 204);
    database.signal("STOP");
    let (answer, spent) = timed(|| service.get(&path("properties", "t", "j")));
    answer.problem(503, "cannot be reached");
    assert!(spent < Duration::from_secs(30), "{spent:?}");
    database.signal("CONT");
    eventually("properties work again", || properties(&service).status == 204);
    database
        .sql(&["ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"]);
    eventually("the database takes no writes", || properties(&service).status == 503);
    assert_eq!(service.get(&path("properties", "t", "j")).status, 200, "reads go on");
    database.sql(&[
        "SET default_transaction_read_only = off",
        "ALTER SYSTEM RESET default_transaction_read_only",
        "SELECT pg_reload_conf()",
    ]);
    eventually("properties work again", || properties(&service).status == 204);

    let (answered, odd) = load.stop();
    assert!(answered > 100, "{answered}");
    assert_eq!(odd, Vec::<u16>::new(), "errors are 503");
}

/// Requests during faults, and their statuses other than success and 503.
struct Load {
    ends: std::sync::Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<(usize, Vec<u16>)>>,
}

impl Load {
    fn start(service: &Service) -> Self {
        let ends = std::sync::Arc::new(AtomicBool::new(false));
        let address = service.address;
        let threads = (0..4).map(|n| {
            let ends = ends.clone();
            std::thread::spawn(move || {
                let (mut answered, mut odd) = (0, Vec::new());
                while !ends.load(Ordering::Relaxed) {
                    let at = path(COLLECTIONS[n % 2], "load", &n.to_string());
                    let (method, body) =
                        if answered % 3 == 0 { ("PUT", "{\"a\":1}") } else { ("GET", "") };
                    let headers = [("Content-Type", "application/json")];
                    if let Some(answer) = vdk_testing::control_service::http(
                        address,
                        method,
                        &at,
                        &headers,
                        body.as_bytes(),
                    ) {
                        answered += 1;
                        if !matches!(answer.status, 200 | 202 | 204 | 503) {
                            odd.push(answer.status);
                        }
                    }
                }
                (answered, odd)
            })
        });
        Load { threads: threads.collect(), ends }
    }

    fn stop(self) -> (usize, Vec<u16>) {
        self.ends.store(true, Ordering::Relaxed);
        let results = self.threads.into_iter().map(|thread| thread.join().unwrap());
        results.fold((0, Vec::new()), |(sum, mut all), (answered, odd)| {
            all.extend(odd);
            (sum + answered, all)
        })
    }
}

fn timed(ask: impl FnOnce() -> Answer) -> (Answer, Duration) {
    let started = Instant::now();
    (ask(), started.elapsed())
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn renews_short_lived_logins_and_backs_off_when_one_is_refused() {
    let bao = Bao::start();
    // A token lasts six seconds, twelve at most. It is renewed, then replaced.
    let service = start(&[bao.settings()]);
    // A token that has ended is a refusal (502). On a busy machine OpenBao may also time out (503).
    let [stored, unavailable, refused] = [const { AtomicUsize::new(0) }; 3];
    let until = Instant::now() + Duration::from_secs(20);
    std::thread::scope(|scope| {
        for n in 0..4 {
            let (service, stored) = (&service, &stored);
            let (unavailable, refused) = (&unavailable, &refused);
            scope.spawn(move || {
                while Instant::now() < until {
                    let at = path("secrets", "t", &n.to_string());
                    let count = match service.put(&at, "{\"a\":1}", None).status {
                        202 => stored,
                        503 => unavailable,
                        _ => refused,
                    };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(refused.into_inner(), 0, "{}", service.log());
    assert!(unavailable.into_inner() * 10 <= stored.into_inner(), "{}", service.log());

    bao.ask(
        "PUT",
        "sys/policies/acl/vdk",
        &json!({"policy": "path \"other/*\" { capabilities = [\"read\"] }"}),
    );
    for _ in 0..20 {
        service.get(&path("secrets", "t", "0")).problem(502, "denies access to this service");
    }
    let ready = |service: &Service| service.get("/readyz").json()["secrets"]["status"].clone();
    assert_eq!(ready(&service), "denies access to the service");
    let own = "secret/data/vdk-control-service/signing-keys";
    service.logs(own);
    let mut wrong = bao.settings();
    wrong.last_mut().unwrap().1 = "wrong".into();
    let began = Instant::now();
    let locked = start(&[wrong]);
    for _ in 0..20 {
        locked.get(&path("secrets", "t", "0")).problem(502, "denies access to this service");
    }
    assert_eq!(ready(&locked), "denies access to the service");
    // One each 10 s, on a machine that is as slow as that.
    let most = 2 + usize::try_from(began.elapsed().as_secs() / 10).unwrap();
    let tries = locked.log().matches("refused the AppRole login").count();
    assert!(tries <= most, "{}", locked.log());
    let secret = bao.secret.as_str();
    assert!(!locked.log().contains(secret) && !service.log().contains(secret));
}

#[test]
#[ignore = "needs PostgreSQL: ./tests/run"]
fn connects_to_a_late_database_and_imports_the_originals_table() {
    let mut database = Database::start();
    database.kill();
    let service = start(&[database.settings()]);
    service.get(&path("properties", "t", "j")).problem(503, "cannot be reached");
    database.run();
    eventually("properties work", || service.get(&path("properties", "t", "j")).status == 200);

    database.sql(&[
        "CREATE TABLE job_properties (job_name varchar PRIMARY KEY, properties_json varchar);
         INSERT INTO job_properties VALUES ('one', '{\"a\": 1.50}'), ('two', NULL), ('three', '{\"b\":2}')",
    ]);
    assert_eq!(service.put(&path("properties", "t", "three"), "{\"ours\":1}", None).status, 204);
    let teams = |json: &str| {
        let file = service.folder().join("teams.json");
        std::fs::write(&file, json).unwrap();
        let mut command = vdk_testing::control_service::binary();
        command.envs(database.settings()).args(["import-properties", "--teams"]).arg(file);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, words) = teams(r#"{"one": "t", "three": "t"}"#);
    assert!(code == Some(2) && words.contains("two: no team found"), "{words}");
    assert_eq!(service.get(&path("properties", "t", "one")).body, "{}", "all or nothing");
    let (code, words) = teams(r#"{"one": "t", "two": "u", "three": "t"}"#);
    assert!(code == Some(0) && words.contains("2 jobs imported, 1 skipped"), "{words}");
    assert_eq!(service.get(&path("properties", "t", "one")).body, "{\"a\":1.50}");
    assert_eq!(service.get(&path("properties", "t", "three")).body, "{\"ours\":1}");
    assert_eq!(database.sql(&["SELECT count(*) FROM job_properties"]), "3");
}
