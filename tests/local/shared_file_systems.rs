//! Tests the store on a file system of FUSE, which counts like one of a network: one process at a time.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use vdk_testing::server::Server;
use vdk_testing::wait::eventually;
use vdk_testing::{Home, finish};

/// A folder that bindfs shows at another place. It is unmounted when dropped.
struct Mount {
    child: Child,
    place: PathBuf,
}

impl Mount {
    /// Mounts below `home`; `None` where the system has no FUSE, as in some containers.
    fn of(home: &Home, options: &[&str]) -> Option<Self> {
        if !std::path::Path::new("/dev/fuse").exists() {
            return None;
        }
        let [source, place] = ["source", "place"].map(|name| home.path().join(name));
        for folder in [&source, &place] {
            std::fs::create_dir_all(folder).unwrap();
        }
        let mut bindfs = Command::new("bindfs");
        bindfs.arg("-f").args(options).arg(&source).arg(&place).stdout(Stdio::null());
        let child = bindfs.spawn().unwrap();
        let mount = Mount { child, place };
        eventually("it is mounted", || {
            let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
            mounts.contains(mount.place.to_str().unwrap())
        });
        Some(mount)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.place).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "needs bindfs, as root: ./tests/run"]
fn admits_one_process_at_a_time() {
    let home = Home::at("local");
    let Some(mount) = Mount::of(&home, &[]) else { return };
    let home = home.with("VDK_BASE_CONFIG_FOLDER", mount.place.to_str().unwrap());
    let told = "one process at a time";
    assert!(home.secrets(&["--set", "first", "1"]).done().stderr.contains(told));
    let running: Vec<_> = (0..20)
        .map(|n| {
            let words = format!("secrets -n j -t t --set k{n} {n}");
            let mut command = home.command(words.split(' '));
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in running {
        let output = child.wait_with_output().unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && !words.contains(told), "{words}");
    }
    let stored: serde_json::Value = serde_json::from_str(&home.all()).unwrap();
    assert_eq!(stored.as_object().unwrap().len(), 21);

    // A service keeps the store for itself, with all its connections.
    let server = Server::secured(&home);
    let at = ["-u", &server.url()];
    home.secrets(&[&at[..], &["--set", "by", "service"]].concat()).done();
    let run = home.secrets(&["--set", "a", "1"]).failed(6, "another process uses the store");
    assert!(run.stderr.contains("use its address: -u URL"), "{run:?}");
    let mut kill = Command::new("kill");
    kill.args(["-KILL", &server.id().to_string()]);
    finish(kill).done();
    server.wait();
    assert_eq!(home.secrets(&["--get", "by", "-o", "raw"]).done().stdout, "service");
}

#[test]
#[ignore = "needs bindfs, as root: ./tests/run"]
fn reads_where_nothing_can_be_written() {
    let home = Home::at("local");
    let source = home.path().join("source");
    let at = |place: &std::path::Path, words: &str| {
        let mut command = home.command(words.split(' '));
        command.env("VDK_BASE_CONFIG_FOLDER", place);
        finish(command)
    };
    at(&source, "secrets -n j -t t --set a 1").done();
    let Some(mount) = Mount::of(&home, &["-r"]) else { return };
    assert_eq!(at(&mount.place, "secrets -n j -t t --get a -o raw").done().stdout, "1");
    at(&mount.place, "secrets -n j -t t --set a 2").failed(6, "Read-only file system");
}
