//! Tests the start: signals that come meanwhile, and what it finds on the machine.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use vdk_testing::control_service::{Service, binary, eventually, path, program, signal};
use vdk_testing::disk::Disk;
use vdk_testing::process::copy_program;

/// A database that accepts connections and sends nothing.
struct Silent {
    listener: TcpListener,
    held: Vec<TcpStream>,
}

impl Silent {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Silent { listener, held: Vec::new() }
    }

    /// Returns a command with the settings of a service on this database.
    fn settings(&self, command: &mut Command) {
        let url = format!("jdbc:postgresql://{}/vdk", self.listener.local_addr().unwrap());
        command
            .env("SPRING_DATASOURCE_URL", url)
            .env("SPRING_DATASOURCE_USERNAME", "vdk")
            .env("SERVER_PORT", "0")
            .env("FEATUREFLAG_SECURITY_ENABLED", "false")
            .stderr(Stdio::null());
    }

    /// Waits until the service asks the database, in the middle of its start.
    fn is_asked(&mut self) {
        eventually("it asks the database", || {
            self.held.extend(self.listener.accept().map(|(stream, _)| stream));
            !self.held.is_empty()
        });
    }
}

/// Ends a process and its children when dropped.
struct Running(Child);

impl Running {
    fn ends(&mut self) {
        eventually("it ends", || self.0.try_wait().unwrap().is_some());
        assert_eq!(self.0.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn sigterm_ends_the_start_and_sighup_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut database = Silent::start();
    let mut command = binary();
    database.settings(&mut command);
    command.env("VDK_STORAGE_FOLDER", folder.path());
    let mut service = Running(command.spawn().unwrap());
    database.is_asked();
    signal(service.0.id(), "HUP");
    signal(service.0.id(), "TERM");
    service.ends();
}

#[test]
#[ignore = "makes a process namespace, as root: ./tests/run"]
fn sigterm_ends_the_start_of_the_first_process() {
    let folder = tempfile::tempdir().unwrap();
    let mut database = Silent::start();
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", program()]).env_clear();
    database.settings(command.env("PATH", "/usr/bin:/bin"));
    command.env("VDK_STORAGE_FOLDER", folder.path());
    let mut outer = Running(command.spawn().unwrap());
    database.is_asked();
    let id = outer.0.id();
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    signal(children.trim().parse().unwrap(), "TERM");
    outer.ends();
}

#[test]
fn makes_nothing_when_the_port_is_in_use() {
    let taken = Service::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let output = binary()
        .env("VDK_STORAGE_FOLDER", &store)
        .env("SERVER_PORT", taken.address.port().to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains("cannot listen on"), "{said}");
    assert!(!store.exists());
}

#[test]
fn tells_that_a_store_was_made_when_the_start_fails_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let mut command = binary();
        command.args(["local", "INFO"]).arg(folder.path()).args(["--port", "0"]);
        // A folder cannot be the audit log.
        command.env("VDK_AUDIT_FILE", folder.path());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(6));
        String::from_utf8(output.stderr).unwrap()
    };
    let said = start();
    assert!(said.contains("consequences: A new encrypted store was made in"), "{said}");
    let said = start();
    assert!(said.contains("consequences: Nothing was changed."), "{said}");
}

#[test]
#[ignore = "mounts a disk, as root: ./tests/run"]
fn starts_and_serves_reads_while_the_disk_is_full() {
    let disk = Disk::mount("6m");
    let store = disk.path().join("store").display().to_string();
    let audit = disk.path().join("audit.jsonl").display().to_string();
    for settings in [
        &[("VDK_STORAGE_FOLDER", store.as_str())][..],
        &[("VDK_AUDIT_FILE", audit.as_str()), ("VDK_STORAGE_FOLDER", store.as_str())],
    ] {
        let mut service = Service::start_in(disk.folder(), settings);
        let at = path("secrets", "t", "j");
        assert_eq!(service.put(&at, "{\"a\":1}", None).status, 202);
        service.signal("TERM");
        assert_eq!(service.wait(), Some(0));
        disk.sh("! cat /dev/zero > disk/filler 2>/dev/null");
        service.restart();
        assert_eq!(service.get("/readyz").status, 503);
        assert_eq!(service.get(&at).body, "{\"a\":1}", "{}", service.log());
        let refused = service.put(&at, "{\"a\":2}", None);
        assert!([503, 507].contains(&refused.status), "{refused:?}");
        assert!(refused.body.contains("Nothing was changed."), "{refused:?}");
        disk.sh("rm disk/filler");
        eventually("it is ready", || service.get("/readyz").status == 200);
        assert_eq!(service.put(&at, "{\"a\":3}", None).status, 202);
        assert_eq!(service.get(&at).header("etag"), "\"2\"");
        disk.sh("rm -r disk/store");
    }
}

#[test]
#[ignore = "becomes another user, as root: ./tests/run"]
fn explains_that_no_threads_can_be_started() {
    // Of nobody else: the limit counts all processes of the user.
    const USER: u32 = 64_973;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .unwrap();
    let copy = folder.path().join("vdk-control-service");
    copy_program(program(), &copy);
    for limit in ["1", "2", "4"] {
        let mut command = Command::new("prlimit");
        command.arg(format!("--nproc={limit}")).arg(&copy).env_clear().uid(USER).gid(USER);
        command.env("PATH", "/usr/bin:/bin").env("SERVER_PORT", "0");
        let store = folder.path().join("store");
        let output = command.env("VDK_STORAGE_FOLDER", &store).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(6), "{said}");
        assert!(said.contains("cannot start threads") && said.contains("ulimit -u"), "{said}");
        assert!(!said.contains("panicked") && !store.exists(), "{said}");
    }
}
