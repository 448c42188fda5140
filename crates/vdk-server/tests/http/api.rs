//! Tests the API over a socket, on the embedded store.

use serde_json::json;
use vdk_testing::control_service::{Service, path};

#[test]
fn returns_values_exactly_as_they_were_sent() {
    let service = Service::start(&[]);
    let json = r#"{"z":1.50,"a":{"n":null,"y":1E400,"x":[null,1e5]},"":"","n":123456789012345678901234567890,"u":"\u00e4\/"}"#;
    for (collection, status) in [("secrets", 202), ("properties", 204)] {
        let at = path(collection, "t", "j");
        let empty = service.get(&at);
        assert_eq!((empty.status, empty.body.as_str(), empty.header("etag")), (200, "{}", "\"0\""));
        let put = service.put(&at, json, None);
        assert_eq!((put.status, put.body.as_str(), put.header("etag")), (status, "", "\"1\""));
        let get = service.get(&at);
        assert_eq!((get.body.as_str(), get.header("etag")), (json, "\"1\""));
        assert_eq!(get.header("content-type"), "application/json");
        assert_eq!(get.header("cache-control"), "no-store");
    }
    // The deployment is ignored. Team and job are not.
    assert_eq!(service.get(&path("secrets", "t", "j").replace("TODO", "other")).body, json);
    assert_eq!(service.get(&path("properties", "u", "j")).body, "{}");
    assert_eq!(service.get(&path("properties", "t", "J")).body, "{}");
}

#[test]
fn checks_preconditions_and_names_the_current_version() {
    let service = Service::start(&[]);
    let at = path("properties", "t", "j");
    let put = |json: &str, name: &str, value: &str| {
        service.send("PUT", &at, &[("Content-Type", "application/json"), (name, value)], json)
    };
    assert_eq!(put("{\"a\":1}", "If-Match", "*").status, 412);
    assert_eq!(put("{\"a\":1}", "If-None-Match", "*").status, 204);
    let refused = put("{\"a\":2}", "If-None-Match", "*");
    refused.problem(412, "version 1");
    assert_eq!(refused.header("etag"), "\"1\"");
    assert_eq!(put("{\"a\":2}", "If-Match", "\"1\"").header("etag"), "\"2\"");
    put("{\"a\":3}", "If-Match", "\"1\"").problem(412, "version 2");
    put("{\"a\":3}", "If-Match", "W/\"1\"").problem(412, "version 2");
    assert_eq!(put("{\"a\":3}", "If-Match", "\"7\", \"2\"").header("etag"), "\"3\"");
    assert_eq!(put("{\"a\":4}", "If-Match", "*").header("etag"), "\"4\"");
    put("{\"a\":5}", "If-Match", "4").problem(412, "If-Match: \\\"4\\\"");
    put("{\"a\":5}", "If-None-Match", "\"9\"").problem(400, "takes only *");
    assert_eq!(service.get(&at).body, "{\"a\":4}");
}

#[test]
fn sends_nothing_to_a_client_that_has_the_version() {
    let service = Service::start(&[]);
    for kind in ["secrets", "properties"] {
        let at = path(kind, "t", "j");
        let read = |tags: &str| service.send("GET", &at, &[("If-None-Match", tags)], "");
        assert_eq!((read("\"0\"").status, read("*").status), (304, 200));
        service.put(&at, "{\"a\":1}", None);
        service.put(&at, "{\"a\":2}", None);
        for tags in ["\"2\"", "W/\"2\"", "\"1\", \"2\"", "*"] {
            let response = read(tags);
            let got = (response.status, response.body.as_str(), response.header("etag"));
            assert_eq!(got, (304, "", "\"2\""), "{tags}");
        }
        for tags in ["\"1\"", "\"x\"", "2"] {
            let response = read(tags);
            assert_eq!((response.status, response.body.as_str()), (200, "{\"a\":2}"), "{tags}");
        }
    }
    // Who reads that nothing has changed has read.
    let audit = service.audit();
    assert_eq!(audit.matches("\"status\":304").count(), 10, "{audit}");
}

