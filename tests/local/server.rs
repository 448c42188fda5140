//! Tests `vdk server` together with the commands that use it.

use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;

use vdk_testing::process::copy_program;
use vdk_testing::server::Server;
use vdk_testing::{Home, finish};

#[test]
fn shows_the_same_data_through_server_and_local_store() {
    let home = Home::at("local");
    home.secrets(&["--set", "a", "1"]).done();
    let server = Server::start(&home);
    let remote = Home::at(&server.url()).with("VDK_OP_ID_OVERRIDE", "op-9");
    assert_eq!(remote.all(), "{\"a\": \"1\"}");
    remote.secrets(&["--set", "b", "2", "--delete", "a"]).done();
    assert_eq!(home.all(), "{\"b\": \"2\"}");
    home.secrets(&["--set", "c", "3"]).done();
    assert_eq!(remote.all(), "{\"b\": \"2\", \"c\": \"3\"}");
    let told = home.secrets(&["history"]).done().stdout;
    assert!(told.contains("anonymous  added b; removed a"), "{told}");
    assert_eq!(remote.secrets(&["history"]).done().stdout, told);
    let json = |home: &Home| home.secrets(&["history", "-o", "json"]).done().stdout;
    assert_eq!(json(&remote), json(&home));
}

#[test]
fn rolls_back_through_the_server() {
    let home = Home::new();
    let server = Server::start(&home);
    let remote = Home::at(&server.url());
    remote.secrets(&["--set-json", "a", "1.50", "--set", "b", "x"]).done();
    let undo = remote.secrets(&["--delete-all"]).done();
    let line = format!("vdk secrets rollback 1 -n j -t t -u {}", server.url());
    assert!(undo.stderr.contains(&line), "{}", undo.stderr);
    let dry = remote.secrets(&["rollback", "1", "--dry-run", "-o", "json"]).done();
    assert_eq!(
        dry.stdout,
        "{\"added\": [\"b\", \"a\"], \"changed\": [], \"kept\": [], \"removed\": []}\n"
    );
    remote.secrets(&["rollback", "1"]).done();
    assert_eq!(remote.all(), r#"{"b": "x", "a": 1.50}"#);
    remote.secrets(&["rollback", "9"]).failed(4, "There is no version 9");
}

#[test]
fn a_hundred_processes_lose_nothing() {
    let home = Home::new();
    let server = Server::start(&home);
    let remote = Home::at(&server.url());
    let children: Vec<_> = (0..100)
        .map(|n| {
            let key = format!("k{n}");
            remote.command(["secrets", "-n", "j", "-t", "t", "--set", &key, "v"]).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let keys = remote.secrets(&["--list", "-o", "json"]).done().stdout;
    assert_eq!(keys.matches('k').count(), 100, "{keys}");
}

#[test]
fn reports_invalid_settings_and_ends_on_sigint() {
    let home = Home::new();
    let wrong = home.run(["server", "--port", "x"]);
    wrong.failed(2, "server.port (command line): a port");
    let run = home.run(["server", "--check-config"]).done();
    assert_eq!(run.stderr, "note: the settings are valid\n");
    let open = home.command(["server", "--address", "0.0.0.0"]);
    let open = {
        let mut open = open;
        open.env("FEATUREFLAG_SECURITY_ENABLED", "false");
        open
    };
    vdk_testing::finish(open).failed(2, "--insecure-no-authentication");
    let server = Server::start(&home);
    let port = server.url().rsplit(':').next().unwrap().to_string();
    home.run(["server", "--port", &port]).failed(6, "another program uses this port");
    let ended = Command::new("kill").args(["-INT", &server.id().to_string()]).status();
    assert!(ended.unwrap().success());
    assert_eq!(server.wait(), Some(0));
    let info = Home::new().run(["info", "-t", "t", "-u", &format!("http://127.0.0.1:{port}")]);
    assert_eq!(info.code, 6);
}

#[test]
fn sends_its_token_for_localhost_only_to_the_own_server() {
    let home = Home::new();
    let server = Server::secured(&home);
    let port = server.url().rsplit(':').next().unwrap().to_string();
    let at = |url: &str, args: &[&str]| {
        let job = ["secrets", "-n", "j", "-t", "t", "-u", url];
        home.run([&job[..], args].concat())
    };
    let localhost = format!("http://localhost:{port}");
    at(&localhost, &["--set", "a", "1"]).done();
    at(&format!("http://127.1:{port}"), &["--set", "b", "2"]).done();
    assert_eq!(
        at(&server.url(), &["--get-all", "-o", "json"]).done().stdout,
        "{\"a\": \"1\", \"b\": \"2\"}\n"
    );
    // Another server on another address of this machine does not get the token.
    let Ok(listener) = std::net::TcpListener::bind(format!("[::1]:{port}")) else { return };
    let (sender, requests) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).unwrap_or(0);
            let _ = sender.send(String::from_utf8_lossy(&bytes[..read]).into_owned());
            let _ = stream.write_all(b"HTTP/1.1 401 x\r\nContent-Length: 0\r\n\r\n");
        }
    });
    at(&localhost, &["--list"]).done();
    at(&format!("http://[::1]:{port}"), &["--list"]).failed(3, "");
    let shown: Vec<_> = requests.try_iter().collect();
    assert!(
        !shown.is_empty() && !shown.concat().to_lowercase().contains("authorization"),
        "{shown:?}"
    );
}

