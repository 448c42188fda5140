//! Names at a Control Service, which commands on a terminal keep for completion.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use vdk_testing::Home;
use vdk_testing::process::copy_program;
use vdk_testing::server::Server;
use vdk_testing::session::Session;
use vdk_testing::wait::eventually;

use super::words;

/// Runs a command of the job `ingest` with the words of `line` on a terminal.
fn on_terminal(home: &Home, line: &str) {
    let line = format!("secrets -n ingest -t sales {line}");
    let words: Vec<&str> = line.trim().split(' ').collect();
    let (status, screen) = Session::start(home, &words).end();
    assert!(status.success(), "{screen}");
}

fn set(home: &Home, json: &str) {
    home.file("all.json", json);
    home.run("secrets -n ingest -t sales --yes --overwrite-all all.json".split(' ')).done();
}

fn folder(home: &Home) -> std::path::PathBuf {
    home.config("completion")
}

const URL: &str = "VDK_CONTROL_SERVICE_REST_API_URL";
const GET: &str = "vdk secrets -n ingest -t sales --get |";

#[test]
fn offers_what_commands_on_a_terminal_saw_also_without_the_service() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let home = Home::at(&server.url());
    set(&home, r#"{"db-user": "ana", "customer-key": "SEALED"}"#);
    assert_eq!(words(&home, GET), [""; 0], "without a terminal nobody completes");
    assert!(!folder(&home).exists());
    on_terminal(&home, "--list");
    assert_eq!(words(&home, GET), ["customer-key", "db-user"]);
    assert_eq!(words(&home, "vdk secrets -t |"), ["sales"]);
    assert_eq!(words(&home, "vdk secrets -t sales -n |"), ["ingest"]);
    assert_eq!(words(&home, "vdk properties -n ingest -t sales --get |"), [""; 0]);
    let url = server.url();
    assert!(words(&home, "vdk secrets -u |").contains(&url), "{url}");

    // Somebody else's change is seen by the next list, one's own at once.
    set(&home, r#"{"db-user": "ana", "new": 1}"#);
    assert_eq!(words(&home, GET), ["customer-key", "db-user"]);
    on_terminal(&home, "--list");
    assert_eq!(words(&home, GET), ["db-user", "new"]);
    on_terminal(&home, "--yes --delete new");
    drop(server);
    assert_eq!(words(&home, GET), ["db-user"]);

    // A job that has nothing, for example because its name is mistyped, is not remembered.
    assert_eq!(words(&home, "vdk secrets -t sales -n |"), ["ingest"]);
}

#[test]
fn offers_the_jobs_of_a_list_before_any_of_them_was_used() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let home = Home::at(&server.url());
    for job in ["ingest", "load"] {
        home.run(["secrets", "-t", "sales", "-n", job, "--set", "a", "1"]).done();
    }
    home.run(["jobs", "-t", "sales"]).done();
    assert!(!folder(&home).exists(), "without a terminal nobody completes");
    assert!(Session::start(&home, &["jobs", "-t", "sales"]).end().0.success());
    assert_eq!(words(&home, "vdk secrets -t sales -n |"), ["ingest", "load"]);
    assert_eq!(words(&home, "vdk jobs -t |"), ["sales"]);
}

#[test]
fn keeps_names_sealed_and_for_their_user_alone() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let home = Home::at(&server.url());
    set(&home, r#"{"customer-key": "SEALED-VALUE"}"#);
    on_terminal(&home, "--list --show-secrets");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder(&home)), 0o700);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder(&home)).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        let bytes = std::fs::read(&path).unwrap();
        for word in ["customer", "ingest", "sales", "SEALED", "127.0.0.1"] {
            assert!(!bytes.windows(word.len()).any(|part| part == word.as_bytes()), "{word}");
        }
        names.push(path.file_name().unwrap().to_owned());
    }
    names.sort();
    assert_eq!(names, ["key", "names"]);

    // Others could have read the key: then it is not used, and replaced.
    std::fs::set_permissions(folder(&home).join("key"), PermissionsExt::from_mode(0o644)).unwrap();
    assert_eq!(words(&home, GET), [""; 0]);
    on_terminal(&home, "--list");
    assert_eq!(mode(&folder(&home).join("key")), 0o600);
    assert_eq!(words(&home, GET), ["customer-key"]);
}

