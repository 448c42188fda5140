//! Tests that an invalid setting is an error. The next source must not silently replace it.

use vdk_testing::Home;
use vdk_testing::scripted_service::{Fault, Service};

#[test]
fn finds_the_job_from_a_folder_below_it() {
    let home = Home::at("local");
    let job = home.path().join("repository/ingest");
    let below = job.join("sql/queries");
    std::fs::create_dir_all(&below).unwrap();
    std::fs::write(job.join("config.ini"), "[owner]\nteam = sales\n").unwrap();
    let list = || {
        let mut command = home.command(["secrets", "--list"]);
        command.current_dir(&below);
        vdk_testing::finish(command)
    };
    let run = list().done();
    let note = "job 'ingest' (the folder of ../../config.ini) of team 'sales' (../../config.ini)";
    assert!(run.stderr.contains(note), "{run:?}");
    // Another program's file is not the end of the search; a broken one of ours is an error.
    std::fs::write(job.join("sql/config.ini"), "[paths]\nx = 1\n").unwrap();
    assert!(list().done().stderr.contains(note));
    std::fs::write(job.join("sql/config.ini"), "[Owner]\nteam = x\n").unwrap();
    list().failed(2, "[Owner]");
    std::fs::remove_file(job.join("sql/config.ini")).unwrap();
    // The edge of a repository is the end, and so is the home folder.
    std::fs::create_dir(job.join("sql/.git")).unwrap();
    list().failed(2, "No job is set");
    std::fs::remove_dir(job.join("sql/.git")).unwrap();
    std::fs::remove_file(job.join("config.ini")).unwrap();
    list().failed(2, "No job is set");
    // A folder in which everybody can write is not searched.
    std::fs::write(job.join("config.ini"), "[owner]\nteam = sales\n").unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&job, std::fs::Permissions::from_mode(0o777)).unwrap();
    list().failed(2, "No job is set");
}

#[test]
fn rejects_an_unreadable_setting_instead_of_using_the_next() {
    let home = Home::at("local");
    home.run(["set-default", "-t", "other"]).done();
    let vdk = |args: &[&str]| home.run([&["secrets", "-n", "ingest"], args].concat());
    // Notepad writes a byte order mark.
    home.file("config.ini", "\u{feff}[owner]\r\nteam = sales\r\n");
    let run = vdk(&["--set", "pw", "v"]).done();
    assert!(run.stderr.contains("note: team 'sales' (config.ini)"), "{}", run.stderr);
    for (text, words) in [
        (&b"[Owner]\nteam = sales\n"[..], "[Owner]"),
        (b"[ owner ]\nteam = sales\n", "[ owner ]"),
        (b"[OWNER\nteam = sales\n", "config.ini"),
        (b"[owner]\nteam = sales\nnonsense\n", "line 3"),
        (b"[owner]\nteam = s\xe4les\n", "not UTF-8"),
        (b"\xff[owner]\nteam = sales\n", "not UTF-8"),
        (b"\xff\xfe[\0o\0w\0n\0e\0r\0]\0\n\0t\0e\0a\0m\0=\0x\0", "UTF-16"),
        (b"# no head\nteam = sales\n", "[owner] is missing"),
        (b"[owner]\nteam = sales\n[x]\na = \xe4\n", "not UTF-8"),
    ] {
        home.file("config.ini", text);
        let run = vdk(&["--set", "pw", "v"]).failed(2, words);
        assert!(run.stderr.contains("--team"), "{}", run.stderr);
    }
    // A file of another program.
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
    vdk(&["--list"]).failed(2, "No team is set");
    home.write_config("vdk-configuration.ini", "[Defaults]\nteam-name = t\n");
    vdk(&["--list"]).failed(2, "[Defaults]");
    home.run(["reset-default", "-t"]).failed(2, "[Defaults]");
}

