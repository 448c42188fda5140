//! Tests a running service whose system calls strace observes or makes fail.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::NamedTempFile;
use vdk_testing::server::Server;
use vdk_testing::wait::eventually;
use vdk_testing::{Home, finish};

/// strace, attached to a running server.
struct AttachedStrace {
    strace: Child,
    messages: Box<dyn Iterator<Item = String>>,
    log: NamedTempFile,
}

impl AttachedStrace {
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
        let mut messages = Box::new(lines.map_while(Result::ok));
        assert!(messages.any(|line| line.contains("attached")));
        AttachedStrace { strace, messages, log }
    }

    /// Detaches from the server and returns the calls that it made.
    fn end(mut self) -> String {
        let mut end = Command::new("kill");
        end.args(["-INT", &self.strace.id().to_string()]);
        finish(end).done();
        self.messages.for_each(drop);
        self.strace.wait().unwrap();
        std::fs::read_to_string(self.log.path()).unwrap()
    }
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn acknowledges_writes_only_after_sync() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let calls = "trace=fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg";
    let strace = AttachedStrace::to(&server, &["-e", calls]);
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

/// Also checks that the service starts no program.
#[test]
#[ignore = "needs strace: ./tests/run"]
fn opens_only_files_of_its_folder() {
    let operator = Home::new();
    let server = Server::secured(&operator);
    let strace = AttachedStrace::to(
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
    // Causes a call to observe: the service reopens the audit log.
    let mut hang_up = Command::new("kill");
    hang_up.args(["-HUP", &server.id().to_string()]);
    finish(hang_up).done();
    eventually("the log is opened anew", || server.log().contains("reopened the audit log"));
    let log = strace.end();
    let folder = operator.config("local").display().to_string();
    let calls = || log.lines().filter(|line| line.contains('(') && !line.contains("SIGHUP"));
    for call in calls().filter(|call| !call.contains("resumed>")) {
        // The metrics tell of the process itself.
        let is_known = call.contains(&folder) || call.contains("\"/proc/self/");
        assert!(call.contains("openat(") && is_known, "{call}");
    }
    assert!(calls().count() > 0, "{log}");
}

/// Lets each call of a write fail in turn. After the fault the service works again.
#[test]
#[ignore = "needs strace: ./tests/run"]
fn survives_disk_errors_at_every_call() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let home = Home::at(&server.url()).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    // The audit log is tried again a moment after a fault.
    let get = || {
        eventually("it works again", || home.secrets(&["--list"]).code == 0);
        home.secrets(&["--get", "a", "-o", "raw"]).done().stdout
    };
    let (mut failed, mut before) = (0, "first".to_string());
    home.secrets(&["--set", "a", &before]).done();
    let audit = operator.config("local/audit.jsonl").display().to_string();
    // A lock does not use the disk. Lines of the audit log use a call that sockets use, too.
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
                // A write of another process makes the service read from the disk.
                let words = ["secrets", "-u", "local", "-n", "k", "-t", "t", "--set", "a", &value];
                operator.run(words).done();
                let traced = format!("trace={calls}");
                let options = [&["-e", &traced, "-e", &inject], path].concat();
                let strace = AttachedStrace::to(&server, &options);
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
