//! Tests that nothing waits for a reader of the service's output, and that `/readyz` tells whether
//! the audit log can be written.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use vdk_testing::control_service::{
    Answer, Service, binary, eventually, free_port, http, path, signal,
};
use vdk_testing::disk::Disk;
use vdk_testing::process::copy_program;

/// A service whose output is read by the test alone. It is killed when dropped.
struct Unread {
    child: Child,
    address: SocketAddr,
    folder: tempfile::TempDir,
}

impl Unread {
    /// Starts a service that writes its audit log to standard output.
    fn start(settings: &[(&str, &str)], stdout: Stdio, stderr: Stdio) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let child = binary()
            .env("SERVER_PORT", port.to_string())
            .env("FEATUREFLAG_SECURITY_ENABLED", "false")
            .env("VDK_STORAGE_FOLDER", folder.path().join("store"))
            .env("VDK_AUDIT_FILE", "-")
            .envs(settings.iter().copied())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .unwrap();
        let service = Unread { child, address: ([127, 0, 0, 1], port).into(), folder };
        eventually("it listens", || service.try_ask("GET", "/livez", "").is_some());
        service
    }

    fn try_ask(&self, method: &str, path: &str, body: &str) -> Option<Answer> {
        let headers = [("Content-Type", "application/json")];
        http(self.address, method, path, &headers, body.as_bytes())
    }

    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        self.try_ask(method, path, body).unwrap()
    }

    fn status_of_audit(&self) -> (u16, String) {
        let ready = self.ask("GET", "/readyz", "");
        (ready.status, ready.json()["audit"]["status"].as_str().unwrap().into())
    }

    /// Sends so many requests over one connection without waiting for responses in between.
    fn ask_many(&self, path: &str, count: usize) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        // Only ends a test that would hang.
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        let mut sending = stream.try_clone().unwrap();
        let request = |last: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{last}\r\n");
        let requests = request("").repeat(count - 1) + &request("Connection: close\r\n");
        let sender = std::thread::spawn(move || sending.write_all(requests.as_bytes()));
        let mut responses = String::new();
        stream.read_to_string(&mut responses).unwrap();
        sender.join().unwrap().unwrap();
        assert_eq!(responses.matches("HTTP/1.1 200 OK").count(), count);
    }

    fn ends_on_sigterm(&mut self) {
        signal(self.child.id(), "TERM");
        eventually("it ends", || self.child.try_wait().unwrap().is_some());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn each_line_that_a_request_logs_has_its_op_id() {
    let service = Service::start(&[("LOGGING_LEVEL_ROOT", "DEBUG")]);
    let ids = ["first", "a \"quoted\" one\\", "last"];
    for id in ids {
        let at = path("secrets", "t", "j");
        assert_eq!(service.send("GET", &at, &[("X-OPID", id)], "").status, 200);
    }
    service.logs("\"last\"");
    let log = service.log();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let (of_requests, others): (Vec<_>, Vec<_>) =
        lines.partition(|line| line["message"] == "request");
    let told: Vec<_> = of_requests.iter().map(|line| line["op_id"].as_str().unwrap()).collect();
    assert_eq!(told, ids);
    assert!(others.iter().all(|line| line.get("op_id").is_none()), "{others:?}");
}

#[test]
fn refuses_requests_while_nobody_reads_the_audit_log_and_goes_on_when_somebody_does() {
    let mut service = Unread::start(&[], Stdio::piped(), Stdio::null());
    let at = path("properties", "t", "j");
    let mut served = 0;
    let refused = loop {
        let answer = service.ask("GET", &at, "");
        if answer.status != 200 {
            break answer;
        }
        served += 1;
        assert!(served < 10_000, "never refused");
    };
    refused.problem(503, "audit log");
    assert_eq!(service.status_of_audit(), (503, "cannot be written".into()));
    assert_eq!(service.ask("GET", "/livez", "").status, 200);
    service.ask("PUT", &at, "{\"a\":1}").problem(503, "Nothing was changed.");
    service.ask("GET", &at, "").problem(503, "audit log");

    let stdout = BufReader::new(service.child.stdout.take().unwrap());
    let reader =
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).collect::<Vec<String>>());
    eventually("it works again", || service.ask("GET", "/readyz", "").status == 200);
    assert_eq!(service.ask("PUT", &at, "{\"a\":1}").status, 204);
    service.ends_on_sigterm();
    let lines = reader.join().unwrap();
    let log = service.folder.path().join("audit.jsonl");
    std::fs::write(&log, lines.join("\n") + "\n").unwrap();
    assert!(binary().arg("verify-audit").arg(&log).status().unwrap().success());
    let count = |operation: &str, status: u64| {
        let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["operation"] == operation && line["status"] == status).count()
    };
    // The line of the request that waited in vain may have been in the middle of its write.
    assert!((served..=served + 1).contains(&count("properties.read", 200)), "{lines:?}");
    assert_eq!((count("properties.write", 204), count("properties.write", 503)), (1, 0));
}

