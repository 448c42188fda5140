//! Causes each fault for a real service and compares the results with the table in
//! `docs/assurance/reliability.md`. Only faults that need OpenBao, PostgreSQL or root are ignored
//! by `cargo test`.

mod connections;
mod storages;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use vdk_testing::clock::{Clock, HOUR, TEN_YEARS};
use vdk_testing::control_service::issuer::Issuer;
use vdk_testing::control_service::peers::{Bao, Database, Settings};
use vdk_testing::control_service::{Answer, SECURED, Service, eventually, now, path};
use vdk_testing::disk::Disk;
use vdk_testing::process::with_all_descriptors;
use vdk_testing::report::Row;

const COLUMNS: [&str; 6] =
    ["fault", "a read of it", "a write to it", "/readyz", "the other collection", "what is stored"];

fn start(settings: &[Settings]) -> Service {
    let all: Vec<_> = settings.iter().flatten().map(|(k, v)| (*k, v.as_str())).collect();
    Service::start(&all)
}

/// Summarizes a response in words that are the same in every run.
fn summary(answer: &Answer) -> String {
    if answer.status < 300 {
        return answer.status.to_string();
    }
    let why = answer.json()["why"].as_str().unwrap().to_string();
    answer.problem(answer.status, "");
    let mut words = format!("{}: {}", answer.status, why.trim_end_matches('.'));
    match answer.header("retry-after") {
        "" => {}
        seconds => words.push_str(&format!("; Retry-After: {seconds}")),
    }
    match answer.header("x-vdk-write-outcome") {
        "" => {}
        outcome => words.push_str(&format!("; outcome: {outcome}")),
    }
    words
}

/// Returns what `/readyz` reports for `part`.
fn readiness(service: &Service, part: &str) -> String {
    let answer = service.get("/readyz");
    assert_eq!(service.get("/livez").status, 200);
    let status = answer.json()[part]["status"].as_str().unwrap().to_string();
    assert_eq!(status == "ready", answer.status == 200, "{answer:?}");
    if status == "ready" {
        answer.status.to_string()
    } else {
        format!("{}: {status}", answer.status)
    }
}

/// Reads a job, then writes it.
fn read_and_write(service: &Service, collection: &str, n: u32) -> (Answer, Answer) {
    let at = path(collection, "t", "j");
    // The second write needs more room than the store may have left.
    let pad = if n == 2 { "x".repeat(500_000) } else { String::new() };
    (service.get(&at), service.put(&at, &format!("{{\"n\":{n},\"pad\":\"{pad}\"}}"), None))
}

/// Makes a row for a fault of the storage of `of`. Its seconds count from the end of the fault.
fn row(fault: &str, service: &Service, of: &str, begin: impl Fn(), end: impl Fn()) -> Row {
    let row = observe(fault, service, of, &begin, &end);
    if is_in_table(&row) {
        return row;
    }
    // A chance result of a busy machine does not occur twice.
    println!("again, as it was {}", row.cells.join(" | "));
    observe(fault, service, of, &begin, &end)
}

fn observe(fault: &str, service: &Service, of: &str, begin: &dyn Fn(), end: &dyn Fn()) -> Row {
    println!("{fault}");
    let other = if of == "secrets" { "properties" } else { "secrets" };
    let at = path(of, "t", "j");
    for collection in [of, other] {
        let (_, written) = read_and_write(service, collection, 1);
        assert!(written.status < 300, "{written:?}");
    }
    begin();
    let asked = Instant::now();
    let (read, write) = read_and_write(service, of, 2);
    let ready = readiness(service, of);
    println!("    answered within {:.1} s together", asked.elapsed().as_secs_f64());
    assert!(asked.elapsed() < Duration::from_secs(60), "they are answered in time");
    let (other_read, other_write) = read_and_write(service, other, 2);
    end();
    let ended = Instant::now();
    eventually("it works again", || service.get(&at).status == 200);
    let stored = service.get(&at).json()["n"].as_u64().unwrap();
    eventually("writes work again", || service.put(&at, "{\"n\":3}", None).status < 300);
    let seconds = ended.elapsed().as_secs_f64();
    let stored = match (stored, write.header("x-vdk-write-outcome"), write.status) {
        (1 | 2, "unknown", _) => "old or new, whole",
        (2, _, 200..300) => "new",
        (1, _, 300..) => "old",
        _ => panic!("{fault}: {stored} after {write:?}"),
    };
    let other = match (other_read.status, other_write.status) {
        (200, 202 | 204) => "goes on".into(),
        _ => format!("{}; {}", summary(&other_read), summary(&other_write)),
    };
    let cells = [fault, &summary(&read), &summary(&write), &ready, &other, stored];
    Row { cells: cells.map(String::from).to_vec(), seconds }
}

