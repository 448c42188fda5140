//! Tests hidden prompts, questions before deletions, and signals on a terminal.

use std::os::unix::process::ExitStatusExt;

use vdk_testing::Home;
use vdk_testing::scripted_service::{Fault, Gate, Service};
use vdk_testing::session::Session;
use vdk_testing::wait::eventually;

const JOB: [&str; 5] = ["secrets", "-n", "j", "-t", "t"];

#[test]
fn prompts_for_a_secret_without_showing_it() {
    let home = Home::at("local");
    let mut session =
        Session::start(&home, &[&JOB[..], &["--set", "db-password", "--set", "u", "v"]].concat());
    session.expect("db-password: ");
    session.send("gehéim $x\r");
    let (status, screen) = session.end();
    assert!(status.success(), "{screen}");
    assert!(!screen.contains("geh"), "{screen}");
    assert_eq!(home.all(), "{\"u\": \"v\", \"db-password\": \"geh\\u00e9im $x\"}");

    let mut session = Session::start(&home, &[&JOB[..], &["--set-prompt", "a"]].concat());
    session.expect("a: ").send("\r");
    let (status, screen) = session.end();
    assert_eq!(status.code(), Some(2), "{screen}");
}

#[test]
fn rejects_several_pasted_lines() {
    let home = Home::at("local");
    let mut session = Session::start(&home, &[&JOB[..], &["--set", "pem"]].concat());
    session.expect("pem: ").send("-----BEGIN\rMIIgeheim\rxx\r");
    let (status, screen) = session.end();
    assert_eq!(status.code(), Some(2), "{screen}");
    assert!(screen.contains("more than one line") && !screen.contains("geheim"), "{screen}");
    assert!(!home.config("local").exists());
}

#[test]
fn restores_the_terminal_after_control_c_at_a_prompt() {
    let home = Home::at("local");
    let mut session = Session::start(&home, &[&JOB[..], &["--set", "a"]].concat());
    session.expect("a: ");
    assert!(!session.echoes(), "hidden");
    session.send("geh\u{3}");
    let status = session.child.wait().unwrap();
    assert_eq!(status.signal(), Some(2), "what a shell shows as 130");
    assert!(session.echoes(), "restored");
    assert!(!home.config("local").exists());
}

#[test]
fn ends_on_control_c_while_waiting_for_others() {
    let service = Service::with_etags();
    let home = Home::at(&service.url()).with("BROWSER", "true");
    let set = || Session::start(&home, &[&JOB[..], &["--set", "a", "1"]].concat());
    let begun = |method: &'static str| {
        let before = service.count(method);
        let session = set();
        eventually("it asks", || service.count(method) > before);
        session
    };
    let ended = |mut session: Session| {
        session.send("\u{3}");
        let (status, screen) = session.end();
        assert_eq!(status.signal(), Some(2), "{screen}");
        assert!(!screen.contains("panicked"), "{screen}");
    };
    service.always("PUT", Fault::Hang);
    ended(begun("PUT"));
    service.always("GET", Fault::Hang);
    ended(begun("GET"));
    let flags = "login -t credentials -i c -d http://127.0.0.1:9/ -e http://127.0.0.1:9/";
    let mut session = Session::start(&home, &flags.split(' ').collect::<Vec<_>>());
    // What is typed before the prompt is discarded.
    session.expect("code_challenge").expect("(hidden): ");
    ended(session);
}

#[test]
fn restores_the_terminal_after_other_signals() {
    let home = Home::at("local");
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1), ("QUIT", 3), ("USR1", 10)] {
        let mut session =
            Session::start(&home, &[&JOB[..], &["--set", "a", "--set", "b"]].concat());
        session.expect("a: ").send("1\r").expect("b: ");
        let mut kill = std::process::Command::new("kill");
        kill.args([format!("-{name}"), session.child.id().to_string()]);
        vdk_testing::finish(kill).done();
        assert_eq!(session.child.wait().unwrap().signal(), Some(number));
        assert!(session.echoes(), "restored");
    }
}