#[test]
fn ends_on_sigterm_while_nobody_reads_the_audit_log() {
    let mut service = Unread::start(&[], Stdio::piped(), Stdio::null());
    let at = path("properties", "t", "j");
    eventually("it refuses requests", || service.ask("GET", &at, "").status == 503);
    service.ends_on_sigterm();
}

#[test]
fn serves_and_ends_while_nobody_reads_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    assert!(Command::new("mkfifo").arg(&log).status().unwrap().success());
    // Opened for both, so that no open waits for the other side.
    let open = || std::fs::OpenOptions::new().read(true).write(true).open(&log).unwrap();
    let unread = open();
    let settings = [("LOGGING_LEVEL_ROOT", "DEBUG"), ("VDK_AUDIT_FILE", "none")];
    let mut service = Unread::start(&settings, Stdio::null(), open().into());
    let at = path("properties", "t", "j");
    // More than the pipe and the queue hold.
    service.ask_many(&at, 6000);
    assert_eq!(service.ask("PUT", &at, "{\"a\":1}").status, 204);
    assert_eq!(service.ask("GET", "/readyz", "").status, 200);

    let mut lines = BufReader::new(unread).lines();
    let dropped = lines.find_map(|line| {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let is_it = line["message"].as_str().unwrap().contains("were dropped");
        is_it.then(|| line["count"].as_u64().unwrap())
    });
    assert!(dropped.unwrap() > 0);
    // The pipe is full again.
    service.ask_many(&at, 6000);
    service.ends_on_sigterm();
}

#[test]
fn is_not_ready_from_the_first_line_that_is_not_written_until_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let open = |write| std::fs::OpenOptions::new().read(true).write(write).open(&pipe).unwrap();
    // The service's end is only for writing: with the reader's end, it breaks.
    let reader = open(true);
    let stdout = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    let service = Unread::start(&[], stdout.into(), Stdio::null());
    let at = path("properties", "t", "j");
    assert_eq!(service.ask("GET", &at, "").status, 200);
    drop(reader);
    assert_eq!(service.ask("GET", "/readyz", "").status, 200);
    // A program that another test starts may hold the reader's end for a moment.
    eventually("it is refused", || service.ask("GET", &at, "").status == 503);
    for _ in 0..3 {
        assert_eq!(service.status_of_audit(), (503, "cannot be written".into()));
        service.ask("PUT", &at, "{\"a\":1}").problem(503, "Nothing was changed.");
    }
    assert_eq!(service.ask("GET", "/livez", "").status, 200);
    let _reader = open(true);
    eventually("it works again", || service.ask("GET", "/readyz", "").status == 200);
    assert_eq!(service.ask("PUT", &at, "{\"a\":1}").status, 204);
}

#[test]
fn warns_when_a_closed_standard_output_loses_the_audit_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new("sh")
        .args(["-c", "exec \"$0\" --port 0 >&-", vdk_testing::control_service::program()])
        .env_clear()
        .env("VDK_STORAGE_FOLDER", folder.path().join("store"))
        .env("VDK_AUDIT_FILE", "-")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let start = lines.map_while(Result::ok).take_while(|line| !line.contains("\"listening\""));
    let said = start.collect::<String>();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(said.contains("the audit log is lost"), "{said}");
}

/// Waits until the audit log has this status in `/readyz`.
fn audit_is(service: &Service, status: u16, words: &str) {
    eventually(words, || {
        let ready = service.get("/readyz");
        ready.status == status && ready.json()["audit"]["status"] == words
    });
}

/// Exchanges two files in one step: the service, which looks after its log, finds none of them missing.
fn exchange(one: &std::path::Path, other: &std::path::Path) {
    let (here, flags) = (rustix::fs::CWD, rustix::fs::RenameFlags::EXCHANGE);
    rustix::fs::renameat_with(here, one, here, other, flags).unwrap();
}

#[test]
fn opens_an_audit_log_that_was_removed_or_moved_anew() {
    let service = Service::start(&[]);
    let (at, log) = (path("properties", "t", "j"), service.folder().join("audit.jsonl"));
    let old = service.folder().join("old");
    let count = |path: &std::path::Path| std::fs::read_to_string(path).unwrap().lines().count();
    assert_eq!(service.get(&at).status, 200);
    std::fs::remove_file(&log).unwrap();
    eventually("there is a new one", || log.exists());
    assert_eq!(service.get(&at).status, 200);
    assert_eq!((count(&log), service.get("/readyz").status), (1, 200));

    // As logrotate does, with a new file that the service cannot write.
    std::fs::create_dir(&old).unwrap();
    exchange(&log, &old);
    audit_is(&service, 503, "moved, and cannot be opened again");
    assert_eq!(service.get(&at).status, 200);
    assert_eq!(count(&old), 2);
    service.logs("Lines go to the moved file");
    std::fs::remove_dir(&log).unwrap();
    audit_is(&service, 200, "ready");
    assert_eq!(service.get(&at).status, 200);
    assert_eq!(count(&log), 1);

    // Lines in a file without a name would be lost.
    let nameless = service.folder().join("nameless");
    std::fs::create_dir(&nameless).unwrap();
    exchange(&log, &nameless);
    std::fs::remove_file(&nameless).unwrap();
    audit_is(&service, 503, "moved, and cannot be opened again");
    service.get(&at).problem(503, "audit log");
    service.put(&at, "{\"a\":1}", None).problem(503, "Nothing was changed.");
    std::fs::remove_dir(&log).unwrap();
    audit_is(&service, 200, "ready");
    assert_eq!(service.put(&at, "{\"a\":1}", None).status, 204);
}

