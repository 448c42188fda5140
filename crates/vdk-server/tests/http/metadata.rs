//! Tests of the metadata of secrets, over a socket: on the embedded store and on OpenBao.

use serde_json::{Value, json};
use vdk_testing::control_service::peers::Bao;
use vdk_testing::control_service::{SECURED, Service, path};

fn beside(team: &str, job: &str) -> String {
    format!("{}/metadata", path("secrets", team, job))
}

fn described(service: &Service, job: &str) -> Value {
    let read = service.get(&beside("t", job));
    assert_eq!(read.status, 200, "{}", read.body);
    read.json()
}

#[test]
fn keeps_metadata_beside_the_secrets() {
    follows_the_set(&Service::start(&[]));
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn keeps_metadata_beside_the_secrets_in_openbao() {
    let bao = Bao::start();
    let settings = bao.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let service = Service::start(&settings);
    follows_the_set(&service);
    // Another program writes the record: what it removes is not shown.
    service.put(&beside("t", "j"), r#"{"b":{"owner":"x"}}"#, None);
    assert_eq!(described(&service, "j"), json!({"b": {"owner": "x"}}));
    let record = json!({"data": {"jobName": "t/j", "secretsJson": "{\"c\":1}"}});
    bao.ask("POST", "secret/data/t/j", &record);
    assert_eq!(described(&service, "j"), json!({}));
    service.put(&path("secrets", "t", "j"), r#"{"c":2}"#, None);
    service.put(&path("secrets", "t", "j"), r#"{"b":2}"#, None);
    assert_eq!(described(&service, "j"), json!({}), "the next write removed it");
}

fn follows_the_set(service: &Service) {
    let set = path("secrets", "t", "j");
    assert_eq!(described(service, "j"), json!({}));
    assert_eq!(service.put(&set, r#"{"a":1,"b":2}"#, None).status, 202);
    let whole = r#"{"a":{"description":"Orders ☃","owner":"x","rotateEvery":"90d","since":"2026-11-01"},"b":{"expires":"2027-01-31"},"gone":{}}"#;
    let put = service.put(&beside("t", "j"), whole, Some("\"0\""));
    assert_eq!(put.status, 202, "{}", put.body);
    let mut expected: Value = serde_json::from_str(whole).unwrap();
    expected.as_object_mut().unwrap().remove("gone");
    assert_eq!(described(service, "j"), expected, "what is not there is not described");
    service.put(&beside("t", "j"), "{}", Some("\"0\"")).problem(412, "");
    let versions = service.get(&format!("{}/versions", beside("t", "j"))).json();
    let first = versions["versions"].as_array().unwrap().last().unwrap();
    let added = first["changes"]["added"].as_array().unwrap();
    assert!(added.contains(&json!("a")) && added.contains(&json!("b")), "{versions}");
    // The set itself does not show it, and has its own versions.
    let read = service.get(&set);
    assert_eq!((read.body.as_str(), read.header("etag")), (r#"{"a":1,"b":2}"#, "\"1\""));
    service.put(&set, r#"{"b":3}"#, Some("\"1\""));
    assert_eq!(described(service, "j"), json!({"b": {"expires": "2027-01-31"}}));
    let back = service.send("POST", &format!("{set}/versions/1/rollback"), &[], "");
    assert_eq!(back.status, 202, "{}", back.body);
    assert_eq!(described(service, "j"), json!({"b": {"expires": "2027-01-31"}}));
    service.put(&set, "{}", None);
    assert_eq!(described(service, "j"), json!({}));
    service.put(&set, r#"{"b":3}"#, None);
    assert_eq!(described(service, "j"), json!({}), "a key that comes back has none");
    let jobs = "/data-jobs/for-team/t/jobs?query=%7Bjobs%7Bcontent%7BjobName%7D%7D%7D";
    let names = service.get(jobs).json()["data"]["content"].clone();
    assert_eq!(names, json!([{"jobName": "j"}]));
}

#[test]
fn lets_readers_read_metadata_and_writers_write_it() {
    let service = Service::start(&SECURED);
    let root = service.access("root", "*", "manager");
    service.ask("PUT", &path("secrets", "t", "j"), Some(&root), r#"{"a":1}"#);
    for (role, status) in [("reader", 403), ("writer", 202), ("manager", 202)] {
        let ana = service.access("ana", "t", role);
        let body = format!("{{\"a\":{{\"owner\":\"{role}\"}}}}");
        let put = service.ask("PUT", &beside("t", "j"), Some(&ana), &body);
        assert_eq!(put.status, status, "{role}: {}", put.body);
        assert_eq!(service.ask("GET", &beside("t", "j"), Some(&ana), "").status, 200, "{role}");
        service.ask("GET", &beside("u", "j"), Some(&ana), "").problem(403, "");
        let versions = format!("{}/versions", beside("t", "j"));
        let status = service.ask("GET", &versions, Some(&ana), "").status;
        assert_eq!(status == 200, role != "reader", "{role}: {status}");
    }
    assert_eq!(service.ask("GET", &beside("t", "j"), None, "").status, 401);
    let audit = service.audit();
    for operation in ["secrets.write-metadata", "secrets.read-metadata"] {
        assert!(audit.contains(operation), "{audit}");
    }
    // Nobody reaches what is stored by its name.
    let reserved = path("secrets", "t", "vdk-metadata%2Fj");
    service.ask("GET", &reserved, Some(&root), "").problem(400, "slash");
}

#[test]
fn refuses_metadata_that_is_not_valid() {
    let service = Service::start(&[]);
    service.put(&path("secrets", "t", "j"), r#"{"a":1}"#, None);
    for (body, words) in [
        (r#"{"a":"geheim"}"#, "an object is expected"),
        (r#"{"a":{"value":"geheim"}}"#, "unknown field `value`"),
        (r#"{"a":{"owner":["geheim"]}}"#, "another type"),
        (r#"{"a":{"expires":"2026-02-30"}}"#, "not a day that exists"),
        (r#"{"a":{"rotateEvery":"0d"}}"#, "not a number of days"),
        (r#"{"a":{"owner":""}}"#, "the owner is empty"),
        ("[]", "one JSON object"),
    ] {
        let answer = service.put(&beside("t", "j"), body, None);
        answer.problem(400, words);
        assert!(!answer.body.contains("geheim"), "{}", answer.body);
    }
    assert_eq!(described(&service, "j"), json!({}));
    assert_eq!(service.get(&beside("t", "j")).header("etag"), "\"0\"");
}
