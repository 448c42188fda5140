//! Tests the variables that a program gets.

use serde_json::json;
use vdk_testing::Home;
use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::vdk;

use super::{environment, exec, parsed, with_secrets};

#[test]
fn passes_every_value_byte_for_byte() {
    let values = [
        "",
        "a\nb",
        "end\r\n",
        "$HOME $(id) `id`",
        "'\"\\",
        " both ends\t",
        "=x",
        "#x",
        "-n",
        "☃ ключ",
        "\u{1b}[31m\u{7}",
        r#"{"a":[1,2.50,1e400]}"#,
    ];
    let members = values.iter().enumerate().map(|(n, value)| (format!("k{n}"), json!(value)));
    let home = with_secrets(&serde_json::Value::from_iter(members).to_string());
    let passed = environment(&home, &[]);
    for (n, value) in values.iter().enumerate() {
        assert_eq!(passed[&format!("K{n}")], *value);
    }
}

#[test]
fn passes_other_types_as_their_json() {
    let home = with_secrets(r#"{"n": 2.50, "big": 1e400, "t": true, "o": {"a":[1]}, "z": null}"#);
    let passed = environment(&home, &[]);
    for (name, value) in
        [("N", "2.50"), ("BIG", "1e400"), ("T", "true"), ("O", "{\"a\":[1]}"), ("Z", "null")]
    {
        assert_eq!(passed[name], value);
    }
}

#[test]
fn names_variables_by_rule_prefix_and_map() {
    let home = with_secrets(r#"{"db-user": "u", "1x": "o", "a b": "s", "ключ": "k"}"#);
    let names = |options: &[&str]| {
        let all = environment(&home, options);
        all.into_keys()
            .filter(|name| {
                !["HOME", "PATH", "VDK_CONTROL_SERVICE_REST_API_URL"].contains(&name.as_str())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&[]), ["A_B", "DB_USER", "_1X", "____"]);
    assert_eq!(names(&["--names", "keep"]), ["1x", "a b", "db-user", "ключ"]);
    assert_eq!(names(&["--prefix", "P_"]), ["P_1X", "P_A_B", "P_DB_USER", "P_____"]);
    let mapped = names(&["--map", "db-user=PGUSER", "--only", "db-user,1x"]);
    assert_eq!(mapped, ["PGUSER", "_1X"]);
}

#[test]
fn removes_variables_of_keys_that_are_left_out() {
    let home = with_secrets(r#"{"db-user": "u", "db-pass": "p", "api": "a"}"#)
        .with("DB_PASS", "inherited")
        .with("API", "inherited");
    let passed = environment(&home, &["--only", "db-*", "--except", "db-pass"]);
    assert_eq!(passed["DB_USER"], "u");
    assert!(!passed.contains_key("DB_PASS") && !passed.contains_key("API"), "{passed:?}");
}

#[test]
fn overrides_variables_unless_they_are_preserved() {
    let home = with_secrets(r#"{"a": "ours", "b": "ours"}"#).with("A", "theirs").with("B", "ours");
    let run = exec(&home, &["env", "-0"]);
    assert_eq!(parsed(&run.stdout)["A"], "ours");
    assert!(run.stderr.contains("note: overrides A\n"), "{run:?}");
    assert_eq!(environment(&home, &["--preserve-env"])["A"], "theirs");
    assert_eq!(environment(&home, &["--preserve-env=B,C"])["A"], "ours");
    assert_eq!(environment(&home, &["--preserve-env=A"])["A"], "theirs");
}

#[test]
fn passes_a_clean_environment() {
    let home = with_secrets(r#"{"a": "1"}"#);
    let mut command = home.command(["secrets", "-n", "j", "-t", "t", "exec", "--clean-env"]);
    command.args(["--keep", "KEPT,NONE", "--", "env", "-0"]);
    for name in ["USER", "LOGNAME", "SHELL", "TERM", "LANG", "LC_ALL", "TZ", "TMPDIR", "KEPT", "X"]
    {
        command.env(name, "/tmp");
    }
    let run = vdk_testing::finish(command).done();
    let names: Vec<_> = parsed(&run.stdout).into_keys().collect();
    let expected = [
        "A", "HOME", "KEPT", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ",
        "USER",
    ];
    assert_eq!(names, expected);
}

#[test]
fn passes_properties_with_secrets_that_win() {
    let home = with_secrets(r#"{"a": "secret"}"#);
    for pair in [["a", "property"], ["b", "property"]] {
        let set = ["properties", "-n", "j", "-t", "t", "--set", pair[0], pair[1]];
        home.run(set).done();
    }
    let run = exec(&home, &["--with-properties", "env", "-0"]).done();
    let passed = parsed(&run.stdout);
    assert_eq!((passed["A"].as_str(), passed["B"].as_str()), ("secret", "property"));
    assert!(run.stderr.contains("the secret 'a' wins over the property 'a'"), "{run:?}");
    let run = home.run(["properties", "-n", "j", "-t", "t", "exec", "env", "-0"]).done();
    assert_eq!(parsed(&run.stdout)["A"], "property");
}

#[test]
fn does_not_pass_the_login_on() {
    let service = Service::with_etags();
    let home = Home::at(&service.url()).with("VDK_MASTER_KEY_FILE", "/nowhere");
    let run = exec(&home, &["env", "-0"]).done();
    assert!(!run.stdout.contains("VDK_MASTER_KEY_FILE"), "{run:?}");
    assert!(run.stderr.contains("--keep-login"), "{run:?}");
    let run = exec(&home, &["--keep-login", "env", "-0"]).done();
    assert!(run.stdout.contains("VDK_MASTER_KEY_FILE=/nowhere"), "{run:?}");
}

#[test]
fn runs_without_any_key_and_says_so() {
    let home = Home::at("local");
    let run = exec(&home, &["echo", "ran"]).done();
    assert!(run.stderr.contains("nothing was ever stored"), "{run:?}");
    assert_eq!(run.stdout, "ran\n");
}

#[test]
fn runs_nothing_if_the_service_fails() {
    let service = Service::with_etags();
    service.always("GET", Fault::Answer(403, "", r#"{"what":"No.","why":"So."}"#));
    let home = Home::at(&service.url());
    exec(&home, &["--", "touch", "ran"]).failed(3, "No.");
    assert!(!home.path().join("ran").exists());
}

#[test]
fn gives_the_program_its_arguments_unchanged() {
    let home = with_secrets(r#"{"a": "1"}"#);
    let words = ["printf", "%s|", "-n", "x", "--set", "--", "-o", "json", "--help", ""];
    let expected = "-n|x|--set|--|-o|json|--help||";
    assert_eq!(exec(&home, &words).done().stdout, expected);
    assert_eq!(exec(&home, &[&["--"], &words[..]].concat()).done().stdout, expected);
    assert_eq!(exec(&home, &["--", "printf", "--", "-%s", "x"]).done().stdout, "-x");
    // Options of ours may stand behind exec; bytes that are no text are passed on.
    let mut command = home.command(["secrets", "exec", "-n", "j", "-t", "t", "printf", "%s"]);
    let bytes = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff");
    let output = command.arg::<&std::ffi::OsStr>(bytes).output().unwrap();
    assert_eq!(output.stdout, b"\xff", "{output:?}");
}

#[test]
fn shows_the_plan_without_running() {
    let home = with_secrets(r#"{"db-user": "geheim", "key": "geheim"}"#);
    let args = ["--dry-run", "--file", "key=KEY_FILE", "touch", "ran"];
    let run = exec(&home, &args).done();
    let lines: Vec<_> = run.stdout.lines().map(str::trim).skip(2).collect();
    assert_eq!(lines.len(), 2, "{run:?}");
    assert!(lines[0].starts_with("db-user") && lines[0].contains("DB_USER"), "{run:?}");
    assert!(lines[1].contains("KEY_FILE") && lines[1].ends_with("secrets, in a file"), "{run:?}");
    assert!(!home.path().join("ran").exists());

    let home = home.with("DB_USER", "other").with("VDK_API_TOKEN", "t").with("LEFT_OUT", "x");
    home.run(["secrets", "-n", "j", "-t", "t", "--set", "left-out", "geheim"]).done();
    let args = [&args[..2], &["key=KEY_FILE", "--except", "left-out", "touch", "ran"]].concat();
    let run = exec(&home, &args).done();
    assert!(run.stdout.contains("secrets, overrides the one that is set"), "{run:?}");
    let run = exec(&home, &[&["-o", "json"], &args[..]].concat()).done();
    let plan: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let variable = |key, variable, overrides| json!([{"key": key, "variable": variable, "from": "secrets", "overrides": overrides}]);
    let expected = json!({
        "command": ["touch", "ran"],
        "variables": variable("db-user", "DB_USER", true),
        "files": variable("key", "KEY_FILE", false),
        "removed": ["VDK_API_TOKEN", "LEFT_OUT"],
    });
    assert_eq!(plan, expected);
    let run = exec(&home, &[&["--preserve-env"], &args[..]].concat()).done();
    assert!(run.stdout.contains("DB_USER     environment"), "{run:?}");
    assert!(!run.stdout.contains("geheim") && !home.path().join("ran").exists());
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn shows_no_value_in_arguments_files_or_its_own_environment() {
    let home = with_secrets(r#"{"key": "Fnord-5ecReT-4711"}"#);
    let log = home.path().join("strace");
    let run = |options: &str| {
        let mut traced = std::process::Command::new("strace");
        traced.args([
            "-f",
            "-q",
            "-v",
            "-s",
            "9999",
            "-e",
            "trace=execve,write,writev,pwrite64,openat,memfd_create",
            "-o",
        ]);
        traced.arg(&log).arg(vdk()).args(["-v", "DEBUG", "secrets", "-n", "j", "-t", "t", "exec"]);
        traced.args(options.split(' ').filter(|word| !word.is_empty()));
        traced.arg("true").env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin");
        traced.env("VDK_CONTROL_SERVICE_REST_API_URL", "local");
        let output = traced.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("Fnord"), "{output:?}");
        std::fs::read_to_string(&log).unwrap()
    };
    for options in ["", "--redact never"] {
        let text = run(options);
        let shown: Vec<_> = text.lines().filter(|line| line.contains("Fnord")).collect();
        let programs = shown.iter().filter(|line| line.contains("execve("));
        // The environment of the program, for each place on PATH.
        assert!(programs.clone().count() > 0 && programs.clone().all(|l| l.contains("KEY=Fnord")));
        assert_eq!(shown.len(), programs.count(), "{shown:#?}");
    }
}
