//! The service as a process of its own, and requests to it.

#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "../../../../tests/common/disk.rs"]
pub mod disk;
pub mod issuer;
pub mod peers;
#[path = "../../../../tests/common/port.rs"]
mod port;
#[path = "../../../../tests/common/program.rs"]
mod program;
pub mod rsa;
#[path = "../../../../tests/common/wait.rs"]
mod wait;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use port::free_port;
use serde_json::Value;
use tempfile::TempDir;
pub use wait::eventually;

/// A running service; it is killed when it is dropped.
pub struct Service {
    child: Child,
    pub address: SocketAddr,
    log: Arc<Mutex<String>>,
    folder: Arc<TempDir>,
    environment: BTreeMap<String, String>,
}

/// Settings of a service that lets nobody in without a token.
pub const SECURED: [(&str, &str); 1] = [("FEATUREFLAG_SECURITY_ENABLED", "true")];

/// An answer with everything in it.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// Expects an error of this status with its four parts, none empty.
    #[track_caller]
    pub fn problem(&self, status: u16, words: &str) -> &Self {
        assert_eq!(self.status, status, "{self:?}");
        let json = self.json();
        let parts = ["what", "why", "consequences", "countermeasures"];
        assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), parts);
        for part in parts {
            assert!(!json[part].as_str().unwrap().trim().is_empty(), "{part}: {self:?}");
        }
        assert!(self.body.contains(words), "no '{words}' in {}", self.body);
        self
    }
}

/// The path of the service's program under test.
pub fn program() -> &'static str {
    program::program("vdk-control-service").to_str().unwrap()
}

/// The program with nothing in its environment.
pub fn binary() -> Command {
    let mut command = Command::new(program());
    command.env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    command
}

impl Service {
    /// A service on the embedded store in a folder of its own.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Service::start_in(&folder, settings)
    }

    /// A service on the embedded store in `folder`.
    pub fn start_in(folder: &Arc<TempDir>, settings: &[(&str, &str)]) -> Self {
        let mut environment = BTreeMap::from([
            ("SERVER_PORT".to_string(), free_port().to_string()),
            ("FEATUREFLAG_SECURITY_ENABLED".into(), "false".into()),
            ("VDK_STORAGE_FOLDER".into(), folder.path().join("store").display().to_string()),
            ("VDK_AUDIT_FILE".into(), folder.path().join("audit.jsonl").display().to_string()),
        ]);
        environment.extend(settings.iter().map(|(k, v)| (k.to_string(), v.to_string())));
        let (child, address, log) = spawn(&environment);
        Service { child, address, log, folder: folder.clone(), environment }
    }

    /// Makes an API token with the operator's command.
    pub fn token(&self, words: &[&str]) -> String {
        self.operate(&[&["token", "create"], words].concat()).trim().to_string()
    }

    /// Runs a command of the operator on the service's storage.
    #[track_caller]
    pub fn operate(&self, words: &[&str]) -> String {
        self.try_operate(words).unwrap_or_else(|said| panic!("{said}"))
    }

    /// The same; what it says where it fails.
    pub fn try_operate(&self, words: &[&str]) -> Result<String, String> {
        let output = binary().args(words).envs(&self.environment).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    /// An access token for an API token.
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

    /// A request with an access token.
    pub fn ask(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> Answer {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("Content-Type", "application/json")];
        headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
        self.send(method, path, &headers, body)
    }

    /// An access token for an API token with this role in this team.
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

    /// What it has logged until now.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until it has logged `words`: its log is read beside the tests, which may lag behind.
    pub fn logs(&self, words: &str) {
        eventually(&format!("'{words}' in the log"), || self.log().contains(words));
    }

    /// What it says where it does not start.
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

    /// Waits for its end and gives its exit code.
    pub fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// kill -9, and started again on the same port.
    pub fn restart(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let (child, address, log) = spawn(&self.environment);
        (self.child, self.address, self.log) = (child, address, log);
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A request with a body and headers, on a connection of its own.
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

    /// The same, `None` where the connection breaks.
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

    /// PUT of JSON, with `If-Match` where a tag is given.
    pub fn put(&self, path: &str, json: &str, tag: Option<&str>) -> Answer {
        let mut headers = vec![("Content-Type", "application/json")];
        headers.extend(tag.map(|tag| ("If-Match", tag)));
        self.send("PUT", path, &headers, json)
    }
}

/// A request over a connection of its own; `None` where the connection breaks.
pub fn http(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    // It only ends a test that would hang.
    stream.set_read_timeout(Some(Duration::from_secs(120))).ok()?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() || matches!(method, "PUT" | "POST") {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    // A refused body may be cut off while it is sent.
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    parse(&answer)
}

/// Reads until the service has closed the connection, which it may do while it is still sent to.
pub fn until_closed(stream: &mut TcpStream) {
    if let Err(error) = stream.read_to_end(&mut Vec::new()) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
    }
}

/// Seconds since 1970.
pub fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the key/values of a job are.
pub fn path(collection: &str, team: &str, job: &str) -> String {
    format!("/data-jobs/for-team/{team}/jobs/{job}/deployments/TODO/{collection}")
}

pub fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
    assert!(status.unwrap().success());
}

