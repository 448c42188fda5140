//! Tests invalid input of every kind: an error with four parts, the right exit code, and no change.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use vdk_testing::Home;
use vdk_testing::scripted_service::Service;

#[test]
fn rejects_invalid_job_and_team_names() {
    let service = Service::plain();
    let home = Home::at(&service.url());
    let long = "x".repeat(256);
    for name in ["", " ", ".", "..", "a\nb", "a\r\nX-Evil: 1", "\u{1b}[2J", &long] {
        home.run(["secrets", "-n", name, "-t", "t", "--list"]).failed(2, "job name");
        home.run(["secrets", "-n", "j", "-t", name, "--delete-all"]).failed(2, "team name");
        home.run(["info", "-t", name]).failed(2, "team name");
    }
    assert!(service.requests().is_empty());
}

#[test]
fn rejects_an_overwrite_that_is_not_one_object() {
    let service = Service::plain();
    let home = Home::at(&service.url());
    service.put("secrets", r#"{"a":1}"#);
    for (json, words) in [
        ("[]", "an array"),
        ("\"\"", "a string"),
        ("[[\"a\",1]]", "an array"),
        ("[\"ab\"]", "an array"),
        ("5", "a number"),
        ("null", "null"),
        ("", "It is empty"),
        ("{\"a\": \"geheim", "ends too early"),
        ("{\"a\": geheim}", "line 1, column"),
        ("{\"a\": NaN}", "NaN"),
        ("{\"a\": [1, -Infinity]}", "Infinity"),
        ("{\"a\": 1} {\"geheim\": 2}", "not valid JSON"),
        ("{\"a\": 1, \"a\": \"geheim\"}", "'a' occurs twice"),
    ] {
        let file = home.file("all.json", json);
        let run = home.secrets(&["--overwrite-all", &file]).failed(2, words);
        assert!(!run.stderr.contains("geheim"), "{}", run.stderr);
    }
    let file = home.file("all.json", b"{\"a\": \"\xff\"}");
    home.secrets(&["--overwrite-all", &file]).failed(2, "base64");
    home.secrets(&["--overwrite-all", "no-such-file"]).failed(2, "no-such-file");
    let run = home.secrets(&["--overwrite-all", "{\"pw\": \"geheim\"}"]).failed(2, "like a secret");
    assert!(!run.stderr.contains("geheim"), "{}", run.stderr);
    home.secrets(&["--overwrite-all", "."]).failed(2, "directory");
    assert!(service.requests().is_empty());
}

#[test]
fn rejects_values_that_are_not_text_or_json() {
    let home = Home::at("local");
    let file = home.file("key.der", b"0\x82\x01\xff");
    home.secrets(&["--set-file", "k", &file]).failed(2, "base64");
    home.secrets(&["--set-file", "k", "no-such-file"]).failed(2, "no-such-file");
    for json in ["geheim", "NaN", "{\"a\":", "1 2", ""] {
        let run =
            home.secrets(&["--set-json", "k", json]).failed(2, "--set-json takes one JSON value");
        assert!(!run.stderr.contains("geheim"), "{}", run.stderr);
    }
    let odd = OsStr::from_bytes(b"v\xff");
    let args = ["secrets", "-n", "j", "-t", "t", "--set", "k"].map(OsStr::new);
    home.run(args.into_iter().chain([odd])).failed(2, "not UTF-8");
    assert!(!home.config("local").exists());
}

#[test]
fn rejects_contradicting_and_misplaced_arguments() {
    let home = Home::at("local");
    let run = home.secrets(&["--set", "password", "geheime", "wörter"]).failed(2, "quotes");
    assert!(!run.stderr.contains("wörter"), "{}", run.stderr);
    for args in [
        &["--set", "pass=geheim"][..],
        &["--set-prompt", "pass=geheim"],
        &["--set-prompt=k=geheim"],
    ] {
        let run = home.secrets(args).failed(2, "two arguments");
        assert!(!run.stderr.contains("geheim"), "{}", run.stderr);
    }
    home.run(["secret", "--list"]).failed(2, "Did you mean 'secrets'?");
    assert!(home.run(["-n", "j", "secrets", "--list"]).stderr.contains("'-n'"));
    let run = home.run(["set-default", "geheim"]).failed(2, "not shown");
    assert!(!run.stderr.contains("geheim"), "{}", run.stderr);
    home.run(["set-default", "-u", "host"]).failed(2, "a single word");
    home.run(["set-default", "-u", "host:8092"]).failed(2, "no scheme");
    let run = home.secrets(&["--set", "password", "a", "--geheim"]).failed(2, "not shown");
    assert!(!run.stderr.contains("geheim"), "{}", run.stderr);
    home.secrets(&[]).failed(2, "Nothing to do");
    home.secrets(&["--set", "a", "1", "--list"]).failed(2, "Invalid arguments");
    for args in [&["--lis"][..], &["-o", "xml"], &["--show-secrets"]] {
        let run = home.secrets(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains("--help"), "{run:?}");
    }
    assert!(home.secrets(&["--lis"]).stderr.contains("'--list'"), "a hint what was meant");
    let run = home.run(["secrte", "--list"]);
    run.failed(2, "no other vdk is on PATH");
    assert_eq!(home.run::<&str>([]).code, 2);
    assert!(!home.config("").exists(), "nothing was made");
}

#[test]
fn detects_a_wrapper_that_starts_this_vdk_again() {
    let home = Home::new();
    let script = format!("#!/bin/sh\nexec {} \"$@\"\n", vdk_testing::vdk());
    home.program("vdk", &script);
    let mut command = home.command(["run", "job"]);
    command.env("PATH", home.path());
    vdk_testing::finish(command).failed(2, "hands the command back");
}

#[test]
fn names_the_missing_option_when_nothing_is_configured() {
    let home = Home::new();
    let run = home.secrets(&["--set", "a", "1"]).failed(2, "-u local");
    assert!(run.stderr.contains("-u URL"), "{}", run.stderr);
    let home = Home::at("local");
    home.run(["secrets", "-t", "t", "--list"]).failed(2, "--name");
    home.run(["secrets", "-n", "j", "--list"]).failed(2, "--team");
}

#[test]
fn rejects_invalid_addresses_and_normalizes_others() {
    for (url, words) in [
        ("ftp://h", "only http and https"),
        ("http://user:geheim@h", "user name or password"),
        ("http://h?x", "query"),
        ("http://", "not a URL"),
        ("file:///etc", "only http and https"),
    ] {
        let run = Home::new().secrets(&["-u", url, "--list"]).failed(2, words);
        assert!(!run.stderr.contains("geheim"));
        Home::new().run(["set-default", "-u", url]).failed(2, words);
    }
    Home::new().secrets(&["-u", "", "--list"]).failed(2, "address");
    let service = Service::plain();
    for url in [format!("{}//", service.url()), service.address.to_string()] {
        Home::new().secrets(&["-u", &url, "--set", "a", "1"]).done();
    }
    assert!(service.requests().iter().all(|request| request.path.starts_with("/data-jobs")));
    let prefixed = format!("{}/prefix/", service.url());
    Home::new().secrets(&["-u", &prefixed, "--list"]).done();
    assert!(service.requests().last().unwrap().path.starts_with("/prefix/data-jobs"));
}

#[test]
fn rejects_invalid_environment_variables() {
    let url = Service::plain().url();
    for (name, value) in [
        ("VDK_CONTROL_HTTP_VERIFY_SSL", "maybe"),
        ("VDK_CONTROL_HTTP_TOTAL_RETRIES", "ten"),
        ("VDK_CONTROL_HTTP_CONNECT_RETRIES", "-1"),
        ("VDK_CONTROL_HTTP_READ_TIMEOUT_SECONDS", "0"),
        ("VDK_CONTROL_HTTP_CONNECT_TIMEOUT_SECONDS", "soon"),
        ("VDK_OP_ID_OVERRIDE", "a\r\nX-Evil: 1"),
        ("VDK_CONTROL_SERVICE_USER_AGENT", "ü"),
    ] {
        Home::at(&url).with(name, value).secrets(&["--list"]).failed(2, name);
    }
    Home::at("local")
        .with("VDK_CREDENTIAL_STORE", "x")
        .secrets(&["--list"])
        .failed(2, "VDK_CREDENTIAL_STORE");
}

#[test]
fn keeps_settings_through_edits_and_rejects_broken_files() {
    let home = Home::new();
    home.run(["set-default", "-t", "100% %(x)s", "-u", "local"]).done();
    assert_eq!(
        std::fs::read_to_string(home.config("vdk-configuration.ini")).unwrap(),
        "[defaults]\nteam-name = 100%% %%(x)s\n\nrest-api-url = local\n"
            .replace("\n\nrest", "\nrest")
            + "\n"
    );
    let run = home.run(["secrets", "-n", "j", "--set", "a", "1"]).done();
    assert!(run.stderr.starts_with("note: team '100% %(x)s' (the saved default)\n"), "{run:?}");
    assert_eq!(run.stderr.matches("note").count(), 2, "{}", run.stderr);
    home.run(["reset-default", "-t"]).done();
    home.run(["secrets", "-n", "j", "--list"]).failed(2, "--team");
    home.run(["secrets", "-n", "j", "-t", "100% %(x)s", "--get", "a", "-o", "raw"]).done();
    std::fs::rename(home.config("vdk-configuration.ini"), home.path().join("kept.ini")).unwrap();
    std::os::unix::fs::symlink(home.path().join("kept.ini"), home.config("vdk-configuration.ini"))
        .unwrap();
    home.run(["set-default", "-t", "linked"]).done();
    assert!(std::fs::read_to_string(home.path().join("kept.ini")).unwrap().contains("linked"));
    std::fs::remove_file(home.config("vdk-configuration.ini")).unwrap();
    home.run(["set-default"]).failed(2, "Nothing to set");
    home.run(["reset-default"]).failed(2, "Nothing to reset");
    home.run(["set-default", "-t", " "]).failed(2, "team name");

    home.write_config(
        "vdk-configuration.ini",
        "[defaults]\nrest-api-url = local\nteam-name = %(x)s\n",
    );
    home.secrets(&["--list"]).done();
    home.run(["secrets", "-n", "j", "--list"]).failed(2, "vdk-configuration.ini");
    home.run(["reset-default", "-t"]).done();
    for broken in ["nonsense", "[defaults\nx", "a = 1", "[defaults]\na=1\na=2\n"] {
        home.write_config("vdk-configuration.ini", broken);
        home.secrets(&["--list"]).failed(2, "vdk-configuration.ini: line ");
        home.secrets(&["-u", "local", "--list"]).done();
        assert_eq!(home.run(["--help"]).code, 0);
    }
    home.write_config("vdk-configuration.ini", b"[defaults]\nx=\xff\n");
    home.secrets(&["--list"]).failed(2, "UTF-8");
}

#[test]
fn rejects_a_config_folder_that_is_a_file() {
    let home = Home::new();
    home.file(".vdk.internal", "");
    home.run(["set-default", "-t", "t"]).failed(2, ".vdk.internal");
    home.secrets(&["--list"]).failed(2, ".vdk.internal");
    home.secrets(&["-u", "local", "--set", "a", "1"]).failed(6, ".vdk.internal");
    assert_eq!(home.run(["version"]).code, 0);
}

#[test]
fn finds_the_data_job_in_the_working_directory() {
    let home = Home::at("local");
    let job = home.path().join("my-job");
    std::fs::create_dir(&job).unwrap();
    let run = |args: &[&str]| {
        let mut command = home.command([&["secrets"], args].concat());
        command.current_dir(&job);
        vdk_testing::finish(command)
    };
    for foreign in ["[other]\nteam = x\n", "color = blue\n", "{}"] {
        std::fs::write(job.join("config.ini"), foreign).unwrap();
        run(&["--list"]).failed(2, "--name");
    }
    std::fs::write(job.join("config.ini"), "; job\n[owner]\nteam = my-team\n").unwrap();
    let told = run(&["--set", "a", "1"]).done().stderr;
    assert!(told.contains("note: job 'my-job'") && told.contains("team 'my-team'"), "{told}");
    home.run(["secrets", "-n", "my-job", "-t", "my-team", "--get", "a", "-o", "raw"]).done();
    let quiet = home
        .run(["-v", "ERROR", "secrets", "-n", "my-job", "-t", "my-team", "--get", "nope"])
        .done();
    assert_eq!(quiet.stderr, "");
    std::fs::write(job.join("config.ini"), "[owner]\nteam\n").unwrap();
    run(&["--list"]).failed(2, "config.ini: line 2");
    run(&["-n", "my-job", "-t", "my-team", "--list"]).done();
}

#[test]
fn sends_a_saved_login_and_rejects_a_broken_one() {
    let service = Service::plain();
    let home = Home::at(&service.url());
    let write = |token: &str, seconds: i64| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let end = now.as_secs_f64() + seconds as f64;
        let json = format!(
            "{{\"authorization_url\": null, \"access_token\": \"{token}\", \"access_token_expiration_time\": {end}, \"x\": 1}}"
        );
        home.write_config("vdk-cred.json", &json);
        json
    };
    let sent = || service.requests().last().unwrap().header("authorization").map(str::to_string);
    let json = write("tok.en", 3600);
    home.secrets(&["--list"]).done();
    assert_eq!(sent().unwrap(), "Bearer tok.en");
    // The login is now bound to this service, and the Python vdk can still read it.
    let kept = std::fs::read_to_string(home.config("vdk-cred.json")).unwrap();
    let (before, after): (serde_json::Value, serde_json::Value) =
        (serde_json::from_str(&json).unwrap(), serde_json::from_str(&kept).unwrap());
    assert_eq!(after["access_token"], before["access_token"]);
    assert_eq!(after["services"], serde_json::json!([service.url()]));
    write("tok.en", 30);
    service.next("GET", [vdk_testing::scripted_service::Fault::Answer(401, "", "")]);
    home.secrets(&["--list"]).failed(3, "expired");
    assert_eq!(sent(), None);
    write("a\\r\\nX-Evil: 1", 3600);
    home.secrets(&["--list"]).failed(3, "vdk-cred.json");
    for broken in
        ["{", "[]", " ", "{\"access_token\": \"geheim\", \"access_token_expiration_time\": \"x\"}"]
    {
        home.write_config("vdk-cred.json", broken);
        let run = home.secrets(&["--list"]).failed(3, "vdk-cred.json");
        assert!(!run.stderr.contains("geheim"));
    }
    home.write_config("vdk-cred.json", "");
    home.secrets(&["--list"]).done();
    home.secrets(&["-u", "local", "--list"]).done();
}

