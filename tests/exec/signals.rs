//! Tests signals, job control and terminals: a program behaves as without vdk.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use vdk_testing::Home;
use vdk_testing::control_service::has_stopped;
use vdk_testing::session::Session;
use vdk_testing::wait::eventually;

use super::{exec, with_secrets};

const WORDS: [&str; 7] = ["secrets", "-n", "j", "-t", "t", "exec", "--redact"];

fn home() -> Home {
    with_secrets(r#"{"password": "s3cret-value"}"#)
}

#[test]
fn ends_by_the_signal_that_ended_the_program() {
    let home = home();
    for redact in ["auto", "never"] {
        let mut command =
            home.command([&WORDS[..], &[redact, "sh", "-c", "kill -SEGV $$"]].concat());
        let status = command.stderr(Stdio::piped()).output().unwrap().status;
        assert_eq!(status.signal(), Some(11), "{status:?}");
    }
}

#[test]
fn passes_signals_of_others_to_the_program() {
    let home = home();
    for redact in ["auto", "never"] {
        for (signal, name) in [
            (Signal::TERM, "TERM"),
            (Signal::INT, "INT"),
            (Signal::QUIT, "QUIT"),
            (Signal::HUP, "HUP"),
            (Signal::USR1, "USR1"),
            (Signal::USR2, "USR2"),
            (Signal::WINCH, "WINCH"),
            (Signal::ALARM, "ALRM"),
        ] {
            // The program ends by itself if the signal does not come.
            let script = format!(
                "trap 'exit 42' {name}; echo ready; for n in $(seq 600); do sleep 0.1; done; exit 1"
            );
            let mut command = home.command([&WORDS[..], &[redact, "sh", "-c", &script]].concat());
            let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            assert_eq!(line, "ready\n");
            kill_process(Pid::from_child(&child), signal).unwrap();
            let code = child.wait().unwrap().code();
            assert_eq!(code, Some(42), "{redact} {name}");
        }
    }
}

#[test]
fn leaves_control_c_to_the_program() {
    let home = home();
    // stderr is a file in the second case, so that vdk stays as the parent.
    for redirection in ["", " 2>log"] {
        let script = format!(
            "trap : INT; $VDK secrets -n j -t t exec sh -c 'trap \"got=1; echo got-it\" INT; echo ready; \
             until [ \"$got\" ]; do sleep 0.02; done; \
             read -r line; echo \"read: $line\"; exit 7'{redirection}; echo code $?"
        );
        let mut session = Session::shell(&home, &script);
        session.expect("ready").send("\u{3}").expect("got-it");
        session.send("one\r").expect("read: one").expect("code 7");
        let (_, screen) = session.end();
        assert_eq!(screen.matches("got-it").count(), 1, "{screen}");
    }
}

#[test]
fn stops_and_goes_on_with_the_program() {
    let home = home();
    for redirection in ["", " 2>log"] {
        // With the prompt, the shell is ready to read: what comes earlier may be lost.
        let mut session = Session::shell(&home, "PS1='@@ ' exec bash --norc -i");
        session.expect("@@ ").send(format!(
            "$VDK secrets -n j -t t exec sh -c 'echo $$ >pid; echo rea\"\"dy; read -r line; \
             echo \"read: $line\"'{redirection}\r"
        ));
        session.expect("ready").send("\u{1a}").expect("Stopped").expect_times("@@ ", 2);
        // The shell waits for vdk only: until the program has stopped too, it may read what is typed.
        let pid = std::fs::read_to_string(home.path().join("pid")).unwrap();
        eventually("it has stopped", || has_stopped(pid.trim()));
        session.send("fg\r").expect("fg\r\n$VDK").send("two\r").expect("read: two");
        session.send("exit 0\r");
        let (status, screen) = session.end();
        assert!(status.success(), "{screen}");
    }
}

#[test]
fn gives_the_program_the_terminal() {
    let home = home().with("TERM", "xterm");
    let ask =
        "tty; stty size; ls -d --color=auto /; test -t 0 && test -t 1 && test -t 2 && echo all";
    // With a file, vdk stays the parent of the program.
    let exec = "$VDK secrets -n j -t t exec";
    let script = format!(
        "sh -c '{ask}'; echo --; {exec} -- sh -c '{ask}'; echo --; \
         {exec} --file password=FILE -- sh -c '{ask}'; echo --"
    );
    let (_, screen) = Session::shell(&home, &script).end();
    let parts: Vec<_> = screen.split("--").map(str::trim).collect();
    assert_eq!((parts[0], parts[0]), (parts[1], parts[2]), "{screen}");
    assert!(parts[0].ends_with("all") && parts[0].contains("\u{1b}["), "{screen:?}");
}

#[test]
fn works_with_closed_streams() {
    let home = home();
    for redact in ["auto", "never"] {
        let script = format!(
            "\"$0\" secrets -n j -t t exec --redact {redact} -- sh -c 'exit 9' <&- >&- 2>&-"
        );
        let mut command = home.command(["x"]);
        let vdk = command.get_program().to_owned();
        command = {
            let mut shell = Command::new("sh");
            shell.args(["-c", &script]).arg(vdk).env_clear();
            shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            shell
        };
        assert_eq!(command.status().unwrap().code(), Some(9));
    }
}

#[test]
fn passes_large_input_to_the_program() {
    let home = home();
    let input = vec![b'x'; 100 << 20];
    for redact in ["auto", "never"] {
        let run = home.run_with([&WORDS[..], &[redact, "wc", "-c"]].concat(), &input).done();
        assert_eq!(run.stdout.trim(), input.len().to_string());
    }
}

#[test]
fn restores_the_limit_of_core_dumps() {
    let home = home();
    for redact in ["auto", "never"] {
        let command = home.command([&WORDS[..], &[redact, "sh", "-c", "ulimit -c"]].concat());
        let run = vdk_testing::finish(vdk_testing::with_core_dumps(command)).done();
        let outside = Command::new("sh")
            .args(["-c", "ulimit -c unlimited 2>/dev/null; ulimit -c"])
            .output()
            .unwrap();
        assert_eq!(run.stdout.as_bytes(), outside.stdout);
    }
    let run = exec(&home, &["sh", "-c", "umask"]).done();
    let outside = Command::new("sh").args(["-c", "umask"]).output().unwrap();
    assert_eq!(run.stdout.as_bytes(), outside.stdout);
}

#[test]
#[ignore = "needs root: ./tests/run"]
fn reaps_orphans_and_ends_on_a_signal_as_the_first_process() {
    let home = home();
    let in_namespace = |redact: &str, script: &str| {
        let command = home.command([&WORDS[..], &[redact, "sh", "-c", script]].concat());
        let mut unshare = Command::new("unshare");
        unshare.args(["-pf", "--mount-proc"]).arg(command.get_program()).args(command.get_args());
        unshare.env_clear().current_dir(home.path());
        unshare.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        unshare.stderr(Stdio::piped()).stdout(Stdio::piped()).output().unwrap()
    };
    // The orphan ends, and is no zombie then.
    let orphan = "(sh -c 'exit 0' & echo $! > pid); pid=$(cat pid); \
                  while [ -e /proc/$pid ]; do read -r state < /proc/$pid/stat; done; exit 6";
    let output = in_namespace("auto", orphan);
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    let output = in_namespace("auto", "kill -TERM $$");
    assert_eq!(output.status.code(), Some(128 + 15), "{output:?}");
    // The first process of a namespace gets only signals that it has a handler for.
    let trap = "trap 'exit 42' TERM; kill -TERM 1; while :; do sleep 0.01; done";
    let output = in_namespace("auto", trap);
    assert_eq!(output.status.code(), Some(42), "{output:?}");
    let output = in_namespace("never", "exit 5");
    assert_eq!(output.status.code(), Some(5), "{output:?}");
}
