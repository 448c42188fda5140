//! Tests set, get, list and delete on the embedded store and on services with and without entity
//! tags.

use vdk_testing::Home;
use vdk_testing::scripted_service::Service;

/// Runs a test on each kind of storage.
fn on_every_storage(test: impl Fn(&Home)) {
    test(&Home::at("local"));
    for service in [Service::with_etags(), Service::plain()] {
        test(&Home::at(&service.url()));
    }
    #[cfg(feature = "service")]
    {
        let home = Home::new();
        let server = vdk_testing::server::Server::start(&home);
        test(&Home::at(&server.url()));
    }
}

#[test]
fn reads_back_what_was_set() {
    on_every_storage(|home| {
        let run = home.secrets(&["--set", "db-user", "ana", "--set", "retries", "3"]).done();
        assert_eq!((run.stdout.as_str(), run.stderr.contains("warning")), ("", false));
        assert_eq!(home.all(), r#"{"db-user": "ana", "retries": "3"}"#);
        home.secrets(&["--set", "db-user", "bob", "--delete", "retries", "--set", "new", ""])
            .done();
        assert_eq!(home.all(), r#"{"db-user": "bob", "new": ""}"#);
        assert_eq!(home.secrets(&["--get", "db-user", "-o", "raw"]).done().stdout, "bob");
        assert_eq!(home.secrets(&["--get", "new", "-o", "raw"]).done().stdout, "");
    });
}

#[test]
fn shows_secret_values_only_on_request() {
    on_every_storage(|home| {
        assert_eq!(home.secrets(&["--list"]).done().stdout, "No Data.\n");
        home.secrets(&["--set", "zeta", "one", "--set", "a", "long value"]).done();
        assert_eq!(home.secrets(&["--list"]).done().stdout, "key\n-----\nzeta\na\n");
        assert_eq!(home.secrets(&["--list", "-o", "JSON"]).done().stdout, "[\"zeta\", \"a\"]\n");
        let table = "key    value\n-----  ----------\nzeta   one\na      long value\n";
        assert_eq!(home.secrets(&["--list", "--show-secrets"]).done().stdout, table);
        assert_eq!(home.secrets(&["--get-all"]).done().stdout, table);
        let job = ["properties", "-n", "j", "-t", "t"];
        home.run([&job[..], &["--set", "zeta", "one", "--set", "a", "long value"]].concat()).done();
        assert_eq!(home.run([&job[..], &["--list"]].concat()).done().stdout, table);
        home.run([&job[..], &["--delete-all"]].concat()).done();
        assert_eq!(home.secrets(&["--list"]).done().stdout, "key\n-----\nzeta\na\n");
    });
}

#[test]
fn names_missing_keys() {
    on_every_storage(|home| {
        let both = "{\"a\": \"1\", \"\": \"empty key\"}";
        home.run_with(["secrets", "-n", "j", "-t", "t", "--overwrite-all", "-"], both).done();
        let run = home.secrets(&["--get", "nope", "-o", "json"]).done();
        assert_eq!(run.stdout, "{}\n");
        assert!(run.stderr.contains("there is no key 'nope'"), "{}", run.stderr);
        let run = home.secrets(&["--get", "nope", "--get", "a", "--get", ""]).done();
        assert_eq!(run.stdout, "key    value\n-----  ---------\na      1\n       empty key\n");
        for format in ["raw", "yaml", "shell", "dotenv"] {
            home.secrets(&["--get", "nope", "-o", format]).failed(4, "'nope'");
        }
    });
}

#[test]
fn keeps_untouched_members_unchanged() {
    let json = r#"{"z":1.50,"n":123456789012345678901234567890,"e":1E400,"o":{"b":[null,1.0],"a":"ü\u00e4"},"":"","k":"v"}"#;
    on_every_storage(|home| {
        home.secrets(&["--overwrite-all", &home.file("all.json", json)]).done();
        home.secrets(&["--set", "k", "w"]).done();
        assert_eq!(
            home.all(),
            r#"{"z": 1.50, "n": 123456789012345678901234567890, "e": 1E400, "o": {"b": [null, 1.0], "a": "\u00fc\u00e4"}, "": "", "k": "w"}"#
        );
    });
    let service = Service::plain();
    service.put("secrets", json);
    Home::at(&service.url()).secrets(&["--set", "k", "w"]).done();
    assert_eq!(service.stored("secrets"), json.replace(r#""v"}"#, r#""w"}"#), "to the byte");
}

#[test]
fn keeps_types_and_rejects_mismatches() {
    on_every_storage(|home| {
        let json = r#"{"i":1,"f":1.5,"b":true,"s":"x","n":null,"a":[1]}"#;
        home.secrets(&["--overwrite-all", &home.file("all.json", json)]).done();
        home.secrets(&["--set", "i", "1_000", "--set", "f", "2", "--set", "b", "FALSE"]).done();
        home.secrets(&["--set", "s", "5", "--set", "n", "now", "--set-json", "a", "{\"x\": 1.50}"])
            .done();
        let after = r#"{"i": 1000, "f": 2.0, "b": false, "s": "5", "n": "now", "a": {"x": 1.50}}"#;
        assert_eq!(home.all(), after);
        let run = home
            .secrets(&["--set", "s", "changed", "--set", "i", "geheim", "--set", "b", "maybe"])
            .failed(2, "'i' holds an integer; 'b' holds a boolean");
        assert!(!run.stderr.contains("geheim") && !run.stderr.contains("maybe"));
        home.secrets(&["--set", "a", "[1]"]).failed(2, "an object");
        assert_eq!(home.all(), after);
    });
}

#[test]
fn changes_nothing_when_a_key_to_delete_is_missing() {
    on_every_storage(|home| {
        home.secrets(&["--set", "a", "1"]).done();
        home.secrets(&["--set", "b", "2", "--delete", "nope"]).failed(4, "no key 'nope'");
        assert_eq!(home.all(), r#"{"a": "1"}"#);
        home.secrets(&["--delete", "a", "--delete", "a"]).done();
        assert_eq!(home.all(), "{}");
    });
}

#[test]
fn overwrites_and_deletes_everything() {
    on_every_storage(|home| {
        home.secrets(&["--set", "old", "1"]).done();
        let run = home.run_with(
            ["secrets", "-n", "j", "-t", "t", "--overwrite-all-job-secrets", "-"],
            "\n {\"b\": [true, null],\n \"a\": 1.0}\n",
        );
        run.done();
        assert_eq!(home.all(), r#"{"b": [true, null], "a": 1.0}"#);
        home.secrets(&["--delete-all-job-properties"]).done();
        assert_eq!(home.all(), "{}");
    });
}

#[test]
fn lists_keys_and_changes_nothing_in_a_dry_run() {
    on_every_storage(|home| {
        home.secrets(&["--set", "keep", "1", "--set", "change", "2", "--set", "go", "3"]).done();
        let run = home
            .secrets(&[
                "--set",
                "change",
                "geheim",
                "--set",
                "new",
                "geheim",
                "--delete",
                "go",
                "--dry-run",
            ])
            .done();
        assert_eq!(
            run.stdout,
            "key     change\n------  --------\nkeep    kept\nchange  changed\nnew     added\ngo      removed\n"
        );
        let file = home.file("all.json", r#"{"keep":"1","new":"geheim"}"#);
        let run = home.secrets(&["--overwrite-all", &file, "--dry-run", "-o", "json"]).done();
        assert_eq!(
            run.stdout,
            "{\"added\": [\"new\"], \"changed\": [], \"kept\": [\"keep\"], \"removed\": [\"change\", \"go\"]}\n"
        );
        assert!(!run.stderr.contains("geheim"));
        home.secrets(&["--delete-all", "--dry-run"]).done();
        assert_eq!(home.all(), r#"{"keep": "1", "change": "2", "go": "3"}"#);
    });
}

#[test]
fn reads_values_from_stdin_and_files_to_the_byte() {
    on_every_storage(|home| {
        let args = |more: &[&'static str]| [&["secrets", "-n", "j", "-t", "t"], more].concat();
        home.run_with(args(&["--set", "one", "--set-prompt", "two"]), "first \r\n second\n").done();
        assert_eq!(home.all(), r#"{"one": "first ", "two": " second"}"#);
        home.run_with(args(&["--set-prompt", "one"]), "no line end").done();
        let pem = "-----BEGIN KEY-----\r\nMII\n\n-----END KEY-----\n";
        let file = home.file("key.pem", pem);
        home.secrets(&["--set-file", "pem", &file]).done();
        home.run_with(args(&["--set-file", "in", "-"]), "\u{feff}a\r\n\n").done();
        assert_eq!(home.secrets(&["--get", "pem", "-o", "raw"]).done().stdout, pem);
        assert_eq!(home.secrets(&["--get", "in", "-o", "raw"]).done().stdout, "\u{feff}a\r\n\n");
        assert_eq!(home.secrets(&["--get", "one", "-o", "raw"]).done().stdout, "no line end");
        home.run_with(args(&["--set", "one"]), "\n").failed(2, "No value for 'one'");
        home.run_with(args(&["--set", "one"]), "").failed(1, "cancelled");
        home.run_with(args(&["--set", "one"]), b"\xff\xfe\n").failed(2, "'one'");
        assert_eq!(home.secrets(&["--get", "one", "-o", "raw"]).done().stdout, "no line end");
    });
}

#[test]
fn accepts_values_that_begin_with_a_dash() {
    on_every_storage(|home| {
        for value in ["-5", "-----BEGIN X-----", "--anything", "--", "-x=y"] {
            home.secrets(&["--set", "k", value]).done();
            assert_eq!(home.secrets(&["--get", "k", "-o", "raw"]).done().stdout, value);
        }
    });
}

#[test]
fn stores_ten_thousand_keys_and_a_megabyte() {
    on_every_storage(|home| {
        let members: Vec<_> = (0..10_000).map(|n| format!("\"key-{n}\":{n}")).collect();
        let json = format!("{{{}}}", members.join(","));
        home.run_with(["secrets", "-n", "j", "-t", "t", "--overwrite-all", "-"], &json).done();
        home.secrets(&["--set", "key-5000", "-1", "--delete", "key-0"]).done();
        let all = home.all().replace(": ", ":").replace(", ", ",");
        assert_eq!(all, json.replace("\"key-0\":0,", "").replace(":5000,", ":-1,"));
        let large = format!("{{\"big\":\"{}\"}}", "x".repeat(1_048_576 - 10));
        home.run_with(["secrets", "-n", "j", "-t", "t", "--overwrite-all", "-"], &large).done();
        assert_eq!(home.secrets(&["--get", "big", "-o", "raw"]).done().stdout.len(), 1_048_566);
    });
}

#[test]
fn rejects_a_value_over_the_limit_before_writing() {
    let home = Home::at("local");
    home.secrets(&["--set", "a", "1"]).done();
    let file = home.file("big", "x".repeat(1_048_577));
    let run = home.secrets(&["--set-file", "big", &file]).failed(2, "1048576");
    assert!(run.stderr.contains("bytes"), "{}", run.stderr);
    assert_eq!(home.all(), r#"{"a": "1"}"#);
}

/// Runs a script in a shell and returns its output. Checks that the script has not created the file
/// `hacked`.
fn in_shell(home: &Home, shell: &str, script: &str) -> String {
    let mut shell = std::process::Command::new(shell);
    shell.args(["-c", script]).current_dir(home.path());
    let printed = vdk_testing::finish(shell).done().stdout;
    assert!(!home.path().join("hacked").exists());
    printed
}

#[test]
#[ignore = "needs zsh: ./tests/run"]
fn prints_formats_that_zsh_reads() {
    let home = Home::at("local");
    let odd = "it's =ls ~ *.rs !! \"$(touch hacked)\" `x` \\n \\\\ €\nsecond line\n";
    home.secrets(&["--set-file", "ODD", &home.file("v", odd)]).done();
    home.file("out", home.secrets(&["--get-all", "-o", "shell"]).done().stdout);
    assert_eq!(in_shell(&home, "zsh", "eval \"$(cat out)\"; printf %s \"$ODD\""), odd);
}

#[test]
fn prints_formats_that_shells_read() {
    let home = Home::at("local");
    let odd = "\"$(touch hacked)\" `x` \\n \\d €\nsecond line\n";
    home.secrets(&["--set", "N", "5"]).done();
    for (format, value, script) in [
        ("shell", format!("it's {odd}"), "eval \"$(cat out)\"; printf %s \"$ODD\""),
        ("dotenv", odd.to_string(), "set -a; . ./out; printf %s \"$ODD\""),
    ] {
        home.secrets(&["--set-file", "ODD", &home.file("v", &value)]).done();
        let out = home.secrets(&["--get-all", "-o", format]).done().stdout;
        home.file("out", out);
        for shell in ["sh", "bash"] {
            assert_eq!(in_shell(&home, shell, script), value, "{format} {shell}");
        }
    }
    home.secrets(&["--set", "ODD", "it's $x"]).done();
    home.secrets(&["--get", "ODD", "-o", "dotenv"]).failed(2, "'ODD'");
    home.secrets(&["--set", "db-password", "x"]).done();
    home.secrets(&["--get-all", "-o", "shell"]).failed(2, "'db-password'");
    let yaml = home.secrets(&["--get", "N", "--get", "db-password", "-o", "yaml"]).done().stdout;
    assert_eq!(yaml, "\"N\": \"5\"\n\"db-password\": \"x\"\n");
    assert_eq!(
        home.secrets(&["--list", "-o", "yaml"]).done().stdout,
        "- \"N\"\n- \"ODD\"\n- \"db-password\"\n"
    );
}

#[test]
fn sends_requests_as_the_api_defines_them() {
    let service = Service::with_etags();
    let home = Home::at(&format!("{}/", service.url())).with("VDK_OP_ID_OVERRIDE", "op-7");
    home.run(["secrets", "-n", "j/1", "-t", "t ü", "--set", "a", "1"]).done();
    let requests = service.requests();
    let path = "/data-jobs/for-team/t%20%C3%BC/jobs/j%2F1/deployments/TODO/secrets";
    let seen: Vec<_> = requests.iter().map(|r| (r.method.as_str(), r.path.as_str())).collect();
    assert_eq!(seen, [("GET", path), ("PUT", path)], "an entity tag saves the reading after");
    assert!(requests.iter().all(|r| r.header("x-opid") == Some("op-7")));
    assert_eq!(requests[0].header("accept"), Some("application/json"));
    assert_eq!(requests[1].header("content-type"), Some("application/json"));
    assert_eq!(requests[1].header("if-match"), Some("\"0\""));
    assert_eq!(requests[1].body, r#"{"a":"1"}"#);
    assert_eq!(requests[0].header("authorization"), None);
}

#[test]
fn shows_info_and_version() {
    let service = Service::plain();
    let home = Home::at(&service.url());
    let info = home.run(["info", "-t", "t"]).done();
    assert_eq!(
        info.stdout,
        "VDK Control service version: 1.2.3\nSupported python versions:\n\t3.11\n\t3.12\n"
    );
    let json = home.run(["info", "-t", "t", "-o", "json"]).done().stdout;
    assert_eq!(
        json,
        "{\"api_version\": \"1.2.3\", \"supported_python_versions\": [\"3.11\", \"3.12\"]}\n"
    );
    let version = Home::new().run(["version", "-o", "json"]).done().stdout;
    assert!(version.starts_with("{\"version\": \"") && version.contains("\"build_details\": {"));
    assert!(Home::new().run(["version"]).done().stdout.starts_with("Version: "));
    Home::at("local").run(["info", "-t", "t"]).done();
}

/// Runs a program that prints the values of V0, V1, … with a NUL after each. Returns the values.
fn read_by(home: &Home, program: &[&str], count: usize) -> Vec<String> {
    let mut command = std::process::Command::new(program[0]);
    command.args(&program[1..]).arg(count.to_string()).current_dir(home.path());
    let packages = std::env::var("VDK_TEST_PROVIDER").unwrap();
    command.env("NODE_PATH", packages + "/node_modules");
    let printed = vdk_testing::finish(command).done().stdout;
    printed.split_terminator('\0').map(String::from).collect()
}

#[test]
#[ignore = "needs python-dotenv, node and zsh: ./tests/run"]
fn prints_only_values_that_other_programs_read_back() {
    const PARTS: [&str; 28] = [
        "a", "ä", "€", " ", "  ", "'", "\"", "\\", "\\\\", "$", "${HOME}", "$HOME", "`", "#", " #",
        "=", "\r", "\n", "\t", "\\n", "!", "*", "~", "&", ";", "\u{85}", "\u{2028}", "%",
    ];
    const READ_DOTENV: &str = "import sys, dotenv\n\
        found = dotenv.dotenv_values('dotenv')\n\
        sys.stdout.write(''.join(found[f'V{n}'] + '\\0' for n in range(int(sys.argv[1]))))";
    // Node has a reader itself; most programs use the package.
    const READ_NODE: [&str; 2] = ["require('util').parseEnv", "require('dotenv').parse"];
    const PRINT: &str = "(require('fs').readFileSync('dotenv', 'utf8'));\
        for (let n = 0; n < +process.argv[1]; n++) process.stdout.write(found['V' + n] + '\\0')";
    let python = std::env::var("VDK_TEST_PYTHON_BIN").expect("./tests/run sets it") + "/python3";
    let mut random = fastrand::Rng::with_seed(14);
    let home = Home::at("local");
    let mut kept: [Vec<String>; 2] = Default::default();
    let mut printed = [String::new(), String::new()];
    let mut refused = 0;
    for _ in 0..300 {
        let length = random.usize(0..8);
        let value: String = (0..length).map(|_| PARTS[random.usize(..PARTS.len())]).collect();
        let json = serde_json::json!({"V": value}).to_string();
        home.run_with(["secrets", "-n", "j", "-t", "t", "--overwrite-all", "-"], json).done();
        for (at, format) in ["dotenv", "shell"].into_iter().enumerate() {
            let run = home.secrets(&["--get-all", "-o", format]);
            if run.code == 2 {
                refused += 1;
                continue;
            }
            let name = format!("V{}=", kept[at].len());
            printed[at].push_str(&run.done().stdout.replacen("V=", &name, 1));
            kept[at].push(value.clone());
        }
    }
    assert!(refused > 10 && kept[0].len() > 100 && kept[1].len() == 300, "{refused}");
    home.file("dotenv", &printed[0]);
    home.file("shell", &printed[1]);
    let in_sh = |file: &str| {
        format!(
            ". ./{file}; n=0; while [ $n -lt $1 ]; do eval \"printf '%s\\0' \\\"\\$V$n\\\"\"; n=$((n+1)); done"
        )
    };
    assert_eq!(read_by(&home, &[&python, "-c", READ_DOTENV], kept[0].len()), kept[0]);
    for reader in READ_NODE {
        let script = format!("const found = {reader}{PRINT}");
        let read = read_by(&home, &["node", "-e", &script, "--"], kept[0].len());
        assert_eq!(read, kept[0], "{reader}");
    }
    assert_eq!(read_by(&home, &["sh", "-c", &in_sh("dotenv"), "sh"], kept[0].len()), kept[0]);
    for shell in ["sh", "bash", "dash", "zsh"] {
        let read = read_by(&home, &[shell, "-c", &in_sh("shell"), shell], kept[1].len());
        assert_eq!(read, kept[1], "{shell}");
    }
}
