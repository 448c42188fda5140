//! `-o github`, read as the runner of GitHub Actions reads it.

use std::collections::BTreeMap;
use std::fs;

use vdk_testing::{Home, Run};

use super::with_secrets;

/// Reads the runner's file of variables, as its documentation of multi-line strings has it.
fn variables(text: &str) -> BTreeMap<String, String> {
    let (mut read, mut lines) = (BTreeMap::new(), text.split('\n'));
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let heredoc = line.find("<<");
        let Some(at) = heredoc.filter(|at| line.find('=').is_none_or(|equals| *at < equals)) else {
            let (name, value) = line.split_once('=').unwrap();
            read.insert(name.into(), value.into());
            continue;
        };
        let (name, end) = (&line[..at], &line[at + 2..]);
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
        read.insert(name.to_string(), value.join("\n"));
    }
    read
}

fn masks(stdout: &str) -> Vec<String> {
    let mask = |line: &str| line.strip_prefix("::add-mask::").unwrap().to_string();
    let decode = |mask: String| mask.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    stdout.lines().map(mask).map(decode).collect()
}

fn github(home: &Home, collection: &str) -> Run {
    home.run([collection, "-n", "j", "-t", "t", "export", "-o", "github"])
}

#[test]
fn sets_variables_and_masks_each_line() {
    let json = r#"{"PEM": "-- BEGIN\n100%\r\nEOF\n", "BREAK": "x\nEOF\nB<<EOF\nevil\n", "N": 15, "E": ""}"#;
    let mut home = with_secrets(json);
    let file = home.file("github-env", "BEFORE=1");
    home = home.with("GITHUB_ENV", &file);
    let masks = masks(&github(&home, "secrets").done().stdout);
    for mask in ["-- BEGIN\n100%\r\nEOF\n", "-- BEGIN", "100%", "EOF", "evil", "15"] {
        assert!(masks.iter().any(|m| m == mask), "no {mask:?} in {masks:?}");
    }
    assert!(masks.iter().all(|mask| !mask.trim().is_empty()));
    let read = variables(&fs::read_to_string(&file).unwrap());
    assert_eq!(read["BEFORE"], "1");
    assert_eq!(read["PEM"], "-- BEGIN\n100%\r\nEOF\n");
    assert_eq!(read["BREAK"], "x\nEOF\nB<<EOF\nevil\n");
    assert_eq!((&*read["N"], &*read["E"], read.len()), ("15", "", 5));
    // Properties are no secrets.
    home.run(["properties", "-n", "j", "-t", "t", "--set", "P", "1"]).done();
    assert_eq!(github(&home, "properties").done().stdout, "");
    assert_eq!(variables(&fs::read_to_string(&file).unwrap())["P"], "1");
}

#[test]
fn refuses_what_would_change_the_runner() {
    let json = r#"{"GITHUB_PATH": "x", "Runner_Temp": "x", "NODE_OPTIONS": "x", "LD_PRELOAD": "x", "a-b": "x", "A": "x"}"#;
    let mut home = with_secrets(json);
    github(&home, "secrets").failed(2, "GITHUB_ENV");
    let file = home.file("github-env", "");
    home = home.with("GITHUB_ENV", &file);
    let run = github(&home, "secrets").failed(2, "Cannot print these keys");
    for words in
        ["'GITHUB_PATH', 'Runner_Temp': a", "'NODE_OPTIONS', 'LD_PRELOAD': a", "'a-b': not"]
    {
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    assert_eq!((run.stdout.as_str(), fs::read_to_string(&file).unwrap().as_str()), ("", ""));
    let run = home.secrets(&["export", "-o", "github", "--out", "x"]);
    run.failed(2, "Leave out --out");
}
