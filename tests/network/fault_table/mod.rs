//! The table of faults of the command line: each fault is made to happen to the real binary, and
//! what it does is compared with `docs/assurance/reliability.md`, or written there with `VDK_UPDATE=1`.

mod cases;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use cases::{Case, On};
use vdk_testing::Run;
use vdk_testing::report::Row;
use vdk_testing::scripted_service::Service;

const BEFORE: &str = r#"{"a":"1"}"#;
const AFTER: &str = r#"{"a":"1","b":"2"}"#;
/// What a run may take: the time limit of 2 s for each of three tries, and a slow machine.
const ENDS: f64 = 60.0;

#[test]
fn what_each_fault_comes_to_is_as_documented() {
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

/// A row, and another where a service without entity tags makes a difference to more than the
/// number of requests.
fn rows(case: &Case) -> Vec<Row> {
    let (tagged, plain) = (seen(case, &(case.service)(true)), seen(case, &(case.service)(false)));
    let same = [0, 1, 3].into_iter().all(|n| tagged.0[n] == plain.0[n]);
    let row = |place: &str, (cells, seconds): ([String; 4], f64)| {
        let mut all = vec![format!("{}{place}", case.name), case.on.words().to_string()];
        all.extend(cells.map(|cell| cell.replace('|', "\\|")));
        Row { cells: all, seconds }
    };
    let mut rows = vec![row("", tagged)];
    if !same {
        rows.push(row("; no entity tags", plain));
    }
    rows
}

/// Exit code, words, requests and what is stored after one command under this fault.
fn seen(case: &Case, service: &Service) -> ([String; 4], f64) {
    let home = (case.home)(service);
    service.put("secrets", BEFORE);
    let command: &[&str] = match case.on {
        On::Read => &["--get", "a", "-o", "raw"],
        On::Write => &["--set", "b", "2"],
    };
    case.arrange(service);
    let started = Instant::now();
    let run = home.secrets(command);
    let seconds = started.elapsed().as_secs_f64();
    assert!(seconds < ENDS, "{}: {seconds} s", case.name);
    assert!(!run.stderr.contains("panicked"), "{}: {run:?}", case.name);
    let requests = format!("{} GET, {} PUT", service.count("GET"), service.count("PUT"));
    let stored = stored(&service.stored("secrets"));
    if matches!(case.on, On::Read) {
        assert_eq!(run.stdout, if run.code == 0 { "1" } else { "" }, "{}", case.name);
        a_write_that_cannot_read_writes_nothing(case, run.code);
    }
    ([run.code.to_string(), words(&run, service), requests, stored.to_string()], seconds)
}

/// What a document of the service is beside what was there before.
fn stored(json: &str) -> &'static str {
    match (json, json.contains("\"b\":\"2\""), json.contains("theirs")) {
        (BEFORE, ..) => "old",
        (AFTER, ..) => "new",
        (_, true, true) => "theirs and new",
        (_, false, true) => "theirs and old",
        _ => panic!("{json} is stored"),
    }
}

/// What fails a reading command fails a writing one before it writes.
fn a_write_that_cannot_read_writes_nothing(case: &Case, code: i32) {
    let service = (case.service)(true);
    let home = (case.home)(&service);
    service.put("secrets", BEFORE);
    case.arrange(&service);
    let run = home.secrets(&["--set", "b", "2"]);
    assert_eq!(run.code, code, "{}: {run:?}", case.name);
    let stored = if code == 0 { AFTER } else { BEFORE };
    assert_eq!(service.stored("secrets"), stored, "{}", case.name);
}

/// What an error says, and why, without what differs from run to run.
fn words(run: &Run, service: &Service) -> String {
    let part = |name: &str| run.stderr.lines().find_map(|line| line.strip_prefix(name));
    let text: Vec<_> = ["what: ", "why: "].into_iter().filter_map(part).collect();
    let path = "HOST/data-jobs/for-team/t/jobs/j/deployments/TODO/secrets";
    let text = text.join(" ").replace(&service.address.to_string(), "HOST").replace(path, "HOST/…");
    // What the C library says of a name depends on whether there is a network to ask.
    let text = text.replace("Temporary failure in name resolution", "Name or service not known");
    let mut words: Vec<_> = text.split(' ').collect();
    while let Some(at) = words.windows(2).position(|pair| pair == ["[op", "id"]) {
        words.drain(at..at + 3);
    }
    // What differs: seconds until a date, and the time now.
    let seconds = |word: &&str| word.len() > 8 && word.parse::<u64>().is_ok();
    let text = words.into_iter().map(|word| if seconds(&word) { "N" } else { word });
    let mut text = text.collect::<Vec<_>>().join(" ");
    // Each system has numbers of its own.
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
