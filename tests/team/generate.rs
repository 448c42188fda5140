//! Tests `replace --generate`: all jobs get one value, whatever interrupts it.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use vdk_testing::proxy::{Killer, proxy};
use vdk_testing::server::Server;
use vdk_testing::session::Session;
use vdk_testing::wait::eventually;
use vdk_testing::{Home, Run};

use super::replace::{OLD, get, results, service};
use super::set;

const WORDS: [&str; 7] = ["secrets", "-t", "sales", "replace", "--generate", "--old-file", "old"];
const JOBS: usize = 6;

/// Fills jobs with the old value.
fn fill(home: &Home) {
    for job in jobs() {
        set(home, "secrets", "sales", &job, &format!(r#"{{"a": "{OLD}", "b": 1}}"#));
    }
    home.file("old", format!("{OLD}\n"));
}

fn jobs() -> impl Iterator<Item = String> {
    (0..JOBS).map(|n| format!("job-{n:02}"))
}

fn generate(home: &Home, options: &str) -> Run {
    let run = home.run(WORDS.into_iter().chain(options.split_whitespace()));
    assert!(!run.stdout.contains("Fnord") && !run.stderr.contains("Fnord"), "{run:?}");
    run
}

/// Returns the value of a job.
fn value(home: &Home, job: &str) -> String {
    let all: Value = serde_json::from_str(&get(home, "secrets", "sales", job)).unwrap();
    all["a"].as_str().unwrap().into()
}

/// Returns the values that the jobs have.
fn values(home: &Home) -> BTreeSet<String> {
    jobs().map(|job| value(home, &job)).collect()
}

/// Returns the only value that the jobs have.
fn only_value(home: &Home) -> String {
    let values = values(home);
    assert_eq!(values.len(), 1, "{values:?}");
    let value = values.into_iter().next().unwrap();
    assert!(value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{value}");
    value
}

/// Returns the number of the newest version of a job.
fn newest(home: &Home, job: &str) -> u64 {
    let words = ["secrets", "-t", "sales", "-n", job, "history", "-o", "json"];
    let versions: Value = serde_json::from_str(&home.run(words).done().stdout).unwrap();
    versions[0]["version"].as_u64().unwrap()
}

/// Returns what is noted of replacements that are under way.
fn noted(home: &Home) -> Vec<String> {
    let Ok(files) = fs::read_dir(home.path().join(".vdk.internal/replacing")) else {
        return Vec::new();
    };
    files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

/// A kill behind the first write, and the same command again.
pub fn check(home: &Home) {
    fill(home);
    set(home, "properties", "sales", "job-03", &format!(r#"{{"p": "{OLD}"}}"#));
    let mut command = home.command(WORDS.into_iter().chain(["--yes", "--both"]));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the first job is written", || value(home, "job-00") != OLD);
    let _ = child.kill();
    child.wait().unwrap();
    let first = value(home, "job-00");
    for note in noted(home) {
        assert!(!note.contains(&first) && !note.contains("Fnord"), "{note}");
    }
    let run = generate(home, "--both -o json").done();
    assert!(!run.stdout.contains(&first) && !run.stderr.contains(&first), "{run:?}");
    assert_eq!(only_value(home), first);
    let property = format!(r#"{{"p": "{first}"}}"#);
    assert_eq!(get(home, "properties", "sales", "job-03"), property);
    jobs().for_each(|job| assert_eq!(newest(home, &job), 2, "{job}"));
    assert!(noted(home).is_empty(), "nothing is left");
    assert_eq!(results(&generate(home, "--both -o json").done()), [""; 0]);
}

#[test]
fn goes_on_in_the_store() {
    check(&Home::at("local"));
}

#[test]
fn goes_on_at_a_service() {
    let operator = Home::new();
    let server = Server::start(&operator);
    check(&Home::at(&server.url()));
    assert!(!server.log().contains("Fnord"));
}

#[test]
fn goes_on_after_a_kill_at_every_write() {
    const GIVEN: [&str; 8] =
        ["secrets", "-t", "sales", "replace", "--old-file", "old", "--new-file", "new"];
    let operator = Home::new();
    let server = Server::start(&operator);
    let killer = Killer::in_front_of(server.url());
    let (home, direct) = (Home::at(&killer.url), Home::at(&server.url()));
    let new = "n".repeat(32);
    home.file("old", OLD);
    home.file("new", &new);
    for (write, is_stored) in (0..JOBS).flat_map(|write| [(write, false), (write, true)]) {
        for words in [&WORDS[..], &GIVEN] {
            fill(&direct);
            let before: Vec<_> = jobs().map(|job| newest(&direct, &job)).collect();
            let command = home.command(words.iter().chain(&["--yes"]));
            assert!(killer.kill(command, write, is_stored));
            let first = value(&direct, "job-00");
            home.run(words).done();
            let only = only_value(&direct);
            assert!(first == only || first == OLD && !is_stored && write == 0, "{write} {first}");
            assert_eq!(only == new, words == GIVEN);
            for (job, before) in jobs().zip(before) {
                assert_eq!(newest(&direct, &job), before + 1, "{job}");
            }
            assert!(noted(&home).is_empty());
        }
    }
}

#[test]
fn keeps_one_value_until_all_jobs_have_it() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let is_down = Arc::new(AtomicBool::new(true));
    let down = is_down.clone();
    let address = proxy(server.url(), move |request| {
        let is_one = |job| request.path.contains(job);
        let fails = is_one("/job-02/") || request.method == "PUT" && is_one("/job-05/");
        fails && down.load(Ordering::SeqCst)
    });
    let home = Home::at(&format!("http://{address}")).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    let direct = Home::at(&server.url());
    fill(&direct);
    home.file("old", OLD);
    // One job cannot be read, and one not be written.
    let run = generate(&home, "-o json");
    assert!(run.code == 6 || run.code == 7, "{run:?}");
    assert_eq!(values(&direct).len(), 2, "the old value, and the new one");
    let first = value(&direct, "job-00");
    is_down.store(false, Ordering::SeqCst);
    // Fewer jobs, another old value or other options do not make it forget.
    assert_eq!(results(&generate(&home, "-n job-00 -o json").done()), [""; 0]);
    for job in ["other-1", "other-2"] {
        set(&direct, "secrets", "sales", job, r#"{"k": "Fnord-another"}"#);
    }
    home.file("another", "Fnord-another");
    generate(&home, "--old-file another").done();
    let one = get(&direct, "secrets", "sales", "other-1");
    assert_eq!(one, get(&direct, "secrets", "sales", "other-2"));
    assert!(!one.contains(&first) && !one.contains("Fnord"), "{one}");
    let run = generate(&home, "--alphabet hex");
    run.failed(2, "It was run with --generate 32 --alphabet alphanumeric. The value is in key 'a'");
    // In another team, it is another one.
    set(&direct, "secrets", "dev", "ingest", &format!(r#"{{"a": "{OLD}"}}"#));
    generate(&home, "-t dev").done();
    assert!(!get(&direct, "secrets", "dev", "ingest").contains(&first));
    // Nor does a look by which nothing is written.
    generate(&home, "--dry-run").done();
    assert_eq!(noted(&home).len(), 1);
    let run = generate(&home, "-o json").done();
    assert_eq!(results(&run), ["job-02 a replaced", "job-05 a replaced"]);
    assert_eq!(only_value(&direct), first);
    assert!(noted(&home).is_empty());
}

#[test]
fn takes_no_value_that_it_cannot_be_sure_of() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let direct = Home::at(&server.url());
    let address = proxy(server.url(), |request| {
        request.method == "PUT" && !request.path.contains("/job-00/")
    });
    let home = Home::at(&format!("http://{address}")).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    home.file("old", OLD);
    // Each time, job-00 gets the value, and the others do not.
    let interrupt = || {
        fill(&direct);
        let run = generate(&home, "");
        assert!(run.code == 6 || run.code == 7, "{run:?}");
        value(&direct, "job-00")
    };
    let first = interrupt();
    let folder = home.path().join(".vdk.internal/replacing");
    for text in ["", "{}", r#"{"format":2}"#] {
        fs::write(folder.join("x.json"), text).unwrap();
        generate(&home, "").failed(6, "x.json");
    }
    fs::remove_file(folder.join("x.json")).unwrap();
    let run = generate(&home, "");
    assert!(run.stderr.contains("in key 'a' of job 'job-00'"), "{run:?}");
    // Somebody has set another value since then, so that no job has the first one.
    let words = ["secrets", "-t", "sales", "-n", "job-00", "--set"];
    direct.run(words.into_iter().chain(["a", "theirs-1"])).done();
    let second = interrupt();
    // Of what was written, the version before is not kept any more.
    for n in 0..10 {
        direct.run(words.into_iter().chain(["b", &n.to_string()])).done();
    }
    generate(&home, "").failed(5, "too many versions");
    set(&direct, "secrets", "sales", "job-00", r#"{"k": "Fnord-another"}"#);
    home.file("another", "Fnord-another");
    generate(&home, "--old-file another").done();
    assert!(!get(&direct, "secrets", "sales", "job-00").contains("Fnord"), "another value");
    assert_eq!(noted(&home).len(), 2, "writes of either may still arrive");
    assert_ne!(first, second);
}

#[test]
fn is_not_misled_by_writes_that_arrive_late() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let killer = Killer::in_front_of(server.url());
    let (home, direct) = (Home::at(&killer.url), Home::at(&server.url()));
    home.file("old", OLD);
    const LATE: &str = "Late0000000000000000000000000000";
    // Killed at its first write, which is on its way still: what is noted has its id.
    let interrupt = || {
        fill(&direct);
        assert!(killer.kill(home.command(WORDS.into_iter().chain(["--yes"])), 0, false));
        let note: Value = serde_json::from_str(&noted(&home)[0]).unwrap();
        note["op_id"].as_str().unwrap().to_string()
    };
    let write = |op_id: &str, job: &str, key: &str, value: &str| {
        let words = ["secrets", "-t", "sales", "-n", job, "--set", key, value];
        Home::at(&server.url()).with("VDK_OP_ID_OVERRIDE", op_id).run(words).done();
    };
    // It arrives before the next command, and somebody renames the key and appends a line end.
    let op_id = interrupt();
    write(&op_id, "job-00", "a", LATE);
    let renamed = format!("secrets -t sales -n job-00 --delete a --set-json renamed \"{LATE}\\n\"");
    direct.run(renamed.split(' ')).done();
    generate(&home, "").done();
    assert_eq!(value(&direct, "job-05"), LATE);
    assert!(noted(&home).is_empty());
    // It arrives while the next command asks: it is told that not all jobs have one value.
    let op_id = interrupt();
    let mut session = Session::start(&home, &WORDS);
    session.expect("[y/N] ");
    write(&op_id, "job-00", "a", LATE);
    session.send("y\r").expect("stays: changed meanwhile");
    assert_eq!(session.end().0.code(), Some(5));
    assert_eq!((value(&direct, "job-00").as_str(), values(&direct).len()), (LATE, 2));
    // It arrives after another value was replaced.
    fs::remove_dir_all(home.path().join(".vdk.internal/replacing")).unwrap();
    let op_id = interrupt();
    set(&direct, "secrets", "sales", "other", r#"{"k": "Fnord-another"}"#);
    home.file("another", "Fnord-another");
    generate(&home, "--old-file another").done();
    write(&op_id, "job-00", "a", LATE);
    generate(&home, "").done();
    assert_eq!(only_value(&direct), LATE);
    assert!(noted(&home).is_empty());
    // Its id was lost on the way, or somebody else has replaced the value.
    interrupt();
    write("another", "job-00", "a", LATE);
    let run = generate(&home, "").failed(5, "Cannot tell which value");
    assert!(run.stderr.contains("remove /") && !run.stderr.contains(LATE), "{run:?}");
    assert_eq!(value(&direct, "job-05"), OLD);
    let (_, file) = run.stderr.rsplit_once("remove ").unwrap();
    fs::remove_file(file.trim_end().trim_end_matches('.')).unwrap();
    // Somebody uses the id for a value that was not generated so.
    let op_id = interrupt();
    write(&op_id, "job-00", "a", "theirs-1");
    generate(&home, "").failed(5, "as if an interrupted command had");
}

#[test]
fn lets_one_command_generate_at_a_time() {
    let home = Home::at("local");
    fill(&home);
    let mut session = Session::start(&home, &WORDS);
    session.expect("[y/N] ");
    let run = generate(&home, "").failed(5, "Another command is replacing");
    assert_eq!(run.stdout, "");
    session
        .send("y\r")
        .expect("to see the new value: vdk secrets -n job-00 -t sales -u local --get a");
    assert_eq!(session.end().0.code(), Some(0));
    only_value(&home);
}

#[test]
fn refuses_where_it_could_not_go_on() {
    let (address, stored) = service(|_, _| None);
    let home = Home::at(&format!("http://{address}"));
    home.file("old", OLD);
    generate(&home, "").failed(6, "--new-file FILE");
    assert!(stored.lock().unwrap().is_empty() && noted(&home).is_empty());
    for (options, words) in [
        ("--generate 7", "8 to 4096"),
        ("--new-file old", "cannot be used with"),
        ("--alphabet emoji", "possible values"),
    ] {
        let run = generate(&home, options);
        assert!(run.code == 2 && run.stderr.contains(words), "{run:?}");
    }
}
