//! Causes each fault for the real binary and compares the results with the table in
//! `docs/assurance/reliability.md`. `VDK_UPDATE=1` updates the table.

mod cases;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use cases::{Case, Target};
use vdk_testing::Run;
use vdk_testing::report::Row;
use vdk_testing::scripted_service::Service;

const BEFORE: &str = r#"{"a":"1"}"#;
const AFTER: &str = r#"{"a":"1","b":"2"}"#;
/// The longest duration of a run, in seconds: three tries of 2 s, on a slow machine.
const ENDS: f64 = 60.0;

#[test]
fn matches_the_documented_table_of_faults() {
    let cases = cases::cases();
    let all = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(n) else { break };
                    let made = rows(case);
                    all.lock().unwrap().push((n, made));
                }
            });
        }
    });
    let mut all = all.into_inner().unwrap();
    all.sort_by_key(|(n, _)| *n);
    let rows: Vec<_> = all.into_iter().flat_map(|(_, made)| made).collect();
    let columns = ["fault", "of", "exit", "what it says", "requests", "stored"];
    vdk_testing::report::check("reliability.md", "command line", &columns, &rows);
}

/// Makes a row. Adds another one if a service without entity tags changes more than the number of
/// requests.
fn rows(case: &Case) -> Vec<Row> {
    let (tagged, plain) =
        (observe(case, &(case.service)(true)), observe(case, &(case.service)(false)));
    let same = [0, 1, 3].into_iter().all(|n| tagged.0[n] == plain.0[n]);
    let row = |place: &str, (cells, seconds): ([String; 4], f64)| {
        let mut all = vec![format!("{}{place}", case.name), case.target.words().to_string()];
        all.extend(cells.map(|cell| cell.replace('|', "\\|")));
        Row { cells: all, seconds }
    };
    let mut rows = vec![row("", tagged)];
    if !same {
        rows.push(row("; no entity tags", plain));
    }
    rows
}

/// Returns exit code, message, requests and stored document after a command under this fault.
fn observe(case: &Case, service: &Service) -> ([String; 4], f64) {
    let home = (case.home)(service);
    service.put("secrets", BEFORE);
    let command: &[&str] = match case.target {
        Target::Read => &["--get", "a", "-o", "raw"],
        Target::Write => &["--set", "b", "2"],
    };
    case.arrange(service);
    let started = Instant::now();
    let run = home.secrets(command);
    let seconds = started.elapsed().as_secs_f64();
    assert!(seconds < ENDS, "{}: {seconds} s", case.name);
    assert!(!run.stderr.contains("panicked"), "{}: {run:?}", case.name);
    let requests = format!("{} GET, {} PUT", service.count("GET"), service.count("PUT"));
    let stored = stored(&service.stored("secrets"));
    if matches!(case.target, Target::Read) {
        assert_eq!(run.stdout, if run.code == 0 { "1" } else { "" }, "{}", case.name);
        assert_write_fails_alike(case, run.code);
    }
    ([run.code.to_string(), message(&run, service), requests, stored.to_string()], seconds)
}

/// Describes the stored document in relation to the one before.
fn stored(json: &str) -> &'static str {
    match (json, json.contains("\"b\":\"2\""), json.contains("theirs")) {
        (BEFORE, ..) => "old",
        (AFTER, ..) => "new",
        (_, true, true) => "theirs and new",
        (_, false, true) => "theirs and old",
        _ => panic!("{json} is stored"),
    }
}

/// Checks that the fault of a reading command also stops a writing one before it writes.
fn assert_write_fails_alike(case: &Case, code: i32) {
    let service = (case.service)(true);
    let home = (case.home)(&service);
    service.put("secrets", BEFORE);
    case.arrange(&service);
    let run = home.secrets(&["--set", "b", "2"]);
    assert_eq!(run.code, code, "{}: {run:?}", case.name);
    let stored = if code == 0 { AFTER } else { BEFORE };
    assert_eq!(service.stored("secrets"), stored, "{}", case.name);
}

/// Returns `what` and `why` of an error, without the parts that differ from run to run.
fn message(run: &Run, service: &Service) -> String {
    let part = |name: &str| run.stderr.lines().find_map(|line| line.strip_prefix(name));
    let text: Vec<_> = ["what: ", "why: "].into_iter().filter_map(part).collect();
    let path = "HOST/data-jobs/for-team/t/jobs/j/deployments/TODO/secrets";
    let text = text.join(" ").replace(&service.address.to_string(), "HOST").replace(path, "HOST/…");
    // The C library's message depends on whether there is a network.
    let text = text.replace("Temporary failure in name resolution", "Name or service not known");
    let mut words: Vec<_> = text.split(' ').collect();
    while let Some(at) = words.windows(2).position(|pair| pair == ["[op", "id"]) {
        words.drain(at..at + 3);
    }
    // Seconds until a date and the current time differ in each run.
    let seconds = |word: &&str| word.len() > 8 && word.parse::<u64>().is_ok();
    let text = words.into_iter().map(|word| if seconds(&word) { "N" } else { word });
    let mut text = text.collect::<Vec<_>>().join(" ");
    // The numbers of errors differ between systems.
    if let Some((before, (_, after))) =
        text.split_once(" (os error ").and_then(|(a, b)| Some((a, b.split_once(')')?)))
    {
        text = format!("{before}{after}");
    }
    match text.split_once("the clock of this machine says") {
        Some((before, _)) => format!("{before}the clock of this machine says …"),
        None => text,
    }
}
