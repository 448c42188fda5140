//! A fault at every system call: each call that a command makes is made to fail, or is its last,
//! in turn; what was stored is the old or the new afterwards, and the next command works.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use vdk_testing::server::Server;
use vdk_testing::{Home, Run, finish};

/// Calls by which files and folders are read, written, locked and made durable.
const CALLS: &str = "openat,mkdir,read,pread64,write,pwrite64,writev,fsync,fdatasync,rename,renameat,\
                     renameat2,link,linkat,unlink,unlinkat,ftruncate,fallocate,fcntl,flock,fchmod,chmod,\
                     newfstatat,statx,getdents64";
const FAULTS: [&str; 3] = ["error=EIO", "error=ENOSPC", "signal=KILL"];

/// Calls that a command with connections makes of sockets and of its own threads' wake-ups as well,
/// where an error of a disk cannot come up: its runtime rightly panics.
const OF_SOCKETS: [&str; 4] = ["read", "write", "writev", "fcntl"];

/// A command under test, and what it starts from.
struct Scene<'a> {
    has_connections: bool,
    start: &'a Home,
    variables: Vec<(&'a str, String)>,
    args: Vec<&'a str>,
    input: String,
    /// The word on stderr at which it is told to end, where it does not by itself.
    until: Option<&'a str>,
    /// Looks at the home after a run that was acknowledged or not; panics where something is lost.
    check: &'a (dyn Fn(&Home, bool) + Sync),
}

impl<'a> Scene<'a> {
    /// `--set a new` on the store of this machine.
    fn set(start: &'a Home, check: &'a (dyn Fn(&Home, bool) + Sync)) -> Self {
        Scene {
            has_connections: false,
            start,
            variables: vec![("VDK_CONTROL_SERVICE_REST_API_URL", "local".into())],
            args: vec!["secrets", "-n", "j", "-t", "t", "--set", "a", "new"],
            input: String::new(),
            until: None,
            check,
        }
    }

    /// A home like the one to start from.
    fn home(&self) -> Home {
        let home = self
            .variables
            .iter()
            .fold(Home::new(), |home, (name, value)| home.with(name, value.clone()));
        let mut copy = Command::new("cp");
        copy.args(["-a", &format!("{}/.", self.start.path().display())]).arg(home.path());
        finish(copy).done();
        home
    }

    /// Runs the command under strace, and gives its end and the calls it made: name -> how many.
    fn run(&self, home: &Home, inject: Option<&str>) -> (Run, BTreeMap<String, usize>) {
        // A busy machine may refuse strace another process: it has no log then, or nothing in it, and
        // nothing has happened yet.
        let mut refused = Vec::new();
        while refused.len() < 20 {
            match self.trace(home, inject) {
                (run, Ok(calls)) if !calls.is_empty() => return (run, calls),
                (run, traced) => refused.push((run, traced)),
            }
        }
        panic!("strace does not begin: {refused:?}");
    }

