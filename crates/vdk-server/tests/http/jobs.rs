//! Tests of the query for a team's jobs, over a socket.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use vdk_testing::control_service::{Answer, SECURED, Service, path};

const NAMES: &str = "{jobs(pageNumber: 1, pageSize: 100) {content {jobName} totalItems}}";

fn at(team: &str, query: &str) -> String {
    let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
    format!("/data-jobs/for-team/{team}/jobs?query={query}")
}

fn names(response: &Answer) -> Vec<String> {
    assert_eq!(response.status, 200, "{}", response.body);
    let body: Value = serde_json::from_str(&response.body).unwrap();
    let content = body["data"]["content"].as_array().unwrap();
    content.iter().map(|job| job["jobName"].as_str().unwrap().to_string()).collect()
}

#[test]
fn lists_the_jobs_of_both_collections_once() {
    let service = Service::start(&[]);
    assert_eq!(names(&service.get(&at("t", NAMES))), [""; 0]);
    for (collection, team, job) in [
        ("secrets", "t", "both"),
        ("properties", "t", "both"),
        ("secrets", "t", "ä b"),
        ("properties", "t", "plain"),
        ("properties", "u", "other"),
    ] {
        let job = utf8_percent_encode(job, NON_ALPHANUMERIC).to_string();
        let put = service.put(&path(collection, team, &job), r#"{"a":1}"#, None);
        assert!(put.status < 300, "{}", put.body);
    }
    service.put(&path("properties", "t", "plain"), "{}", None);
    assert_eq!(names(&service.get(&at("t", NAMES))), ["both", "plain", "ä b"]);
    assert_eq!(names(&service.get(&at("u", NAMES))), ["other"]);
    let page = "{jobs(pageNumber: 2, pageSize: 2) {content {jobName} totalItems totalPages}}";
    let body: Value = serde_json::from_str(&service.get(&at("t", page)).body).unwrap();
    let content = json!([{ "jobName": "ä b" }]);
    let page = json!({ "content": content, "totalItems": 3, "totalPages": 2 });
    assert_eq!(body, json!({ "data": page }));
}

#[test]
fn shows_jobs_to_readers_of_the_team_only() {
    let service = Service::start(&SECURED);
    let root = service.access("root", "*", "manager");
    for team in ["t", "u"] {
        service.ask("PUT", &path("secrets", team, "j"), Some(&root), "{}");
    }
    // What the service keeps of the team is no job.
    let grant = "/data-jobs/for-team/t/access/user/eve";
    assert_eq!(service.ask("PUT", grant, Some(&root), "{\"role\":\"reader\"}").status, 204);
    for role in ["reader", "writer", "manager"] {
        let ana = service.access("ana", "t", role);
        assert_eq!(names(&service.ask("GET", &at("t", NAMES), Some(&ana), "")), ["j"], "{role}");
        service.ask("GET", &at("u", NAMES), Some(&ana), "").problem(403, "");
    }
    service.ask("GET", &at("t", NAMES), None, "").problem(401, "token");
    let own = at("vdk-control-service", NAMES);
    service.ask("GET", &own, Some(&root), "").problem(400, "reserved");
}

#[test]
fn explains_what_is_wrong_with_a_query() {
    let service = Service::start(&[]);
    for (query, why) in [
        ("", "A query is expected"),
        ("{jobs", "no GraphQL"),
        ("{jobs {content {jobName secrets}}}", "The field secrets is not known"),
        ("mutation {jobs {content {jobName}}}", "not mutations"),
    ] {
        service.get(&at("t", query)).problem(400, why);
    }
    service.get("/data-jobs/for-team/t/jobs").problem(400, "A query is expected");
    let deep = "{a".repeat(5_000);
    assert_eq!(service.get(&at("t", &deep)).status, 400);
    let variables = "&variables=%7B%22n%22%3A2%7D&operation_name=Q";
    let query = "query Q($n: Int) {jobs(pageNumber: $n) {content {jobName}}}";
    assert_eq!(names(&service.get(&(at("t", query) + variables))), [""; 0]);
}