#[test]
fn rejects_single_words_as_addresses() {
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
fn warns_of_blanks_around_names() {
    let home = Home::at("local");
    let run = home.run(["secrets", "-n", " j", "-t", "t ", "--set", "a", "1"]).done();
    assert_eq!(run.stderr.matches("begins or ends with white space").count(), 2, "{}", run.stderr);
}

#[test]
fn trims_tokens_and_names_what_is_wrong_with_others() {
    let service = Service::with_etags();
    let good = r#"{"access_token":"tok.en","expires_in":900}"#;
    service.next("POST", [Fault::Answer(200, "", good)]);
    let home = Home::at(&service.url()).with("VDK_API_TOKEN", " vdk_geheim\r\n");
    home.secrets(&["--list"]).done();
    let posted = service.requests()[0].body.clone();
    assert!(posted.ends_with("refresh_token=vdk_geheim"), "{posted}");
    for (token, words) in [
        ("'vdk_geheim'", "begins or ends with a quote"),
        ("\"vdk_geheim\"", "begins or ends with a quote"),
        ("Bearer vdk_geheim", "begins with 'Bearer'"),
        ("\u{feff}vdk_geheim", "byte order mark"),
        ("vdk_ge heim", "white space"),
        ("vdk_geh\u{1}eim", "invalid characters"),
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
fn rejects_paths_that_a_shell_did_not_expand() {
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
    // A path may contain such characters in another form.
    let home = Home::at("local");
    let odd = home.path().join("a$5 50%");
    std::fs::create_dir(&odd).unwrap();
    let home = home.with("VDK_BASE_CONFIG_FOLDER", odd.to_str().unwrap());
    home.secrets(&["-t", "t", "-u", "local", "--set", "a", "1"]).done();
    assert!(odd.join(".vdk.internal").exists());
}

#[test]
fn treats_a_blank_configuration_folder_as_unset() {
    let home = Home::at("local").with("VDK_BASE_CONFIG_FOLDER", " ");
    home.secrets(&["--set", "a", "1"]).done();
    assert!(home.config("local").exists() && !home.path().join(" ").exists());
}

#[test]
fn rejects_an_invalid_credential_store_in_every_command() {
    let home = Home::at("http://127.0.0.1:9").with("VDK_CREDENTIAL_STORE", "bogus");
    home.run(["login", "-a", "x"]).failed(2, "VDK_CREDENTIAL_STORE: keyring or file");
    home.run(["local", "status"]).failed(2, "VDK_CREDENTIAL_STORE: keyring or file");
    home.run(["server", "--port", "0"]).failed(2, "VDK_CREDENTIAL_STORE: keyring or file");
}

#[cfg(unix)]
#[test]
fn never_waits_at_a_pipe_in_place_of_its_own_file() {
    let home = Home::at("local");
    home.secrets(&["--set", "a", "1"]).done();
    home.run(["set-default", "-t", "t"]).done();
    let at = |url: &str| {
        let plain = home.command(["secrets", "-n", "j", "-u", url, "--list"]);
        let mut command = std::process::Command::new("timeout");
        command.arg("20").arg(plain.get_program()).args(plain.get_args()).env_clear();
        command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(home.path());
        vdk_testing::finish(command)
    };
    for (file, url, code) in [
        ("config.ini", "local", 2),
        (".vdk.internal/vdk-configuration.ini", "local", 2),
        (".vdk.internal/vdk-cred.json", "http://127.0.0.1:9", 3),
        (".vdk.internal/local/master.key", "local", 6),
        (".vdk.internal/local/store.db", "local", 6),
    ] {
        let path = home.path().join(file);
        let aside = path.with_extension("aside");
        let is_aside = std::fs::rename(&path, &aside).is_ok();
        let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&path).status();
        assert!(made.unwrap().success());
        let run = at(url);
        assert_eq!(run.code, code, "{file}: {run:?}");
        assert!(run.stderr.contains("not a regular file"), "{file}: {run:?}");
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        let run = at(url);
        assert_eq!(run.code, code, "{file}: {run:?}");
        std::fs::remove_file(&path).unwrap();
        if is_aside {
            std::fs::rename(&aside, &path).unwrap();
        }
    }
    assert_eq!(home.all(), r#"{"a": "1"}"#);
}

#[test]
fn rejects_a_store_path_that_is_too_long_before_it_makes_a_key() {
    let home = Home::at("local");
    let folder = home.path().join(["a".repeat(200), "b".repeat(200)].join("/"));
    let folder = folder.join("c".repeat(100));
    let home = home.with("VDK_BASE_CONFIG_FOLDER", folder.to_str().unwrap());
    let run = home.secrets(&["--set", "a", "1"]).failed(2, "up to 499");
    assert!(run.stderr.contains("VDK_BASE_CONFIG_FOLDER"), "{run:?}");
    assert!(!folder.join(".vdk.internal/local/master.key").exists());
}
