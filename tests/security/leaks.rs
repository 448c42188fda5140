//! Passes one marker through every kind of input and checks that only a request for the value shows
//! it.

use std::path::Path;

use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::{Home, Run};

const MARK: &str = "MARK-sEcReT-77";

fn assert_no_mark(run: &Run) {
    assert!(!run.stderr.contains("MARK"), "{}", run.stderr);
}

/// Returns the files below `folder` that contain the marker.
fn files_with_mark(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with_mark(&path));
        } else if std::fs::read(&path).unwrap().windows(4).any(|bytes| bytes == b"MARK") {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn shows_values_and_tokens_only_on_request() {
    for service in [Service::with_etags(), Service::plain()] {
        for url in ["local".to_string(), service.url()] {
            let home = Home::at(&url)
                .with("RUST_LOG", "trace")
                .with("RUST_BACKTRACE", "full")
                .with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "1");
            if url != "local" {
                let token = format!(
                    "{{\"access_token\":\"{MARK}-token\",\"access_token_expiration_time\":1e11}}"
                );
                home.write_config("vdk-cred.json", token);
            }
            let job = ["-v", "DEBUG", "secrets", "-n", "j", "-t", "t"];
            let run = |args: &[&str]| home.run([&job[..], args].concat());
            let with = |args: &[&str], input: &str| home.run_with([&job[..], args].concat(), input);
            let json = format!("{{\"a\": \"{MARK}\", \"n\": 5, \"o\": {{\"x\": \"{MARK}\"}}}}");
            for done in [
                run(&["--set", "a", MARK]).done(),
                with(&["--set", "b"], &format!("{MARK}\n")).done(),
                with(&["--set-file", "c", "-"], MARK).done(),
                run(&["--set-json", "d", &json]).done(),
                with(&["--overwrite-all", "-"], &json).done(),
                run(&["--set", "a", MARK, "--dry-run"]).done(),
                run(&["--list"]).done(),
                run(&["--list", "-o", "json"]).done(),
            ] {
                assert_no_mark(&done);
                assert!(!done.stdout.contains("MARK"), "{}", done.stdout);
            }
            for asked in
                [&["--get", "a"][..], &["--get-all"], &["--list", "--show-secrets", "-o", "yaml"]]
            {
                let shown = run(asked).done();
                assert_no_mark(&shown);
                assert!(shown.stdout.contains(MARK));
            }
            for refused in [
                run(&["--set", "n", MARK]),
                run(&["--set", "o", MARK]),
                run(&["--set", "a", "two", MARK]),
                run(&["--set-json", "a", MARK]),
                run(&["--set-json", "a", &format!("{{\"{MARK}\"")]),
                with(&["--overwrite-all", "-"], &format!("[\"{MARK}\"]")),
                with(&["--overwrite-all", "-"], &format!("\"{MARK}\"")),
                with(&["--overwrite-all", "-"], &format!("{{\"a\": \"{MARK}")),
                with(&["--overwrite-all", "-"], &format!("{{\"a\": {MARK}}}")),
                run(&["--set", "a", MARK, "--delete", "nope"]),
                run(&["--set", "a", MARK, "--list"]),
                run(&["--set", "a", MARK, "--nope"]),
                run(&["-u", &format!("http://user:{MARK}@127.0.0.1:1"), "--list"]),
            ] {
                assert_ne!(refused.code, 0);
                assert_no_mark(&refused);
                assert_eq!(refused.stdout, "");
            }
            assert_eq!(
                files_with_mark(&home.config("")).len(),
                usize::from(url != "local"),
                "the token's file alone"
            );
        }
    }
}

#[test]
fn redacts_values_that_a_service_echoes() {
    let echo: &'static str =
        format!("{{\"what\":\"bad {MARK}\",\"why\":\"body was {{\\\"a\\\":\\\"{MARK}\\\"}}\"}}")
            .leak();
    let location: &'static str = format!("Location: /{MARK}\r\n").leak();
    let raw: &'static str = format!("<html>{MARK}</html>").leak();
    for status in [302, 307, 400, 401, 403, 404, 409, 413, 429, 500, 502, 503, 504] {
        for (headers, body) in [("", echo), ("", raw), (location, "")] {
            let service = Service::plain();
            let home = Home::at(&service.url()).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "1");
            service.always("PUT", Fault::Answer(status, headers, body));
            let run = home.run(["-d", "secrets", "-n", "j", "-t", "t", "--set", "a", MARK]);
            assert_ne!(run.code, 0);
            assert_no_mark(&run);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn disables_core_dumps() {
    let service = Service::plain();
    service.always("GET", Fault::Hang);
    let home = Home::at(&service.url());
    let mut child = home.command(["secrets", "-n", "j", "-t", "t", "--list"]).spawn().unwrap();
    vdk_testing::wait::eventually("it asks", || service.count("GET") > 0);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    // A program that is run gets the hard limit.
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
}
