//! The formats, read back by their readers.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{export, with_secrets};

const VALUES: &str = r#"{"plain": "abc", "text": "it's \"x\" $HOME `a` #b \\n = : ! é😀\t\n z", " ": " x ", "n": 1.50,
    "list": [1, {"a b": null}], "empty": "", "yes": true, "a=b:c#d!": "no"}"#;

/// Returns the pairs of a file of Java's properties, as the documentation of
/// `java.util.Properties.load` has it.
fn java(text: &str) -> BTreeMap<String, String> {
    let unescape = |text: &str| {
        let (mut units, mut rest) = (Vec::new(), text.chars());
        while let Some(c) = rest.next() {
            let c = if c == '\\' {
                match rest.next().unwrap() {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'f' => '\u{c}',
                    'u' => {
                        let digits: String = rest.by_ref().take(4).collect();
                        units.push(u16::from_str_radix(&digits, 16).unwrap());
                        continue;
                    }
                    c => c,
                }
            } else {
                assert!(c.is_ascii());
                c
            };
            units.extend(c.encode_utf16(&mut [0; 2]).iter());
        }
        String::from_utf16(&units).unwrap()
    };
    let split = |line: &str| {
        let mut is_escaped = false;
        let end = line.find(|c| {
            let ends = !is_escaped && matches!(c, '=' | ':' | ' ');
            is_escaped = !is_escaped && c == '\\';
            ends
        });
        let (key, value) = line.split_at(end.unwrap());
        let value = value.trim_start().strip_prefix(['=', ':']).unwrap().trim_start();
        (unescape(key), unescape(value))
    };
    text.lines().filter(|line| !line.starts_with(['#', '!'])).map(split).collect()
}

#[test]
fn json_and_yaml_are_those_of_list() {
    let home = with_secrets(VALUES);
    for format in ["json", "yaml"] {
        let listed = home.secrets(&["--list", "--show-secrets", "-o", format]).done().stdout;
        assert_eq!(export(&home, &["-o", format]).done().stdout, listed);
    }
    let home = with_secrets("{}");
    assert_eq!(export(&home, &["-o", "json"]).done().stdout, "{}\n");
    for format in ["docker", "properties", "toml", "dotenv", "shell"] {
        assert_eq!(export(&home, &["-o", format]).done().stdout, "");
    }
}

#[test]
fn properties_are_read_by_java() {
    let read = java(&export(&with_secrets(VALUES), &["-o", "properties"]).done().stdout);
    assert_eq!(read["text"], "it's \"x\" $HOME `a` #b \\n = : ! é😀\t\n z");
    assert_eq!((&*read[" "], &*read["a=b:c#d!"], &*read["empty"]), (" x ", "no", ""));
    assert_eq!((&*read["n"], &*read["list"]), ("1.50", "[1, {\"a b\": null}]"));
    assert_eq!(read.len(), 8);
}

