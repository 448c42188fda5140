//! `diff`.

use vdk_testing::Home;
use vdk_testing::scripted_service::Service;

use super::{all, secrets, store};

#[test]
fn shows_what_differs_and_no_values() {
    let home = Home::at("local");
    store(&home, "a", r#"{"db": "Fnord1", "n": 5, "same": {"x": 1, "y": 2}, "k\u001b": "Fnord1"}"#);
    store(&home, "b", r#"{"db": "Fnord2", "n": "5", "same": {"y": 2, "x": 1}, "url": "Fnord2"}"#);
    let run = secrets(&home, "a", &["diff", "--to-name", "b"]).done();
    assert_eq!(
        run.stdout,
        "key      t/a      t/b\n\
         -------  -------  ------  ---------------\n\
         db       set      set     differs\n\
         k\\u{1b}  set      -       only here\n\
         n        integer  string  differs in type\n\
         url      -        set     only there\n"
    );
    assert_eq!(run.stderr, "note: 1 key is the same\n");
    let run = secrets(&home, "a", &["diff", "--to-name", "b", "-o", "json", "--exit-code"]);
    assert_eq!(run.code, 1);
    assert_eq!(
        run.stdout,
        "{\"here\": {\"team\": \"t\", \"job\": \"a\", \"place\": \"local\", \"collection\": \"secrets\", \"version\": 1}, \
         \"there\": {\"team\": \"t\", \"job\": \"b\", \"place\": \"local\", \"collection\": \"secrets\", \"version\": 1}, \
         \"onlyHere\": [\"k\\u001b\"], \"onlyThere\": [\"url\"], \"different\": [\"db\", \"n\"], \"same\": [\"same\"]}\n"
    );
    let debug =
        home.run(["-v", "DEBUG", "secrets", "-t", "t", "-n", "a", "diff", "--to-name", "b"]);
    assert!(!format!("{debug:?}").contains("Fnord"));
    let shown = secrets(&home, "a", &["diff", "--to-name", "b", "--show-secrets"]).done().stdout;
    assert!(shown.contains("Fnord1") && shown.contains("Fnord2"), "{shown}");
    let words = ["diff", "--to-name", "b", "--show-secrets", "-o", "json"];
    let shown = secrets(&home, "a", &words).done().stdout;
    assert!(shown.contains(r#""values": {"db": {"here": "Fnord1", "there": "Fnord2"}, "k"#));
    let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(read["values"]["url"], serde_json::json!({"there": "Fnord2"}));
}

#[test]
fn finds_no_difference_in_the_same_values() {
    let home = Home::at("local");
    store(&home, "a", r#"{"x": [1, "\u00e4"]}"#);
    store(&home, "b", r#"{"x": [1, "ä"]}"#);
    let run = secrets(&home, "a", &["diff", "--to-name", "b", "--exit-code"]).done();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", "note: 1 key is the same\n"));
    store(&home, "b", r#"{"x": [1.0, "ä"]}"#);
    assert_eq!(secrets(&home, "a", &["diff", "--to-name", "b", "--exit-code"]).code, 1);
}

#[test]
fn names_what_tells_the_sides_apart() {
    let service = Service::plain();
    let home = Home::at("local");
    store(&home, "a", r#"{"x": "1"}"#);
    let head = |args: &[&str]| {
        let run = secrets(&home, "a", &[&["diff"], args].concat()).done();
        let line = run.stdout.lines().next().unwrap().to_string();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(head(&["--to-team", "u"]), "key t/a u/a");
    let none = secrets(&home, "a", &["diff", "--to-name", "typo"]).done();
    assert!(none.stderr.contains("nothing was ever stored for the secrets of job 'typo'"));
    assert_eq!(head(&["--to-properties"]), "key t/a secrets t/a properties");
    let url = service.url();
    let elsewhere = head(&["--to-url", &url, "--to-name", "b"]);
    assert!(elsewhere.starts_with("key t/a local t/b http://127.0.0.1:"), "{elsewhere}");
    secrets(&home, "a", &["--set", "x", "2"]).done();
    assert_eq!(head(&["--to-version", "1"]), "key t/a version 2 t/a version 1");
}

#[test]
fn compares_versions_as_far_as_they_are_kept() {
    let home = Home::at("local");
    store(&home, "a", r#"{"x": "1", "y": "1"}"#);
    secrets(&home, "a", &["--set", "x", "2"]).done();
    let run = secrets(&home, "a", &["diff", "--to-version", "1"]).done();
    assert!(
        run.stdout.contains("x      set              set              differs"),
        "{}",
        run.stdout
    );
    secrets(&home, "a", &["diff", "--to-version", "9"]).failed(4, "no version 9");
    secrets(&home, "a", &["diff", "--to-version", "geheim"]).failed(2, "not shown");
    let home = Home::at(&Service::plain().url());
    secrets(&home, "a", &["diff", "--to-version", "1"]).failed(6, "keeps no versions");
}

#[test]
fn compares_files_as_import_takes_them() {
    let home = Home::at("local");
    store(&home, "a", r#"{"N": 5, "A": "x", "B": "old"}"#);
    home.file("x.env", "N=5\nA='x'\nB=new\nC=1\n");
    let run = secrets(&home, "a", &["diff", "--to-file", "x.env", "-o", "json"]).done().stdout;
    assert!(run.contains(r#""there": {"file": "'x.env'"}"#), "{run}");
    assert!(run.contains(r#""different": ["B"], "same": ["N", "A"]"#), "{run}");
    home.file("bad.env", "A=$x\n");
    secrets(&home, "a", &["diff", "--to-file", "bad.env"]).failed(2, "bad.env:1:3");
    let words = ["secrets", "-t", "t", "-n", "a", "diff", "--to-file", "-", "-f", "json"];
    home.run_with(words, all(&home, "a", &[])).done();
}

#[test]
fn needs_one_other_side() {
    let home = Home::at("local");
    secrets(&home, "a", &["diff"]).failed(2, "needs another side");
    let both = ["diff", "--to-file", "x.env", "--to-name", "b"];
    secrets(&home, "a", &both).failed(2, "--to-file is the whole other side");
    secrets(&home, "a", &["diff", "--to-name", "b", "-f", "json"]).failed(2, "--to-file");
    let both = ["diff", "--to-secrets", "--to-properties"];
    secrets(&home, "a", &both).failed(2, "contradict");
    secrets(&home, "a", &["diff", "--to-name", ".."]).failed(2, "--to-name");
}
