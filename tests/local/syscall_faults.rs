//! Injects a fault into every system call of a command: an error, or a kill. Afterwards the old or
//! the new data is stored, and the next command works.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use vdk_testing::server::Server;
use vdk_testing::{Home, Run, finish};

/// The calls that read, write, lock and sync files and folders.
const CALLS: &str = "openat,mkdir,read,pread64,write,pwrite64,writev,fsync,fdatasync,rename,renameat,\
                     renameat2,link,linkat,unlink,unlinkat,ftruncate,fallocate,fcntl,flock,fchmod,chmod,\
                     newfstatat,statx,getdents64";
const FAULTS: [&str; 3] = ["error=EIO", "error=ENOSPC", "signal=KILL"];

/// The calls that a command with connections also makes for sockets and wake-ups of its threads. An
/// error of a disk cannot occur there, and the runtime rightly panics.
const OF_SOCKETS: [&str; 4] = ["read", "write", "writev", "fcntl"];

/// A command under test, with its initial home.
struct Scenario<'a> {
    has_connections: bool,
    start: &'a Home,
    variables: Vec<(&'a str, String)>,
    args: Vec<&'a str>,
    input: String,
    /// The message on stderr after which the command gets SIGTERM, if it does not end by itself.
    until: Option<&'a str>,
    /// Checks the home after a run. The argument tells whether the run was acknowledged.
    check: &'a (dyn Fn(&Home, bool) + Sync),
}

impl<'a> Scenario<'a> {
    /// Describes `--set a new` on the local store.
    fn set(start: &'a Home, check: &'a (dyn Fn(&Home, bool) + Sync)) -> Self {
        Scenario {
            has_connections: false,
            start,
            variables: vec![("VDK_CONTROL_SERVICE_REST_API_URL", "local".into())],
            args: vec!["secrets", "-n", "j", "-t", "t", "--set", "a", "new"],
            input: String::new(),
            until: None,
            check,
        }
    }

    /// Copies the initial home.
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

    /// Runs the command under strace. Returns its result and the number of calls by name.
    fn run(&self, home: &Home, inject: Option<&str>) -> (Run, BTreeMap<String, usize>) {
        // On a busy machine strace may fail to start the command. Then its log is missing or empty.
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
        // The time limit makes a hanging command a failure.
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
                // The log begins with the process id of the command.
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
            // strace splits a call into two lines if another thread interrupts. The second line has
            // no name.
            if let Some((name, _)) = name.filter(|(name, _)| !name.starts_with('<')) {
                *calls.entry(name.to_string()).or_insert(0) += 1;
            }
        }
        (run, std::fs::remove_file(log).map(|()| calls))
    }

    /// Returns whether this fault can occur in the call.
    fn can_happen(&self, call: &str, fault: &str) -> bool {
        let reads = call.contains("read") || call.contains("stat") || call == "fcntl";
        match fault {
            "error=ENOSPC" if reads || call == "flock" => false,
            "signal=KILL" => true,
            _ => !(self.has_connections && OF_SOCKETS.contains(&call)),
        }
    }

    /// Injects every fault into every call.
    fn inject_everywhere(&self, name: &str) {
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
fn keeps_the_old_or_new_value_at_every_fault_of_a_write() {
    let start = Home::at("local");
    start.secrets(&["--set", "a", "old"]).done();
    let check = |home: &Home, acknowledged: bool| {
        let value = home.secrets(&["--get", "a", "-o", "raw"]).done().stdout;
        assert!(value == "new" || (value == "old" && !acknowledged), "{value}");
        assert_next_write_works(home);
    };
    Scenario::set(&start, &check).inject_everywhere("a write");
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn keeps_nothing_or_the_value_at_every_fault_of_the_first_write() {
    let start = Home::new();
    let check = |home: &Home, acknowledged: bool| {
        let value = home.secrets(&["--get-all", "-o", "json"]).done().stdout;
        let (old, new) = (value.trim() == "{}", value.trim() == "{\"a\": \"new\"}");
        assert!(new || (old && !acknowledged), "{value}");
        assert_next_write_works(home);
    };
    Scenario::set(&start, &check).inject_everywhere("a first write");
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn keeps_the_old_or_new_login_at_every_fault() {
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
        assert_eq!(hidden_files(&home.config("")), Vec::<String>::new());
    };
    let scenario = Scenario {
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
    scenario.inject_everywhere("a login");
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn keeps_the_store_at_every_fault_of_a_service_start() {
    let start = Home::at("local");
    start.secrets(&["--set", "a", "old"]).done();
    let check = |home: &Home, _: bool| {
        assert_eq!(home.secrets(&["--get", "a", "-o", "raw"]).done().stdout, "old");
        let server = Server::secured(home);
        home.secrets(&["-u", &server.url(), "--set", "a", "newer"]).done();
        drop(server);
        assert_next_write_works(home);
    };
    let scenario = Scenario {
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
    scenario.inject_everywhere("a start of the service");
}

fn assert_next_write_works(home: &Home) {
    home.secrets(&["--set", "a", "newer"]).done();
    assert_eq!(home.secrets(&["--get", "a", "-o", "raw"]).done().stdout, "newer");
}

/// Returns files that a killed writer has left behind. The next change of the login removes them.
fn hidden_files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".json") && name != "vdk-cred.json").collect()
}
