//! On a terminal: hidden prompts, questions before destruction, Ctrl-C.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::os::unix::process::ExitStatusExt;

use common::Home;
use common::service::{Fault, Service};
use common::session::Session;

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
        common::wait::eventually("it asks", || service.count(method) > before);
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
        common::finish(kill).done();
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
        session.expect("all 2 keys?");
        session.expect("[y/N] ").send(answer);
        let (status, screen) = session.end();
        assert_eq!(status.code(), Some(i32::from(kept)), "{screen}");
        assert_eq!(home.all() != "{}", kept);
    }
    let file = home.file("new.json", "{\"c\": 3}");
    let mut session = Session::start(&home, &[&JOB[..], &["--overwrite-all", &file]].concat());
    session.expect("Replace the secrets").expect("1 added?").send("yes\r");
    let (status, screen) = session.end();
    assert!(status.success() && screen.contains("is kept as version 2"), "{screen}");
    let (status, screen) = Session::start(&home, &[&delete[..], &["-y"]].concat()).end();
    assert!(status.success() && !screen.contains('?'), "{screen}");
    assert_eq!(home.all(), "{}");
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