#[test]
fn lists_versions_without_values_and_rolls_back() {
    let service = Service::start(&[]);
    let at = path("secrets", "t", "j");
    let headers = [("Content-Type", "application/json"), ("X-OPID", "op-1")];
    service.send("PUT", &at, &headers, "{\"a\":\"geheim\",\"b\":1}");
    service.put(&at, "{\"a\":\"anders\",\"c\":1}", None);
    let versions = service.get(&format!("{at}/versions"));
    assert!(!versions.body.contains("geheim") && !versions.body.contains("anders"));
    let list = versions.json()["versions"].clone();
    assert_eq!((&list[0]["version"], &list[1]["opId"]), (&json!(2), &json!("op-1")));
    assert_eq!(list[0]["changes"], json!({"added": ["c"], "changed": ["a"], "removed": ["b"]}));
    assert_eq!(service.get(&format!("{at}?version=1")).body, "{\"a\":\"geheim\",\"b\":1}");
    assert_eq!(service.get(&format!("{at}?version=1")).header("etag"), "\"1\"");
    service.get(&format!("{at}?version=3")).problem(404, "not kept");
    service.get(&format!("{at}?version=x")).problem(400, "numbers");
    let roll_back = format!("{at}/versions/1/rollback");
    service.send("POST", &roll_back, &[("If-Match", "\"1\"")], "").problem(412, "version 2");
    let rolled = service.send("POST", &roll_back, &[("If-Match", "\"2\"")], "");
    assert_eq!((rolled.status, rolled.header("etag")), (202, "\"3\""));
    assert_eq!(service.get(&at).body, "{\"a\":\"geheim\",\"b\":1}");
}

