//! What the editor gets, and what becomes of its text.

use std::os::unix::fs::PermissionsExt;

use vdk_testing::Home;
use vdk_testing::session::Session;

use super::Desk;
use crate::import::{HOSTILE, TYPED};

const VALUES: &str = r#"{"text": "it's \"x\"\nb", "n": 2.50, "big": 123456789012345678901234567890, "list": [1, {"b": null}], "t": true, "u": "\u00e4", "": "e"}"#;
const EDIT: [&str; 6] = ["secrets", "-n", "j", "-t", "t", "edit"];

#[test]
fn gives_the_editor_a_private_file_in_memory() {
    let desk = Desk::new(
        "local",
        r#"{"a": "1", "b": [2.50]}"#,
        "{ stat -c '%a' \"$1\" \"$(dirname \"$1\")\"; \
        stat -f -c %T \"$1\"; basename \"$1\"; cat \"$1\"; } > seen",
    );
    let run = desk.home.secrets(&["edit", "-y"]).done();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", "note: nothing was changed\n"));
    let seen = std::fs::read_to_string(desk.home.path().join("seen")).unwrap();
    assert_eq!(
        seen,
        "600\n700\ntmpfs\nj.secrets.json\n{\n  \"a\": \"1\",\n  \"b\": [\n    2.50\n  ]\n}\n"
    );
    assert!(desk.left().is_empty(), "{:?}", desk.left());
}

#[test]
fn writes_nothing_if_nothing_was_changed() {
    for args in
        [&["edit", "-y"][..], &["edit", "text", "-y"], &["edit", "list", "-y"], &["edit", "", "-y"]]
    {
        for editor in ["true", "cp \"$1\" x; cp x \"$1\"", "echo >> \"$1\""] {
            let is_text = args[1] == "text" || args[1].is_empty();
            if is_text && editor.contains("echo") {
                continue;
            }
            let desk = Desk::new("local", VALUES, editor);
            let run = desk.home.secrets(args).done();
            assert_eq!(run.stderr, "note: nothing was changed\n", "{args:?} {editor}");
            assert_eq!(desk.home.all(), VALUES);
            let versions = desk.home.secrets(&["history", "-o", "json"]).done().stdout;
            assert_eq!(versions.matches("\"version\"").count(), 1, "{versions}");
        }
    }
    for json in [HOSTILE, TYPED] {
        let desk = Desk::new("local", json, "cp \"$1\" x; cp x \"$1\"");
        let run = desk.home.secrets(&["edit", "-y"]).done();
        assert_eq!(run.stderr, "note: nothing was changed\n");
    }
}

#[test]
fn stores_what_was_changed_and_keeps_the_rest_to_the_digit() {
    let desk = Desk::new(
        "local",
        VALUES,
        "sed -i 's/true/false/; /\"u\"/d; s/2.50,/2.50, \"new\": 1.0,/' \"$1\"",
    );
    desk.home.secrets(&["edit", "-y"]).done();
    assert_eq!(
        desk.home.all(),
        VALUES
            .replace("true", "false")
            .replace(" \"u\": \"\\u00e4\",", "")
            .replace("\"e\"}", "\"e\", \"new\": 1.0}")
    );
    assert!(desk.left().is_empty());
}