#[test]
fn ends_quietly_when_output_is_closed_and_fails_when_it_is_full() {
    let home = Home::at("local");
    home.secrets(&["--set", "a", &"x".repeat(100_000)]).done();
    let list = "secrets -n j -t t --get-all";
    let sh = |script: &str| {
        let mut command = std::process::Command::new("/bin/bash");
        let vdk = vdk_testing::vdk();
        command
            .args(["-c", &script.replace("vdk", vdk)])
            .env_clear()
            .env("HOME", home.path())
            .env("VDK_CONTROL_SERVICE_REST_API_URL", "local");
        vdk_testing::finish(command)
    };
    let run = sh(&format!("vdk {list} | head -c 0; echo ${{PIPESTATUS[0]}}"));
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("0\n", ""));
    // On some machines only root may open it.
    if std::fs::File::options().write(true).open("/dev/full").is_ok() {
        let run = sh(&format!("vdk {list} > /dev/full"));
        assert_eq!((run.code, run.stderr.lines().count()), (6, 1), "{run:?}");
    }
}

#[test]
fn control_characters_never_reach_the_terminal() {
    let odd = "\u{1b}]52;c;x\u{7}\u{202e}\u{9b}2J\u{200b}\r\n\t\u{e0041}é漢";
    let harmless = |text: &str| {
        let bad =
            |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{200b}\u{e0041}".contains(c);
        assert!(!text.contains(bad), "{text:?}");
    };
    let service = Service::plain();
    for url in ["local".to_string(), service.url()] {
        let home = Home::at(&url);
        for args in [
            &["--set", odd, odd][..],
            &["--list"],
            &["--list", "-o", "json"],
            &["--get-all"],
            &["--get-all", "-o", "json"],
            &["--get-all", "-o", "yaml"],
            &["--get-all", "-o", "shell"],
            &["--get", &format!("{odd}x")],
            &["--delete", &format!("{odd}x")],
            &["--set", odd, odd, "--dry-run"],
            &[&format!("--{odd}")],
            &["-o", odd],
            &["--overwrite-all", odd],
        ] {
            let run = home.secrets(args);
            harmless(&run.stdout);
            harmless(&run.stderr);
        }
        harmless(&home.run(["secrets", "-n", odd, "-t", "t", "--list"]).stderr);
        harmless(&home.run([odd]).stderr);
        assert_eq!(home.secrets(&["--get", odd, "-o", "raw"]).done().stdout, odd);
    }
    let words = "{\"what\":\"\\u001b[2J\\u202e\",\"why\":\"a\\rb\\u0007\"}";
    service.next("GET", [vdk_testing::scripted_service::Fault::Answer(400, "", words)]);
    harmless(&Home::at(&service.url()).secrets(&["--list"]).stderr);
}

#[test]
fn takes_no_option_for_a_key_and_repeats_no_key_that_may_be_a_value() {
    let home = Home::at("local");
    let at = ["secrets", "-t", "t", "-n", "j"];
    for words in [["--set", "-n", "other"], ["--delete", "-n", "other"], ["--get", "-n", "other"]] {
        home.run(at.iter().chain(&words)).failed(2, "empty variable without quotes");
    }
    let told = home.run(at.iter().chain(&["--set", "geheim"])).failed(1, "The input ended").stderr;
    assert!(!told.contains("geheim"), "{told}");
    home.run(at.iter().chain(&["--set=-n", "x"])).done();
    let read = home.run(at.iter().chain(&["--get=-n", "-o", "raw"])).done();
    assert_eq!(read.stdout, "x");
}
