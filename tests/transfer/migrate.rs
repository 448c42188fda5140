//! `vdk properties migrate`: properties that are credentials become secrets.

use vdk_testing::proxy::Killer;
use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::server::Server;
use vdk_testing::{Home, Run, finish};

const STEP: &str = "def run(job_input):\n    job_input.get_property('db-password')\n";

/// Runs `vdk properties migrate` in the folder of the job.
fn migrate(home: &Home, more: &[&str]) -> Run {
    let mut command = home.command([&["properties", "migrate"], more].concat());
    command.current_dir(home.path().join("j"));
    finish(command)
}

fn with_job(home: &Home, files: &[(&str, &str)]) {
    let folder = home.path().join("j");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.ini"), "[owner]\nteam = t\n").unwrap();
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let properties =
        r#"{"db-password": "Fnord-1", "dsn": "postgresql://a:Fnord-2@b/c", "last_id": 2.50}"#;
    home.run_with(words("properties", &["--overwrite-all", "-", "-y"]), properties).done();
}

fn words<'a>(collection: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&[collection, "-n", "j", "-t", "t"], more].concat()
}

fn all(home: &Home, collection: &str) -> String {
    let run = home.run(words(collection, &["--get-all", "-o", "json"])).done();
    run.stdout.trim_end().to_string()
}

#[test]
fn moves_what_looks_like_a_credential_and_tells_the_code_that_reads_it() {
    let home = Home::at("local");
    with_job(&home, &[("10_load.py", STEP)]);
    let run = migrate(&home, &["--dry-run"]).done();
    assert_eq!(
        run.stdout,
        "key          change\n-----------  --------\ndb-password  added\ndsn          added\n"
    );
    assert!(run.stderr.contains("then 2 keys would be deleted here"), "{run:?}");
    assert_eq!(all(&home, "secrets"), "{}");
    let run = migrate(&home, &["-y"]).done();
    let reads =
        "note: 'db-password': 10_load.py:2:28 reads it as a property: get_secret reads a secret\n";
    assert!(run.stderr.contains(reads) && !run.stderr.contains("Fnord"), "{run:?}");
    assert_eq!(all(&home, "properties"), r#"{"last_id": 2.50}"#);
    let secrets = r#"{"db-password": "Fnord-1", "dsn": "postgresql://a:Fnord-2@b/c"}"#;
    assert_eq!(all(&home, "secrets"), secrets);
    let run = migrate(&home, &["-y", "--looks-secret"]).done();
    assert!(run.stderr.contains("nothing looks like a credential"), "{run:?}");
}

#[test]
fn copies_with_keep_and_goes_on_from_there() {
    let home = Home::at("local");
    with_job(&home, &[]);
    let before = all(&home, "properties");
    migrate(&home, &["db-password", "--keep"]).done();
    assert_eq!(all(&home, "properties"), before);
    assert_eq!(all(&home, "secrets"), r#"{"db-password": "Fnord-1"}"#);
    // As after an interruption: both sides have it.
    migrate(&home, &["db-password", "-y"]).done();
    assert!(!all(&home, "properties").contains("Fnord-1"));
    migrate(&home, &["db-password", "-y"]).failed(4, "db-password");
    home.run(words("properties", &["--set", "db-password", "other"])).done();
    migrate(&home, &["db-password", "-y"]).failed(5, "db-password");
    assert!(
        all(&home, "properties").contains("other") && all(&home, "secrets").contains("Fnord-1")
    );
}

#[test]
fn goes_on_after_a_kill_at_every_write() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let killer = Killer::in_front_of(server.url());
    let (home, direct) = (Home::at(&killer.url), Home::at(&server.url()));
    let version = |collection: &str| {
        let run = direct.run(words(collection, &["history", "-o", "json"])).done();
        let versions: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        versions[0]["version"].as_u64().unwrap_or(0)
    };
    let mut kills = 0;
    for (write, is_stored) in (0..3).flat_map(|write| [(write, false), (write, true)]) {
        with_job(&direct, &[]);
        direct.run(words("secrets", &["--delete-all", "-y"])).done();
        let before = (version("secrets"), version("properties"));
        let command = home.command(words("properties", &["migrate", "-y"]));
        kills += usize::from(killer.kill(command, write, is_stored));
        let kept = [all(&direct, "secrets"), all(&direct, "properties")].concat();
        assert!(kept.contains("Fnord-1") && kept.contains("Fnord-2"), "nothing is lost");
        home.run(words("properties", &["migrate", "-y"])).done();
        assert_eq!(all(&direct, "properties"), r#"{"last_id": 2.50}"#);
        let secrets = r#"{"db-password": "Fnord-1", "dsn": "postgresql://a:Fnord-2@b/c"}"#;
        assert_eq!(all(&direct, "secrets"), secrets);
        let after = (version("secrets"), version("properties"));
        assert_eq!(after, (before.0 + 1, before.1 + 1), "nothing is done twice");
        direct.run(words("secrets", &["--delete-all", "-y"])).done();
    }
    assert_eq!(kills, 4, "the secrets, and the properties");
}

#[test]
fn stops_at_sql_that_has_a_key_in_braces() {
    let home = Home::at("local");
    with_job(&home, &[("20_load.sql", "select 1\nfrom {db-password}\n")]);
    let before = all(&home, "properties");
    let run = migrate(&home, &["db-password"]).failed(2, "'db-password' in 20_load.sql, line 2");
    assert!(!run.stderr.contains("Fnord"), "{run:?}");
    assert_eq!(all(&home, "properties"), before);
    assert_eq!(all(&home, "secrets"), "{}");
    migrate(&home, &["db-password", "-y"]).done();
    assert_eq!(all(&home, "secrets"), r#"{"db-password": "Fnord-1"}"#);
}

#[test]
fn deletes_once_more_what_a_job_writes_again() {
    for (times, code) in [(1, 0), (2, 5)] {
        let service = Service::with_etags();
        let home = Home::at(&service.url());
        with_job(&home, &[]);
        // A copy reads both sides. After it the deletion does, and the last read looks whether a key is back.
        let reads = service.count("GET");
        migrate(&home, &["db-password", "--keep"]).done();
        let copying = service.count("GET") - reads;
        service.put("secrets", "{}");
        let reads = service.count("GET");
        migrate(&home, &["db-password", "-y"]).done();
        let whole = service.count("GET") - reads;
        assert!(whole > copying, "{whole} {copying}");
        let full = r#"{"db-password": "Fnord-1", "last_id": 3}"#;
        service.put("secrets", "{}");
        service.put("properties", full);
        let mut faults = vec![Fault::None; whole - 1];
        faults.push(Fault::ForeignWrite(full));
        if times == 2 {
            faults.extend(vec![Fault::None; whole - copying - 1]);
            faults.push(Fault::ForeignWrite(full));
        }
        service.next("GET", faults);
        let run = migrate(&home, &["db-password", "-y"]);
        assert_eq!(run.code, code, "{run:?}");
        assert_eq!(service.stored("secrets"), r#"{"db-password":"Fnord-1"}"#);
        let is_back = service.stored("properties").contains("Fnord-1");
        assert_eq!(is_back, code == 5, "{run:?}");
        if code == 5 {
            run.failed(5, "A job that runs writes 'db-password' again");
        }
    }
}

#[test]
fn is_a_command_of_properties_only() {
    let home = Home::at("local");
    let run = home.run(["secrets", "-n", "j", "-t", "t", "migrate"]);
    assert_eq!(run.code, 2, "{run:?}");
    let run = home.run(words("properties", &["migrate", "k", "--looks-secret"]));
    assert_eq!(run.code, 2, "{run:?}");
}