#[test]
fn asks_before_deleting_or_replacing_everything() {
    let home = Home::at("local");
    home.secrets(&["--set", "a", "1", "--set", "b", "2"]).done();
    let delete = [&JOB[..], &["--delete-all"]].concat();
    for (answer, kept) in [("n\r", true), ("\r", true), ("\u{4}", true), ("y\r", false)] {
        let mut session = Session::start(&home, &delete);
        session.expect("Delete the secrets of job 'j' (team 't') at the store on this machine");
        session.expect("all 2 keys ('a', 'b')?");
        session.expect("[y/N] ").send(answer);
        let (status, screen) = session.end();
        assert_eq!(status.code(), Some(i32::from(kept)), "{screen}");
        assert_eq!(home.all() != "{}", kept);
    }
    let file = home.file("new.json", "{\"c\": 3}");
    let mut session = Session::start(&home, &[&JOB[..], &["--overwrite-all", &file]].concat());
    session.expect("Replace the secrets").expect("1 added ('c')?").send("yes\r");
    let (status, screen) = session.end();
    assert!(status.success() && screen.contains("is kept as version 2"), "{screen}");
    let (status, screen) = Session::start(&home, &[&delete[..], &["-y"]].concat()).end();
    assert!(status.success() && !screen.contains('?'), "{screen}");
    assert_eq!(home.all(), "{}");
}

#[test]
fn asks_on_the_terminal_when_output_is_redirected() {
    let home = Home::at("local");
    let file = home.file("new.json", "{\"b\": 2}");
    home.secrets(&["--set", "a", "1"]).done();
    for what in ["--delete-all", &format!("--overwrite-all {file}"), "rollback 1"] {
        home.secrets(&["--set", "a", &format!("for {what}")]).done();
        let before = home.all();
        for outputs in ["2>&1 | cat", "2>err.log", ">out.log", ">out.log 2>&1"] {
            let line = format!("\"$VDK\" secrets -n j -t t {what} {outputs}");
            let mut session = Session::shell(&home, &line);
            session.expect("[y/N] ").send("n\r");
            session.end();
            assert_eq!(home.all(), before, "{line}");
        }
    }
    // Without a terminal to ask on, vdk changes nothing.
    let line = "setsid --wait \"$VDK\" secrets -n j -t t --delete-all; echo ended $?";
    let mut session = Session::shell(&home, line);
    session.expect("ended 2");
    let (_, screen) = session.end();
    assert!(screen.contains("/dev/tty") && screen.contains("--yes"), "{screen}");
    assert_ne!(home.all(), "{}");
}

#[test]
fn ignores_input_typed_before_a_prompt() {
    let home = Home::at("local");
    let secrets = "\"$VDK\" secrets -n j -t t";
    let mut session = Session::shell(&home, &format!("read go; exec {secrets} --set k"));
    session.send("go\nvdk secrets --list\n").expect("k: ").send("value\r");
    let (status, screen) = session.end();
    assert!(status.success(), "{screen}");
    assert_eq!(home.all(), "{\"k\": \"value\"}");
    let mut session = Session::shell(&home, &format!("read go; exec {secrets} --delete-all"));
    session.send("go\ny\n").expect("[y/N] ").send("n\r");
    let (status, screen) = session.end();
    assert_eq!(status.code(), Some(1), "{screen}");
    assert_eq!(home.all(), "{\"k\": \"value\"}");
}

#[test]
fn rejects_control_characters_and_invalid_utf_8_at_a_prompt() {
    let home = Home::at("local");
    for (typed, why) in [
        (&b"g\xe4heim\r"[..], "UTF-8"),
        (b"geheim\xe4\r", "UTF-8"),
        (b"ge\theim\r", "tab"),
        (b"ge\x1bheim\r", "escape"),
        (b"ge\x1b[Aheim\r", "escape"),
        (b"ge\x0bheim\r", "control"),
        ("ge\u{85}heim\r".as_bytes(), "control"),
    ] {
        let mut session = Session::start(&home, &[&JOB[..], &["--set", "k"]].concat());
        session.expect("k: ").send(typed);
        let (status, screen) = session.end();
        assert_eq!(status.code(), Some(2), "{typed:?}: {screen}");
        assert!(screen.contains(why) && !screen.contains("heim"), "{typed:?}: {screen}");
        assert!(!home.config("local").exists());
    }
    // Cleared characters do not count, and the line can be edited.
    let mut session = Session::start(&home, &[&JOB[..], &["--set", "k"]].concat());
    session.expect("k: ").send(b"\xe4\x1b[A\x15one twoX\x7f\x17ge\xc3\xa4\x7f\xc3\xa4x\r");
    let (status, screen) = session.end();
    assert!(status.success(), "{screen}");
    assert_eq!(home.all(), "{\"k\": \"one ge\\u00e4x\"}");
}

