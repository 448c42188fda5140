//! Starts the service as a process and sends requests to it.

pub mod http;
pub mod issuer;
pub mod keycloak;
mod kills;
pub mod nginx;
pub mod nodes;
pub mod peers;
pub mod pooler;
pub mod replication;
pub mod rsa;
pub mod slow_proxy;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

pub use http::{Answer, http, parse, until_closed};
pub use kills::kill_while_writing;
use serde_json::Value;
use tempfile::TempDir;

pub use crate::port::free_port;
use crate::program;
pub use crate::wait::eventually;

/// A running service. It is killed when dropped.
pub struct Service {
    child: Child,
    pub address: SocketAddr,
    log: Arc<Mutex<String>>,
    folder: Arc<TempDir>,
    environment: BTreeMap<String, String>,
}

/// Settings that require a token for every request.
pub const SECURED: [(&str, &str); 1] = [("FEATUREFLAG_SECURITY_ENABLED", "true")];

/// Returns the path of the service's program under test.
pub fn program() -> &'static str {
    program::program("vdk-control-service").to_str().unwrap()
}

/// Returns a command for the program with an empty environment.
pub fn binary() -> Command {
    let mut command = Command::new(program());
    command.env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    command
}

/// Runs `--check-config` with this file and these variables. Returns exit code and stderr.
pub fn check_config(
    file: &str,
    variables: &[(&str, &str)],
    flags: &[&str],
) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("application.properties");
    std::fs::write(&config, file).unwrap();
    let mut command = binary();
    command.arg("--check-config").arg("--config").arg(&config).args(flags);
    let output = command.envs(variables.iter().copied()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

impl Service {
    /// Starts a service on an embedded store in a new folder.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Service::start_in(&folder, settings)
    }

    /// Starts a service on the embedded store in `folder`.
    pub fn start_in(folder: &Arc<TempDir>, settings: &[(&str, &str)]) -> Self {
        Service::start_by(binary(), folder, settings)
    }

    /// Starts a service that may open this many files, sockets included.
    pub fn start_with_descriptors(descriptors: u32, settings: &[(&str, &str)]) -> Self {
        let mut shell = Command::new("sh");
        shell.env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        shell.args(["-c", &format!("ulimit -n {descriptors}; exec \"$0\""), program()]);
        Service::start_by(shell, &Arc::new(tempfile::tempdir().unwrap()), settings)
    }

    fn start_by(command: Command, folder: &Arc<TempDir>, settings: &[(&str, &str)]) -> Self {
        let mut environment = BTreeMap::from([
            ("SERVER_PORT".to_string(), free_port().to_string()),
            ("FEATUREFLAG_SECURITY_ENABLED".into(), "false".into()),
            ("VDK_STORAGE_FOLDER".into(), folder.path().join("store").display().to_string()),
            ("VDK_AUDIT_FILE".into(), folder.path().join("audit.jsonl").display().to_string()),
        ]);
        environment.extend(settings.iter().map(|(k, v)| (k.to_string(), v.to_string())));
        let (child, address, log) = spawn(command, &environment);
        Service { child, address, log, folder: folder.clone(), environment }
    }

    /// Creates an API token with the operator's command.
    pub fn token(&self, words: &[&str]) -> String {
        self.operate(&[&["token", "create"], words].concat()).trim().to_string()
    }

    /// Runs an operator's command on the service's storage and returns its output.
    #[track_caller]
    pub fn operate(&self, words: &[&str]) -> String {
        self.try_operate(words).unwrap_or_else(|said| panic!("{said}"))
    }

    /// Runs an operator's command. Returns its error messages if it fails.
    pub fn try_operate(&self, words: &[&str]) -> Result<String, String> {
        let output = binary().args(words).envs(&self.environment).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    /// Exchanges an API token for an access token.
    #[track_caller]
    pub fn exchange(&self, token: &str) -> String {
        let answer = self.try_exchange(token);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["access_token"].as_str().unwrap().to_string()
    }

    pub fn try_exchange(&self, token: &str) -> Answer {
        let form = format!("grant_type=refresh_token&refresh_token={token}");
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        self.send("POST", "/oauth2/token", &headers, form)
    }

    /// Sends a request with an access token.
    pub fn ask(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> Answer {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("Content-Type", "application/json")];
        headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
        self.send(method, path, &headers, body)
    }

    /// Creates an API token with this role in this team and exchanges it for an access token.
    pub fn access(&self, user: &str, team: &str, role: &str) -> String {
        self.exchange(&self.token(&["--user", user, "--team", team, "--role", role]))
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn shared_folder(&self) -> Arc<TempDir> {
        self.folder.clone()
    }

    /// Returns the log up to now.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until the log contains `words`. A thread reads the log, so it may lag behind.
    pub fn logs(&self, words: &str) {
        eventually(&format!("'{words}' in the log"), || self.log().contains(words));
    }

    /// Starts the service once more, which must fail. Returns its error.
    pub fn fails_to_start(&self) -> String {
        let output = binary().envs(&self.environment).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }

    pub fn audit(&self) -> String {
        std::fs::read_to_string(self.folder().join("audit.jsonl")).unwrap()
    }

    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Waits for the end of the process and returns its exit code.
    pub fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Kills the service with SIGKILL and starts it again on the same port.
    pub fn restart(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let (child, address, log) = spawn(binary(), &self.environment);
        (self.child, self.address, self.log) = (child, address, log);
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends a request over a new connection.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        self.try_send(method, path, headers, body)
            .unwrap_or_else(|| panic!("no answer: {}", self.log()))
    }

    /// Sends a request over a new connection. Returns `None` if the connection breaks.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Option<Answer> {
        http(self.address, method, path, headers, body.as_ref())
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// Sends a PUT of JSON, with `If-Match` if there is a tag.
    pub fn put(&self, path: &str, json: &str, tag: Option<&str>) -> Answer {
        let mut headers = vec![("Content-Type", "application/json")];
        headers.extend(tag.map(|tag| ("If-Match", tag)));
        self.send("PUT", path, &headers, json)
    }
}

/// Returns the seconds since 1970.
pub fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the path of a job's key/values.
pub fn path(collection: &str, team: &str, job: &str) -> String {
    format!("/data-jobs/for-team/{team}/jobs/{job}/deployments/TODO/{collection}")
}

pub fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
    assert!(status.unwrap().success());
    if name == "STOP" {
        eventually("all its threads have stopped", || has_stopped(&pid.to_string()));
    }
}

/// Returns whether all threads of a process have stopped, or it is gone. A signal only begins that.
pub fn has_stopped(pid: &str) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let states =
        threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
    // The state stands behind the name, which is in parentheses.
    let mut states = states.filter_map(|stat| stat.rsplit_once(") ")?.1.chars().next());
    states.all(|state| matches!(state, 'T' | 't' | 'X' | 'Z'))
}

fn spawn(
    mut command: Command,
    environment: &BTreeMap<String, String>,
) -> (Child, SocketAddr, Arc<Mutex<String>>) {
    let mut child = command.envs(environment).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut start = String::new();
    let address = loop {
        let before = start.len();
        assert!(lines.read_line(&mut start).unwrap() > 0, "it did not start: {start}");
        let line: Value = serde_json::from_str(&start[before..]).unwrap_or_default();
        if line["message"] == "listening" {
            break line["address"].as_str().unwrap().parse().unwrap();
        }
    };
    let log = Arc::new(Mutex::new(start));
    let all = log.clone();
    std::thread::spawn(move || {
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|n| n > 0) {
            all.lock().unwrap().push_str(&line);
            line.clear();
        }
    });
    (child, address, log)
}
