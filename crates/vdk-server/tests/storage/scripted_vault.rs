//! A Vault that is told what to answer, for moments that no real one can be brought to.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use vdk_testing::control_service::{Service, eventually, path};

/// What it knows, and what it was asked.
#[derive(Default)]
struct Known {
    /// How many tokens it has given, and which of them are good.
    given: u32,
    good: BTreeSet<String>,
    /// Whether it lets the one who asks for the job `held` wait, and whether somebody does.
    holds: bool,
    held: bool,
}

/// A Vault with nothing in it; its threads end with the test program.
struct Vault {
    address: SocketAddr,
    known: Arc<Mutex<Known>>,
}

impl Vault {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let known = Arc::new(Mutex::new(Known::default()));
        let shared = known.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let known = shared.clone();
                std::thread::spawn(move || while answer(&stream, &known).is_some() {});
            }
        });
        Vault { address, known }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T {
        look(&mut self.known.lock().unwrap())
    }
}

fn answer(mut stream: &TcpStream, known: &Mutex<Known>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut token, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "x-vault-token" => token = value.into(),
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    if first.contains("/held") {
        known.lock().unwrap().held = true;
        eventually("it goes on", || !known.lock().unwrap().holds);
    }
    let (status, body) = {
        let mut known = known.lock().unwrap();
        if first.contains("auth/approle/login") {
            known.given += 1;
            let token = format!("token-{}", known.given);
            known.good.insert(token.clone());
            let auth = format!("\"client_token\":\"{token}\",\"lease_duration\":3600");
            (200, format!("{{\"auth\":{{{auth}}}}}"))
        } else if known.good.contains(&token) && !first.contains("lookup-self") {
            (404, "{\"errors\":[]}".into())
        } else {
            (403, "{\"errors\":[\"permission denied\"]}".into())
        }
    };
    let size = body.len();
    write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {size}\r\n\r\n{body}").ok()
}

#[test]
fn a_token_that_others_fetched_and_that_is_over_as_well_is_no_policy() {
    let vault = Vault::start();
    let uri = format!("http://{}/v1/", vault.address);
    let service = Service::start(&[
        ("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "true"),
        ("VDK_VAULT_URI", &uri),
        ("VDK_VAULT_APPROLE_ROLEID", "role"),
        ("VDK_VAULT_APPROLE_SECRETID", "secret"),
    ]);
    let read = |job: &str| service.get(&path("secrets", "t", job)).status;
    assert_eq!(read("j"), 200);
    vault.with(|known| known.holds = true);
    std::thread::scope(|scope| {
        let held = scope.spawn(|| read("held"));
        eventually("it is held", || vault.with(|known| known.held));
        vault.with(|known| known.good.clear());
        assert_eq!(read("j"), 200, "by a second token");
        vault.with(|known| {
            known.good.clear();
            known.holds = false;
        });
        assert_eq!(held.join().unwrap(), 200, "by a third one: {}", service.log());
    });
    assert_eq!(vault.with(|known| known.given), 3);
}
