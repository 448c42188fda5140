//! Tests `replace`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use vdk_testing::scripted_service::{Request, listen, response};
use vdk_testing::server::Server;
use vdk_testing::session::Session;
use vdk_testing::wait::eventually;
use vdk_testing::{Home, Run};

use super::{is_partial, only_page, set};

pub const OLD: &str = "Fnord-old/1";
const NEW: &str = "Fnord-new&2";
const WORDS: [&str; 4] = ["secrets", "-t", "sales", "replace"];

pub fn get(home: &Home, collection: &str, team: &str, job: &str) -> String {
    let words = [collection, "-t", team, "-n", job, "--get-all", "-o", "json"];
    home.run(words).done().stdout.trim_end().into()
}

/// Runs `replace` with both values in files.
fn replace(home: &Home, options: &str) -> Run {
    home.file("old", format!("{OLD}\n"));
    home.file("new", format!("{NEW}\r\n"));
    let files = "--old-file old --new-file new";
    let words = options.split_whitespace().chain(files.split(' '));
    let run = home.run(["-v", "DEBUG"].into_iter().chain(WORDS).chain(words));
    assert!(!run.stdout.contains("Fnord") && !run.stderr.contains("Fnord"), "{run:?}");
    run
}

/// Returns the job, the key and the result of each line.
pub fn results(run: &Run) -> Vec<String> {
    let lines = run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let word = |line: &Value, name: &str| line[name].as_str().unwrap().to_string();
    lines
        .map(|of| format!("{} {} {}", word(&of, "job"), word(&of, "key"), word(&of, "result")))
        .collect()
}