#[test]
fn rejects_invalid_and_oversized_bodies_without_echoing_them() {
    let service = Service::start(&[("DATAJOBS_VAULT_SIZE_LIMIT_BYTES", "100")]);
    let at = path("secrets", "t", "j");
    for body in [
        "[\"geheim\"]",
        "null",
        "",
        "{\"a\":\"geheim",
        "{\"a\":NaN}",
        "{\"geheim\":1,\"geheim\":2}",
    ] {
        let answer = service.put(&at, body, None);
        answer.problem(400, "An issue with the JSON body");
        assert!(!answer.body.contains("geheim"), "{answer:?}");
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    service.put(&path("properties", "t", "j"), &deep, None).problem(400, "nested deeper");
    let sized = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
    assert_eq!(service.put(&at, &sized(100), None).status, 202);
    let over = service.put(&at, &sized(101), None);
    over.problem(413, "Secret size exceeds configured limit of:100");
    // White space does not count, as in the original.
    assert_eq!(service.put(&at, &format!("  {}  ", sized(100)), None).status, 202);
    let large = "x".repeat(5_000_000);
    service.put(&at, &large, None).problem(413, "exceeds");
    let send = |headers: &[(&str, &str)]| service.send("PUT", &at, headers, "{}");
    send(&[("Content-Type", "text/plain")]).problem(415, "application/json");
    send(&[("Content-Type", "application/json"), ("Content-Encoding", "gzip")])
        .problem(415, "compressed");
    assert_eq!(send(&[("Content-Type", "application/json; charset=utf-8")]).status, 202);
    assert_eq!(send(&[]).status, 202);
    assert!(!service.log().contains("geheim") && !service.audit().contains("geheim"));
}

#[test]
fn maps_every_encoding_of_a_path_to_one_job() {
    let service = Service::start(&[]);
    // If names had slashes, two jobs could share one path.
    for (team, job) in
        [("a%7Cb%2Fc", "d"), ("a", "b%7Cc%2Fd"), ("a%2Fb%7Cc", "d"), ("a%5Cb", "c"), ("%2F", "a")]
    {
        for collection in ["secrets", "properties"] {
            let put = service.put(&path(collection, team, job), "{}", None);
            put.problem(400, ": it contains a slash");
        }
    }
    // Each row is one job. Different rows are different jobs.
    let jobs = [
        vec!["a", "%61"],
        vec!["A", "%41"],
        vec!["%2561"],
        vec!["a%252Fb"],
        vec!["a%7Cb", "a%7cb"],
        vec!["a+b", "a%2Bb"],
        vec!["a%20b"],
        vec!["a."],
        vec!["a%2E%2E", "a.."],
        vec!["%C3%A9", "%c3%a9"],
        vec!["e%CC%81"],
    ];
    for collection in ["secrets", "properties"] {
        for (n, forms) in jobs.iter().enumerate() {
            let put =
                service.put(&path(collection, "t", forms[0]), &format!("{{\"n\":{n}}}"), None);
            assert!(put.status < 300 && put.header("etag") == "\"1\"", "{}: {put:?}", forms[0]);
        }
        for (n, forms) in jobs.iter().enumerate() {
            for form in forms {
                let got = service.get(&path(collection, "t", form));
                assert_eq!(got.body, format!("{{\"n\":{n}}}"), "{form}: {got:?}");
            }
        }
    }
}

#[test]
fn rejects_invalid_names_as_the_original_does() {
    let service = Service::start(&[]);
    service.get(&path("secrets", "%20", "j")).problem(400, "Team Name cannot be blank");
    let blank = service.get(&path("secrets", "t", "%20%09"));
    blank.problem(400, "Data Job Name cannot be blank");
    assert!(blank.body.contains("Exception processing secrets for"), "{blank:?}");
    for (job, words) in [
        ("team-oauth-credentials", "reserved"),
        ("a%2Fb", "slash"),
        ("a%5Cb", "slash"),
        ("%2E%2E", "path segments"),
        ("a%00b", "control character"),
        ("%FF", "Invalid request path"),
        (&"x".repeat(256), "256 characters"),
    ] {
        service.get(&path("secrets", "t", job)).problem(400, words);
        service.put(&path("properties", "t", job), "{}", None).problem(400, words);
    }
    assert_eq!(
        service.put(&path("secrets", "t%20%C3%BC", "a;b%25"), "{\"a\":1}", None).status,
        202
    );
    assert_eq!(service.get(&path("secrets", "t%20%C3%BC", "a;b%25")).body, "{\"a\":1}");
    service
        .get("/data-jobs/for-team//jobs/j/deployments/x/secrets")
        .problem(400, "Team Name cannot be blank");
    service.get("/data-jobs").problem(404, "not part of");
    let wrong = service.send("DELETE", &path("secrets", "t", "j"), &[], "");
    wrong.problem(405, "DELETE");
    assert_eq!(wrong.header("allow"), "GET,HEAD,PUT");
}

#[test]
fn returns_501_for_secrets_when_they_are_disabled() {
    let service = Service::start(&[("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "false")]);
    let at = path("secrets", "t", "j");
    for answer in [service.get(&at), service.put(&at, "{}", None)] {
        answer.problem(501, "Secrets encountered an error: Not Configured.");
    }
    assert_eq!(service.put(&path("properties", "t", "j"), "{}", None).status, 204);
    let ready = service.get("/readyz");
    assert_eq!((ready.status, &ready.json()["secrets"]["status"]), (200, &json!("switched off")));
}

#[test]
fn accepts_valid_op_ids_and_replaces_others() {
    let service = Service::start(&[]);
    let ask = |id: &str| {
        service.send("GET", "/livez", &[("X-OPID", id)], "").header("x-opid").to_string()
    };
    assert_eq!(ask("my op-1"), "my op-1");
    assert_eq!(ask(&"x".repeat(64)), "x".repeat(64));
    for odd in ["", &"x".repeat(65), "a\tb", "ä"] {
        let given = ask(odd);
        assert!(given != odd && given.len() == 16, "{odd}: {given}");
    }
}

#[test]
fn reports_info_readiness_and_metrics() {
    let service = Service::start(&[(
        "DATAJOBS_DEPLOYMENT_SUPPORTEDPYTHONVERSIONS",
        r#"{"3.11": {"vdkImage": "a"}, "3.12": {}}"#,
    )]);
    let info = service.get("/data-jobs/for-team/t/info").json();
    assert_eq!(info["supported_python_versions"], json!(["3.11", "3.12"]));
    assert_eq!(info["api_version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(service.get("/livez").status, 200);
    let ready = service.get("/readyz");
    assert_eq!((ready.status, &ready.json()["status"]), (200, &json!("ready")));
    service.put(&path("secrets", "t", "j"), "{}", None);
    service.get(&path("secrets", "t", "j"));
    let metrics = service.get("/metrics").body;
    for line in [
        "vdk_requests_total{operation=\"secrets.read\",method=\"GET\",status=\"200\"} 1",
        "vdk_versions_written_total{collection=\"secrets\"} 1",
        "vdk_request_seconds_count{operation=\"secrets.write\"} 1",
    ] {
        assert!(metrics.contains(line), "no {line} in\n{metrics}");
    }
    let page = service.get("/docs");
    assert!(page.header("content-type").starts_with("text/html") && page.body.contains("If-Match"));
    assert_eq!(service.get("/openapi.json").json()["openapi"], "3.1.0");
}

#[test]
fn loses_no_write_when_two_services_share_a_store() {
    let one = Service::start(&[]);
    let two = Service::start_in(&one.shared_folder(), &[]);
    let at = path("secrets", "t", "j");
    std::thread::scope(|scope| {
        for n in 0..32 {
            let (service, at) = ([&one, &two][n % 2], &at);
            scope.spawn(move || {
                loop {
                    let now = service.get(at);
                    let mut document = now.json();
                    document[format!("key {n}")] = 1.into();
                    if service.put(at, &document.to_string(), Some(now.header("etag"))).status
                        == 202
                    {
                        return;
                    }
                }
            });
        }
    });
    assert_eq!(one.get(&at).json().as_object().unwrap().len(), 32);
    assert_eq!(one.get(&at).body, two.get(&at).body);
}