    fn trace(
        &self,
        home: &Home,
        inject: Option<&str>,
    ) -> (Run, std::io::Result<BTreeMap<String, usize>>) {
        let command = home.command(&self.args);
        let log = home.path().join("strace.log");
        // A run that hangs is a failure as well.
        let mut traced = Command::new("timeout");
        traced
            .args(["-s", "KILL", "60", "strace"])
            .args(["-f", "-q", "-o"])
            .arg(&log)
            .args(["-e", &format!("trace={CALLS}")]);
        if let Some(inject) = inject {
            traced.args(["-e", &format!("inject={inject}")]);
        }
        traced.arg(command.get_program()).args(command.get_args()).env_clear();
        traced.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        traced.current_dir(home.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let begun = Instant::now();
        let mut child = traced.stderr(Stdio::piped()).spawn().unwrap();
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), self.input.as_bytes());
        let (mut stderr, mut words) = (BufReader::new(child.stderr.take().unwrap()), Vec::new());
        while stderr.read_until(b'\n', &mut words).unwrap() > 0 {
            let told = String::from_utf8_lossy(&words);
            if self.until.is_some_and(|until| told.lines().last().unwrap().contains(until)) {
                // The log begins with the id of the command.
                if let Some((id, _)) = std::fs::read_to_string(&log).unwrap().split_once(' ') {
                    let mut end = Command::new("kill");
                    end.args(["-TERM", id]);
                    finish(end);
                }
            }
        }
        let output = Output { stderr: words, ..child.wait_with_output().unwrap() };
        let run = Run::from(output);
        assert!(begun.elapsed() < Duration::from_secs(60), "it hangs: {inject:?} {run:?}");
        let told = match std::fs::read_to_string(&log) {
            Ok(told) => told,
            Err(error) => return (run, Err(error)),
        };
        let mut calls = BTreeMap::new();
        for line in told.lines() {
            let name = line.split_once(' ').and_then(|(_, call)| call.trim().split_once('('));
            // Where threads take turns, a call is told in two lines, the second without its name.
            if let Some((name, _)) = name.filter(|(name, _)| !name.starts_with('<')) {
                *calls.entry(name.to_string()).or_insert(0) += 1;
            }
        }
        (run, std::fs::remove_file(log).map(|()| calls))
    }

    /// Whether a call can end so.
    fn can_happen(&self, call: &str, fault: &str) -> bool {
        let reads = call.contains("read") || call.contains("stat") || call == "fcntl";
        match fault {
            "error=ENOSPC" if reads || call == "flock" => false,
            "signal=KILL" => true,
            _ => !(self.has_connections && OF_SOCKETS.contains(&call)),
        }
    }

    /// Every fault at every call.
    fn everywhere(&self, name: &str) {
        let home = self.home();
        let (run, calls) = self.run(&home, None);
        (self.check)(&home, run.done().code == 0);
        let mut points = Vec::new();
        for (call, count) in &calls {
            for fault in FAULTS.iter().filter(|fault| self.can_happen(call, fault)) {
                points.extend((1..=*count).map(|n| format!("{call}:{fault}:when={n}")));
            }
        }
        let (all, points) = (points.len(), Mutex::new(points));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let Some(point) = points.lock().unwrap().pop() else { break };
                        let home = self.home();
                        let (run, _) = self.run(&home, Some(&point));
                        assert!(!run.stderr.contains("panicked"), "{point}: {run:?}");
                        (self.check)(&home, run.code == 0);
                    }
                });
            }
        });
        assert!(all > 100, "{name}: {all} faults are not all");
    }
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn a_write_to_the_store_of_this_machine() {
    let start = Home::at("local");
    start.secrets(&["--set", "a", "old"]).done();
    let check = |home: &Home, acknowledged: bool| {
        let value = home.secrets(&["--get", "a", "-o", "raw"]).done().stdout;
        assert!(value == "new" || (value == "old" && !acknowledged), "{value}");
        goes_on(home);
    };
    Scene::set(&start, &check).everywhere("a write");
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn the_first_write_which_makes_the_store() {
    let start = Home::new();
    let check = |home: &Home, acknowledged: bool| {
        let value = home.secrets(&["--get-all", "-o", "json"]).done().stdout;
        let (old, new) = (value.trim() == "{}", value.trim() == "{\"a\": \"new\"}");
        assert!(new || (old && !acknowledged), "{value}");
        goes_on(home);
    };
    Scene::set(&start, &check).everywhere("a first write");
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn a_login_in_place_of_another() {
    let operator = Home::new();
    let server = Server::secured(&operator);
    let create = || {
        let words = "server token create --user ana --team t --role writer".split(' ');
        operator.run(words).done().stdout.trim().to_string()
    };
    let (first, second) = (create(), create());
    let start = Home::at(&server.url()).with("VDK_CREDENTIAL_STORE", "file");
    start.run_with(["login"], &first).done();
    let login = |home: &Home| {
        let text = std::fs::read_to_string(home.config("vdk-cred.json")).unwrap();
        let login: serde_json::Value = serde_json::from_str(&text).unwrap();
        login["access_token"].as_str().unwrap().to_string()
    };
    let old = login(&start);
    let check = |home: &Home, acknowledged: bool| {
        assert!(login(home) != old || !acknowledged);
        home.secrets(&["--list"]).done();
        assert_eq!(hidden(&home.config("")), Vec::<String>::new());
    };
    let scene = Scene {
        has_connections: true,
        start: &start,
        variables: vec![
            ("VDK_CONTROL_SERVICE_REST_API_URL", server.url()),
            ("VDK_CREDENTIAL_STORE", "file".into()),
            ("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0".into()),
        ],
        args: vec!["login"],
        input: second,
        until: None,
        check: &check,
    };
    scene.everywhere("a login");
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn a_start_of_the_service() {
    let start = Home::at("local");
    start.secrets(&["--set", "a", "old"]).done();
    let check = |home: &Home, _: bool| {
        assert_eq!(home.secrets(&["--get", "a", "-o", "raw"]).done().stdout, "old");
        let server = Server::secured(home);
        home.secrets(&["-u", &server.url(), "--set", "a", "newer"]).done();
        drop(server);
        goes_on(home);
    };
    let scene = Scene {
        has_connections: true,
        start: &start,
        variables: vec![
            ("VDK_CONTROL_SERVICE_REST_API_URL", "local".into()),
            ("VDK_CREDENTIAL_STORE", "file".into()),
        ],
        args: vec!["server", "--port", "0"],
        input: String::new(),
        until: Some("note: serving"),
        check: &check,
    };
    scene.everywhere("a start of the service");
}

/// The next command works.
fn goes_on(home: &Home) {
    home.secrets(&["--set", "a", "newer"]).done();
    assert_eq!(home.secrets(&["--get", "a", "-o", "raw"]).done().stdout, "newer");
}

/// What a killed writer may have left behind; the next change of the login removes it.
fn hidden(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".json") && name != "vdk-cred.json").collect()
}
