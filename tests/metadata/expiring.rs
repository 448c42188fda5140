//! Tests `list --expiring`.

use serde_json::{Value, json};
use vdk_testing::Home;
use vdk_testing::scripted_service::{listen, response};
use vdk_testing::server::Server;

use super::refused;

fn expiring(home: &Home, line: &str) -> vdk_testing::Run {
    home.run(["secrets", "-t", "sales"].into_iter().chain(line.split(' ')))
}

pub fn check(home: &Home) {
    let run = expiring(home, "list --expiring 30d").done();
    assert_eq!(run.stdout, "No Data.\n");
    assert!(run.stderr.contains("team 'sales' has no jobs"), "{run:?}");
    assert_eq!(expiring(home, "list --expiring 30d --exit-code").code, 4, "it may be mistyped");
    for (job, key, day) in [
        ("ingest", "db-password", "2020-01-31"),
        ("ingest", "later", "2999-01-31"),
        ("load", "api-key", "2020-01-01"),
        ("load", "plain", ""),
    ] {
        let words = ["secrets", "-t", "sales", "-n", job];
        home.run(words.into_iter().chain(["--set", key, "geheim"])).done();
        if !day.is_empty() {
            let options = ["describe", key, "--expires", day, "--owner", "ana"];
            home.run(words.into_iter().chain(options)).done();
        }
    }
    let run = expiring(home, "list --expiring 30d").done();
    assert_eq!(
        run.stdout,
        "job     key          due         in       owner\n\
         ------  -----------  ----------  -------  -------\n\
         load    api-key      2020-01-01  overdue  ana\n\
         ingest  db-password  2020-01-31  overdue  ana\n"
    );
    assert!(run.stderr.contains("looked at 2 of 2 jobs of team 'sales'"), "{run:?}");
    assert_eq!(expiring(home, "--list --expiring 30d --exit-code").code, 1);
    let json: Value =
        serde_json::from_str(&expiring(home, "list --expiring 30d -o json").done().stdout).unwrap();
    assert_eq!(
        json[0],
        json!({"team": "sales", "job": "load", "key": "api-key", "due": "2020-01-01", "owner": "ana"})
    );
    assert_eq!(json.as_array().unwrap().len(), 2);
    let run = expiring(home, "-n typo list --expiring 30d").done();
    assert!(run.stderr.contains("nothing was ever stored for"), "{run:?}");
    let run = expiring(home, "list --expiring 0d -o json").done();
    assert_eq!(run.stdout.matches("\"key\"").count(), 2, "{run:?}");
    let run = expiring(home, "-n ingest list --expiring 30d -o json").done();
    assert_eq!(run.stdout.matches("\"key\"").count(), 1, "{run:?}");
    for (line, words) in [
        ("list --expiring soon", "--expiring"),
        ("list --exit-code", "--expiring"),
        ("--expiring 30d", "--list"),
        ("list --expiring 30d --show-secrets", "--show-secrets"),
        ("list --expiring 30d -o yaml", "-o text"),
    ] {
        refused(&expiring(home, line), words);
    }
}

#[test]
fn lists_what_is_due_in_the_store() {
    check(&Home::at("local"));
}

#[test]
fn lists_what_is_due_at_a_service() {
    let operator = Home::new();
    let server = Server::start(&operator);
    check(&Home::at(&server.url()));
}

#[test]
fn never_calls_it_all_where_a_job_cannot_be_read() {
    let service = listen(|request| {
        if request.path.contains("?query=") {
            let jobs = ["a", "b"].into_iter().map(String::from);
            return Some(response(200, "", &crate::team::only_page(request, jobs)?));
        }
        let is_denied = request.path.contains("/jobs/b/");
        let body = r#"{"k":{"expires":"2020-01-01"}}"#;
        Some(response(if is_denied { 403 } else { 200 }, "", body))
    });
    let run = expiring(&Home::at(&format!("http://{service}")), "list --expiring 1d");
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stdout.contains("2020-01-01"), "{run:?}");
    assert!(run.stderr.contains("1 of 2 jobs was not looked at"), "{run:?}");
}

#[test]
fn says_that_a_service_keeps_none() {
    let service = listen(|request| {
        if request.path.contains("?query=") {
            let jobs = (0..40).map(|n| format!("job-{n}"));
            return Some(response(200, "", &crate::team::only_page(request, jobs)?));
        }
        Some(response(404, "", ""))
    });
    let run = expiring(&Home::at(&format!("http://{service}")), "list --expiring 1d");
    run.failed(6, "keeps none");
}