#[test]
fn forgets_names_at_logout_and_keeps_none_if_switched_off() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let home = Home::at(&server.url());
    set(&home, r#"{"customer-key": 1}"#);
    on_terminal(&home, "--list");
    assert!(folder(&home).exists());
    let off = home.with("VDK_COMPLETION_CACHE", "off");
    assert_eq!(words(&off, GET), [""; 0]);
    off.run(["logout"]).done();
    assert!(!folder(&off).exists());
    on_terminal(&off, "--list");
    assert!(!folder(&off).exists());
}

/// Runs `__complete` for the keys of the job as another user, or as the owner of the home.
fn keys_for(user: &str, home: &Home, home_folder: Option<&Path>) -> String {
    let program = home.path().join("vdk-of-the-test");
    copy_program(vdk_testing::vdk(), &program);
    let line = "vdk\0secrets\0-n\0ingest\0-t\0sales\0--get\0\0";
    let mut complete = Command::new("setpriv");
    complete.args(["--reuid", user, "--regid", user, "--clear-groups"]).arg(program);
    complete.args(["__complete", "zsh", "7"]).env_clear().current_dir("/");
    complete.envs(home_folder.map(|folder| ("HOME", folder)));
    let url = home
        .command(["x"])
        .get_envs()
        .find(|(name, _)| *name == URL)
        .unwrap()
        .1
        .unwrap()
        .to_owned();
    complete.env(URL, url).stdin(std::fs::File::open(home.file("line", line)).unwrap());
    let run = vdk_testing::finish(complete).done();
    assert_eq!(run.stderr, "");
    run.stdout
}

#[test]
#[ignore = "needs root: ./tests/run"]
fn offers_nothing_to_other_users_or_without_a_home() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let local = super::home();
    let home = Home::at(&server.url());
    set(&home, r#"{"customer-key": 1}"#);
    on_terminal(&home, "--list");
    assert_eq!(words(&home, GET), ["customer-key"]);
    for (home, secret) in [(&home, folder(&home)), (&local, local.config("local"))] {
        // Whoever gave others a way in.
        for folder in [home.path(), &home.config("")] {
            std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).unwrap();
        }
        eventually("the owner is offered keys", || {
            keys_for("0", home, Some(home.path())).lines().count() > 1
        });
        for home_folder in [None, Some(home.path()), Some(Path::new("/nonexistent"))] {
            let said = keys_for("64002", home, home_folder);
            assert!(["", "words\n"].contains(&said.as_str()), "{said}");
        }
        let mut list = Command::new("setpriv");
        list.args(["--reuid=64002", "--regid=64002", "--clear-groups", "ls"]).arg(secret);
        assert!(!list.output().unwrap().status.success());
    }
}

/// A folder that cannot be written stops no command, and is not told of.
#[test]
fn works_without_a_place_for_names() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let home = Home::at(&server.url());
    set(&home, r#"{"k": 1}"#);
    home.write_config("completion", "a file where a folder should be");
    let words = ["secrets", "-n", "ingest", "-t", "sales", "--list"];
    let (status, screen) = Session::start(&home, &words).end();
    assert!(status.success() && !screen.contains("completion"), "{screen}");
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn connects_to_nothing() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let home = Home::at(&server.url());
    set(&home, r#"{"k": 1}"#);
    on_terminal(&home, "--list");
    let local = super::home();
    for (home, url) in [(&home, server.url()), (&local, "local".into())] {
        let log = home.path().join("strace");
        let mut traced = std::process::Command::new("strace");
        let line = home.file("line", "vdk\0secrets\0-n\0ingest\0-t\0sales\0--get\0\0");
        traced.args(["-f", "-e", "trace=socket,connect,execve", "-o"]).arg(&log);
        traced.arg(vdk_testing::vdk()).args(["__complete", "zsh", "7"]).env_clear();
        traced.env("HOME", home.path()).env("VDK_CONTROL_SERVICE_REST_API_URL", url);
        traced.stdin(std::fs::File::open(line).unwrap());
        assert!(vdk_testing::finish(traced).done().stdout.lines().count() > 1);
        let calls = std::fs::read_to_string(&log).unwrap();
        assert!(calls.contains("execve(") && !calls.contains("socket("), "{calls}");
    }
}