#[test]
fn toml_keeps_types() {
    let home = with_secrets(VALUES);
    let run = export(&home, &["-o", "toml"]).failed(2, "Cannot print these keys");
    assert!(run.stderr.contains("'list': null") && run.stderr.contains("Nothing was exported"));
    let text = export(&home, &["-o", "toml", "--except", "list"]).done().stdout;
    assert!(text.contains("n = 1.50\n"), "{text}");
    let read: toml::Table = text.parse().unwrap();
    assert_eq!(read["text"].as_str(), Some("it's \"x\" $HOME `a` #b \\n = : ! é😀\t\n z"));
    assert_eq!((read["n"].as_float(), read["yes"].as_bool()), (Some(1.5), Some(true)));
    let nested = with_secrets(r#"{"o": {"a b": [1, -2, "x"], "c": {"d": 1e3}}}"#);
    let read: toml::Table = export(&nested, &["-o", "toml"]).done().stdout.parse().unwrap();
    assert_eq!(read["o"]["a b"][1].as_integer(), Some(-2));
    assert_eq!(read["o"]["c"]["d"].as_float(), Some(1000.0));
}

#[test]
fn docker_lists_all_that_does_not_fit() {
    let home = with_secrets(VALUES);
    let run = export(&home, &["-o", "docker"]).failed(2, "Cannot print these keys");
    for words in ["' ', 'a=b:c#d!': not a name", "'text': a value of several lines"] {
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    assert_eq!(run.stdout, "");
    let text = export(&home, &["-o", "docker", "--only", "plain,n,empty"]).done().stdout;
    assert_eq!(text, "plain=abc\nn=1.50\nempty=\n");
    let run = export(&with_secrets(r#"{"a": " x"}"#), &["-o", "docker"]);
    run.failed(2, "begins or ends with white space");
}

#[test]
fn a_kubernetes_secret_has_the_bytes_of_the_values() {
    let home = with_secrets(r#"{"a.b": "x\ny\u0000é", "n": 1, "no": "yes"}"#);
    let text = export(&home, &["-o", "k8s", "--namespace", "etl"]).done().stdout;
    let encoded = BASE64_STANDARD.encode("x\ny\0é");
    let expected = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"j\"\n  namespace: \"etl\"\n  labels:\n    \
         app.kubernetes.io/managed-by: vdk\ntype: Opaque\ndata:\n  \"a.b\": \"{encoded}\"\n  \
         \"n\": \"MQ==\"\n  \"no\": \"eWVz\"\n"
    );
    assert_eq!(text, expected);
    home.run(["secrets", "-n", "My_Job", "-t", "t", "export", "-o", "k8s"])
        .failed(2, "--manifest-name");
    let other = export(&home, &["-o", "k8s", "--manifest-name", "in.gest-1"]).done().stdout;
    assert!(other.contains("name: \"in.gest-1\"\n  labels"), "{other}");
    for name in ["Upper", "a_b", "a-", "a..b", "", &"x".repeat(254)] {
        export(&home, &["-o", "k8s", "--manifest-name", name]).failed(2, "--manifest-name");
    }
    export(&home, &["-o", "k8s", "--namespace", "a.b"]).failed(2, "Not a namespace");
    export(&home, &["-o", "yaml", "--namespace", "a"]).failed(2, "are for -o k8s");
    let empty = export(&with_secrets("{}"), &["-o", "k8s"]).done().stdout;
    assert!(empty.ends_with("\ndata: {}\n"), "{empty}");
    let odd = with_secrets(r#"{"a b": 1, "..": 1, "é": 1, "ok": 1}"#);
    let run = export(&odd, &["-o", "k8s"]).failed(2, "not a key of a Secret");
    assert!(run.stderr.contains("'a b', '..', 'é'"), "{}", run.stderr);
    let half = "x".repeat(600 * 1024);
    let home = with_secrets(&format!(r#"{{"a": "{half}"}}"#));
    export(&home, &["-o", "k8s"]).done();
}

#[test]
fn names_are_stripped_prefixed_and_then_made_upper() {
    let home = with_secrets(r#"{"db-user": "1", "db-pass": "2", "other": "3"}"#);
    let text = |args: &[&str]| export(&home, &[&["-o", "dotenv"], args].concat()).done().stdout;
    assert_eq!(
        text(&["--strip-prefix", "db-", "--prefix", "pg-", "--names", "upper"]),
        "PG_USER='1'\nPG_PASS='2'\nPG_OTHER='3'\n"
    );
    assert_eq!(text(&["--only", "db-*", "--strip-prefix", "db-"]), "user='1'\npass='2'\n");
    let run = export(&home, &["-o", "dotenv"]).failed(2, "'db-user', 'db-pass': not a valid");
    assert!(run.stderr.contains("--names"), "{}", run.stderr);
    let same = with_secrets(r#"{"a-b": 1, "a.b": 2, "A_B": 3, "x": 4}"#);
    let run = export(&same, &["-o", "yaml", "--names", "upper", "--strip-prefix", "x"]);
    let run = run.failed(2, "'a-b' and 'a.b' would both be 'A_B'");
    assert!(run.stdout.is_empty() && run.stderr.contains("'a.b' and 'A_B'"), "{}", run.stderr);
    assert!(run.stderr.contains("'x' would have no name"), "{}", run.stderr);
    let run = export(&home, &["-o", "yaml", "--only", "db-usr"]).failed(4, "There is no key");
    assert!(run.stderr.contains("db-user") && run.stderr.contains("Nothing was exported"));
}

#[test]
fn needs_a_format() {
    let home = with_secrets(r#"{"a": "1"}"#);
    export(&home, &[]).failed(2, "Use -o with one of: json, yaml");
    export(&home, &["--out", "x.txt"]).failed(2, "Use -o with one of");
    assert!(export(&home, &["-o", "xml"]).stderr.contains("invalid value 'xml'"));
    assert_eq!(export(&home, &["-o", "JSON", "--out", "-"]).done().stdout, "{\"a\": \"1\"}\n");
    home.secrets(&["-o", "yaml", "export"]).failed(2, "--output before export");
    home.run(["properties", "-n", "j", "-t", "t", "--set", "p", "1"]).done();
    let text = home.run(["properties", "-n", "j", "-t", "t", "export", "-o", "toml"]).done();
    assert_eq!(text.stdout, "p = \"1\"\n");
}