#[test]
fn edits_one_key_as_text() {
    // An editor ends the last line, which the value did not have.
    let desk = Desk::new(
        "local",
        r#"{"pem": "a\nb", "ended": "a\n", "n": 5}"#,
        "cat \"$1\" > seen; printf 'x\\ny\\n' > \"$1\"",
    );
    let one = |key: &str| desk.home.secrets(&["edit", key, "-y"]);
    one("pem").done();
    assert_eq!(std::fs::read_to_string(desk.home.path().join("seen")).unwrap(), "a\nb");
    one("ended").done();
    let run = one("new").done();
    assert!(run.stderr.contains("'new' is a new key"), "{}", run.stderr);
    assert_eq!(desk.home.all(), r#"{"pem": "x\ny", "ended": "x\ny\n", "n": 5, "new": "x\ny"}"#);
    one("n").failed(2, "line 1, column 1");
    let desk = Desk::new("local", r#"{"n": 5}"#, "echo '[1, 2.50]' > \"$1\"");
    desk.home.secrets(&["edit", "n", "-y"]).done();
    assert_eq!(desk.home.all(), r#"{"n": [1, 2.50]}"#);
}

#[test]
fn starts_the_editor_as_git_does() {
    let desk = Desk::new("local", "{}", "printf '%s|' \"$@\" > seen");
    let path = desk.home.path().join("my editor");
    let seen = || std::fs::read_to_string(desk.home.path().join("seen")).unwrap();
    for (visual, editor, words) in [
        (format!("'{}' --wait \"a b\" '$HOME'", path.display()), "false", "--wait|a b|$HOME|"),
        (String::new(), "'./my editor' -x", "-x|"),
        ("A=1 './my editor' ''".into(), "false", "|"),
    ] {
        let mut command = desk.home.command(["secrets", "-n", "j", "-t", "t", "edit", "-y"]);
        command.env("VISUAL", &visual).env("EDITOR", editor);
        vdk_testing::finish(command).done();
        assert!(
            seen().starts_with(words) && seen().ends_with("/j.secrets.json|"),
            "{visual}: {}",
            seen()
        );
    }
    let mut command = desk.home.command(["secrets", "-n", "j", "-t", "t", "edit", "-y"]);
    command.env("EDITOR", "no-such-editor");
    vdk_testing::finish(command).failed(1, "127");
}

#[test]
fn cancels_if_the_editor_fails_or_the_file_is_empty() {
    for editor in ["exit 3", "kill -TERM $$", ": > \"$1\"", "rm \"$1\""] {
        let desk = Desk::new("local", r#"{"a": "1"}"#, editor);
        let run = desk.home.secrets(&["edit", "-y"]).failed(1, "cancelled");
        assert!(run.stderr.contains("Nothing was changed."), "{}", run.stderr);
        assert_eq!(desk.home.all(), r#"{"a": "1"}"#);
        assert!(desk.left().is_empty(), "{editor}");
    }
}

#[test]
fn shows_the_keys_and_asks() {
    let desk = Desk::new(
        "local",
        r#"{"a": "old-value", "b": "2"}"#,
        "sed -i 's/old-value/new-value/; s/ *\"b.*/ \"c\": 3/' \"$1\"",
    );
    let mut session = Session::start(&desk.home, &EDIT);
    session.expect("a      changed").expect("c      added").expect("b      removed");
    session.expect("[y/N/e] ").send("n\r");
    let (status, screen) = session.end();
    assert_eq!(status.code(), Some(1), "{screen}");
    assert!(!screen.contains("-value"), "{screen}");
    let mut session = Session::start(&desk.home, &EDIT);
    session.expect("[y/N/e] ").send("\u{3}");
    assert!(!session.end().0.success());
    assert_eq!(desk.home.all(), r#"{"a": "old-value", "b": "2"}"#);
    assert_eq!(desk.left().len(), 2, "the text of the no, and that of Ctrl-C");
    desk.home.secrets(&["exec", "true"]).done();
    assert_eq!(desk.left().len(), 1, "that of the no");
    let mut session = Session::start(&desk.home, &EDIT);
    session.expect("[y/N/e] ").send("e\r").expect_times("[y/N/e] ", 2).send("y\r");
    session.expect("added c; changed a; removed b");
    assert!(session.end().0.success());
    assert_eq!(desk.home.all(), r#"{"a": "new-value", "c": 3}"#);
    let run = desk.home.secrets(&["edit"]).failed(2, "add -y");
    assert!(run.stderr.contains("terminal"), "{}", run.stderr);
}

#[test]
fn edits_values_that_are_empty_or_no_text() {
    let desk = Desk::new("local", r#"{"e": "", "half": "\ud800"}"#, "true");
    for key in ["e", "half"] {
        let run = desk.home.secrets(&["edit", key, "-y"]).done();
        assert_eq!(run.stderr, "note: nothing was changed\n", "{key}");
    }
    desk.home.secrets(&["edit", "new", "-y"]).failed(1, "The file is empty");
    assert_eq!(desk.home.all(), r#"{"e": "", "half": "\ud800"}"#);
}

#[test]
fn leaves_control_c_to_the_editor() {
    let desk = Desk::new(
        "local",
        r#"{"a": "1"}"#,
        "trap got=1 INT; echo ready; until [ \"$got\" ]; do sleep 0.02; done; sed -i s/1/2/ \"$1\"",
    );
    let mut session = Session::start(&desk.home, &EDIT);
    session.expect("ready").send("\u{3}");
    session.expect("[y/N/e] ").send("y\r");
    assert!(session.end().0.success());
    assert_eq!(desk.home.all(), r#"{"a": "2"}"#);
}

#[test]
fn removes_the_text_of_an_edit_that_was_killed() {
    let desk = Desk::new("local", r#"{"a": "1"}"#, "echo ready; read -r line");
    let mut session = Session::start(&desk.home, &EDIT);
    session.expect("ready");
    session.child.kill().unwrap();
    session.child.wait().unwrap();
    assert_eq!(desk.left().len(), 1);
    drop(session);
    let next = desk.home.command(["secrets", "-n", "j", "-t", "t", "exec", "true"]);
    vdk_testing::finish(next).done();
    vdk_testing::wait::eventually("the text is removed", || {
        desk.home.secrets(&["exec", "true"]).done();
        desk.left().is_empty()
    });
}

#[test]
fn warns_of_editors_with_a_history() {
    let desk = Desk::new("local", r#"{"a": "1"}"#, "true");
    let bin = desk.home.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::fs::write(bin.join("code"), "#!/bin/sh\nexit 0\n").unwrap();
    std::fs::set_permissions(bin.join("code"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let home: Home = desk.home.with("PATH", &path).with("EDITOR", "code");
    let mut session = Session::start(&home, &EDIT);
    session.expect("code keeps a history").expect("nothing was changed");
    assert!(session.end().0.success());
}

#[test]
#[ignore = "needs vim and nano: ./tests/run"]
fn leaves_nothing_of_the_text_with_real_editors() {
    let desk = Desk::new("local", r#"{"a": "Fnord-old"}"#, "true");
    // What the user's own settings ask for must not win.
    let kept = desk.home.path().join("kept");
    std::fs::create_dir(&kept).unwrap();
    let settings = "set undofile undodir=~/kept backup backupdir=~/kept directory=~/kept viminfofile=~/kept/info\n";
    desk.home.file(".vimrc", settings);
    for (editor, keys) in [
        ("vim", ":%s/old/vim/\r:wq\r"),
        ("vi", ":%s/vim/vi/\r:wq\r"),
        ("vim", ":cq\r"),
        ("'env A=1 vim'", ":%s/vi/env/\r:wq\r"),
        ("nano", "\u{1c}env\rnano\ra\u{f}\r\u{18}"),
    ] {
        let line = format!("EDITOR={editor} exec \"$VDK\" {}", EDIT.join(" "));
        let mut session = Session::shell(&desk.home, &line);
        session.expect("Fnord").send(keys);
        if keys.contains("cq") {
            session.expect("cancelled");
        } else {
            session.expect("[y/N/e] ").send("y\r").expect("changed a");
        }
        session.end();
    }
    assert_eq!(desk.home.all(), r#"{"a": "Fnord-nano"}"#);
    assert!(desk.left().is_empty());
    let found = std::process::Command::new("grep")
        .args(["-rl", "Fnord"])
        .args([desk.home.path(), desk.memory.path()])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(found.stdout).unwrap(), "");
}

#[test]
fn edits_a_job_that_has_nothing_yet_and_one_that_is_full() {
    let desk = Desk::new("local", "{}", "echo '{\"a\": 1}' > \"$1\"");
    let words = ["secrets", "-n", "fresh", "-t", "t", "edit", "--yes"];
    desk.home.run(words).done();
    let all =
        desk.home.run(["secrets", "-n", "fresh", "-t", "t", "--get-all", "-o", "json"]).done();
    assert_eq!(all.stdout, "{\"a\": 1}\n");

    let value = "x".repeat((1 << 20) - 30);
    let full = Desk::new("local", &format!("{{\"v\":\"{value}\"}}"), "sed -i s/x/y/ \"$1\"");
    full.home.secrets(&["edit", "--yes"]).done();
    let stored = full.home.secrets(&["--get", "v", "-o", "raw"]).done().stdout;
    assert_eq!(stored, format!("y{}", &value[1..]));
    let grown = Desk::new(
        "local",
        &format!("{{\"v\":\"{value}\"}}"),
        "sed -i 's/x/&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&/' \"$1\"",
    );
    let run = grown.home.secrets(&["edit", "--yes"]).failed(2, "1048576");
    assert!(run.stderr.contains("--resume") && grown.left().len() == 1, "{run:?}");
}

#[test]
fn works_with_a_closed_stdin() {
    let desk = Desk::new("local", r#"{"a": "1"}"#, "sed -i s/1/2/ \"$1\"");
    let line =
        "\"$VDK\" secrets -n j -t t edit --yes <&- && \"$VDK\" secrets -n j -t t --get a -o raw";
    let (status, screen) = Session::shell(&desk.home, line).end();
    assert!(status.success() && screen.trim().ends_with("\n2"), "{screen}");
}