/// Returns whether the table contains the row, whatever its seconds.
fn is_in_table(row: &Row) -> bool {
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/assurance/reliability.md");
    let table = std::fs::read_to_string(table).unwrap();
    table.contains(&format!("| {} |", row.cells.join(" | ")))
}

/// Makes a row that does not belong to one collection.
fn plain_row(cells: [&str; 6], seconds: f64) -> Row {
    Row { cells: cells.map(String::from).to_vec(), seconds }
}

/// Makes the rows about files of the embedded store.
fn files() -> Vec<Row> {
    let mut service = Service::start(&[]);
    let folder = service.folder().join("store");
    let (store, key) = (folder.join("store.db"), folder.join("master.key"));
    let mut rows = vec![row(
        "a bit of a stored set flipped",
        &service,
        "secrets",
        || flip_secrets(&store),
        || (),
    )];
    // The service finds damaged files when it starts.
    let end = |service: &mut Service| {
        service.signal("TERM");
        assert_eq!(service.wait(), Some(0));
    };
    end(&mut service);
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let flipped = |bytes: &[u8]| bytes.iter().map(|byte| byte ^ 1).collect();
    type Change<'a> = (&'a str, &'a Path, &'a dyn Fn(&[u8]) -> Vec<u8>);
    let changes: [Change<'_>; 4] = [
        ("every byte of the store flipped", &store, &flipped),
        ("the store cut in half", &store, &half),
        ("the master key gone", &key, &|_| Vec::new()),
        ("another master key", &key, &|key| {
            key.iter().map(|c| c ^ u8::from(c.is_ascii_digit())).collect()
        }),
    ];
    for (fault, file, change) in changes {
        let good = std::fs::read(file).unwrap();
        match change(&good) {
            bad if bad.is_empty() => std::fs::remove_file(file).unwrap(),
            bad => std::fs::write(file, bad).unwrap(),
        }
        let there = |folder: &Path| -> BTreeMap<_, _> {
            let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            paths.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
        };
        let before = there(&folder);
        let said = service.fails_to_start();
        assert!(there(&folder) == before, "{fault}: its files were touched");
        let said = said.replace(&folder.display().to_string(), "FOLDER");
        let said = said.split('\'').enumerate().map(|(n, part)| match n % 2 {
            1 if part.bytes().all(|byte| byte.is_ascii_hexdigit()) => "ID",
            _ => part,
        });
        let said = said.collect::<Vec<_>>().join("'");
        let file_mode = std::fs::Permissions::from_mode(0o600);
        std::fs::write(file, &good).unwrap();
        std::fs::set_permissions(file, file_mode).unwrap();
        let put_back = Instant::now();
        service.restart();
        assert_eq!(service.get(&path("secrets", "t", "j")).body, "{\"n\":3}");
        let refused = format!("does not start: {}", said.trim().replace('\n', " "));
        let spent = put_back.elapsed().as_secs_f64();
        rows.push(plain_row([fault, &refused, "–", "–", "–", "old, no file touched"], spent));
        end(&mut service);
    }
    rows
}

/// Flips a bit in every stored row of the secrets.
fn flip_secrets(store: &Path) {
    let store = rusqlite::Connection::open(store).unwrap();
    for table in ["heads", "versions"] {
        let select = format!("SELECT rowid, sealed FROM {table} WHERE collection = 'secrets'");
        let rows: Vec<(i64, Vec<u8>)> = store
            .prepare(&select)
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert!(!rows.is_empty());
        let update = format!("UPDATE {table} SET sealed = ?1 WHERE rowid = ?2");
        for (id, mut sealed) in rows {
            let middle = sealed.len() / 2;
            sealed[middle] ^= 1;
            store.execute(&update, (sealed, id)).unwrap();
        }
    }
}

