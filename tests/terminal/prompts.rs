//! On a terminal: hidden prompts, questions before destruction, Ctrl-C.

use std::os::unix::process::ExitStatusExt;

use vdk_testing::Home;
use vdk_testing::scripted_service::{Fault, Gate, Service};
use vdk_testing::session::Session;

const JOB: [&str; 5] = ["secrets", "-n", "j", "-t", "t"];

#[test]
fn a_secret_is_asked_for_and_never_shown() {
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
fn several_pasted_lines_are_thrown_away() {
    let home = Home::at("local");
    let mut session = Session::start(&home, &[&JOB[..], &["--set", "pem"]].concat());
    session.expect("pem: ").send("-----BEGIN\rMIIgeheim\rxx\r");
    let (status, screen) = session.end();
    assert_eq!(status.code(), Some(2), "{screen}");
    assert!(screen.contains("more than one line") && !screen.contains("geheim"), "{screen}");
    assert!(!home.config("local").exists());
}

#[test]
fn control_c_at_a_prompt_restores_the_terminal() {
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
fn control_c_ends_what_waits_for_others() {
    let service = Service::with_etags();
    let home = Home::at(&service.url()).with("BROWSER", "true");
    let set = || Session::start(&home, &[&JOB[..], &["--set", "a", "1"]].concat());
    let begun = |method: &'static str| {
        let before = service.count(method);
        let session = set();
        vdk_testing::wait::eventually("it asks", || service.count(method) > before);
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
    session.expect("code_challenge");
    ended(session);
}

#[test]
fn other_signals_restore_the_terminal_too() {
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
fn questions_before_everything_goes() {
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
fn questions_are_asked_wherever_the_output_goes() {
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
    // Without a terminal to ask on, nothing is done that was not confirmed.
    let line = "setsid --wait \"$VDK\" secrets -n j -t t --delete-all; echo ended $?";
    let mut session = Session::shell(&home, line);
    session.expect("ended 2");
    let (_, screen) = session.end();
    assert!(screen.contains("/dev/tty") && screen.contains("--yes"), "{screen}");
    assert_ne!(home.all(), "{}");
}

#[test]
fn what_was_typed_before_a_prompt_is_no_answer_to_it() {
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
fn what_cannot_be_taken_as_it_was_typed_is_refused() {
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
    // What is cleared does not count, and the line can be edited.
    let mut session = Session::start(&home, &[&JOB[..], &["--set", "k"]].concat());
    session.expect("k: ").send(b"\xe4\x1b[A\x15one twoX\x7f\x17ge\xc3\xa4\x7f\xc3\xa4x\r");
    let (status, screen) = session.end();
    assert!(status.success(), "{screen}");
    assert_eq!(home.all(), "{\"k\": \"one ge\\u00e4x\"}");
}

#[test]
fn blanks_around_an_answer_do_not_count() {
    let home = Home::at("local");
    home.secrets(&["--set", "a", "1"]).done();
    let mut session = Session::start(&home, &["secrets", "--list", "-o", "json"]);
    session.expect("Job Name: ").send(" j \r").expect("Job Team: ").send("\tt \r");
    let (status, screen) = session.end();
    assert!(status.success() && screen.contains("[\"a\"]"), "{screen}");
}

#[test]
fn job_and_team_are_asked_for() {
    let home = Home::at("local");
    home.secrets(&["--set", "a", "1"]).done();
    let mut session = Session::start(&home, &["secrets", "--list", "-o", "json"]);
    session.expect("Job Name: ").send("j\r").expect("Job Team: ").send("t\r");
    let (status, screen) = session.end();
    assert!(status.success() && screen.contains("[\"a\"]"), "{screen}");
}

#[test]
fn a_terminal_is_told_what_was_done() {
    let home = Home::at("local");
    let run = |args: &[&str]| Session::start(&home, &[&JOB[..], args].concat()).end().1;
    assert!(
        run(&["--set", "user", "ana", "--set-json", "n", "5"])
            .contains("set user (3 characters), n (")
    );
    assert!(run(&["--set", "user", "ana"]).contains("nothing to change"));
    assert!(run(&["--delete", "n"]).contains("deleted n"));
    // Raw values stand on a line of their own, and are as they are elsewhere.
    assert!(run(&["--get", "user", "-o", "raw"]).ends_with("ana\r\n"));
    assert_eq!(home.secrets(&["--get", "user", "-o", "raw"]).done().stdout, "ana");
    let list = run(&["--set-json", "o", "{\"max\": 5}"]) + &run(&["--list", "--show-secrets"]);
    assert!(list.contains("{\"max\": 5}"), "{list}");
}

#[test]
fn a_first_write_beside_a_job_of_nearly_that_name_is_asked_about() {
    let home = Home::at("local");
    let set = |job: &str| {
        Session::start(&home, &["secrets", "-n", job, "-t", "sales", "--set", "a", "1"])
    };
    let (status, screen) = set("ingest").end();
    assert!(status.success() && !screen.contains('?'), "{screen}");
    let mut session = set("ingset");
    session.expect("there is job 'ingest' (team 'sales'). Go on? [y/N] ").send("n\r");
    assert_eq!(session.end().0.code(), Some(1));
    let mut session = set("ingset");
    session.expect("[y/N] ").send("y\r");
    assert!(session.end().0.success());
    let (status, screen) = set("ingset").end();
    assert!(status.success() && !screen.contains('?'), "{screen}");
}

#[test]
fn errors_are_coloured_on_a_terminal_that_shows_colours() {
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
fn a_terminal_is_told_what_is_waited_for() {
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
    // Repetitions have one line, which is gone at the end.
    let url = format!("http://127.0.0.1:{}", vdk_testing::port::free_port());
    let home = Home::at(&url).with("VDK_CONTROL_HTTP_CONNECT_RETRIES", "2");
    let (_, screen) = Session::start(&home, &[&JOB[..], &["--list"]].concat()).end();
    assert_eq!(screen.matches("trying again").count(), 2, "{screen}");
    assert_eq!(screen.matches("s\r\u{1b}[K").count(), 2, "{screen:?}");
    assert!(screen.contains("(tried 3 times)"), "{screen}");
}

#[test]
fn completions_are_those_of_the_users_shell() {
    let home = Home::new();
    let of = |shell: &str| home.run(["completion", shell]).done().stdout;
    for (shell, path) in [("zsh", "/usr/bin/zsh"), ("fish", "/usr/local/bin/fish")] {
        let mut command = home.command(["completion"]);
        command.env("SHELL", path);
        assert_eq!(vdk_testing::finish(command).done().stdout, of(shell));
    }
    home.run(["completion"]).failed(2, "bash, elvish, fish, powershell, zsh");
    let (_, screen) = Session::start(&home, &["completion", "fish"]).end();
    assert!(screen.contains("to switch them on: vdk completion fish > "), "{screen}");
}
