//! Tests what `exec` rejects before anything runs, and the exit codes of programs.

use super::{exec, with_secrets};

#[test]
fn names_all_keys_that_cannot_be_passed() {
    let long = "x".repeat(200 * 1024);
    let home = with_secrets(&format!(
        r#"{{"nul": "a\u0000b", "long": "{long}", "PATH": "/evil", "ld-preload": "x", "a-b": "1", "a b": "2", "fine": "3"}}"#
    ));
    let run = exec(&home, &["touch", "ran"]).failed(2, "Cannot pass these keys");
    for words in [
        "'a-b' and 'a b' would both be A_B",
        "'PATH', 'ld-preload'",
        "'nul' has a NUL",
        "'long' has 204800 bytes",
        "--map KEY=VAR",
        "--except PATH",
        "--file nul=VAR",
    ] {
        assert!(run.stderr.contains(words), "no '{words}' in {}", run.stderr);
    }
    assert!(!home.path().join("ran").exists());
}

#[test]
fn names_the_largest_key_if_all_are_too_large_together() {
    let value = "x".repeat(30 * 1024);
    let each: Vec<_> = (0..33).map(|n| format!("\"k{n}\": \"{value}\"")).collect();
    let home = with_secrets(&format!("{{{}, \"largest\": \"{value}y\"}}", each.join(", ")));
    // The system passes on a quarter of the stack's limit.
    let line = "ulimit -s 2048; exec \"$VDK\" secrets -n j -t t exec touch ran";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", line]).env_clear().current_dir(home.path()).env("HOME", home.path());
    shell.env("PATH", "/usr/bin:/bin").env("VDK", vdk_testing::vdk());
    shell.env("VDK_CONTROL_SERVICE_REST_API_URL", "local");
    let run = vdk_testing::finish(shell).failed(2, "'largest'");
    assert!(run.stderr.contains("30721 bytes") && !home.path().join("ran").exists(), "{run:?}");
}

#[test]
fn tells_names_and_sizes_but_no_values() {
    let home = with_secrets(r#"{"db-user": "geheim"}"#);
    let words = ["-v", "DEBUG", "secrets", "-n", "j", "-t", "t", "exec", "true"];
    let run = home.run(words).done();
    assert!(run.stderr.contains("DB_USER (6 bytes)") && !run.stderr.contains("geheim"), "{run:?}");
}

#[test]
fn passes_a_dangerous_variable_only_if_it_is_named() {
    let home = with_secrets(r#"{"ld-preload": "", "env": "prod", "git-token": "x"}"#);
    exec(&home, &["true"]).failed(2, "'ld-preload'");
    exec(&home, &["--only", "*", "true"]).failed(2, "'ld-preload'");
    for options in [
        &["--only", "ld-preload"][..],
        &["--map", "ld-preload=LD_PRELOAD"],
        &["--except", "ld-preload"],
        &["--prefix", "X_"],
    ] {
        exec(&home, &[options, &["true"]].concat()).done();
    }
}

#[test]
fn rejects_names_that_no_variable_has() {
    let home = with_secrets(r#"{"": "1", "a=b": "2", "c": "3"}"#);
    let run = exec(&home, &["--names", "keep", "true"]).failed(2, "no valid variable name");
    assert!(run.stderr.contains("'', 'a=b'"), "{run:?}");
}

#[test]
fn rejects_words_that_match_no_key() {
    let home = with_secrets(r#"{"db-user": "1"}"#);
    for options in [
        &["--only", "db-usr"][..],
        &["--except", "x*"],
        &["--map", "nope=A"],
        &["--file", "nope=A"],
        &["--only", ""],
    ] {
        exec(&home, &[options, &["true"]].concat()).failed(4, "There is no key");
    }
    let run = exec(&home, &["--only", "db-usr", "true"]);
    assert!(run.stderr.contains("Did you mean 'db-user'?"), "{run:?}");
    let run = exec(&home, &["--except", "db-user", "--map", "db-user=A", "true"]);
    run.failed(2, "is left out");
    exec(&home, &["--map", "db-user=A", "--file", "db-user=B", "true"]).failed(2, "twice");
    let run = exec(&home, &["--map", "geheim", "true"]).failed(2, "Invalid --map");
    assert!(!run.stderr.contains("geheim"), "{run:?}");
    exec(&home, &["--keep", "A", "true"]);
}

#[test]
fn returns_the_exit_code_of_the_program() {
    let home = with_secrets(r#"{"key": "long-enough"}"#);
    for redact in ["auto", "never"] {
        for code in [0, 3, 77, 255] {
            let script = format!("exit {code}");
            let run = exec(&home, &["--redact", redact, "sh", "-c", &script]);
            assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (code, "", ""));
        }
        for (program, code) in [("no-such-program", 127), ("/", 126), ("A=b", 127), ("", 127)] {
            exec(&home, &["--redact", redact, "--", program]).failed(code, "Cannot run");
        }
        let json = exec(&home, &["-o", "json", "--redact", redact, "--", "no-such-program"]);
        assert_eq!(json.code, 127);
        let error: serde_json::Value = serde_json::from_str(&json.stderr).unwrap();
        assert_eq!(error["error"]["exit"], 127, "{json:?}");
    }
}

#[test]
fn rejects_options_of_other_actions_before_it() {
    let home = with_secrets(r#"{"key": "x"}"#);
    home.secrets(&["--list", "exec", "true"]).failed(2, "before exec is not allowed");
    let run = home.secrets(&["exec", "--nonsense", "--", "true"]);
    run.failed(2, "Unknown option");
    assert_eq!(home.secrets(&["exec"]).code, 2);
}