#[test]
fn hides_what_is_typed_after_a_stop() {
    let home = Home::at("local");
    for signal in ["TSTP", "STOP"] {
        let mut session = Session::start(&home, &[&JOB[..], &["--set", "k"]].concat());
        session.expect("k: ").send("ge");
        let pid = session.child.id();
        vdk_testing::control_service::signal(pid, signal);
        let state = || std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        eventually("it is stopped", || state().contains(") T "));
        // A shell gives the terminal back with its echo on.
        session.set_echo(true);
        // What was written comes to the terminal a little later, and is shown then.
        session.send("fg\r").expect("fg\r\n");
        vdk_testing::control_service::signal(pid, "CONT");
        session.expect_times("k: ", 2);
        assert!(!session.echoes(), "{signal}");
        session.send("geheim\r");
        let (status, screen) = session.end();
        assert!(status.success() && !screen.contains("heim"), "{signal}: {screen}");
        assert_eq!(home.all(), "{\"k\": \"geheim\"}", "{signal}");
    }
}

#[test]
fn control_z_stops_a_prompt_and_fg_continues_it() {
    let home = Home::at("local");
    let script = format!("set -m; $VDK {} --set key; echo stopped; fg; echo done", JOB.join(" "));
    let mut session = Session::shell(&home, &script);
    session.expect("key: ").send("typo\u{1a}").expect("stopped");
    session.expect_times("key: ", 2).send("geheim\r").expect("done");
    let (_, screen) = session.end();
    assert!(!screen.contains("heim"), "{screen}");
    assert_eq!(home.all(), "{\"key\": \"geheim\"}");
    // Without job control nobody would continue it.
    let mut session = Session::start(&home, &[&JOB[..], &["--set", "k"]].concat());
    session.expect("k: ").send("ge\u{1a}heim\r");
    assert_eq!(session.end().0.code(), Some(2));
}

#[test]
fn trims_answers_to_prompts() {
    let home = Home::at("local");
    home.secrets(&["--set", "a", "1"]).done();
    let mut session = Session::start(&home, &["secrets", "--list", "-o", "json"]);
    session.expect("Job Name: ").send(" j \r").expect("Job Team: ").send("\tt \r");
    let (status, screen) = session.end();
    assert!(status.success() && screen.contains("[\"a\"]"), "{screen}");
}

#[test]
fn prompts_for_job_and_team() {
    let home = Home::at("local");
    home.secrets(&["--set", "a", "1"]).done();
    let mut session = Session::start(&home, &["secrets", "--list", "-o", "json"]);
    session.expect("Job Name: ").send("j\r").expect("Job Team: ").send("t\r");
    let (status, screen) = session.end();
    assert!(status.success() && screen.contains("[\"a\"]"), "{screen}");
}

#[test]
fn reports_changes_on_a_terminal() {
    let home = Home::at("local");
    let run = |args: &[&str]| Session::start(&home, &[&JOB[..], args].concat()).end().1;
    assert!(
        run(&["--set", "user", "ana", "--set-json", "n", "5"])
            .contains("set user (3 characters), n (")
    );
    assert!(run(&["--set", "user", "ana"]).contains("nothing to change"));
    assert!(run(&["--delete", "n"]).contains("deleted n"));
    // On a terminal a raw value ends with a line feed. In a pipe it does not.
    assert!(run(&["--get", "user", "-o", "raw"]).ends_with("ana\r\n"));
    assert_eq!(home.secrets(&["--get", "user", "-o", "raw"]).done().stdout, "ana");
    let list = run(&["--set-json", "o", "{\"max\": 5}"]) + &run(&["--list", "--show-secrets"]);
    assert!(list.contains("{\"max\": 5}"), "{list}");
}

