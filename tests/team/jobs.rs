//! Tests `vdk jobs`.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use vdk_testing::Home;
use vdk_testing::scripted_service::{Fault, Service, listen, response};
use vdk_testing::server::Server;

use super::{page, page_number};

const LIST: [&str; 3] = ["jobs", "-t", "sales"];
const AS_JSON: [&str; 5] = ["jobs", "-t", "sales", "-o", "json"];

fn set(home: &Home, collection: &str, team: &str, job: &str, key: &str) {
    home.run([collection, "-t", team, "-n", job, "--set", key, "x"]).done();
}

fn listed(home: &Home) -> Vec<Value> {
    serde_json::from_str(&home.run(AS_JSON).done().stdout).unwrap()
}

#[test]
fn lists_the_jobs_of_a_team_in_the_store() {
    let home = Home::at("local").with("TZ", "UTC");
    assert_eq!(home.run(LIST).done().stdout, "No Data.\n");
    assert_eq!(home.run(AS_JSON).done().stdout, "[]\n");
    set(&home, "secrets", "sales", "load", "a");
    set(&home, "secrets", "sales", "ingest", "a");
    set(&home, "properties", "sales", "ingest", "b");
    set(&home, "properties", "sales", "ingest", "c");
    set(&home, "properties", "dev", "other", "a");
    home.run("secrets -t sales -n load --delete a".split(' ')).done();
    let table = home.run(LIST).done().stdout;
    let rows: Vec<Vec<&str>> =
        table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["job", "secrets", "properties", "last", "write"]);
    assert_eq!(
        (&rows[2][..3], &rows[3][..3]),
        (&["ingest", "1", "2"][..], &["load", "0", "0"][..])
    );
    assert_eq!((rows.len(), rows[2][5]), (4, "+0000"));
    let jobs = listed(&home);
    let (team, secrets, properties) =
        (&jobs[0]["team"], &jobs[0]["secrets"], &jobs[0]["properties"]);
    assert_eq!(json!([team, secrets, properties]), json!(["sales", 1, 2]));
    let at = jobs[0]["updatedAt"].as_str().unwrap();
    assert!(at.starts_with("20") && at.ends_with('Z'), "{at}");
    home.run("jobs -t vdk-control-service".split(' ')).done();
    home.run(["jobs"]).failed(2, "No team is set.");
}

#[test]
fn lists_the_jobs_of_a_service() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let home = Home::at(&server.url());
    assert_eq!(home.run(LIST).done().stdout, "No Data.\n");
    set(&home, "secrets", "sales", "load é", "a");
    set(&home, "properties", "sales", "ingest", "b");
    set(&home, "properties", "presales", "other", "a");
    assert_eq!(home.run(LIST).done().stdout, "job\n------\ningest\nload é\n");
    let job = |name: &str| json!({"team": "sales", "job": name, "secrets": null, "properties": null, "updatedAt": null});
    assert_eq!(listed(&home), [job("ingest"), job("load é")]);
}

#[test]
fn asks_for_every_page_and_keeps_jobs_of_the_team() {
    let address = listen(|request| {
        // The original's filter is a pattern.
        let jobs = |numbers: std::ops::Range<usize>, team| {
            numbers.map(move |n| (format!("job-{n:03}"), team)).collect::<Vec<_>>()
        };
        let jobs = match page_number(request)? {
            1 => jobs(0..100, "sales"),
            2 => jobs(0..100, "presales"),
            3 => jobs(100..200, "sales"),
            // A service may have smaller pages than it is asked for.
            4 => jobs(200..250, "sales"),
            5 => jobs(250..253, "sales"),
            _ => jobs(0..0, "sales"),
        };
        Some(response(200, "", &page(jobs)))
    });
    let home = Home::at(&format!("http://{address}"));
    let jobs = listed(&home);
    assert_eq!((jobs.len(), &jobs[252]["job"]), (253, &json!("job-252")));
}

#[test]
fn ends_where_a_service_repeats_its_first_page() {
    let asked: &AtomicUsize = Box::leak(Box::default());
    let address = listen(|_| {
        asked.fetch_add(1, Ordering::SeqCst);
        Some(response(200, "", &page((0..100).map(|n| (format!("job-{n}"), "sales")))))
    });
    let home = Home::at(&format!("http://{address}"));
    home.run(LIST).failed(6, "the page before once more");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn takes_all_jobs_of_a_service_without_pages() {
    let address =
        listen(|_| Some(response(200, "", &page((0..7).map(|n| (format!("job-{n}"), "sales"))))));
    assert_eq!(listed(&Home::at(&format!("http://{address}"))).len(), 7);
}

#[test]
fn tells_why_a_service_lists_nothing() {
    let plain = "Content-Type: text/plain\r\n";
    for (status, headers, body, code, words) in [
        (404, "", "", 6, "does not list jobs"),
        (405, "", "", 6, "does not list jobs"),
        (501, "", "", 6, "does not list jobs"),
        (403, plain, "not yours", 3, "not yours"),
        (500, plain, "broken", 6, "broken"),
        (200, "", "{\"data\": null, \"errors\": [{\"message\": \"x\"}]}", 6, "no page of jobs"),
        (200, "", "{\"data\": {\"content\": []}, \"errors\": [{}]}", 6, "it reports errors"),
        (200, "", "{\"data\": {\"content\": [{\"name\": \"x\"}]}}", 6, "no page of jobs"),
        (200, "Content-Type: text/html\r\n", "<html>login</html>", 6, "jobs of team 'sales'"),
    ] {
        let service = Service::plain();
        service.always("GET", Fault::Answer(status, headers, body));
        let run = Home::at(&service.url()).run(LIST).failed(code, words);
        assert!(run.stderr.contains("list the jobs of team 'sales'"), "{run:?}");
        assert!(!run.stderr.contains("pageNumber"), "{run:?}");
    }
}