/// Kills the service with SIGKILL while four clients write, 50 times or `VDK_TEST_KILLS`: what was
/// acknowledged is there afterwards, nothing is half, and the service is ready again.
#[allow(clippy::print_stdout, reason = "a long run tells what it did")]
pub fn kill_while_writing(service: &mut Service, collections: &[&str]) {
    let times = std::env::var("VDK_TEST_KILLS").map_or(50, |times| times.parse().unwrap());
    const WRITERS: usize = 4;
    let (mut sent, mut known) = ([0u64; WRITERS], [0u64; WRITERS]);
    let mut longest = Duration::ZERO;
    for turn in 0..times {
        let acknowledged: Vec<(u64, u64)> = std::thread::scope(|scope| {
            let (address, collections) = (service.address, &collections);
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let (first, known) = (sent[writer], known[writer]);
                    scope.spawn(move || {
                        let at =
                            path(collections[writer % collections.len()], "t", &writer.to_string());
                        let (mut n, mut acknowledged) = (first, known);
                        loop {
                            n += 1;
                            let json = format!(
                                "{{\"n\":{n},\"pad\":\"{}\",\"again\":{n}}}",
                                "x".repeat(2000)
                            );
                            let headers = [("Content-Type", "application/json")];
                            match http(address, "PUT", &at, &headers, json.as_bytes()) {
                                Some(answer) if answer.status < 300 => acknowledged = n,
                                Some(answer) => panic!("{answer:?}"),
                                None => return (n, acknowledged),
                            }
                        }
                    })
                })
                .collect();
            // A moment that differs each time.
            std::thread::sleep(Duration::from_millis(5 + turn * 7 % 40));
            let _ = service.child.kill();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        let killed = Instant::now();
        service.restart();
        longest = longest.max(killed.elapsed());
        assert!(longest < Duration::from_secs(60), "it is ready soon");
        for (writer, (last, acknowledged)) in acknowledged.into_iter().enumerate() {
            let at = path(collections[writer % collections.len()], "t", &writer.to_string());
            let now = service.get(&at);
            assert_eq!(now.status, 200, "{now:?}");
            let n = now.json()["n"].as_u64().unwrap_or(0);
            assert_eq!(now.json()["again"].as_u64().unwrap_or(0), n, "half a document");
            assert!((acknowledged..=last).contains(&n), "{n} is not in {acknowledged}..={last}");
            (sent[writer], known[writer]) = (last, n);
        }
    }
    assert!(known.iter().all(|n| *n > times / 2), "too few were acknowledged: {known:?}");
    println!("{times} kills; ready after {longest:?} at the latest");
}

fn spawn(environment: &BTreeMap<String, String>) -> (Child, SocketAddr, Arc<Mutex<String>>) {
    let mut child = binary().envs(environment).stderr(Stdio::piped()).spawn().unwrap();
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

/// Reads an answer; `None` where it was cut off.
pub fn parse(bytes: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: BTreeMap<_, _> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_string()))
        .collect();
    let length: Option<usize> = headers.get("content-length").and_then(|n| n.parse().ok());
    if length.is_some_and(|length| body.len() < length) {
        return None;
    }
    Some(Answer { status, headers, body: body.to_string() })
}