#[test]
fn leaves_a_login_that_soon_ends_when_it_is_killed() {
    let home = Home::new();
    let server = Server::secured(&home);
    let listed = || -> Vec<serde_json::Value> {
        let run = home.run(["server", "token", "list", "-o", "json"]).done();
        serde_json::from_str(&run.stdout).unwrap()
    };
    let time = |of: &serde_json::Value| {
        chrono::DateTime::parse_from_rfc3339(of.as_str().unwrap()).unwrap()
    };
    // It is dropped by SIGKILL.
    drop(server);
    let left = listed();
    assert_eq!(left.len(), 1, "{left:?}");
    let life = time(&left[0]["expires"]) - time(&left[0]["made"]);
    assert_eq!(life, chrono::TimeDelta::hours(24));
}

#[test]
fn never_repeats_misplaced_arguments_of_token_commands() {
    let home = Home::new();
    let token = |words: &[&str]| home.run([&["server", "token"], words].concat());
    for (words, code) in [
        (["create", "--user", "ana", "--expires", "pa55-Word"].as_slice(), 2),
        (&["create", "--user", "pa55-Word\n"], 2),
        (&["revoke", "pa55-Word"], 4),
    ] {
        let run = token(words);
        assert_eq!(run.code, code, "{}", run.stderr);
        assert!(!run.stderr.contains("55-Word"), "{}", run.stderr);
    }
    token(&["revoke", "x"]).failed(4, "vdk server token list");
}

#[test]
fn finds_the_service_beside_vdk_or_on_path() {
    let home = Home::new();
    let alone = home.path().join("vdk");
    copy_program(vdk_testing::vdk(), &alone);
    let check_config = |path: &str| {
        let mut command = Command::new(&alone);
        command.args(["server", "--check-config"]).env_clear();
        command.env("HOME", home.path()).env("PATH", path);
        finish(command)
    };
    let run = check_config("/usr/bin:/bin").failed(2, "The Control Service is not installed.");
    assert!(run.stderr.contains("cargo install --locked --path ."), "{run:?}");
    let service = Path::new(vdk_testing::control_service::program());
    let run = check_config(service.parent().unwrap().to_str().unwrap()).done();
    assert!(run.stderr.contains("the settings are valid"), "{run:?}");
    // A symbolic link to vdk leads to the folder of both programs.
    std::fs::remove_file(&alone).unwrap();
    std::os::unix::fs::symlink(vdk_testing::vdk(), &alone).unwrap();
    check_config("/usr/bin:/bin").done();
}

#[test]
fn passes_help_and_verbosity_to_the_service() {
    let home = Home::new();
    for (line, words) in [
        ("server --help", "Usage: vdk server [OPTIONS] [COMMAND]"),
        ("help server", "Usage: vdk server [OPTIONS] [COMMAND]"),
        ("-v DEBUG server token --help", "Usage: vdk server token [OPTIONS] <COMMAND>"),
        ("help server token create", "Usage: vdk server token create"),
    ] {
        let run = home.run(line.split(' ')).done();
        assert!(run.stdout.contains(words), "{line}: {run:?}");
    }
    let run = home.run(["server", "geheim"]);
    assert!(run.code == 2 && !run.stderr.contains("geheim"), "{run:?}");
    for level in ["ERROR", "error", "Critical"] {
        assert_eq!(home.run(["-v", level, "server", "--check-config"]).done().stderr, "");
    }
    home.run(["-dd", "server", "--check-config"]).done();
    home.run(["-dvINFO", "server", "--check-config"]).done();
}

#[test]
fn escapes_line_feeds_of_paths_in_errors_of_the_server() {
    let home = Home::new();
    let folder = home.path().join("x\nwhat: forged\nwhy: forged");
    std::fs::create_dir_all(folder.join(".vdk.internal/local")).unwrap();
    std::fs::write(folder.join(".vdk.internal/local/store.db"), "no store").unwrap();
    let home = home.with("VDK_BASE_CONFIG_FOLDER", folder.to_str().unwrap());
    let run = home.run(["server", "token", "list"]).failed(6, "forged");
    assert!(!run.stderr.contains("\nwhat: ") && !run.stderr.contains("\nwhy: forged"), "{run:?}");
}

#[test]
fn rejects_invalid_arguments_of_the_hidden_command() {
    for words in [[].as_slice(), &["INFO"], &["-h", "-h"], &["INFO", "relative"], &["x", "/"]] {
        let mut service = Command::new(vdk_testing::control_service::program());
        service.arg("local").args(words).env_clear();
        let run = finish(service);
        assert!(run.code == 2 && run.stderr.contains("LEVEL FOLDER"), "{words:?}: {run:?}");
    }
}
