//! Tests the service with a scripted Vault, for moments that cannot be arranged with a real one.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use vdk_testing::control_service::{Service, eventually, path};

/// The state of the scripted Vault.
#[derive(Default)]
struct VaultState {
    /// The number of issued tokens, and the valid ones.
    issued: u32,
    valid: BTreeSet<String>,
    /// Whether requests for the job `held` must wait, and whether one waits.
    holds_requests: bool,
    is_held: bool,
    /// The index that responses name, and the longest one that a proxy lets pass.
    index: String,
    longest_index: Option<usize>,
}

/// An empty Vault. Its threads end with the test program.
struct Vault {
    address: SocketAddr,
    state: Arc<Mutex<VaultState>>,
}

impl Vault {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(VaultState::default()));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = shared.clone();
                std::thread::spawn(move || while answer(&stream, &state).is_some() {});
            }
        });
        Vault { address, state }
    }

    fn with<T>(&self, look: impl FnOnce(&mut VaultState) -> T) -> T {
        look(&mut self.state.lock().unwrap())
    }
}

fn answer(mut stream: &TcpStream, state: &Mutex<VaultState>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut token, mut index, mut length) =
        (String::new(), String::new(), String::new(), 0);
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "x-vault-token" => token = value.into(),
            "x-vault-index" => index = value.into(),
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    if first.contains("/held") {
        state.lock().unwrap().is_held = true;
        eventually("it goes on", || !state.lock().unwrap().holds_requests);
    }
    let named = state.lock().unwrap().index.clone();
    let (status, body) = {
        let mut state = state.lock().unwrap();
        if state.longest_index.is_some_and(|longest| index.len() > longest) {
            (if first.contains("/odd") { 400 } else { 431 }, "<html>too large</html>".into())
        } else if first.contains("auth/approle/login") {
            state.issued += 1;
            let token = format!("token-{}", state.issued);
            state.valid.insert(token.clone());
            let auth = format!("\"client_token\":\"{token}\",\"lease_duration\":3600");
            (200, format!("{{\"auth\":{{{auth}}}}}"))
        } else if state.valid.contains(&token) && !first.contains("lookup-self") {
            (404, "{\"errors\":[]}".into())
        } else {
            (403, "{\"errors\":[\"permission denied\"]}".into())
        }
    };
    let size = body.len();
    let named = if named.is_empty() { named } else { format!("X-Vault-Index: {named}\r\n") };
    write!(stream, "HTTP/1.1 {status} X\r\n{named}Content-Length: {size}\r\n\r\n{body}").ok()
}

fn start(vault: &Vault) -> Service {
    let uri = format!("http://{}/v1/", vault.address);
    Service::start(&[
        ("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "true"),
        ("VDK_VAULT_URI", &uri),
        ("VDK_VAULT_APPROLE_ROLEID", "role"),
        ("VDK_VAULT_APPROLE_SECRETID", "secret"),
    ])
}

#[test]
fn forgets_an_index_that_its_requests_cannot_carry() {
    let vault = Vault::start();
    let service = start(&vault);
    let read = |job: &str| service.get(&path("secrets", "t", job)).status;
    assert_eq!(read("j"), 200);
    // Servers and proxies limit the headers of a request to a few kilobytes.
    vault.with(|state| {
        state.index = "x".repeat(60_000);
        state.longest_index = Some(8_000);
    });
    for _ in 0..3 {
        assert_eq!(read("j"), 200, "{}", service.log());
    }
    for job in ["even", "odd"] {
        vault.with(|state| {
            state.index = format!("{job}-index");
            state.longest_index = None;
        });
        assert_eq!(read(job), 200);
        vault.with(|state| {
            state.index.clear();
            state.longest_index = Some(1);
        });
        assert_eq!(read(job), 200, "{job}: {}", service.log());
    }
}

#[test]
fn logs_in_again_when_a_token_of_another_request_is_invalid_too() {
    let vault = Vault::start();
    let service = start(&vault);
    let read = |job: &str| service.get(&path("secrets", "t", job)).status;
    assert_eq!(read("j"), 200);
    vault.with(|state| state.holds_requests = true);
    std::thread::scope(|scope| {
        let held = scope.spawn(|| read("held"));
        eventually("it is held", || vault.with(|state| state.is_held));
        vault.with(|state| state.valid.clear());
        assert_eq!(read("j"), 200, "by a second token");
        vault.with(|state| {
            state.valid.clear();
            state.holds_requests = false;
        });
        assert_eq!(held.join().unwrap(), 200, "by a third one: {}", service.log());
    });
    assert_eq!(vault.with(|state| state.issued), 3);
}
