//! Tests `find`.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use vdk_testing::Home;
use vdk_testing::Run;
use vdk_testing::scripted_service::{listen, response};
use vdk_testing::server::Server;
use vdk_testing::session::Session;

use super::{is_partial, only_page, page, set};

const SECRET: &str = "Fnord/23 & more";

fn find(home: &Home, options: &str, value: &str) -> Run {
    let words = ["secrets", "-t", "sales", "find"].into_iter();
    let run = home.run_with(words.chain(options.split_whitespace()), value);
    assert!(!run.stdout.contains("Fnord") && !run.stderr.contains("Fnord"), "{run:?}");
    run
}

/// Fills a team, and another one, with the secret and what looks like it.
pub fn fill(home: &Home) {
    let whole = json!({"db-password": SECRET, "db-user": "ana"}).to_string();
    set(home, "secrets", "sales", "ingest", &whole);
    let part = json!({
        "url": "https://u:Fnord%2F23%20%26%20more@db/x",
        "deep": {"list": [SECRET]},
        "case": SECRET.to_uppercase(),
        "n": 12345678,
    });
    set(home, "secrets", "sales", "load \u{e9}", &part.to_string());
    set(home, "properties", "sales", "plain", &json!({"old": SECRET}).to_string());
    set(home, "secrets", "dev", "other", &whole);
}

pub fn check_finds(home: &Home) {
    let equal = "job     collection    key          how\n------  ------------  -----------  -----\n\
                 ingest  secrets       db-password  equal\n";
    let run = find(home, "", SECRET).done();
    assert_eq!(run.stdout.replace("  ", " "), equal.replace("  ", " "), "{run:?}");
    assert!(run.stderr.contains("looked at 3 of 3 jobs of team 'sales'"), "{run:?}");
    assert!(run.stderr.contains("older versions"), "{run:?}");
    assert_eq!(find(home, "", &format!("{SECRET}\r\n")).done().stdout, run.stdout);
    let blanks = find(home, "", &format!(" {SECRET}")).done();
    assert_eq!(blanks.stdout, "No Data.\n");
    assert!(blanks.stderr.contains("begins or ends with white space"), "{blanks:?}");
    let bom = find(home, "", &format!("\u{feff}{SECRET}")).done();
    assert_eq!(bom.stdout, run.stdout, "as Windows writes it");
    let run = find(home, "--contains --both -o json", SECRET).done();
    let found: Value = serde_json::from_str(&run.stdout).unwrap();
    let one = |job: &str, collection: &str, key: &str, how: &str| json!({"team": "sales", "job": job, "collection": collection, "key": key, "how": how});
    let expected = [
        one("ingest", "secrets", "db-password", "equal"),
        one("load \u{e9}", "secrets", "url", "part"),
        one("load \u{e9}", "secrets", "deep", "part"),
        one("plain", "properties", "old", "equal"),
    ];
    assert_eq!(found, json!({"found": expected, "looked": 3, "total": 3, "failed": []}));
    let run = find(home, "-o json", "12345678").done();
    assert!(run.stdout.contains("\"key\": \"n\", \"how\": \"equal\""), "{run:?}");
    let run = find(home, "--key db-* -o json", "").done();
    assert_eq!(run.stdout.matches("\"how\": \"name\"").count(), 2, "{run:?}");
    assert!(!run.stderr.contains("older versions"), "{run:?}");
    let run = find(home, "-n plain --both", SECRET).done();
    assert!(run.stdout.contains("old") && !run.stdout.contains("ingest"), "{run:?}");
    assert!(run.stderr.contains("looked at 1 of 1 jobs"), "{run:?}");
    home.file("names", "\u{feff}ingest \r\n\nplain\ningest\nmistyped\n");
    let run = find(home, "--jobs names", SECRET).done();
    assert!(run.stdout.contains("ingest"), "{run:?}");
    assert!(run.stderr.contains("looked at 3 of 3 jobs"), "{run:?}");
    assert!(run.stderr.contains("nothing is stored for 'plain', 'mistyped'"), "{run:?}");
    let key = "-----BEGIN KEY-----\nFnord\n-----END KEY-----\n";
    home.file("key.pem", key);
    home.run("secrets -t sales -n pem --set-file key key.pem".split(' ')).done();
    assert!(find(home, "", key).done().stdout.contains("pem"), "a file finds itself");
}

#[test]
fn finds_what_is_in_the_store() {
    let home = Home::at("local");
    assert_eq!(find(&home, "", SECRET).done().stdout, "No Data.\n");
    fill(&home);
    check_finds(&home);
}

#[test]
fn finds_what_is_at_a_service() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let home = Home::at(&server.url());
    fill(&home);
    check_finds(&home);
    assert!(!server.log().contains("Fnord"));
}

#[test]
fn looks_at_all_jobs_of_the_team_from_the_folder_of_one() {
    let home = Home::at("local");
    fill(&home);
    home.file("config.ini", "[owner]\nteam = sales\n");
    let run = home.run_with(["secrets", "find"], SECRET).done();
    assert!(run.stdout.contains("ingest"), "{run:?}");
    assert!(run.stderr.contains("looked at 3 of 3 jobs"), "{run:?}");
}

