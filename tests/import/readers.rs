//! Dotenv files as other programs read them: what is taken has the same value for all.

use std::process::Command;

use vdk_testing::Home;

use super::import;
use crate::export::by_compose;

/// It expands `${NAME}` even between single quotes, unless told not to; import takes it as it stands.
const READ_PYTHON: &str = "import sys, json, dotenv\n\
    sys.stdout.write(json.dumps(dotenv.dotenv_values('x.env', interpolate=False)))";
const READ_NODE: &str = "process.stdout.write(JSON.stringify(\
    require('util').parseEnv(require('fs').readFileSync('x.env', 'utf8'))))";

#[test]
#[ignore = "needs python-dotenv, node and compose: ./tests/run"]
fn takes_only_lines_that_other_programs_read_alike() {
    const PARTS: [&str; 29] = [
        "a", "ä", " ", "  ", "\t", "'", "'", "\"", "\"", "\\", "\\n", "\\\"", "\\\\", "$", "${A}",
        "`", "#", " #", "=", ";", "export ", "{", "\\'", "b c", "\u{a0}", "\u{b}", "\u{c}",
        "\u{1c}", "\u{2029}",
    ];
    let python = std::env::var("VDK_TEST_PYTHON_BIN").expect("./tests/run sets it") + "/python3";
    let mut random = fastrand::Rng::with_seed(17);
    let mut lines = Vec::new();
    for _ in 0..20_000 {
        let value: String =
            (0..random.usize(0..7)).map(|_| PARTS[random.usize(..PARTS.len())]).collect();
        let line = format!("V{}={value}\n", lines.len());
        if vdk::formats::parse(&line, "dotenv", false).is_ok() {
            lines.push(line);
        }
    }
    assert!((500..15_000).contains(&lines.len()), "{}", lines.len());
    let home = Home::at("local");
    home.file("x.env", lines.concat());
    import(&home, &["x.env"]).done();
    let ours: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&home.all()).unwrap();
    assert_eq!(ours.len(), lines.len());
    let compose = by_compose(&home, "x.env", "");
    let differ: Vec<_> =
        ours.iter().filter(|(key, value)| compose.get(key) != Some(value)).take(5).collect();
    let theirs: Vec<_> = differ.iter().map(|(key, _)| compose.get(key)).collect();
    assert!(differ.is_empty(), "compose: {differ:?} {theirs:?}");
    for program in [[python.as_str(), "-c", READ_PYTHON], ["node", "-e", READ_NODE]] {
        let mut command = Command::new(program[0]);
        command.args(&program[1..]).current_dir(home.path());
        let read = vdk_testing::finish(command).done().stdout;
        let theirs: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&read).unwrap();
        // Node keeps tabs, and backslashes between double quotes; import reads these as python-dotenv
        // does, as a PEM in one line needs it.
        let is_compared = |text: &str| program[0] != "node" || !text.contains(['\\', '\t']);
        let differ: Vec<_> = (ours.iter().zip(lines.iter()))
            .filter(|((key, value), line)| is_compared(line) && theirs.get(*key) != Some(value))
            .map(|(ours, _)| ours)
            .take(5)
            .collect();
        let theirs: Vec<_> = differ.iter().map(|(key, _)| theirs.get(*key)).collect();
        assert!(differ.is_empty(), "{}: {differ:?} {theirs:?}", program[0]);
    }
}
