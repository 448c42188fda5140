//! `replace` with values that programs take for something else, and by two people at once.

use std::process::Stdio;

use serde_json::{Value, json};
use vdk_testing::Home;
use vdk_testing::server::Server;

use super::replace::{OLD, get};
use super::set;
use crate::import::HOSTILE;

const JOBS: usize = 200;

fn name(at: usize) -> String {
    format!("job-{at:03}")
}

#[test]
fn replaces_values_that_look_like_something_else() {
    const NEW: &str = "-$(id) \"'\\ #\u{2603}\t";
    let home = Home::at("local");
    let hostile: serde_json::Map<String, Value> = serde_json::from_str(HOSTILE).unwrap();
    let of = |at: usize| hostile.iter().nth(at % hostile.len()).unwrap();
    let filled = |at: usize, value: &str| {
        let (key, _) = of(at);
        json!({key: value, "twin": value, "z": null, "more": format!("{value}.")}).to_string()
    };
    for at in 0..JOBS {
        set(&home, "secrets", "sales", &name(at), &filled(at, of(at).1.as_str().unwrap()));
    }
    home.file("new", NEW);
    for value in hostile.values().map(|value| value.as_str().unwrap()) {
        home.file("old", value);
        let words = "secrets -t sales replace --short --old-file old --new-file new -o json";
        let run = home.run(words.split(' '));
        if value.is_empty() {
            assert!(run.code == 2 && run.stderr.contains("It is empty"), "{run:?}");
            continue;
        }
        let run = run.done();
        let lines = run.stdout.lines().filter(|line| line.contains("\"replaced\"")).count();
        let jobs = (0..JOBS).filter(|at| of(*at).1 == value).count();
        assert_eq!(lines, 2 * jobs, "{value:?}");
    }
    for at in 0..JOBS {
        let (key, value) = of(at);
        let value = value.as_str().unwrap();
        let stored: Value =
            serde_json::from_str(&get(&home, "secrets", "sales", &name(at))).unwrap();
        let expected = match value {
            "" => "".to_string(),
            _ if value.ends_with("\r\n") => format!("{NEW}\r\n"),
            _ => NEW.to_string(),
        };
        assert_eq!((&stored[key], &stored["twin"]), (&json!(expected), &json!(expected)), "{key}");
        assert_eq!((&stored["z"], &stored["more"]), (&Value::Null, &json!(format!("{value}."))));
    }
}

#[test]
fn lets_two_people_replace_at_once() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let homes = [Home::at(&server.url()), Home::at(&server.url())];
    let news = ["Fnord-ana", "Fnord-ben"];
    for at in 0..30 {
        set(&homes[0], "secrets", "sales", &name(at), &json!({"a": OLD, "b": OLD}).to_string());
    }
    let children = homes.each_ref().map(|home| {
        home.file("old", OLD);
        let new = if std::ptr::eq(home, &homes[0]) { news[0] } else { news[1] };
        home.file("new", new);
        let words = "secrets -t sales replace --old-file old --new-file new --yes".split(' ');
        let mut command = home.command(words);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    });
    for mut child in children {
        let code = child.wait().unwrap().code();
        assert!([Some(0), Some(5)].contains(&code), "{code:?}");
    }
    for at in 0..30 {
        let now: Value =
            serde_json::from_str(&get(&homes[0], "secrets", "sales", &name(at))).unwrap();
        assert!(news.contains(&now["a"].as_str().unwrap()) && now["a"] == now["b"], "{now}");
        let words = ["secrets", "-t", "sales", "-n", &name(at), "history", "-o", "json"];
        let versions: Value = serde_json::from_str(&homes[0].run(words).done().stdout).unwrap();
        assert_eq!(versions.as_array().unwrap().len(), 2, "written once");
    }
}