/// Makes the rows about identity providers whose clock is wrong.
fn clocks() -> Vec<Row> {
    let (issuer, key, service) = Issuer::with_service();
    let root = service.access("root", "*", "manager");
    let grant = "/data-jobs/for-team/t/access/user/ana";
    assert_eq!(service.ask("PUT", grant, Some(&root), "{\"role\":\"writer\"}").status, 204);
    let at = path("secrets", "t", "j");
    let write =
        |token: &str, n: u32| service.ask("PUT", &at, Some(token), &format!("{{\"n\":{n}}}"));
    let mut rows = Vec::new();
    for (fault, nbf, exp) in [
        ("a provider's clock 50 s ahead", 50, 650),
        ("a provider's clock 70 s ahead", 70, 670),
        ("a provider's clock behind: a token over for 50 s", -650, -50),
        ("a provider's clock behind: a token over for 70 s", -670, -70),
    ] {
        let claims = json!({
            "iss": issuer.uri, "username": "ana", "nbf": now() + nbf, "exp": now() + exp,
        });
        let token = key.sign(&json!({"alg": "EdDSA", "kid": "k"}), &claims);
        assert_eq!(write(&root, 1).status, 202);
        let read = service.ask("GET", &at, Some(&token), "");
        let write = write(&token, 2);
        let other = service.ask("GET", &path("properties", "t", "j"), Some(&token), "");
        let other = if other.status == 200 { "goes on".into() } else { summary(&other) };
        let ready = readiness(&service, "secrets");
        let ended = Instant::now();
        let stored = match service.ask("GET", &at, Some(&root), "").json()["n"].as_u64() {
            Some(1) => "old",
            Some(2) => "new",
            stored => panic!("{fault}: {stored:?}"),
        };
        let cells = [fault, &summary(&read), &summary(&write), &ready, &other, stored];
        rows.push(plain_row(cells, ended.elapsed().as_secs_f64()));
    }
    rows
}

/// Makes the rows about jumps of the service's own clock.
fn own_clock() -> Vec<Row> {
    let clock = Clock::new();
    let secured = SECURED.map(|(name, value)| (name, value.to_string())).to_vec();
    let service = start(&[secured, clock.settings()]);
    let words = ["--user", "ana", "--team", "t", "--role", "writer", "--expires", "never"];
    let api_token = service.token(&words);
    let mut rows = Vec::new();
    for (fault, ahead, is_from_before) in [
        ("its own clock an hour ahead: a token from before", HOUR, true),
        ("its own clock an hour behind: a token from before", -HOUR, true),
        ("its own clock an hour behind: a token from then", -HOUR, false),
        ("its own clock ten years ahead: a token from then", TEN_YEARS, false),
    ] {
        let at = path("secrets", "t", "j");
        let ask = |token: &str, n: u32| {
            let read = service.ask("GET", &at, Some(token), "");
            (read, service.ask("PUT", &at, Some(token), &format!("{{\"n\":{n}}}")))
        };
        let before = service.exchange(&api_token);
        assert_eq!(ask(&service.exchange(&api_token), 1).1.status, 202);
        clock.ahead(ahead);
        let token = if is_from_before { before } else { service.exchange(&api_token) };
        let (read, write) = ask(&token, 2);
        let other = service.ask("GET", &path("properties", "t", "j"), Some(&token), "");
        let other = if other.status == 200 { "goes on".into() } else { summary(&other) };
        let ready = readiness(&service, "secrets");
        clock.ahead(0);
        let ended = Instant::now();
        let token = if is_from_before { token } else { service.exchange(&api_token) };
        let stored = match (ask(&token, 3).0.json()["n"].as_u64(), write.status) {
            (Some(2), 202) => "new",
            (Some(1), 401) => "old",
            other => panic!("{fault}: {other:?}"),
        };
        let cells = [fault, &summary(&read), &summary(&write), &ready, &other, stored];
        rows.push(plain_row(cells, ended.elapsed().as_secs_f64()));
    }
    rows
}

/// Makes the row about a full disk of the embedded store.
fn full_disk() -> Row {
    let disk = Disk::mount("8m");
    let store = disk.path().join("store").display().to_string();
    let service = Service::start_in(disk.folder(), &[("VDK_STORAGE_FOLDER", &store)]);
    row(
        "its own store's disk full",
        &service,
        "secrets",
        || disk.sh("! cat /dev/zero > disk/filler 2>/dev/null"),
        || disk.sh("rm disk/filler"),
    )
}

#[test]
fn matches_the_table_without_other_programs() {
    for row in files().into_iter().chain(clocks()) {
        assert!(is_in_table(&row), "not in the table:\n{}", row.cells.join(" | "));
    }
}

#[test]
#[ignore = "needs OpenBao, PostgreSQL, libfaketime and root: ./tests/run"]
fn matches_the_table_for_every_fault() {
    let name = "operation::fault_table::matches_the_table_for_every_fault";
    with_all_descriptors(name, every_fault);
}

fn every_fault() {
    let (bao, postgres) = (Bao::start(), Database::start());
    let mut rows = files();
    rows.push(full_disk());
    rows.extend(storages::database(&bao, postgres));
    rows.extend(storages::vault(bao, &Database::start()));
    rows.extend(clocks());
    rows.extend(own_clock());
    rows.extend(connections::connections());
    vdk_testing::report::check("reliability.md", "service", &COLUMNS, &rows);
}
