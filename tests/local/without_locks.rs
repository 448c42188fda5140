//! Tests file systems that have no locks, as some of networks, of FUSE and of sandboxes: strace answers
//! for them.

use std::process::{Command, Stdio};
use std::time::Instant;

use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::{Home, Run, finish};

const NO_LOCKS: [&str; 4] = ["ENOLCK", "ENOSYS", "EOPNOTSUPP", "EBADF"];

/// Returns the command with `error` as the result of every call of `name`.
fn failing(home: &Home, (name, error): (&str, &str), args: &[&str]) -> Command {
    let command = home.command(args);
    let mut traced = Command::new("strace");
    traced.args(["-f", "-q", "-o", "/dev/null", "-e", &format!("trace={name}")]);
    traced.args(["-e", &format!("inject={name}:error={error}")]);
    traced.arg(command.get_program()).args(command.get_args()).env_clear();
    traced.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    traced.current_dir(home.path()).stdin(Stdio::null());
    traced
}

fn run(home: &Home, fault: (&str, &str), args: &[&str]) -> Run {
    finish(failing(home, fault, args))
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn refuses_to_write_the_store_and_makes_no_key() {
    let set = ["secrets", "-n", "j", "-t", "t", "-u", "local", "--set", "a", "1"];
    for (call, error) in
        NO_LOCKS.map(|error| ("flock", error)).into_iter().chain([("fcntl", "ENOLCK")])
    {
        let home = Home::new();
        let run = run(&home, (call, error), &set).failed(6, "has no locks");
        assert!(run.stderr.contains("VDK_BASE_CONFIG_FOLDER"), "{run:?}");
        let mut left: Vec<_> = std::fs::read_dir(home.config("local")).unwrap().collect();
        left.retain(|entry| entry.as_ref().unwrap().file_name() != "create.lock");
        assert!(left.is_empty(), "{call} {error}: {left:?}");
    }
    // SQLite would wait half a minute for locks that nobody has.
    let home = Home::at("local");
    home.secrets(&["--set", "a", "1"]).done();
    let change = ["secrets", "-n", "j", "-t", "t", "-u", "local", "--set", "a", "2"];
    let started = Instant::now();
    run(&home, ("fcntl", "ENOLCK"), &change).failed(6, "has no locks");
    assert!(started.elapsed().as_secs() < 20);
    let get = ["secrets", "-n", "j", "-t", "t", "-u", "local", "--get", "a", "-o", "raw"];
    assert_eq!(run(&home, ("fcntl", "ENOLCK"), &get).done().stdout, "1");
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn logs_in_renews_and_logs_out() {
    for error in NO_LOCKS {
        let service = Service::with_etags();
        let brief = Fault::Answer(200, "", r#"{"access_token":"tok.en","expires_in":0}"#);
        service.always("POST", brief);
        let home = Home::at(&service.url());
        let fault = ("flock", error);
        run(&home, fault, &["login", "-a", "vdk_0123456789abcdef_x"]).done();
        let listed = run(&home, fault, &["secrets", "-n", "j", "-t", "t", "--list"]).done();
        assert!(!listed.stderr.contains("lock"), "{listed:?}");
        run(&home, fault, &["secrets", "-n", "j", "-t", "t", "--set", "a", "1"]).done();
        run(&home, fault, &["logout"]).done();
        assert!(!home.config("vdk-cred.json").exists());
        // No lock is left.
        let locks = std::fs::read_dir(home.config("locks")).unwrap();
        let mut held = locks.filter(|entry| {
            entry.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "held")
        });
        assert!(held.next().is_none(), "{error}");
    }
}

/// The provider revokes a login whose refresh token is used twice.
#[test]
#[ignore = "needs strace: ./tests/run"]
fn renews_once_for_many_processes() {
    let service = Service::with_etags();
    let url = service.url();
    let renewed = r#"{"access_token":"tok.en","refresh_token":"rt-2","expires_in":900}"#;
    service.next("POST", [Fault::Answer(200, "", renewed)]);
    service.always("POST", Fault::Answer(400, "", r#"{"error":"invalid_grant"}"#));
    let home = Home::at(&url);
    let login = format!(
        r#"{{"authorization_url":"{url}/token","refresh_token":"rt-1","access_token":"x",
        "access_token_expiration_time":1,"client_id":"cli","services":["{url}"]}}"#
    );
    home.write_config("vdk-cred.json", login);
    let list = ["secrets", "-n", "j", "-t", "t", "--list"];
    let mut running: Vec<_> = (0..10)
        .map(|_| {
            failing(&home, ("flock", "ENOLCK"), &list)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in &mut running {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(service.count("POST"), 1);
}
