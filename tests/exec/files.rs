//! Tests values in files.

use std::path::Path;

use vdk_testing::Home;
use vdk_testing::wait::eventually;

use super::{exec, with_secrets};

const SCRIPT: &str = "stat -c '%a %a' \"$F\"; stat -c %a \"$(dirname \"$F\")\"; \
                      stat -f -c %T \"$F\"; echo \"$F\"; cat \"$F\"";

fn leftovers(root: &Path) -> usize {
    let names = std::fs::read_dir(root).unwrap().flatten().map(|entry| entry.file_name());
    names.filter(|name| name.to_string_lossy().starts_with("vdk-exec-")).count()
}

/// Returns a home with a folder for the files that is in memory, and of this test alone.
fn with_folder(json: &str) -> (Home, tempfile::TempDir) {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let home = with_secrets(json).with("XDG_RUNTIME_DIR", folder.path().to_str().unwrap());
    (home, folder)
}

#[test]
fn writes_a_value_to_a_private_file_in_memory_and_removes_it() {
    let long = "x".repeat(200 * 1024);
    let (home, folder) = with_folder(&format!(r#"{{"k/1": "a\u0000b", "long": "{long}"}}"#));
    let args = ["--only", "k/1", "--file", "k/1=F", "sh", "-c", SCRIPT];
    let run = exec(&home, &args).done();
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines[..3], ["600 600", "700", "tmpfs"], "{run:?}");
    assert!(Path::new(lines[3]).starts_with(folder.path()) && lines[3].ends_with("k_1"), "{run:?}");
    assert!(run.stdout.ends_with("\na\0b"), "{run:?}");
    assert_eq!(leftovers(folder.path()), 0);
    let run = exec(&home, &["--except", "k/1", "--file", "long=F", "sh", "-c", "wc -c < $F"]);
    assert_eq!(run.done().stdout.trim(), "204800");
    // A key in a file is in no variable.
    let run =
        exec(&home, &["--except", "k/1", "--file", "long=F", "sh", "-c", "env | wc -c"]).done();
    assert!(run.stdout.trim().parse::<usize>().unwrap() < 10_000, "{run:?}");
}

#[test]
fn removes_the_files_of_a_vdk_that_was_killed() {
    let (home, folder) = with_folder(r#"{"key": "value-1"}"#);
    let mut command = home.command(["secrets", "-n", "j", "-t", "t", "exec", "--file", "key=F"]);
    // The program ends when its standard input does.
    command.args(["sh", "-c", "cat > /dev/null"]).stdin(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    eventually("there is a file", || leftovers(folder.path()) == 1);
    exec(&home, &["true"]).done();
    assert_eq!(leftovers(folder.path()), 1, "that of a running program stays");
    child.kill().unwrap();
    child.wait().unwrap();
    exec(&home, &["true"]).done();
    assert_eq!(leftovers(folder.path()), 0);
    drop(child.stdin.take());
}

#[test]
fn removes_the_files_when_a_signal_ends_the_program() {
    let (home, folder) = with_folder(r#"{"key": "value-1"}"#);
    let run = exec(&home, &["--file", "key=F", "sh", "-c", "kill -TERM $$"]);
    assert_eq!(run.code, -1, "a signal ended it: {run:?}");
    assert_eq!(leftovers(folder.path()), 0);
    exec(&home, &["--file", "key=F", "no-such-program"]).failed(127, "Cannot run");
    assert_eq!(leftovers(folder.path()), 0);
}
