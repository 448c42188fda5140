//! Tests that values are removed from logs, and that data stays as it is.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use vdk_testing::session::Session;
use vdk_testing::wait::eventually;

use super::{exec, with_secrets};

const VALUES: &str = r#"{"password": "s3cret-value", "word": "prod", "n": 123456789, "pem": "-----BEGIN\nsecond-line\nx"}"#;

#[test]
fn removes_values_from_stderr_and_leaves_stdout() {
    let home = with_secrets(VALUES);
    let script = "echo $PASSWORD; for c in s 3 c r e t - v a l u e; do printf %s $c >&2; done; \
                  echo \" $WORD $N second-line\" >&2";
    let run = exec(&home, &["sh", "-c", script]).done();
    assert_eq!(
        (run.stdout.as_str(), run.stderr.as_str()),
        ("s3cret-value\n", "*** prod *** ***\n")
    );
    let run = exec(&home, &["--redact", "always", "sh", "-c", script]).done();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("***\n", "*** prod *** ***\n"));
    let run = exec(&home, &["--redact", "never", "sh", "-c", script]).done();
    assert!(run.stderr.starts_with("s3cret-value prod 123456789"), "{run:?}");
}

#[test]
fn removes_the_encoded_forms_of_values() {
    let home = with_secrets(r#"{"password": "p&ss\"word"}"#);
    let script =
        "printf '%s ' 'p%26ss%22word' 'p&ss\\\"word' \"$(printf %s \"$PASSWORD\" | base64)\" >&2";
    let run = exec(&home, &["sh", "-c", script]).done();
    assert_eq!(run.stderr, "*** *** *** ");
}

#[test]
fn keeps_the_order_of_streams_that_are_one() {
    let home = with_secrets(VALUES);
    let log = home.path().join("log");
    let script = "for n in 1 2 3 4 5 6 7 8 9; do echo out$n; echo $PASSWORD$n >&2; done";
    let file = std::fs::File::create(&log).unwrap();
    let mut command = home.command(["secrets", "-n", "j", "-t", "t", "exec", "sh", "-c", script]);
    command.stdout(file.try_clone().unwrap()).stderr(file);
    assert!(command.status().unwrap().success());
    let expected: String = (1..10).map(|n| format!("out{n}\n***{n}\n")).collect();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), expected);
}

#[test]
fn passes_a_gibibyte_on_unchanged() {
    let home = with_secrets(VALUES);
    let words = ["secrets", "-n", "j", "-t", "t", "exec", "--redact", "always"];
    let mut command = home.command(words);
    command.args(["cat"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let chunk: Vec<u8> =
        (0..1 << 20).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let sent = chunk.clone();
    let writer = std::thread::spawn(move || {
        for _ in 0..1024 {
            input.write_all(&sent).unwrap();
        }
    });
    let mut part = vec![0; chunk.len()];
    for _ in 0..1024 {
        output.read_exact(&mut part).unwrap();
        assert!(part == chunk, "bytes changed");
    }
    writer.join().unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn refuses_to_redact_a_terminal() {
    let home = with_secrets(VALUES);
    let args = ["secrets", "-n", "j", "-t", "t", "exec", "--redact", "always", "true"];
    let (status, screen) = Session::start(&home, &args).end();
    assert_eq!(status.code(), Some(2), "{screen}");
    assert!(screen.contains("--redact always needs a pipe"), "{screen}");
}

#[test]
fn does_not_wait_for_programs_in_the_background() {
    let home = with_secrets(VALUES);
    let mut command = home.command(["secrets", "-n", "j", "-t", "t", "exec"]);
    // The background program holds the pipe until its standard input ends.
    command.args(["sh", "-c", "cat <&3 & exit 5"]);
    let (reader, writer) = std::io::pipe().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec 3<&0; exec \"$@\" </dev/null", "sh"]).stdin(reader);
    shell.arg(command.get_program()).args(command.get_args()).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let status = output.wait_with_output().unwrap().status;
    assert_eq!(status.code(), Some(5));
    drop(writer);
}

/// Starts a program that writes more than a pipe holds, and returns vdk when the program has ended:
/// nobody reads its output.
fn unread(home: &vdk_testing::Home) -> std::process::Child {
    let mut command = home.command(["secrets", "-n", "j", "-t", "t", "exec", "--redact", "always"]);
    command.args(["sh", "-c", "head -c 125000 /dev/zero; : >ended"]).stderr(Stdio::piped());
    let vdk = command.stdout(Stdio::piped()).spawn().unwrap();
    let children = format!("/proc/{0}/task/{0}/children", vdk.id());
    let ended = home.path().join("ended");
    eventually("the program has ended", || {
        ended.exists() && std::fs::read_to_string(&children).unwrap().is_empty()
    });
    vdk
}

#[test]
fn passes_all_output_on_to_a_slow_reader() {
    let home = with_secrets(VALUES);
    let mut vdk = unread(&home);
    // Longer than programs in the background are waited for.
    std::thread::sleep(std::time::Duration::from_secs(3));
    let mut output = Vec::new();
    vdk.stdout.take().unwrap().read_to_end(&mut output).unwrap();
    assert_eq!(output.len(), 125_000);
    assert!(vdk.wait().unwrap().success());
}

#[test]
fn ends_on_a_signal_while_nobody_reads_the_output() {
    let home = with_secrets(VALUES);
    let mut vdk = unread(&home);
    kill_process(Pid::from_child(&vdk), Signal::TERM).unwrap();
    assert_eq!(vdk.wait().unwrap().signal(), Some(15));
}

#[test]
fn ends_while_a_program_in_the_background_still_writes() {
    let home = with_secrets(VALUES);
    let mut command = home.command(["secrets", "-n", "j", "-t", "t", "exec", "--redact", "always"]);
    command.args(["sh", "-c", "yes >&2 & exit 5"]).stdout(Stdio::null()).stderr(Stdio::piped());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(5));
}
