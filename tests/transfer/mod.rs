//! Tests of `diff`, `copy` and `move` between jobs, teams, collections, versions, files and services.

mod copy;
mod diff;
mod migrate;
mod moves;

use vdk_testing::{Home, Run};

/// Values of every type, in the spelling that was stored.
const VALUES: &str = r#"{"text": "it's \"x\"\n\u2603", "n": 1.50, "big": 123456789012345678901234567890, "list": [1, {"b": null}], "t": true, "": "empty", "a/b c": "x"}"#;

/// Runs `vdk secrets -t t -n JOB` with `args`.
fn secrets(home: &Home, job: &str, args: &[&str]) -> Run {
    home.run([&["secrets", "-t", "t", "-n", job], args].concat())
}

/// Stores the secrets of a job, at the place of the home.
fn store(home: &Home, job: &str, json: &str) {
    let words = ["secrets", "-t", "t", "-n", job, "--overwrite-all", "-", "-y"];
    home.run_with(words, json).done();
}

/// Returns the secrets of a job as JSON.
fn all(home: &Home, job: &str, more: &[&str]) -> String {
    let run = secrets(home, job, &[&["--get-all", "-o", "json"], more].concat());
    run.done().stdout.trim_end().to_string()
}
