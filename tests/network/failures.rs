//! Tests the command line when services and networks fail: it ends in time, reports what happened,
//! and loses nothing.

use vdk_testing::port::free_port;
use vdk_testing::scripted_service::{Fault, Service, response};
use vdk_testing::{Home, Run};

const HTML: &str = "<html>Please log in</html>";

fn for_both_services(test: impl Fn(&Service, &Home)) {
    for_both_services_within("30", test);
}

/// Runs `test` with this time limit for a request. A short limit is for requests without a
/// response.
fn for_both_services_within(seconds: &str, test: impl Fn(&Service, &Home)) {
    for service in [Service::with_etags(), Service::plain()] {
        let home = Home::at(&service.url())
            .with("VDK_CONTROL_HTTP_READ_TIMEOUT_SECONDS", seconds)
            .with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "2");
        test(&service, &home);
    }
}

#[test]
fn retries_transient_failures_and_reports_them() {
    for_both_services(|service, home| {
        let busy = |status| Fault::Answer(status, "", "");
        for (status, method) in
            [(429, "GET"), (502, "GET"), (503, "GET"), (504, "GET"), (503, "PUT"), (429, "PUT")]
        {
            service.next(method, [busy(status)]);
            let run = home.secrets(&["--set", &format!("k{status}{method}"), "v"]).done();
            let lines = run.stderr.lines().filter(|line| line.contains("retrying in")).count();
            assert_eq!(lines, 1, "{}", run.stderr);
        }
        service.next("GET", [Fault::Reset, Fault::Reset]);
        assert_eq!(home.secrets(&["--list", "-o", "json"]).done().stdout.matches("k5").count(), 4);
    });
}

#[test]
fn reads_before_repeating_a_write_that_failed_with_503() {
    for_both_services(|service, home| {
        home.secrets(&["--set", "a", "1", "--set", "b", "2"]).done();
        service.next("PUT", [Fault::AppliedThen(503)]);
        // If the deletion were repeated blindly, the key would be missing.
        home.secrets(&["--delete", "a"]).done();
        assert_eq!(home.all(), "{\"b\": \"2\"}");
        assert_eq!(service.count("PUT"), 2);
    });
}

#[test]
fn reports_other_statuses_at_once_with_the_services_message() {
    let body = r#"{"what":"W1","why":"W2","consequences":"W3","countermeasures":"W4"}"#;
    for (status, code) in [(400, 2), (401, 3), (403, 3), (404, 4), (409, 5), (500, 6), (501, 6)] {
        for_both_services(|service, home| {
            service.next("GET", [Fault::Answer(status, "", body)]);
            let run = home.secrets(&["--list"]).failed(code, "W1");
            for word in ["W2", "W3", "W4", &status.to_string(), "op id"] {
                assert!(run.stderr.contains(word), "no {word} in {}", run.stderr);
            }
            service.next("PUT", [Fault::Answer(status, "", body)]);
            home.secrets(&["--set", "a", "1"]).failed(code, "W2");
            // After a 500 vdk reads whether the write was stored.
            let reads = if status == 500 { 3 } else { 2 };
            assert_eq!((service.count("GET"), service.count("PUT")), (reads, 1), "no retries");
            for body in ["", HTML, "{}", "[1]", "\"x\"", "{\"what\": 5}"] {
                service.next("GET", [Fault::Answer(status, "", body)]);
                home.secrets(&["--list"]).failed(code, &status.to_string());
            }
        });
    }
}