#[test]
fn asks_for_the_value_hidden() {
    let home = Home::at("local");
    fill(&home);
    let mut session = Session::start(&home, &["secrets", "-t", "sales", "find"]);
    session.expect("Value to find: ");
    assert!(!session.echoes());
    session.send(format!("{SECRET}\r")).expect("db-password");
    let (status, screen) = session.end();
    assert!(status.success() && !screen.contains("Fnord"), "{screen}");
    // With the names of jobs on stdin, the terminal is asked.
    let names = "echo ingest | $VDK secrets -t sales find --jobs -";
    let mut session = Session::shell(&home, names);
    session.expect("Value to find: ").send(format!("{SECRET}\r")).expect("db-password");
    assert!(!session.end().1.contains("Fnord"));
}

#[test]
fn refuses_what_is_most_often_a_mistake() {
    let home = Home::at("local");
    fill(&home);
    for (options, value, words) in [
        ("", "", "It is empty"),
        ("", "\n", "It is empty"),
        ("", "abc", "add --short"),
        ("--contains", "1234567", "A part of others needs 8"),
        ("--contains --short", "1234567", "A part of others needs 8"),
        ("-n j --jobs names", SECRET, "--name and --jobs"),
        ("--jobs nothing", SECRET, "nothing"),
        ("--jobs bad", SECRET, "Line 2"),
        ("--jobs blank", SECRET, "There is none"),
        ("--key=", "", "--key is empty"),
    ] {
        home.file("bad", "ok\n..\n");
        home.file("blank", "\n \n");
        find(&home, options, value).failed(2, words);
    }
    // What takes no value is where a value is typed by mistake.
    let joined = home.run(["secrets", "-t", "sales", "find", &format!("--contains={SECRET}")]);
    assert!(joined.code == 2 && !joined.stderr.contains("Fnord"), "{joined:?}");
    let run = find(&home, "--short -o json", "ana").done();
    assert!(run.stdout.contains("db-user"), "{run:?}");
}

/// Starts a service with the jobs `job-00` to `job-98`, which all hold the secret. `answer` gives what
/// the read of a job, by its number, answers in place of that.
fn service(
    answer: impl Fn(usize) -> Option<(u16, &'static str)> + Send + Sync + 'static,
) -> SocketAddr {
    listen(move |request| {
        if let Some(page) = only_page(request, (0..99).map(|n| format!("job-{n:02}"))) {
            return Some(response(200, "", &page));
        }
        let (_, rest) = request.path.split_once("/jobs/job-")?;
        match answer(rest[..2].parse().ok()?) {
            Some((0, _)) => None,
            Some((status, body)) => Some(response(status, "", body)),
            None => Some(response(200, "", &json!({"k": SECRET}).to_string())),
        }
    })
}

#[test]
fn shows_the_others_if_a_job_cannot_be_read() {
    let denied = service(|job| (job == 7).then_some((403, "")));
    let run = find(&Home::at(&format!("http://{denied}")), "", SECRET);
    assert_eq!(run.stdout.matches("equal").count(), 98, "{run:?}");
    is_partial(&run, 3, "1 of 99 jobs was not looked at");
    assert!(run.stderr.contains("Job 'job-07': "), "{run:?}");
    let broken = service(|job| match job {
        7 => Some((403, "")),
        8 => Some((500, "")),
        9 => Some((404, "")),
        10 => Some((200, "[1]")),
        _ => None,
    });
    let run = find(&Home::at(&format!("http://{broken}")), "-o json", SECRET);
    let found: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (found["looked"].as_u64(), found["found"].as_array().unwrap().len()),
        (Some(95), 95)
    );
    let failed: Vec<_> = found["failed"].as_array().unwrap().iter().map(|of| &of["job"]).collect();
    assert_eq!(failed, ["job-07", "job-08", "job-09", "job-10"]);
    is_partial(&run, 6, "4 of 99 jobs were not looked at");
}

#[test]
fn stops_where_the_service_goes_away() {
    let asked: &AtomicUsize = Box::leak(Box::default());
    let away = service(|_| (asked.fetch_add(1, Ordering::SeqCst) >= 10).then_some((503, "")));
    let home = Home::at(&format!("http://{away}")).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    let run = find(&home, "", SECRET);
    is_partial(&run, 6, "jobs were not looked at");
    assert!(run.stderr.contains("more jobs were not asked for"), "{run:?}");
    assert_eq!(run.stdout.matches("equal").count(), 10, "{run:?}");
    let asked = asked.load(Ordering::SeqCst);
    // Seven reads that were still answered may each come after seven that were not.
    assert!(asked <= 10 + 7 * 7 + 8 + 7, "{asked} reads");
}

#[test]
fn finds_nothing_only_where_all_was_looked_at() {
    let none = listen(|request| {
        let body = if request.path.contains("?query=") { page([]) } else { "{}".into() };
        Some(response(200, "", &body))
    });
    let run = find(&Home::at(&format!("http://{none}")), "-o json", SECRET).done();
    assert_eq!(run.stdout, "{\"found\": [], \"looked\": 0, \"total\": 0, \"failed\": []}\n");
    let unlisted = listen(|request| {
        let is_list = request.path.contains("?query=");
        Some(response(if is_list { 500 } else { 200 }, "", "{}"))
    });
    let home = Home::at(&format!("http://{unlisted}"));
    let run = find(&home, "", SECRET).failed(6, "list the jobs of team 'sales'");
    assert_eq!(run.stdout, "");
    home.file("names", "ingest\n");
    find(&home, "--jobs names", SECRET).done();
}