#[test]
fn keeps_that_the_group_reads_the_audit_log() {
    let service = Service::start(&[]);
    let (at, log) = (path("properties", "t", "j"), service.folder().join("audit.jsonl"));
    let mode = || log.metadata().unwrap().permissions().mode() & 0o777;
    for (given, kept) in [(0o640, 0o640), (0o666, 0o640)] {
        std::fs::rename(&log, service.folder().join(format!("{given:o}"))).unwrap();
        std::fs::write(&log, "").unwrap();
        std::fs::set_permissions(&log, PermissionsExt::from_mode(given)).unwrap();
        service.signal("HUP");
        eventually("it writes there", || {
            assert_eq!(service.get(&at).status, 200);
            log.metadata().unwrap().len() > 0 && mode() == kept
        });
    }
}

#[test]
fn reserves_room_anew_after_the_audit_log_was_cut() {
    let service = Service::start(&[]);
    let (at, log) = (path("properties", "t", "j"), service.folder().join("audit.jsonl"));
    let reserved = || log.metadata().unwrap().blocks() * 512 >= 512 * 1024;
    assert_eq!(service.put(&at, "{\"a\":1}", None).status, 204);
    if !reserved() {
        println!("skipped: the file system reserves nothing");
        return;
    }
    // As copytruncate of logrotate does.
    std::fs::File::options().write(true).open(&log).unwrap().set_len(0).unwrap();
    assert_eq!(service.put(&at, "{\"a\":2}", None).status, 204);
    eventually("room is reserved", reserved);
}

#[test]
#[ignore = "mounts a disk, as root: ./tests/run"]
fn goes_on_while_the_disk_of_the_audit_log_is_stuck() {
    let disk = Disk::with_file_system("16m");
    let log = disk.path().join("audit.jsonl").display().to_string();
    let mut service = Service::start(&[("VDK_AUDIT_FILE", &log)]);
    let at = path("properties", "t", "j");
    // One at a time, so that the lines are written at once, without the thread.
    (0..20).for_each(|_| assert_eq!(service.get(&at).status, 200));
    let address = service.address;
    let ask = |path: String| std::thread::spawn(move || http(address, "GET", &path, &[], b""));

    let frozen = disk.freeze();
    let stuck = ask(at.clone());
    audit_is(&service, 503, "cannot be written");
    for _ in 0..3 {
        assert_eq!(service.get("/livez").status, 200);
        service.get(&at).problem(503, "audit log");
        service.put(&at, "{\"a\":1}", None).problem(503, "Nothing was changed.");
    }
    drop(frozen);
    stuck.join().unwrap().unwrap();
    audit_is(&service, 200, "ready");
    assert_eq!(service.put(&at, "{\"a\":1}", None).status, 204);

    let frozen = disk.freeze();
    let stuck = ask(at);
    audit_is(&service, 503, "cannot be written");
    service.signal("TERM");
    service.logs("\"ended\"");
    // Until then, the system keeps the thread that waits for the disk.
    drop(frozen);
    assert_eq!(service.wait(), Some(0));
    stuck.join().unwrap();
}

#[test]
#[ignore = "becomes another user, as root: ./tests/run"]
fn is_not_ready_when_the_new_audit_log_belongs_to_another_user() {
    const USER: u32 = 64_974;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    chown(folder.path(), Some(USER), Some(USER)).unwrap();
    let (copy, log) = (folder.path().join("service"), folder.path().join("audit.jsonl"));
    copy_program(vdk_testing::control_service::program(), &copy);
    let port = free_port();
    let mut command = Command::new(&copy);
    command.env_clear().uid(USER).gid(USER).stderr(Stdio::null());
    command.env("SERVER_PORT", port.to_string()).env("FEATUREFLAG_SECURITY_ENABLED", "false");
    command.env("VDK_STORAGE_FOLDER", folder.path().join("store")).env("VDK_AUDIT_FILE", &log);
    let (child, address) = (command.spawn().unwrap(), ([127, 0, 0, 1], port).into());
    let service = Unread { child, address, folder };
    let ready = || service.try_ask("GET", "/readyz", "").map_or(0, |answer| answer.status);
    eventually("it is ready", || ready() == 200);
    // As `create 0600 root root` of logrotate does.
    let new = log.with_extension("1");
    std::fs::write(&new, "").unwrap();
    std::fs::set_permissions(&new, PermissionsExt::from_mode(0o600)).unwrap();
    exchange(&log, &new);
    signal(service.child.id(), "HUP");
    eventually("it is not ready", || ready() == 503);
    chown(&log, Some(USER), Some(USER)).unwrap();
    eventually("it is ready again", || ready() == 200);
}
