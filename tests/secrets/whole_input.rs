//! Tests that input is stored completely and unchanged, or rejected.

use std::io::Write;
use std::process::Stdio;

use vdk_testing::{Home, Run};

const JOB: [&str; 5] = ["secrets", "-n", "j", "-t", "t"];

fn given(home: &Home, args: &[&str], input: impl AsRef<[u8]>) -> Run {
    home.run_with([&JOB[..], args].concat(), input)
}

#[test]
fn rejects_what_follows_the_last_value_on_stdin() {
    let home = Home::at("local");
    for (args, input) in [
        (&["--set", "k"][..], "a\nb\n"),
        (&["--set", "k"], "-----BEGIN\nMII\n-----END\n"),
        (&["--set-prompt", "k"], "a\n\n"),
        (&["--set", "k", "--set", "l"], "a\nb\nc"),
    ] {
        let refused = given(&home, args, input).failed(2, "--set-file KEY -");
        assert!(refused.stderr.contains("Nothing was changed."), "{}", refused.stderr);
        assert!(!home.config("local").exists(), "{input:?}");
    }
    given(&home, &["--set", "k", "--set", "l"], "a\nb").done();
    given(&home, &["--set", "m"], "a b\r\n").done();
    assert_eq!(home.all(), "{\"k\": \"a\", \"l\": \"b\", \"m\": \"a b\"}");
    let login = home.run_with(["login"], "vdk_x\nmore\n");
    login.failed(2, "Standard input has more lines");
}

#[test]
fn reports_that_it_waits_for_the_end_of_stdin() {
    let home = Home::at("local");
    let mut command = home.command([&JOB[..], &["--set", "k"]].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"value\n").unwrap();
    let mut told = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut told, &mut line).unwrap();
    assert_eq!(line, "waiting for the end of standard input …\n");
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert_eq!(home.all(), "{\"k\": \"value\"}");
}

#[test]
fn rejects_empty_input_in_place_of_a_value() {
    let home = Home::at("local");
    home.secrets(&["--set", "k", "old"]).done();
    let empty = home.file("empty", "");
    for refused in [
        given(&home, &["--set-file", "k", "-"], ""),
        given(&home, &["--set-file", "k", &empty], ""),
    ] {
        refused.failed(2, "--set KEY ''");
    }
    given(&home, &["--overwrite-all", "-"], "").failed(2, "It is empty");
    home.run_with(["local", "import-key", "-"], "").failed(2, "It is empty");
    given(&home, &["--set", "k"], "\n").failed(2, "--set KEY ''");
    assert_eq!(home.all(), "{\"k\": \"old\"}");
    home.secrets(&["--set", "k", ""]).done();
    assert_eq!(home.all(), "{\"k\": \"\"}");
}

#[test]
fn names_the_encodings_of_windows() {
    let home = Home::at("local");
    let utf16 = |text: &str, mark: bool| -> Vec<u8> {
        let mark = if mark { "\u{feff}" } else { "" };
        format!("{mark}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    for bytes in [utf16("{\"a\": 1}", true), utf16("{\"a\": 1}", false)] {
        let file = home.file("new.json", bytes);
        for option in [&["--overwrite-all"][..], &["--set-file", "k"]] {
            let args = [&JOB[..], option, &[&file]].concat();
            let refused = home.run(args).failed(2, "UTF-16");
            assert!(refused.stderr.contains("UTF-8"), "{}", refused.stderr);
        }
    }
    given(&home, &["--set", "k"], "\u{feff}value\n").failed(2, "U+FEFF");
    assert!(!home.config("local").exists());
    given(&home, &["--overwrite-all", "-"], "\u{feff}{\"a\": 1}").done();
    given(&home, &["--set-file", "k", "-"], "\u{feff}value").done();
    assert_eq!(home.all(), "{\"a\": 1, \"k\": \"\\ufeffvalue\"}");
}

#[test]
fn rejects_empty_keys_and_shows_those_that_are_there() {
    let home = Home::at("local");
    let file = home.file("value", "x");
    for args in [
        &["--set", "", "v"][..],
        &["--set", "a", "1", "--set", "", "v"],
        &["--set-json", "", "1"],
        &["--set-file", "", &file],
        &["--set-prompt", ""],
        &["--set", ""],
    ] {
        given(&home, args, "v\n").failed(2, "empty key");
    }
    assert!(!home.config("local").exists());
    let stored = given(&home, &["--overwrite-all", "-"], "{\"\": 1, \"a\": 2}").done();
    assert!(stored.stderr.contains("--delete ''"), "{}", stored.stderr);
    assert_eq!(home.secrets(&["--get", "", "-o", "raw"]).done().stdout, "1");
    home.secrets(&["--delete", ""]).done();
    assert_eq!(home.all(), "{\"a\": 2}");
}

#[test]
fn warns_of_values_that_are_often_mistakes() {
    let home = Home::at("local");
    let dash = given(&home, &["--set", "k", "-"], "s").done();
    assert!(dash.stderr.contains("--set-file KEY -"), "{}", dash.stderr);
    let echoed = given(&home, &["--set-file", "pw", "-"], "x\n").done();
    assert!(echoed.stderr.contains("printf %s"), "{}", echoed.stderr);
    let pem = given(&home, &["--set-file", "pem", "-"], "a\nb\n").done();
    assert!(!pem.stderr.contains("printf"), "{}", pem.stderr);
    assert_eq!(home.all(), "{\"k\": \"-\", \"pw\": \"x\\n\", \"pem\": \"a\\nb\\n\"}");
}