#[test]
fn keeps_the_services_message_when_retries_are_exhausted() {
    for_both_services(|service, home| {
        service
            .always("GET", Fault::Answer(503, "", r#"{"what":"Sealed","why":"vault is sealed"}"#));
        let run = home.secrets(&["--list"]).failed(6, "vault is sealed");
        assert!(run.stderr.contains("tried 3 times"), "{}", run.stderr);
        assert_eq!(service.count("GET"), 3);
    });
}

#[test]
fn obeys_a_short_retry_after_and_reports_a_long_one() {
    for_both_services(|service, home| {
        service.next("GET", [Fault::Answer(503, "Retry-After: 0\r\n", "")]);
        home.secrets(&["--list"]).done();
        service.next("GET", [Fault::Answer(429, "Retry-After: 3600\r\n", "")]);
        home.secrets(&["--list"]).failed(6, "Try again in 3600 seconds. If it");
        service.next(
            "GET",
            [Fault::Answer(503, "Retry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n", "")],
        );
        home.secrets(&["--list"]).failed(6, "asks to wait");
        service.next("GET", [Fault::Answer(503, "Retry-After: soon\r\n", "")]);
        home.secrets(&["--list"]).done();
        assert_eq!(service.count("GET"), 6);
    });
}

#[test]
fn reports_size_and_limit_when_a_document_is_too_large() {
    for_both_services(|service, home| {
        let body = r#"{"what":"Too large","why":"Secret size exceeds configured limit of:1000"}"#;
        service.next("PUT", [Fault::Answer(413, "", body)]);
        let run = home.secrets(&["--set", "a", "geheim"]).failed(2, "limit of:1000");
        assert!(run.stderr.contains("14 bytes"), "{}", run.stderr);
    });
}

#[test]
fn describes_invalid_responses_and_writes_nothing() {
    let ok = |body: &str| Fault::Raw(response(200, "", body));
    let raw = |bytes: &[u8]| Fault::Raw(bytes.to_vec());
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for (fault, words) in [
        (ok(HTML), "HTML, 26 bytes"),
        (ok(""), "an empty body"),
        (ok("null"), "null in JSON"),
        (ok("[]"), "an array in JSON"),
        (ok("\"a\""), "a string in JSON"),
        (ok("{\"a\":1"), "ends too early"),
        (ok("{\"a\":NaN}"), "NaN"),
        (ok("{} x"), "not valid JSON"),
        (ok("\u{feff}{}"), "byte order mark"),
        (ok(&deep), "deeper than 128"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":\"\xff\"}"), "not UTF-8"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{}"), "cut after 2 bytes"),
        (
            raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
            "compressed",
        ),
        (raw(b"\x00\x01 garbage\r\n\r\n"), "not HTTP"),
        (Fault::Answer(204, "", ""), "204"),
        (Fault::Answer(201, "", "{}"), "201"),
        (Fault::Answer(206, "", "{}"), "206"),
        (
            Fault::Answer(302, "Location: http://127.0.0.1:1/x\r\n", ""),
            "redirects to http://127.0.0.1:1/x",
        ),
    ] {
        for_both_services(|service, home| {
            service.always("GET", fault.clone());
            home.secrets(&["--set", "a", "1"]).failed(6, words);
            let run = home.secrets(&["--list"]).failed(6, words);
            assert!(run.stderr.contains(&service.url()), "{}", run.stderr);
            assert_eq!(service.count("PUT"), 0);
        });
    }
}

#[test]
fn rejects_responses_that_exceed_limits() {
    let length = b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n".to_vec();
    let many = |n: usize| (0..n).map(|i| format!("X-{i}: y\r\n")).collect::<String>();
    let headers = |h: String| {
        Fault::Raw(format!("HTTP/1.1 200 OK\r\n{h}Content-Length: 2\r\n\r\n{{}}").into())
    };
    let chunk = [b"4000\r\n".to_vec(), vec![b' '; 0x4000], b"\r\n".to_vec()].concat();
    let chunked =
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(), chunk.repeat(1100)]
            .concat();
    for fault in [
        Fault::Raw(length),
        Fault::Raw(chunked),
        headers(many(100_000)),
        headers(many(101)),
        headers(format!("X: {}\r\n", "y".repeat(1_000_000))),
        headers(format!("X: {}\r\n", "y".repeat(70_000))),
        Fault::Endless(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".to_vec()),
        Fault::Raw(response(200, "", &format!("{{\"a\":{}", "[".repeat(100_000)))),
    ] {
        let limit = if matches!(fault, Fault::Endless(_)) { "2" } else { "30" };
        for_both_services_within(limit, |service, home| {
            service.always("GET", fault.clone());
            let run = home.secrets(&["--list"]);
            assert!(run.code == 6, "{run:?}");
        });
    }
}

#[test]
fn times_out_when_a_response_hangs_or_drips() {
    for fault in [Fault::Hang, Fault::Drip, Fault::Endless(b"HTTP/1.1 200 OK\r\n".to_vec())] {
        for_both_services_within("2", |service, home| {
            service.always("GET", fault.clone());
            let started = std::time::Instant::now();
            home.secrets(&["--list"]).failed(6, "http://127.0.0.1");
            assert!(started.elapsed().as_secs() < 60, "the limit was 2 s");
        });
    }
}

#[test]
fn never_follows_redirects() {
    let target = Service::plain();
    for status in [301, 302, 303, 307, 308] {
        for method in ["GET", "PUT"] {
            let location: &'static str = format!("Location: {}/x\r\n", target.url()).leak();
            for_both_services(|service, home| {
                service.next(method, [Fault::Answer(status, location, "")]);
                home.secrets(&["--set", "a", "geheim"]).failed(6, "redirects to");
                assert_eq!(service.stored("secrets"), "{}");
            });
        }
    }
    assert!(target.requests().is_empty());
}

#[test]
fn reads_back_a_write_of_unknown_outcome_before_repeating_it() {
    for_both_services(|service, home| {
        // The writes are stored, but the responses are lost. vdk finds them by reading and does not
        // repeat them.
        let faults = [Fault::AppliedThenReset, Fault::AppliedThen(502), Fault::AppliedThen(504)];
        for (value, fault) in ["1", "2", "1"].into_iter().zip(faults) {
            let before = service.count("PUT");
            service.next("PUT", [fault]);
            home.secrets(&["--set", "a", value]).done();
            assert_eq!(service.count("PUT"), before + 1);
        }
        service.next("PUT", [Fault::AppliedThen(500)]);
        home.secrets(&["--set", "a", "5"]).done();
        home.secrets(&["--set", "a", "1"]).done();
        // The writes are not stored. vdk reads again, then repeats them on top of other changes.
        service.next("PUT", [Fault::Reset]);
        home.secrets(&["--set", "b", "2"]).done();
        service.next("PUT", [Fault::Answer(502, "", "")]);
        home.secrets(&["--delete", "b"]).done();
        assert_eq!(home.all(), r#"{"a": "1"}"#);
    });
}

#[test]
fn keeps_writes_of_others_after_a_lost_response() {
    for_both_services(|service, home| {
        service.next("PUT", [Fault::AppliedThenReset]);
        // The next read finds the other writer's key beside the new one.
        service.next("GET", [Fault::Foreign("first"), Fault::Foreign("second")]);
        home.secrets(&["--set", "a", "1"]).done();
        assert_eq!(home.all(), r#"{"first": "theirs", "a": "1", "second": "theirs"}"#);
        assert_eq!(service.count("PUT"), 1);
    });
}

#[test]
fn exits_with_7_when_the_outcome_stays_unknown() {
    for_both_services(|service, home| {
        service.always("PUT", Fault::AppliedThenReset);
        service.next("GET", [Fault::Answer(200, "", "{}")]);
        service.always("GET", Fault::Answer(500, "", ""));
        home.secrets(&["--set", "a", "geheim"])
            .failed(7, "not known whether the change was stored");
    });
    for_both_services(|service, home| {
        service.always("PUT", Fault::Answer(200, "", HTML));
        home.secrets(&["--set", "a", "1"]).failed(6, "HTML");
        assert_eq!(service.stored("secrets"), "{}", "as it says");
    });
}

#[test]
fn exits_with_7_when_a_request_after_an_unknown_outcome_fails() {
    for_both_services(|service, home| {
        service.next("PUT", [Fault::Reset, Fault::Answer(403, "", "")]);
        let run = home.secrets(&["--set", "a", "1"]).failed(7, "403");
        assert!(!run.stderr.contains("Nothing was changed"), "{}", run.stderr);
        service.put("secrets", r#"{"n":9007199254740992}"#);
        service.always("PUT", Fault::Answer(502, "", ""));
        home.secrets(&["--set", "n", "9007199254740993"]).failed(7, "502");
    });
}

#[test]
fn reports_compressed_error_responses() {
    for_both_services(|service, home| {
        let gzip = |status| Fault::Answer(status, "Content-Encoding: gzip\r\n", "xx");
        service.next("GET", [gzip(401)]);
        home.secrets(&["--list"]).failed(3, "401");
        service.next("PUT", [gzip(403)]);
        home.secrets(&["--set", "a", "1"]).failed(3, "403");
        assert_eq!(service.count("PUT"), 1);
    });
}

#[test]
fn loses_nothing_when_another_writer_interferes() {
    let service = Service::with_etags();
    let home = Home::at(&service.url());
    for keys in [&["x1"][..], &["x2", "x3", "x4", "x5", "x6"]] {
        service.next("PUT", keys.iter().map(|key| Fault::Foreign(key)));
        home.secrets(&["--set", &format!("ours{}", keys.len()), "1"]).done();
    }
    let all = home.all();
    for key in ["x1", "x2", "x3", "x4", "x5", "x6", "ours1", "ours5"] {
        assert!(all.contains(key), "no {key} in {all}");
    }
}

#[test]
fn exits_with_5_when_a_conflict_never_ends() {
    let service = Service::with_etags();
    let home = Home::at(&service.url());
    service.always("PUT", Fault::Foreign("again"));
    home.secrets(&["--set", "a", "1"]).failed(5, "could not be stored");
    assert!(service.count("PUT") <= 50);
}

#[test]
fn detects_a_service_that_acknowledges_without_storing() {
    let service = Service::plain();
    let home = Home::at(&service.url());
    service.always("PUT", Fault::Lie);
    home.secrets(&["--set", "a", "1"]).failed(6, "does not store what it was sent");
    assert_eq!(service.count("PUT"), 2);
}

#[test]
fn retries_connections_and_reports_an_unreachable_service() {
    let port = free_port();
    let home = |retries: &str| {
        Home::at(&format!("http://127.0.0.1:{port}"))
            .with("VDK_CONTROL_HTTP_CONNECT_RETRIES", retries)
    };
    let run = home("2").secrets(&["--set", "a", "1"]).failed(6, "cannot be reached");
    assert_eq!(run.stderr.matches("retrying in").count(), 2, "{}", run.stderr);
    assert!(!run.stderr.contains("tried 1 "), "{}", run.stderr);
    let quiet = |run: Run| assert_eq!(run.stderr.matches("retrying in").count(), 0);
    quiet(home("0").secrets(&["--list"]).failed(6, "cannot be reached"));
    let name = Home::at("http://no-such-host.invalid").with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    name.secrets(&["--list"]).failed(6, "cannot be reached");
}

#[test]
fn reads_duplicate_keys_but_never_writes_them_back() {
    for_both_services(|service, home| {
        service.put("secrets", r#"{"a":1,"b":2,"a":3}"#);
        assert_eq!(home.all(), r#"{"a": 3, "b": 2}"#);
        home.secrets(&["--set", "c", "1"]).failed(6, "'a' occurs twice");
        assert_eq!(service.count("PUT"), 0);
        home.secrets(&["--delete-all"]).done();
        assert_eq!(home.all(), "{}");
    });
}

#[test]
fn never_panics_at_mutated_responses() {
    let service = Service::with_etags();
    let home = Home::at(&service.url())
        .with("VDK_CONTROL_HTTP_READ_TIMEOUT_SECONDS", "2")
        .with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    let good = response(
        200,
        "ETag: \"7\"\r\nRetry-After: 1\r\n",
        r#"{"a":[1,{"b":"ü\ud83d\ude00"}],"c":1e5}"#,
    );
    // A small generator with a fixed seed sends the same responses in every run.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for _ in 0..1000 {
        let mut bytes = good.clone();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            match random(5) {
                0 => bytes[at] = u8::try_from(random(256)).unwrap(),
                1 => bytes.truncate(at.max(1)),
                2 => bytes.insert(at, u8::try_from(random(256)).unwrap()),
                3 => drop(bytes.remove(at)),
                _ => bytes.extend_from_within(at..),
            }
            if bytes.is_empty() {
                bytes.push(b'\n');
            }
        }
        service.next("GET", [Fault::Raw(bytes.clone())]);
        let run = home.secrets(&["--get-all", "-o", "json"]);
        let known = [0, 2, 3, 4, 5, 6].contains(&run.code);
        assert!(
            known && !run.stderr.contains("panicked"),
            "{run:?} to {:?}",
            bytes.escape_ascii().to_string()
        );
    }
}
