//! The formats, read by the programs that they are for.

use std::process::Command;

use serde_json::Value;
use vdk_testing::Home;

use super::{export, with_secrets};

/// Returns the path of a program that `./tests/run` installs.
fn program(name: &str) -> String {
    format!("{}/{name}", std::env::var("VDK_TEST_CONTRIB_BIN").unwrap())
}

/// Returns the environment that compose gives a service with this file.
pub fn by_compose(home: &Home, file: &str, format: &str) -> Value {
    let service =
        format!("services:\n  a:\n    image: x\n    env_file:\n      - path: {file}\n{format}");
    home.file("compose.yaml", service);
    let mut compose = Command::new(program("docker-compose"));
    compose.args(["config", "--format", "json"]).current_dir(home.path());
    compose.env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin");
    let printed = vdk_testing::finish(compose).done().stdout;
    let config: Value = serde_json::from_str(&printed).unwrap();
    let read = config["services"]["a"]["environment"].to_string();
    // A dollar is printed so that compose would read it back.
    serde_json::from_str(&read.replace("$$", "$")).unwrap()
}

#[test]
#[ignore = "needs compose: ./tests/run"]
fn compose_reads_dotenv_and_docker_files() {
    let values = r##"{"A": "it's x", "B": "a\nb $x", "C": "$HOME `id` #c", "D": "", "E": " b ", "F": "say \"hi\"",
        "G": "\u2603", "H": "a\\b", "I": "a#b", "J": "=x", "K": "$2a$10$x", "N": 5}"##;
    let home = with_secrets(values);
    export(&home, &["--out", ".env"]).done();
    let mut expected: Value = serde_json::from_str(values).unwrap();
    expected["N"] = "5".into();
    assert_eq!(by_compose(&home, ".env", ""), expected);
    // Lines without quotes are docker's own format.
    let members = expected.as_object_mut().unwrap();
    members.remove("B");
    members.remove("E");
    export(&home, &["-o", "docker", "--except", "B,E", "--out", "x.list"]).done();
    assert_eq!(by_compose(&home, "x.list", "        format: raw\n"), expected);
}

#[test]
#[ignore = "needs kubernetes-validate: ./tests/run"]
fn kubernetes_accepts_the_manifest() {
    let home = with_secrets(r#"{"a.b": "x\ny\u0000", "n": 1, "_no-": "yes", "empty": ""}"#);
    for args in [&[][..], &["--namespace", "etl", "--manifest-name", "in.gest-1"]] {
        export(&home, &[&["-o", "k8s", "--out", "m.yaml"], args].concat()).done();
        let mut validate = Command::new(program("kubernetes-validate"));
        validate.args(["--strict", "m.yaml"]).current_dir(home.path());
        vdk_testing::finish(validate).done();
    }
}
