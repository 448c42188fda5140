//! Dotenv files as other programs read them: what is taken has the same value for all.

use std::process::Command;

use vdk_testing::Home;

use super::import;
use crate::export::by_compose;

/// It expands `${NAME}` even between single quotes, unless told not to; import takes it as it stands.
const READ_PYTHON: &str = "import sys, json, dotenv\n\
    sys.stdout.write(json.dumps(dotenv.dotenv_values('y.env', interpolate=False)))";
const READ_NODE: &str = "process.stdout.write(JSON.stringify(\
    require('util').parseEnv(require('fs').readFileSync('y.env', 'utf8'))))";
/// The package that most programs on Node use, which is older than what Node has itself.
const READ_PACKAGE: &str = "process.stdout.write(JSON.stringify(\
    require('dotenv').parse(require('fs').readFileSync('y.env', 'utf8'))))";

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
    let packages = std::env::var("VDK_TEST_PROVIDER").unwrap() + "/node_modules";
    let node = [["node", "-e", READ_NODE], ["node", "-e", READ_PACKAGE]];
    for program in [[python.as_str(), "-c", READ_PYTHON]].into_iter().chain(node) {
        // Those of Node keep tabs, and backslashes between double quotes; import reads these as
        // python-dotenv does, as a PEM in one line needs it. The package reads on behind them.
        let is_compared = |text: &str| program[0] != "node" || !text.contains(['\\', '\t']);
        let compared: Vec<_> =
            ours.iter().zip(&lines).filter(|(_, line)| is_compared(line.as_str())).collect();
        home.file("y.env", compared.iter().map(|(_, line)| line.as_str()).collect::<String>());
        let mut command = Command::new(program[0]);
        command.args(&program[1..]).current_dir(home.path()).env("NODE_PATH", &packages);
        let read = vdk_testing::finish(command).done().stdout;
        let theirs: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&read).unwrap();
        let differ: Vec<_> = (compared.into_iter())
            .map(|(ours, _)| ours)
            .filter(|(key, value)| theirs.get(*key) != Some(value))
            .take(5)
            .collect();
        let theirs: Vec<_> = differ.iter().map(|(key, _)| theirs.get(*key)).collect();
        assert!(differ.is_empty(), "{program:?}: {differ:?} {theirs:?}");
    }
}