pub fn check_replaces(home: &Home) {
    let ingest = format!(r#"{{"n": 1.50, "db": "{OLD}", "again": "{OLD}"}}"#);
    set(home, "secrets", "sales", "ingest", &ingest);
    let load = r#"{"url": "https://u:Fnord-old%2F1@db", "other": "x"}"#;
    set(home, "secrets", "sales", "load", load);
    set(home, "properties", "sales", "ingest", &format!(r#"{{"p": "{OLD}"}}"#));
    set(home, "secrets", "dev", "ingest", &ingest);
    let dry = replace(home, "--dry-run --both -o json").done();
    let planned =
        ["ingest db planned", "ingest again planned", "ingest p planned", "load url part"];
    assert_eq!(results(&dry), planned);
    assert_eq!(get(home, "secrets", "sales", "ingest"), ingest, "a dry run changes nothing");
    let run = replace(home, "").done();
    let rows: Vec<Vec<&str>> =
        run.stdout.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["ingest", "secrets", "db", "1", "replaced"]);
    assert_eq!(rows[2][..4], ["load", "secrets", "url", "-"]);
    assert!(rows[2].ends_with(&["part", "of", "the", "value"]), "{run:?}");
    let replaced = ingest.replace(OLD, NEW);
    assert_eq!(get(home, "secrets", "sales", "ingest"), replaced);
    assert_eq!(get(home, "secrets", "sales", "load"), load);
    assert_eq!(get(home, "secrets", "dev", "ingest"), ingest, "another team");
    assert_eq!(results(&replace(home, "-o json").done()), ["load url part"], "nothing is left");
    assert_eq!(results(&replace(home, "--both -o json").done())[0], "ingest p replaced");
    // The version of the table leads back.
    assert!(run.stderr.contains("rollback VERSION"), "{run:?}");
    home.run("secrets -n ingest -t sales rollback 1".split(' ')).done();
    assert_eq!(get(home, "secrets", "sales", "ingest"), ingest);
}

#[test]
fn replaces_in_the_store() {
    check_replaces(&Home::at("local"));
}

#[test]
fn replaces_at_a_service() {
    let operator = Home::new();
    let server = Server::start(&operator);
    check_replaces(&Home::at(&server.url()));
    assert!(!server.log().contains("Fnord"));
}

#[test]
fn asks_for_both_values_and_before_it_writes() {
    let home = Home::at("local");
    let before = format!(r#"{{"db": "{OLD}"}}"#);
    set(&home, "secrets", "sales", "ingest", &before);
    let ask = |again: &str| {
        let mut session = Session::start(&home, &WORDS);
        session.expect("Value to replace: ");
        assert!(!session.echoes());
        session.send(format!("{OLD}\r")).expect("New value: ").send(format!("{NEW}\r"));
        session.expect("New value again: ").send(format!("{again}\r"));
        session
    };
    let (status, screen) = ask("Fnord-typo").end();
    assert_eq!(status.code(), Some(2), "{screen}");
    assert!(screen.contains("The two new values differ"), "{screen}");
    for (answer, code, after) in [("n\r", 1, before.clone()), ("y\r", 0, before.replace(OLD, NEW))]
    {
        let mut session = ask(NEW);
        session.expect("not replaced yet").expect("Replace the value of 1 key").expect("[y/N] ");
        session.send(answer);
        let (status, screen) = session.end();
        assert_eq!(status.code(), Some(code), "{screen}");
        assert!(!screen.contains("Fnord"), "{screen}");
        assert_eq!(get(&home, "secrets", "sales", "ingest"), after);
    }
}

#[test]
fn keeps_what_others_wrote_after_the_question() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let home = Home::at(&server.url());
    let before = format!(r#"{{"a": "{OLD}", "b": "{OLD}"}}"#);
    for job in ["ingest", "load"] {
        set(&home, "secrets", "sales", job, &before);
    }
    home.file("old", OLD);
    home.file("new", NEW);
    let files = ["--old-file", "old", "--new-file", "new"];
    let mut session = Session::start(&home, &[&WORDS[..], &files].concat());
    session.expect("[y/N] ");
    home.run("secrets -t sales -n load --set b theirs --set c more".split(' ')).done();
    session.send("y\r").expect("stays: changed meanwhile");
    let (status, screen) = session.end();
    assert_eq!(status.code(), Some(5), "{screen}");
    assert_eq!(get(&home, "secrets", "sales", "ingest"), before.replace(OLD, NEW));
    let load = format!(r#"{{"a": "{NEW}", "b": "theirs", "c": "more"}}"#);
    assert_eq!(get(&home, "secrets", "sales", "load"), load);
}

#[test]
fn goes_on_after_a_kill_and_writes_each_job_once() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let home = Home::at(&server.url());
    let jobs: Vec<String> = (0..30).map(|n| format!("job-{n:02}")).collect();
    for job in &jobs {
        set(&home, "secrets", "sales", job, &format!(r#"{{"a": "{OLD}"}}"#));
    }
    home.file("old", OLD);
    home.file("new", NEW);
    let files = ["--old-file", "old", "--new-file", "new", "--yes"];
    let mut child = home.command([&WORDS[..], &files].concat()).spawn().unwrap();
    eventually("the first job is written", || {
        get(&home, "secrets", "sales", "job-00").contains(NEW)
    });
    let _ = child.kill();
    child.wait().unwrap();
    replace(&home, "").done();
    for job in &jobs {
        assert_eq!(get(&home, "secrets", "sales", job), format!(r#"{{"a": "{NEW}"}}"#));
        let words = ["secrets", "-t", "sales", "-n", job, "history", "-o", "json"];
        let versions: Value = serde_json::from_str(&home.run(words).done().stdout).unwrap();
        assert_eq!(versions.as_array().unwrap().len(), 2, "{job}");
    }
}

#[test]
fn keeps_the_types_of_values() {
    let home = Home::at("local");
    set(&home, "secrets", "sales", "ingest", r#"{"pin": 12345678, "text": "12345678"}"#);
    home.file("old", "12345678");
    home.file("new", "87654321");
    let files = ["--old-file", "old", "--new-file", "new", "-o", "json"];
    home.run([&WORDS[..], &files].concat()).done();
    assert_eq!(
        get(&home, "secrets", "sales", "ingest"),
        r#"{"pin": 87654321, "text": "87654321"}"#
    );
    home.file("old", "87654321");
    home.file("new", "00123");
    let run = home.run([&WORDS[..], &files, &["-n", "other"]].concat()).done();
    assert_eq!(run.stdout, "");
    set(&home, "secrets", "sales", "zeros", r#"{"pin": 87654321}"#);
    let run = home.run([&WORDS[..], &files, &["-n", "zeros"]].concat());
    is_partial(&run, 5, "1 would lose their type, or digits");
    assert_eq!(get(&home, "secrets", "sales", "zeros"), r#"{"pin": 87654321}"#);
    home.run("secrets -t sales -n zeros --yes --delete-all".split(' ')).done();
    home.file("new", "abcdefgh");
    let run = home.run([&WORDS[..], &files].concat());
    is_partial(&run, 5, "1 would lose their type");
    assert_eq!(results(&run), ["ingest pin type", "ingest text replaced"]);
    assert_eq!(
        get(&home, "secrets", "sales", "ingest"),
        r#"{"pin": 87654321, "text": "abcdefgh"}"#
    );
}

#[test]
fn refuses_values_that_are_most_often_a_mistake() {
    let home = Home::at("local");
    for (old, new, options, words) in [
        ("", NEW, "", "It is empty"),
        ("abc", NEW, "", "add --short"),
        (OLD, "", "", "It is empty"),
        (OLD, "\n", "", "The new value is empty"),
        (OLD, OLD, "", "It is the old value"),
        (OLD, NEW, "--jobs - --old-file -", "Only one of"),
    ] {
        home.file("old", old);
        home.file("new", new);
        let files = "--old-file old --new-file new".split(' ').chain(options.split_whitespace());
        home.run(WORDS.into_iter().chain(files)).failed(2, words);
    }
    let run = home.run_with(WORDS, format!("{OLD}\n{NEW}\n")).failed(2, "--old-file is not given");
    assert!(!run.stderr.contains("Fnord"), "{run:?}");
}

/// Starts a service without entity tags, with the jobs `job-00` to `job-19`, which hold the old value.
/// `refused` gives the status of a request that is not served, by its method and job.
pub fn service(
    refused: impl Fn(&str, usize) -> Option<u16> + Send + Sync + 'static,
) -> (SocketAddr, Arc<Mutex<HashMap<usize, String>>>) {
    let stored = Arc::new(Mutex::new(HashMap::new()));
    let shared = stored.clone();
    let address = listen(move |request: &Request| {
        if let Some(page) = only_page(request, (0..20).map(|n| format!("job-{n:02}"))) {
            return Some(response(200, "", &page));
        }
        let (_, rest) = request.path.split_once("/jobs/job-")?;
        let job = rest[..2].parse().ok()?;
        if let Some(status) = refused(&request.method, job) {
            return Some(response(status, "", ""));
        }
        let mut stored = shared.lock().unwrap();
        if request.method == "PUT" {
            stored.insert(job, request.body.clone());
            return Some(response(200, "", ""));
        }
        let old = || json!({"k": OLD}).to_string();
        Some(response(200, "", &stored.get(&job).cloned().unwrap_or_else(old)))
    });
    (address, stored)
}

#[test]
fn tells_which_job_was_refused_and_replaces_the_others() {
    let (address, stored) = service(|method, job| (method == "PUT" && job == 7).then_some(403));
    let run = replace(&Home::at(&format!("http://{address}")), "-o json");
    is_partial(&run, 3, "19 of 20 keys have the new value");
    assert_eq!(results(&run)[7], "job-07 k failed");
    let stored = stored.lock().unwrap();
    assert_eq!((stored.len(), stored.get(&7)), (19, None));
    assert!(stored.values().all(|body| body.contains(NEW)), "{stored:?}");
}

#[test]
fn goes_on_behind_a_job_that_cannot_be_written() {
    let (address, stored) = service(|method, job| (method == "PUT" && job == 3).then_some(500));
    let run = replace(&Home::at(&format!("http://{address}")), "-o json");
    // A read after it shows that it is not stored.
    is_partial(&run, 6, "19 of 20 keys have the new value");
    assert_eq!(results(&run)[3], "job-03 k failed");
    assert_eq!(stored.lock().unwrap().len(), 19);
}

#[test]
fn stops_where_the_service_goes_away_and_goes_on_later() {
    let is_away = Arc::new(Mutex::new(true));
    let away = is_away.clone();
    let (address, stored) = service(move |method, job| {
        (method == "PUT" && job >= 5 && *away.lock().unwrap()).then_some(503)
    });
    let home = Home::at(&format!("http://{address}")).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    let run = replace(&home, "-o json");
    is_partial(&run, 6, "Run the same command again");
    assert_eq!(results(&run)[4..6], ["job-04 k replaced", "job-05 k failed"]);
    assert_eq!(results(&run)[7..9], ["job-07 k failed", "job-08 k planned"]);
    assert_eq!(stored.lock().unwrap().len(), 5);
    *is_away.lock().unwrap() = false;
    assert_eq!(results(&replace(&home, "-o json").done()).len(), 15, "only those that are left");
    assert_eq!(stored.lock().unwrap().len(), 20);
}

#[test]
fn replaces_the_rest_if_a_job_cannot_be_read() {
    let (address, stored) = service(|_, job| (job == 7).then_some(403));
    let run = replace(&Home::at(&format!("http://{address}")), "");
    is_partial(&run, 3, "1 of 20 jobs was not looked at");
    assert_eq!(stored.lock().unwrap().len(), 19);
}

#[test]
fn writes_nothing_where_the_jobs_cannot_be_listed() {
    let address = listen(|_| Some(response(500, "", "")));
    let home = Home::at(&format!("http://{address}")).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    let run = replace(&home, "").failed(6, "the jobs of team 'sales'");
    assert_eq!(run.stdout, "");
}
