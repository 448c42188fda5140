//! What the command line does when services and networks fail: it ends, tells the truth, and loses
//! nothing.

use vdk_testing::port::free_port;
use vdk_testing::scripted_service::{Fault, Service, response};
use vdk_testing::{Home, Run};

const HTML: &str = "<html>Please log in</html>";

fn both(test: impl Fn(&Service, &Home)) {
    both_within("30", test);
}

/// With this limit for a request; a short one is for what is not answered at all.
fn both_within(seconds: &str, test: impl Fn(&Service, &Home)) {
    for service in [Service::with_etags(), Service::plain()] {
        let home = Home::at(&service.url())
            .with("VDK_CONTROL_HTTP_READ_TIMEOUT_SECONDS", seconds)
            .with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "2");
        test(&service, &home);
    }
}

#[test]
fn passing_failures_are_retried_and_told() {
    both(|service, home| {
        let busy = |status| Fault::Answer(status, "", "");
        for (status, method) in
            [(429, "GET"), (502, "GET"), (503, "GET"), (504, "GET"), (503, "PUT"), (429, "PUT")]
        {
            service.next(method, [busy(status)]);
            let run = home.secrets(&["--set", &format!("k{status}{method}"), "v"]).done();
            let lines = run.stderr.lines().filter(|line| line.contains("trying again")).count();
            assert_eq!(lines, 1, "{}", run.stderr);
        }
        service.next("GET", [Fault::Reset, Fault::Reset]);
        assert_eq!(home.secrets(&["--list", "-o", "json"]).done().stdout.matches("k5").count(), 4);
    });
}

#[test]
fn a_service_that_lost_its_storage_while_it_wrote_is_asked_before_anything_is_repeated() {
    both(|service, home| {
        home.secrets(&["--set", "a", "1", "--set", "b", "2"]).done();
        service.next("PUT", [Fault::AppliedThen(503)]);
        // A blind repetition would not find the key any more.
        home.secrets(&["--delete", "a"]).done();
        assert_eq!(home.all(), "{\"b\": \"2\"}");
        assert_eq!(service.count("PUT"), 2);
    });
}

