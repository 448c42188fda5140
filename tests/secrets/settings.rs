//! A setting that was given and cannot be read is an error, and no reason to take the next one.

use vdk_testing::Home;
use vdk_testing::scripted_service::{Fault, Service};

#[test]
fn a_setting_that_cannot_be_read_is_no_reason_to_take_the_next_one() {
    let home = Home::at("local");
    home.run(["set-default", "-t", "other"]).done();
    let vdk = |args: &[&str]| home.run([&["secrets", "-n", "ingest"], args].concat());
    // As Notepad writes it.
    home.file("config.ini", "\u{feff}[owner]\r\nteam = sales\r\n");
    let run = vdk(&["--set", "pw", "v"]).done();
    assert!(run.stderr.contains("note: team 'sales' (config.ini)"), "{}", run.stderr);
    for (text, words) in [
        (&b"[Owner]\nteam = sales\n"[..], "[Owner]"),
        (b"[ owner ]\nteam = sales\n", "[ owner ]"),
        (b"[OWNER\nteam = sales\n", "config.ini"),
        (b"[owner]\nteam = sales\nnonsense\n", "line 3"),
        (b"[owner]\nteam = s\xe4les\n", "not UTF-8"),
        (b"[owner]\nteam = sales\n[x]\na = \xe4\n", "not UTF-8"),
    ] {
        home.file("config.ini", text);
        let run = vdk(&["--set", "pw", "v"]).failed(2, words);
        assert!(run.stderr.contains("--team"), "{}", run.stderr);
    }
    // Of another program.
    home.file("config.ini", b"[S\xe4tze]\nx = \xe4\n");
    let run = vdk(&["--list"]).done();
    assert!(run.stderr.contains("note: team 'other' (the saved default)"), "{}", run.stderr);
    home.file("config.ini", "[paths]\nowner = me\nno line of ours");
    vdk(&["--list"]).done();
    std::fs::remove_file(home.path().join("config.ini")).unwrap();
    home.write_config("vdk-configuration.ini", "\u{feff}[defaults]\nteam-name = marked\n");
    let run = vdk(&["--list"]).done();
    assert!(run.stderr.contains("team 'marked'"), "{}", run.stderr);
    home.run(["reset-default", "-t"]).done();
    vdk(&["--list"]).failed(2, "The team is not known");
    home.write_config("vdk-configuration.ini", "[Defaults]\nteam-name = t\n");
    vdk(&["--list"]).failed(2, "[Defaults]");
    home.run(["reset-default", "-t"]).failed(2, "[Defaults]");
}

#[test]
fn words_that_are_no_address_are_not_guessed_to_be_one() {
    for url in ["local\r", " local ", "LOCAL\t"] {
        let home = Home::at(url);
        home.secrets(&["--set", "a", "1"]).done();
        assert!(home.config("local/store.db").exists(), "{url:?}");
    }
    for url in ["loca", "locale", "localhost", "vdk"] {
        let run = Home::at(url).secrets(&["--list"]).failed(2, "a single word");
        assert!(!run.stderr.contains("assumed"), "{}", run.stderr);
    }
}

#[test]
fn names_with_blanks_around_them_are_told() {
    let home = Home::at("local");
    let run = home.run(["secrets", "-n", " j", "-t", "t ", "--set", "a", "1"]).done();
    assert_eq!(run.stderr.matches("begins or ends with a blank").count(), 2, "{}", run.stderr);
}

#[test]
fn tokens_are_taken_as_they_were_shown_or_what_is_wrong_is_told() {
    let service = Service::with_etags();
    let good = r#"{"access_token":"tok.en","expires_in":900}"#;
    service.next("POST", [Fault::Answer(200, "", good)]);
    let home = Home::at(&service.url()).with("VDK_API_TOKEN", " vdk_geheim\r\n");
    home.secrets(&["--list"]).done();
    let posted = service.requests()[0].body.clone();
    assert!(posted.ends_with("refresh_token=vdk_geheim"), "{posted}");
    for (token, words) in [
        ("'vdk_geheim'", "stands in quotes"),
        ("\"vdk_geheim\"", "stands in quotes"),
        ("Bearer vdk_geheim", "begins with 'Bearer'"),
        ("\u{feff}vdk_geheim", "byte order mark"),
        ("vdk_ge heim", "white space"),
        ("vdk_geh\u{1}eim", "no token has"),
    ] {
        let before = service.requests().len();
        let home = Home::at(&service.url());
        for run in [
            home.run(["login", "-a", token]),
            home.run_with(["login"], format!("{token}\n")),
            Home::at(&service.url()).with("VDK_API_TOKEN", token).secrets(&["--list"]),
        ] {
            let run = run.failed(2, words);
            assert!(!run.stderr.contains("heim"), "{}", run.stderr);
        }
        assert_eq!(service.requests().len(), before, "nothing is sent");
    }
}

#[test]
fn paths_that_a_shell_did_not_expand_are_refused() {
    for name in [
        "VDK_BASE_CONFIG_FOLDER",
        "VDK_MASTER_KEY_FILE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "VDK_CONTROL_HTTP_CLIENT_CERT_FILE",
        "VDK_CONTROL_HTTP_CLIENT_KEY_FILE",
    ] {
        let service = Service::with_etags();
        for value in ["~/x", "~", "$HOME/x", "/a/${HOME}/x", "%USERPROFILE%/x"] {
            let url = if name == "VDK_MASTER_KEY_FILE" { "local".into() } else { service.url() };
            let home = Home::at(&url)
                .with("VDK_CONTROL_HTTP_CLIENT_CERT_FILE", "a.pem")
                .with("VDK_CONTROL_HTTP_CLIENT_KEY_FILE", "a.key")
                .with(name, value);
            let run = home.secrets(&["--set", "a", "1"]);
            run.failed(2, name);
            assert!(!home.path().join(value).exists(), "{name}={value}");
        }
        assert_eq!(service.requests().len(), 0);
    }
    // What has such a character and is none of them is a path.
    let home = Home::at("local");
    let odd = home.path().join("a$5 50%");
    std::fs::create_dir(&odd).unwrap();
    let home = home.with("VDK_BASE_CONFIG_FOLDER", odd.to_str().unwrap());
    home.secrets(&["-t", "t", "-u", "local", "--set", "a", "1"]).done();
    assert!(odd.join(".vdk.internal").exists());
}

#[test]
fn a_blank_configuration_folder_is_the_home_folder() {
    let home = Home::at("local").with("VDK_BASE_CONFIG_FOLDER", " ");
    home.secrets(&["--set", "a", "1"]).done();
    assert!(home.config("local").exists() && !home.path().join(" ").exists());
}

#[test]
fn an_invalid_choice_of_the_credential_store_is_told_by_every_command() {
    let home = Home::at("http://127.0.0.1:9").with("VDK_CREDENTIAL_STORE", "bogus");
    home.run(["login", "-a", "x"]).failed(2, "VDK_CREDENTIAL_STORE: keyring or file");
    home.run(["local", "status"]).failed(2, "VDK_CREDENTIAL_STORE: keyring or file");
    home.run(["server", "--port", "0"]).failed(2, "VDK_CREDENTIAL_STORE: keyring or file");
}