#[test]
fn asks_before_a_first_write_to_a_similar_job_name() {
    let home = Home::at("local");
    let set = |job: &str| {
        Session::start(&home, &["secrets", "-n", job, "-t", "sales", "--set", "a", "1"])
    };
    let (status, screen) = set("ingest").end();
    assert!(status.success() && !screen.contains('?'), "{screen}");
    let mut session = set("ingset");
    session.expect("but job 'ingest' (team 'sales') exists. Continue? [y/N] ").send("n\r");
    assert_eq!(session.end().0.code(), Some(1));
    let mut session = set("ingset");
    session.expect("[y/N] ").send("y\r");
    assert!(session.end().0.success());
    let (status, screen) = set("ingset").end();
    assert!(status.success() && !screen.contains('?'), "{screen}");
}

#[test]
fn colours_errors_on_a_terminal_that_shows_colours() {
    let coloured = |variables: &[(&str, &str)]| {
        let mut home = Home::at("local");
        for (name, value) in variables {
            home = home.with(name, *value);
        }
        let (status, screen) = Session::start(&home, &["secrets"]).end();
        assert_eq!(status.code(), Some(2), "{screen}");
        screen.contains("\u{1b}[1;31mwhat:\u{1b}[0m")
    };
    assert!(coloured(&[("TERM", "xterm")]));
    assert!(!coloured(&[("TERM", "xterm"), ("NO_COLOR", "1")]));
    assert!(!coloured(&[("TERM", "dumb")]));
    assert!(!Home::at("local").run(["secrets"]).stderr.contains('\u{1b}'));
}

#[test]
fn shows_what_it_waits_for_and_clears_the_line() {
    let service = Service::with_etags();
    let gate = Gate::default();
    service.next("GET", [Fault::Behind(gate.clone(), 200, "ETag: \"1\"\r\n", "{}")]);
    let home = Home::at(&service.url());
    let mut session = Session::start(&home, &[&JOB[..], &["--list"]].concat());
    session.expect(&format!("waiting for {} …", service.url()));
    gate.open();
    let (status, screen) = session.end();
    assert!(status.success(), "{screen}");
    assert!(screen.contains("…\r\u{1b}[K"), "cleared: {screen:?}");
    // Retries share one line, which is cleared at the end.
    let url = format!("http://127.0.0.1:{}", vdk_testing::port::free_port());
    let home = Home::at(&url).with("VDK_CONTROL_HTTP_CONNECT_RETRIES", "2");
    let (_, screen) = Session::start(&home, &[&JOB[..], &["--list"]].concat()).end();
    assert_eq!(screen.matches("retrying in").count(), 2, "{screen}");
    assert_eq!(screen.matches("s\r\u{1b}[K").count(), 2, "{screen:?}");
    assert!(screen.contains("(tried 3 times)"), "{screen}");
}

#[test]
fn prints_completions_for_the_users_shell() {
    let home = Home::new();
    let of = |shell: &str| home.run(["completion", shell]).done().stdout;
    for (shell, path) in [("zsh", "/usr/bin/zsh"), ("fish", "/usr/local/bin/fish")] {
        let mut command = home.command(["completion"]);
        command.env("SHELL", path);
        assert_eq!(vdk_testing::finish(command).done().stdout, of(shell));
    }
    home.run(["completion"]).failed(2, "bash, elvish, fish, powershell, zsh");
    let (_, screen) = Session::start(&home, &["completion", "fish"]).end();
    assert!(screen.contains("to enable completions: vdk completion fish > "), "{screen}");
}

#[test]
fn uses_a_new_connection_if_the_service_closed_the_idle_one() {
    let service = Service::with_etags();
    service.put("secrets", r#"{"a":1}"#);
    let read = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\
                ETag: \"1\"\r\n\r\n{\"a\":1}";
    service.next("GET", [Fault::Raw(read.into())]);
    let home = Home::at(&service.url()).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    let mut session = Session::start(&home, &[&JOB[..], &["--delete-all"]].concat());
    session.expect("[y/N] ").send("y\r");
    let (status, screen) = session.end();
    assert!(status.success(), "{screen}");
    assert_eq!(service.stored("secrets"), "{}");
}
