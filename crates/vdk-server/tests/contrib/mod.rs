//! Tests of the files in `contrib/`: the tools that read them accept them, and the service works
//! with what they say.

mod containers;
mod logrotate;
mod monitoring;
mod nginx;
#[cfg(target_os = "linux")]
mod systemd;

use std::path::PathBuf;
use std::process::Command;

/// Returns the path of a file in `contrib/`.
fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../contrib")).join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

/// Returns a file with some of its text replaced. Each part must be there.
#[track_caller]
fn adapted(name: &str, parts: &[(&str, &str)]) -> String {
    parts.iter().fold(read(name), |text, (from, to)| {
        assert!(text.contains(from), "no {from} in {name}");
        text.replace(from, to)
    })
}

/// Runs a command that must succeed. Returns its stdout and its stderr.
#[track_caller]
fn run(command: &mut Command) -> (String, String) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, said) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{command:?}: {out}{said}");
    (out, said)
}