#[test]
fn other_statuses_are_told_at_once_with_the_services_words() {
    let body = r#"{"what":"W1","why":"W2","consequences":"W3","countermeasures":"W4"}"#;
    for (status, code) in [(400, 2), (401, 3), (403, 3), (404, 4), (409, 5), (500, 6), (501, 6)] {
        both(|service, home| {
            service.next("GET", [Fault::Answer(status, "", body)]);
            let run = home.secrets(&["--list"]).failed(code, "W1");
            for word in ["W2", "W3", "W4", &status.to_string(), "op id"] {
                assert!(run.stderr.contains(word), "no {word} in {}", run.stderr);
            }
            service.next("PUT", [Fault::Answer(status, "", body)]);
            home.secrets(&["--set", "a", "1"]).failed(code, "W2");
            // After 500 it looks whether the write was stored all the same.
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
fn a_steady_failure_keeps_the_services_words() {
    both(|service, home| {
        service
            .always("GET", Fault::Answer(503, "", r#"{"what":"Sealed","why":"vault is sealed"}"#));
        let run = home.secrets(&["--list"]).failed(6, "vault is sealed");
        assert!(run.stderr.contains("tried 3 times"), "{}", run.stderr);
        assert_eq!(service.count("GET"), 3);
    });
}

#[test]
fn retry_after_is_obeyed_or_told() {
    both(|service, home| {
        service.next("GET", [Fault::Answer(503, "Retry-After: 0\r\n", "")]);
        home.secrets(&["--list"]).done();
        service.next("GET", [Fault::Answer(429, "Retry-After: 3600\r\n", "")]);
        home.secrets(&["--list"]).failed(6, "3600 seconds");
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
fn a_size_over_the_services_limit_is_told_with_both_numbers() {
    both(|service, home| {
        let body = r#"{"what":"Too large","why":"Secret size exceeds configured limit of:1000"}"#;
        service.next("PUT", [Fault::Answer(413, "", body)]);
        let run = home.secrets(&["--set", "a", "geheim"]).failed(2, "limit of:1000");
        assert!(run.stderr.contains("14 bytes"), "{}", run.stderr);
    });
}

#[test]
fn answers_that_make_no_sense_are_named_and_nothing_is_written() {
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
        both(|service, home| {
            service.always("GET", fault.clone());
            home.secrets(&["--set", "a", "1"]).failed(6, words);
            let run = home.secrets(&["--list"]).failed(6, words);
            assert!(run.stderr.contains(&service.url()), "{}", run.stderr);
            assert_eq!(service.count("PUT"), 0);
        });
    }
}

#[test]
fn answers_out_of_bounds_are_refused() {
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
        both_within(limit, |service, home| {
            service.always("GET", fault.clone());
            let run = home.secrets(&["--list"]);
            assert!(run.code == 6, "{run:?}");
        });
    }
}

#[test]
fn silence_and_dripping_end_in_time() {
    for fault in [Fault::Hang, Fault::Drip, Fault::Endless(b"HTTP/1.1 200 OK\r\n".to_vec())] {
        both_within("2", |service, home| {
            service.always("GET", fault.clone());
            let started = std::time::Instant::now();
            home.secrets(&["--list"]).failed(6, "http://127.0.0.1");
            assert!(started.elapsed().as_secs() < 60, "the limit was 2 s");
        });
    }
}

#[test]
fn redirects_are_never_followed_and_nothing_reaches_their_target() {
    let target = Service::plain();
    for status in [301, 302, 303, 307, 308] {
        for method in ["GET", "PUT"] {
            let location: &'static str = format!("Location: {}/x\r\n", target.url()).leak();
            both(|service, home| {
                service.next(method, [Fault::Answer(status, location, "")]);
                home.secrets(&["--set", "a", "geheim"]).failed(6, "redirects to");
                assert_eq!(service.stored("secrets"), "{}");
            });
        }
    }
    assert!(target.requests().is_empty());
}

#[test]
fn a_write_of_unknown_outcome_is_looked_up_and_never_repeated_blindly() {
    both(|service, home| {
        // Applied, and the answer lost: found by reading, not written again.
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
        // Not applied: written again after reading again, on top of what another wrote meanwhile.
        service.next("PUT", [Fault::Reset]);
        home.secrets(&["--set", "b", "2"]).done();
        service.next("PUT", [Fault::Answer(502, "", "")]);
        home.secrets(&["--delete", "b"]).done();
        assert_eq!(home.all(), r#"{"a": "1"}"#);
    });
}

#[test]
fn what_another_writes_after_a_lost_answer_is_kept() {
    both(|service, home| {
        service.next("PUT", [Fault::AppliedThenReset]);
        // The next read finds the other's key beside ours.
        service.next("GET", [Fault::Foreign("first"), Fault::Foreign("second")]);
        home.secrets(&["--set", "a", "1"]).done();
        assert_eq!(home.all(), r#"{"first": "theirs", "a": "1", "second": "theirs"}"#);
        assert_eq!(service.count("PUT"), 1);
    });
}

#[test]
fn an_outcome_that_stays_unknown_is_exit_7() {
    both(|service, home| {
        service.always("PUT", Fault::AppliedThenReset);
        service.next("GET", [Fault::Answer(200, "", "{}")]);
        service.always("GET", Fault::Answer(500, "", ""));
        home.secrets(&["--set", "a", "geheim"])
            .failed(7, "not known whether the change was stored");
    });
    both(|service, home| {
        service.always("PUT", Fault::Answer(200, "", HTML));
        home.secrets(&["--set", "a", "1"]).failed(6, "HTML");
        assert_eq!(service.stored("secrets"), "{}", "as it says");
    });
}

#[test]
fn what_fails_after_a_write_of_unknown_outcome_is_exit_7() {
    both(|service, home| {
        service.next("PUT", [Fault::Reset, Fault::Answer(403, "", "")]);
        let run = home.secrets(&["--set", "a", "1"]).failed(7, "403");
        assert!(!run.stderr.contains("Nothing was changed"), "{}", run.stderr);
        service.put("secrets", r#"{"n":9007199254740992}"#);
        service.always("PUT", Fault::Answer(502, "", ""));
        home.secrets(&["--set", "n", "9007199254740993"]).failed(7, "502");
    });
}

#[test]
fn failures_that_are_compressed_are_still_failures() {
    both(|service, home| {
        let gzip = |status| Fault::Answer(status, "Content-Encoding: gzip\r\n", "xx");
        service.next("GET", [gzip(401)]);
        home.secrets(&["--list"]).failed(3, "401");
        service.next("PUT", [gzip(403)]);
        home.secrets(&["--set", "a", "1"]).failed(3, "403");
        assert_eq!(service.count("PUT"), 1);
    });
}

#[test]
fn another_writer_in_between_loses_nothing() {
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
fn a_conflict_that_never_ends_is_exit_5() {
    let service = Service::with_etags();
    let home = Home::at(&service.url());
    service.always("PUT", Fault::Foreign("again"));
    home.secrets(&["--set", "a", "1"]).failed(5, "could not be stored");
    assert!(service.count("PUT") <= 50);
}

#[test]
fn a_service_that_acknowledges_and_stores_nothing_is_found_out() {
    let service = Service::plain();
    let home = Home::at(&service.url());
    service.always("PUT", Fault::Lie);
    home.secrets(&["--set", "a", "1"]).failed(6, "does not keep what it was sent");
    assert_eq!(service.count("PUT"), 2);
}

#[test]
fn nobody_there() {
    let port = free_port();
    let home = |retries: &str| {
        Home::at(&format!("http://127.0.0.1:{port}"))
            .with("VDK_CONTROL_HTTP_CONNECT_RETRIES", retries)
    };
    let run = home("2").secrets(&["--set", "a", "1"]).failed(6, "cannot be reached");
    assert_eq!(run.stderr.matches("trying again").count(), 2, "{}", run.stderr);
    assert!(!run.stderr.contains("tried 1 "), "{}", run.stderr);
    let quiet = |run: Run| assert_eq!(run.stderr.matches("trying again").count(), 0);
    quiet(home("0").secrets(&["--list"]).failed(6, "cannot be reached"));
    let name = Home::at("http://no-such-host.invalid").with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    name.secrets(&["--list"]).failed(6, "cannot be reached");
}

#[test]
fn duplicate_keys_are_read_but_never_written_back() {
    both(|service, home| {
        service.put("secrets", r#"{"a":1,"b":2,"a":3}"#);
        assert_eq!(home.all(), r#"{"a": 3, "b": 2}"#);
        home.secrets(&["--set", "c", "1"]).failed(6, "'a' stands twice");
        assert_eq!(service.count("PUT"), 0);
        home.secrets(&["--delete-all"]).done();
        assert_eq!(home.all(), "{}");
    });
}

#[test]
fn no_answer_makes_it_panic() {
    let service = Service::with_etags();
    let home = Home::at(&service.url())
        .with("VDK_CONTROL_HTTP_READ_TIMEOUT_SECONDS", "2")
        .with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    let good = response(
        200,
        "ETag: \"7\"\r\nRetry-After: 1\r\n",
        r#"{"a":[1,{"b":"ü\ud83d\ude00"}],"c":1e5}"#,
    );
    // A small generator with a fixed start: every run sends the same answers.
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
