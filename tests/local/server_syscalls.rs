//! The service while strace watches its system calls, or lets them fail.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::NamedTempFile;
use vdk_testing::server::Server;
use vdk_testing::wait::eventually;
use vdk_testing::{Home, finish};

/// strace on the calls of a server that runs.
struct Attached {
    strace: Child,
    told: Box<dyn Iterator<Item = String>>,
    log: NamedTempFile,
}

impl Attached {
    fn to(server: &Server, options: &[&str]) -> Self {
        let log = NamedTempFile::new().unwrap();
        let mut strace = Command::new("strace")
            .args(["-f", "-s", "20"])
            .args(options)
            .arg("-o")
            .arg(log.path())
            .args(["-p", &server.id().to_string()])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(strace.stderr.take().unwrap()).lines();
        let mut told = Box::new(lines.map_while(Result::ok));
        assert!(told.any(|line| line.contains("attached")));
        Attached { strace, told, log }
    }

    /// Leaves the server alone, and gives the calls that it made.
    fn end(mut self) -> String {
        let mut end = Command::new("kill");
        end.args(["-INT", &self.strace.id().to_string()]);
        finish(end).done();
        self.told.for_each(drop);
        self.strace.wait().unwrap();
        std::fs::read_to_string(self.log.path()).unwrap()
    }
}

/// A write is on the disk before its client hears of it.
#[test]
#[ignore = "needs strace: ./tests/run"]
fn the_service_acknowledges_what_is_durable() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let calls = "trace=fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg";
    let strace = Attached::to(&server, &["-e", calls]);
    let home = Home::at(&server.url());
    for n in 0..5 {
        home.secrets(&["--set", "a", &n.to_string()]).done();
    }
    let log = strace.end();
    let (mut acknowledged, mut unsynced) = (0, 0);
    for line in log.lines() {
        if line.contains("pwrite64(") {
            unsynced += 1;
        } else if line.contains("sync") && !line.contains("<unfinished") {
            unsynced = 0;
        } else if line.contains("HTTP/1.1 202") {
            assert_eq!(unsynced, 0, "{log}");
            acknowledged += 1;
        }
    }
    assert_eq!(acknowledged, 5, "{log}");
}

/// A service that runs opens nothing but its own files, and starts no program.
#[test]
#[ignore = "needs strace: ./tests/run"]
fn the_service_opens_its_folder_and_nothing_else() {
    let operator = Home::new();
    let server = Server::secured(&operator);
    let strace = Attached::to(
        &server,
        &["-s", "4096", "-e", "trace=open,openat,openat2,execve,execveat,connect,bind,ptrace"],
    );
    let secrets = |args: &[&str]| {
        let address = ["-n", "j", "-t", "t", "-u", &server.url()];
        operator.run([&["secrets"], &address[..], args].concat()).done()
    };
    secrets(&["--set", "a", "../../etc/passwd"]);
    secrets(&["--list"]);
    secrets(&["history"]);
    for path in ["/../../etc/passwd", "/docs", "/metrics", "/data-jobs/for-team/%2e%2e/jobs"] {
        let mut curl = Command::new("curl");
        curl.args(["-s", "--path-as-is", &format!("{}{path}", server.url())]);
        finish(curl).done();
    }
    // So that there is something to see: the audit log is opened anew.
    let mut hang_up = Command::new("kill");
    hang_up.args(["-HUP", &server.id().to_string()]);
    finish(hang_up).done();
    eventually("the log is opened anew", || server.log().contains("reopened the audit log"));
    let log = strace.end();
    let folder = operator.config("local").display().to_string();
    let calls = || log.lines().filter(|line| line.contains('(') && !line.contains("SIGHUP"));
    for call in calls().filter(|call| !call.contains("resumed>")) {
        assert!(call.contains("openat(") && call.contains(&folder), "{call}");
    }
    assert!(calls().count() > 0, "{log}");
}

/// The disk fails under a service, at each call of a write in turn, and is well again.
#[test]
#[ignore = "needs strace: ./tests/run"]
fn the_service_outlives_a_disk_that_fails() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let home = Home::at(&server.url()).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    let get = || home.secrets(&["--get", "a", "-o", "raw"]).done().stdout;
    let (mut failed, mut before) = (0, "first".to_string());
    home.secrets(&["--set", "a", &before]).done();
    let audit = operator.config("local/audit.jsonl").display().to_string();
    // A lock asks no disk; lines of the audit log are written by a call that is for sockets, too.
    let of_store: [&str; 0] = [];
    for (calls, path) in [
        ("pwrite64", &of_store[..]),
        ("fsync,fdatasync", &of_store),
        ("pread64", &of_store),
        ("write,fallocate", &["-P", &audit]),
    ] {
        for error in ["EIO", "ENOSPC"] {
            for n in 1..=8 {
                let value = format!("{error} at {calls} {n}");
                let inject = format!("inject={calls}:error={error}:when={n}");
                // What another process has written is read from the disk.
                let words = ["secrets", "-u", "local", "-n", "k", "-t", "t", "--set", "a", &value];
                operator.run(words).done();
                let traced = format!("trace={calls}");
                let options = [&["-e", &traced, "-e", &inject], path].concat();
                let strace = Attached::to(&server, &options);
                let set = home.secrets(&["--set", "a", &value]);
                let log = strace.end();
                failed += usize::from(set.code != 0);
                assert!(!server.log().contains("panicked"), "{}", server.log());
                let now = get();
                assert!(now == value || (now == before && set.code != 0), "{now} {set:?}");
                before = format!("after {value}");
                let again = home.secrets(&["--set", "a", &before]);
                assert_eq!(again.code, 0, "{inject}: {again:?}");
                assert_eq!(get(), before);
                if !log.contains("INJECTED") {
                    assert!(n > 1, "{inject}: no such call is made\n{log}");
                    break;
                }
            }
        }
    }
    assert!(failed > 10, "only {failed} writes failed");
}
