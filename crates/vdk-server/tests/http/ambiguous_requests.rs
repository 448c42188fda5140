//! Tests that requests which different programs read differently are refused in words.

use vdk_testing::control_service::{SECURED, Service, path};

const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
fn refuses_two_authorization_headers() {
    let service = Service::start(&SECURED);
    let access = format!("Bearer {}", service.access("ana", "t", "writer"));
    let at = path("secrets", "t", "j");
    let one = ("Authorization", access.as_str());
    assert_eq!(service.send("GET", &at, &[one], "").status, 200);
    for other in ["Bearer x", access.as_str()] {
        for headers in [[one, ("Authorization", other)], [("Authorization", other), one]] {
            service.send("GET", &at, &headers, "").problem(400, "more than one Authorization");
        }
    }
}

#[test]
fn refuses_two_content_types() {
    let service = Service::start(&[]);
    let at = path("secrets", "t", "j");
    let two = [JSON, ("Content-Type", "text/plain")];
    service.send("PUT", &at, &two, "{\"a\":1}").problem(415, "Content-Type");
    let two = [JSON, ("Content-Encoding", "identity"), ("Content-Encoding", "gzip")];
    service.send("PUT", &at, &two, "{\"a\":1}").problem(415, "Content-Encoding");
    assert_eq!(service.get(&at).body, "{}");
}

#[test]
fn refuses_documents_that_readers_take_differently() {
    let service = Service::start(&[]);
    for collection in ["secrets", "properties"] {
        let at = path(collection, "t", "j");
        assert!(
            service.put(&at, r#"{"a":{"x":1},"b":{"x":1},"c":"\ud83d\ude00"}"#, None).status < 300
        );
        let before = service.get(&at).body;
        for (body, cause) in [
            (r#"{"a":1,"a":2}"#, "occurs twice"),
            (r#"{"a":{"x":1,"x":2}}"#, "occurs twice"),
            (r#"{"a":[[{"x":1,"\u0078":2}]]}"#, "occurs twice"),
            (r#"{"a":"\ud800"}"#, "half of a surrogate pair"),
            (r#"{"a":["\udc00\ud800"]}"#, "half of a surrogate pair"),
            (r#"{"a":{"\ud800":1}}"#, "half of a surrogate pair"),
            (r#"{"\ud800":1}"#, "half of a surrogate pair"),
            (r#"[{"a":1}]"#, "it is an array"),
            (r#"[["a",1]]"#, "it is an array"),
        ] {
            service.put(&at, body, None).problem(400, cause);
        }
        assert_eq!(service.get(&at).body, before);
    }
}

#[test]
fn refuses_arrays_in_place_of_objects() {
    let service = Service::start(&[]);
    let grant = "/data-jobs/for-team/t/access/user/ana";
    let credentials = "/data-jobs/teams/t/oauth-credentials";
    for (at, good, bad) in [
        (grant, r#"{"role":"reader"}"#, r#"["reader"]"#),
        (credentials, r#"{"clientId":"a","clientSecret":"b"}"#, r#"["a","b"]"#),
    ] {
        service.send("PUT", at, &[JSON], bad).problem(400, "is expected");
        assert!(service.send("PUT", at, &[JSON], good).status < 300);
    }
}
