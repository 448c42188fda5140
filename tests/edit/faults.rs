//! Other writers, texts that are not valid, and writes that fail: no edit is lost.

use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::session::Session;

use super::Desk;

const EDIT: [&str; 6] = ["secrets", "-n", "j", "-t", "t", "edit"];

#[test]
fn merges_with_what_others_write_meanwhile() {
    let script = "cp \"$1\" text; sed -i 's/\"1\"/\"mine\"/' \"$1\"; \"$VDK\" secrets -n j -t t --set b theirs --delete c";
    let desk = Desk::new("local", r#"{"a": "1", "b": "2", "c": "3"}"#, script);
    let mut command = desk.home.command([&EDIT[..], &["-y"]].concat());
    command.env("VDK", vdk_testing::vdk());
    vdk_testing::finish(command).done();
    assert_eq!(desk.home.all(), r#"{"a": "mine", "b": "theirs"}"#);
    // Between the question and the write.
    let service = Service::with_etags();
    let desk =
        Desk::new(&service.url(), r#"{"a": "1", "b": "2"}"#, "sed -i 's/\"1\"/\"mine\"/' \"$1\"");
    service.next("PUT", [Fault::ForeignWrite(r#"{"a":"1","b":"theirs","d":4}"#)]);
    desk.home.secrets(&["edit", "-y"]).done();
    assert_eq!(service.stored("secrets"), r#"{"a":"mine","b":"theirs","d":4}"#);
}

#[test]
fn tells_of_changes_to_the_same_key() {
    let script = "grep -q mine \"$1\" || { sed -i 's/\"1\"/\"mine\"/' \"$1\"; \
                  \"$VDK\" secrets -n j -t t --set a theirs --set b more; }";
    let desk = Desk::new("local", r#"{"a": "1", "b": "2"}"#, script);
    let mut command = desk.home.command([&EDIT[..], &["-y"]].concat());
    command.env("VDK", vdk_testing::vdk());
    let run = vdk_testing::finish(command).failed(5, "'a'");
    assert!(run.stderr.contains("--resume"), "{}", run.stderr);
    assert_eq!(desk.home.all(), r#"{"a": "theirs", "b": "more"}"#);
    assert_eq!(desk.left().len(), 1);
    // On a terminal the editor opens again, with all others' values and ours.
    desk.home.secrets(&["--set", "a", "1", "--set", "b", "2"]).done();
    let mut session = Session::start(&desk.home, &EDIT);
    session.expect("somebody else changed 'a'").expect("[e/q] ").send("e\r");
    session.expect("a      changed").expect("[y/N/e] ").send("y\r");
    let (status, screen) = session.end();
    assert!(status.success(), "{screen}");
    assert_eq!(desk.home.all(), r#"{"a": "mine", "b": "more"}"#);
}

#[test]
fn lets_a_broken_text_be_mended() {
    let script = "if grep -q broken \"$1\"; then sed -i 's/broken/\"mended\"/' \"$1\"; \
                  else sed -i 's/\"1\"/broken/' \"$1\"; fi";
    let desk = Desk::new("local", r#"{"a": "1"}"#, script);
    let mut session = Session::start(&desk.home, &EDIT);
    session.expect("line 2, column 8").expect("[e/q] ").send("e\r");
    session.expect("[y/N/e] ").send("y\r");
    assert!(session.end().0.success());
    assert_eq!(desk.home.all(), r#"{"a": "mended"}"#);
    // Without a terminal, and on a terminal that quits, the text is kept.
    let desk = Desk::new("local", r#"{"a": "1"}"#, script);
    let run = desk.home.secrets(&["edit", "-y"]).failed(2, "line 2, column 8");
    assert!(run.stderr.contains("--resume"), "{}", run.stderr);
    desk.home.secrets(&["edit", "--resume", "-y"]).done();
    assert_eq!(desk.home.all(), r#"{"a": "mended"}"#);
    assert!(desk.left().is_empty());
    desk.home.secrets(&["edit", "--resume", "-y"]).failed(4, "no text");
    let desk = Desk::new("local", r#"{"a": 1}"#, "printf '{\"k\": \"caf\\351\"}' > \"$1\"");
    desk.home.secrets(&["edit", "-y"]).failed(2, "not UTF-8 text");
    assert_eq!(desk.left().len(), 1, "it is kept");
    let desk = Desk::new("local", r#"{"a": 1}"#, "sed -i 's/1/1, \"a\": 2/' \"$1\"");
    desk.home.secrets(&["edit", "-y"]).failed(2, "'a' occurs twice");
}

#[test]
fn keeps_the_text_of_a_write_that_failed() {
    let service = Service::with_etags();
    let desk =
        Desk::new(&service.url(), r#"{"a": "1", "b": "2"}"#, "sed -i 's/\"1\"/\"mine\"/' \"$1\"");
    let sent = service.count("PUT");
    service.next("PUT", [Fault::Answer(403, "", "{}")]);
    let run = desk.home.secrets(&["edit", "-y"]).failed(3, "--resume");
    assert!(run.stderr.contains("kept for 24 hours"), "{}", run.stderr);
    assert_eq!(service.count("PUT"), sent + 1);
    assert_eq!(desk.left().len(), 1);
    // Another job, key or user of exec does not touch it.
    desk.home.run(["secrets", "-n", "k", "-t", "t", "edit", "--resume", "-y"]).failed(4, "no text");
    desk.home.secrets(&["edit", "a", "--resume", "-y"]).failed(4, "no text");
    desk.home.secrets(&["exec", "true"]).done();
    assert_eq!(desk.left().len(), 1);
    // Somebody else writes; then the text goes on, merged.
    service.put("secrets", r#"{"a":"1","b":"theirs"}"#);
    desk.home.secrets(&["edit", "--resume", "-y"]).done();
    assert_eq!(service.stored("secrets"), r#"{"a":"mine","b":"theirs"}"#);
    assert!(desk.left().is_empty());
}

#[test]
fn keeps_a_text_until_it_is_stored() {
    let script = "grep -q '\"1\"' \"$1\" && sed -i 's/\"1\"/broken/' \"$1\"; exit $(cat code)";
    let desk = Desk::new("local", r#"{"a": "1", "ключ": "x", "путь": "y"}"#, script);
    desk.home.file("code", "0");
    let resume = || desk.home.secrets(&["edit", "--resume", "-y"]);
    desk.home.secrets(&["edit", "-y"]).failed(2, "--resume");
    // An editor that fails, and a text that is still broken, do not end it.
    desk.home.file("code", "3");
    resume().failed(1, "ended with exit status: 3");
    desk.home.file("code", "0");
    resume().failed(2, "--resume");
    assert_eq!(desk.left().len(), 1);
    // It is that of all keys, and of no other job or key.
    for key in ["json", "a", "ключ", "путь"] {
        desk.home.secrets(&["edit", key, "--resume", "-y"]).failed(4, "no text");
    }
    let home = desk.home.path().join("my editor");
    vdk_testing::process::write_program(&home, "#!/bin/sh\nsed -i 's/broken/\"2\"/' \"$1\"\n");
    resume().done();
    assert!(desk.home.all().starts_with(r#"{"a": "2""#));
    assert!(desk.left().is_empty());
}

#[test]
fn keeps_a_text_when_a_later_round_fails() {
    let script =
        "if grep -q mine \"$1\"; then : > \"$1\"; exit 3; fi; sed -i 's/\"1\"/mine/' \"$1\"";
    let desk = Desk::new("local", r#"{"a": "1"}"#, script);
    let mut session = Session::start(&desk.home, &EDIT);
    session.expect("[e/q] ").send("e\r").expect("kept for 24 hours");
    assert!(!session.end().0.success());
    vdk_testing::process::write_program(
        &desk.home.path().join("my editor"),
        "#!/bin/sh\nsed -i 's/mine/\"2\"/' \"$1\"\n",
    );
    desk.home.secrets(&["edit", "--resume", "-y"]).done();
    assert_eq!(desk.home.all(), r#"{"a": "2"}"#);
}

#[test]
fn leaves_a_text_alone_that_is_being_edited() {
    let script = "touch -d @1 \"$(dirname \"$1\")/of\"; \"$VDK\" secrets -n j -t t exec true; \
                  sed -i 's/broken/\"2\"/' \"$1\"";
    let desk = Desk::new("local", r#"{"a": "1"}"#, "sed -i 's/\"1\"/broken/' \"$1\"");
    desk.home.secrets(&["edit", "-y"]).failed(2, "--resume");
    let editor = desk.home.path().join("my editor");
    vdk_testing::process::write_program(&editor, &format!("#!/bin/sh\n{script}\n"));
    let mut command = desk.home.command([&EDIT[..], &["--resume", "-y"]].concat());
    command.env("VDK", vdk_testing::vdk());
    vdk_testing::finish(command).done();
    assert_eq!(desk.home.all(), r#"{"a": "2"}"#);
}

#[test]
fn tells_keys_apart_whose_files_have_one_name() {
    let service = Service::with_etags();
    let desk = Desk::new(&service.url(), r#"{"ключ": "x", "путь": "y"}"#, "echo new > \"$1\"");
    service.next("PUT", [Fault::Answer(403, "", "{}")]);
    let run = desk.home.secrets(&["edit", "ключ", "-y"]).failed(3, "edit ");
    assert!(run.stderr.contains("edit --resume -- "), "{}", run.stderr);
    desk.home.secrets(&["edit", "путь", "--resume", "-y"]).failed(4, "no text");
    desk.home.secrets(&["edit", "ключ", "--resume", "-y"]).done();
    assert_eq!(service.stored("secrets"), r#"{"ключ":"new","путь":"y"}"#);
}

#[test]
fn forgets_a_text_after_a_day() {
    let desk = Desk::new("local", r#"{"a": "1"}"#, "sed -i 's/\"1\"/broken/' \"$1\"");
    desk.home.secrets(&["edit", "-y"]).failed(2, "--resume");
    let left = desk.left();
    let of = desk.memory.path().join(&left[0]).join("of");
    let file = std::fs::File::options().append(true).open(of).unwrap();
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_secs(25 * 60 * 60);
    file.set_modified(yesterday).unwrap();
    desk.home.secrets(&["exec", "true"]).done();
    assert!(desk.left().is_empty(), "{left:?}");
}
