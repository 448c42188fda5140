//! Tests of `exec`: what the program gets, and that it behaves as without vdk.

mod environment;
mod files;
mod redaction;
mod rejected;
mod signals;

use std::collections::BTreeMap;

use vdk_testing::{Home, Run};

/// Returns a home whose job `j` has these secrets, given as a JSON object.
fn with_secrets(json: &str) -> Home {
    let home = Home::at("local");
    let run = home.run_with(["secrets", "-n", "j", "-t", "t", "--overwrite-all", "-", "-y"], json);
    run.done();
    home
}

/// Runs `exec` with `args`.
fn exec(home: &Home, args: &[&str]) -> Run {
    home.secrets(&[&["exec"], args].concat())
}

/// Runs `exec` with the options and returns the environment of the program.
fn environment(home: &Home, options: &[&str]) -> BTreeMap<String, String> {
    parsed(&exec(home, &[options, &["env", "-0"]].concat()).done().stdout)
}

fn parsed(env: &str) -> BTreeMap<String, String> {
    let pairs = env.split_terminator('\0').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.into(), value.into())).collect()
}
