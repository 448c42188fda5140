//! Tests of what is known of secrets beside their values.

mod acceptance;
mod carry;
mod describe;
mod expiring;
mod generate;
mod keys_file;
mod rotate;

pub use describe::check as check_describe;
pub use expiring::check as check_expiring;
pub use rotate::check as check_rotate;

use serde_json::Value;
use vdk_testing::{Home, Run};

/// The value in all tests, which no output has.
const SECRET: &str = "geheim-7";

/// Runs `vdk secrets -n j -t t` with these words, and checks that it shows no value.
fn secrets(home: &Home, line: &str) -> Run {
    let words = ["secrets", "-n", "j", "-t", "t"].into_iter();
    let run = home.run(words.chain(line.split(' ').filter(|word| !word.is_empty())));
    assert!(!run.stdout.contains(SECRET) && !run.stderr.contains(SECRET), "{run:?}");
    run
}

/// Checks that a command line was refused with these words.
fn refused(run: &Run, words: &str) {
    assert!(run.code == 2 && run.stdout.is_empty() && run.stderr.contains(words), "{run:?}");
}

/// Returns the metadata of a key as `describe -o json` shows it.
fn described(home: &Home, key: &str) -> Value {
    let run = secrets(home, &format!("describe {key} -o json")).done();
    serde_json::from_str(&run.stdout).unwrap()
}

/// Returns today's day, which a test near midnight must not ask for twice.
fn today() -> String {
    let output = std::process::Command::new("date").args(["-u", "+%F"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}
