//! Tests the messages to systemd, with a socket in its place.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use vdk_testing::control_service::Service;

/// A socket that receives the messages of a service.
struct Manager {
    socket: UnixDatagram,
    path: String,
    _folder: tempfile::TempDir,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        // Only ends a test that would hang.
        socket.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        Manager { socket, path: path.display().to_string(), _folder: folder }
    }

    /// Returns the next message.
    fn next(&self) -> String {
        let mut message = [0; 4096];
        let length = self.socket.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    }

    /// Waits for a message with this line. Other messages may come before it.
    fn receives(&self, line: &str) -> String {
        loop {
            let message = self.next();
            if message.lines().any(|one| one == line) {
                return message;
            }
        }
    }
}

#[test]
fn tells_systemd_when_it_listens_reloads_and_ends() {
    let manager = Manager::new();
    let mut service = Service::start(&[("NOTIFY_SOCKET", &manager.path)]);
    let ready = manager.next();
    assert!(ready.contains("READY=1\n"), "{ready}");
    assert!(ready.contains(&format!("STATUS=listening on {}", service.address)), "{ready}");
    service.signal("HUP");
    let reloading = manager.next();
    assert!(reloading.contains("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
    assert!(manager.next().contains("READY=1"));
    service.logs("reopened the audit log");
    service.signal("TERM");
    assert!(manager.next().contains("STOPPING=1"));
    assert_eq!(service.wait(), Some(0));
}

#[test]
fn feeds_the_watchdog_as_long_as_it_runs() {
    let manager = Manager::new();
    let settings = [("NOTIFY_SOCKET", manager.path.as_str()), ("WATCHDOG_USEC", "20000")];
    let service = Service::start(&settings);
    for _ in 0..5 {
        manager.receives("WATCHDOG=1");
    }
    assert_eq!(service.get("/livez").status, 200);
}

#[test]
fn serves_without_systemd() {
    let gone = "/nonexistent/notify";
    let service = Service::start(&[("NOTIFY_SOCKET", gone), ("WATCHDOG_USEC", "20000")]);
    assert_eq!(service.get("/livez").status, 200);
}
