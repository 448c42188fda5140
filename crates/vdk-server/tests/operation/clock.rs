//! Tests the service while its clock jumps by an hour and by ten years, ahead and back, under load.
//! The clocks of storages, clients and identity provider stay right.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vdk_testing::clock::{Clock, HOUR, TEN_YEARS};
use vdk_testing::control_service::issuer::{Issuer, Key};
use vdk_testing::control_service::peers::{Bao, Database, Settings};
use vdk_testing::control_service::{Answer, SECURED, Service, eventually, now, path};

/// The shortest time at each clock setting. A token of OpenBao is renewed or replaced meanwhile.
const PHASE: Duration = Duration::from_secs(2);

#[test]
#[ignore = "needs libfaketime: ./tests/run"]
fn survives_clock_jumps_on_the_embedded_store() {
    jump_the_clock(&[]);
}

#[test]
#[ignore = "needs libfaketime, OpenBao and PostgreSQL: ./tests/run"]
fn survives_clock_jumps_on_openbao_and_postgresql() {
    let (bao, database) = (Bao::start(), Database::start());
    jump_the_clock(&[bao.settings(), database.settings()]);
}

fn jump_the_clock(storages: &[Settings]) {
    let (clock, issuer) = (Clock::new(), Issuer::start());
    // The service asks for the keys when it starts, and not again within seconds.
    issuer.publish(&[("k", &Key::ed(1))]);
    let own = vec![
        (SECURED[0].0, SECURED[0].1.to_string()),
        ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URIS", issuer.uri.clone()),
        ("VDK_ACCESS_TRUSTED_PROXIES", "127.0.0.1".into()),
    ];
    let all = [storages, &[own, clock.settings()]].concat().concat();
    let all: Vec<_> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut service = Service::start(&all);
    let tokens = Tokens::new(&service, issuer);
    let load = Load::new(everlasting_token(&service));
    let began = Instant::now();
    let (mut held, mut wait) = (Vec::new(), guess_until_limited(&service));
    std::thread::scope(|scope| {
        for n in 0..load.acknowledged.len() {
            let (service, load) = (&service, &load);
            scope.spawn(move || load.client(service, n));
        }
        let _stop = StopOnDrop(&load);
        for ahead in [0, HOUR, 0, -HOUR, 0, -TEN_YEARS, TEN_YEARS, 0] {
            let mut begun = open_half_request(&service);
            held.push(open_half_request(&service));
            clock.ahead(ahead);
            begun.write_all(b"\r\n").unwrap();
            let mut first = String::new();
            BufReader::new(begun).read_line(&mut first).unwrap();
            assert_eq!(first, "HTTP/1.1 200 OK\r\n", "it had its time left");
            // A limited client waits no longer than before, until its minute ends.
            let left = guess_until_limited(&service);
            assert!(left <= wait || began.elapsed().as_secs() >= 60, "{left} s, after {wait}");
            wait = left;
            tokens.check(&service, ahead);
            load.wait_for_writes();
            let written = last_audit_time(&service) - now();
            assert!((written - ahead).abs() < 30, "it goes by another clock: {written}");
        }
    });
    for connection in &mut held {
        // The service reports a timeout or nothing, and closes the connection.
        let ended = connection.read_to_end(&mut Vec::new()).err().map(|error| error.kind());
        assert!(matches!(ended, None | Some(ErrorKind::ConnectionReset)), "{ended:?}: it is open");
    }
    clock.ahead(-HOUR);
    load.assert_stored(&service);
    service.signal("TERM");
    assert_eq!(service.wait(), Some(0), "{}", service.log());
    assert!(!service.log().contains("panicked"), "{}", service.log());
    clock.ahead(0);
    service.restart();
    load.assert_stored(&service);
}

/// Creates an API token that does not expire.
fn everlasting_token(service: &Service) -> String {
    service.token(&["--user", "eva", "--team", "t", "--role", "writer", "--expires", "never"])
}

/// Opens a connection with half a request.
fn open_half_request(service: &Service) -> TcpStream {
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    stream
}

/// Returns the time of the last line in the audit log.
fn last_audit_time(service: &Service) -> i64 {
    let audit = service.audit();
    // The last line may be written right now.
    let (complete, _) = audit.rsplit_once('\n').unwrap();
    let line: Value = serde_json::from_str(complete.lines().last().unwrap()).unwrap();
    let time = humantime::parse_rfc3339(line["time"].as_str().unwrap()).unwrap();
    let since = time.duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// Sends wrong tokens until the limit is reached. Returns the seconds to wait.
fn guess_until_limited(service: &Service) -> u64 {
    let headers = [("X-Forwarded-For", "10.0.0.1"), ("Authorization", "Bearer x.y.z")];
    let guess = || service.send("GET", &path("secrets", "t", "j"), &headers, "");
    let told = std::iter::repeat_with(guess).take(11).find(|answer| answer.status == 429);
    told.unwrap().header("retry-after").parse().unwrap()
}

/// Tokens that expire in half an hour.
struct Tokens {
    issuer: Issuer,
    key: Key,
    /// An access token of the provider, signed before all jumps.
    first: String,
    /// An API token to exchange.
    api_token: String,
}

impl Tokens {
    fn new(service: &Service, issuer: Issuer) -> Self {
        let key = Key::ed(1);
        let root = service.access("root", "*", "manager");
        let grant = "/data-jobs/for-team/t/access/user/ana";
        let granted = service.ask("PUT", grant, Some(&root), "{\"role\":\"writer\"}");
        assert_eq!(granted.status, 204, "{granted:?}");
        let words = ["--user", "ida", "--team", "t", "--role", "writer", "--expires", "30m"];
        let api_token = service.token(&words);
        let mut tokens = Tokens { issuer, key, first: String::new(), api_token };
        tokens.first = tokens.sign();
        tokens
    }

    /// Signs a new access token of the provider.
    fn sign(&self) -> String {
        let claims = json!({
            "iss": self.issuer.uri, "username": "ana", "nbf": now(), "exp": now() + 1800,
            "jti": fastrand::u64(..).to_string(),
        });
        self.key.sign(&json!({"alg": "EdDSA", "kid": "k"}), &claims)
    }

    fn check(&self, service: &Service, ahead: i64) {
        let at = path("secrets", "t", "of-ana");
        let asked = |token: &str| service.ask("PUT", &at, Some(token), "{}");
        let exchanged = service.try_exchange(&self.api_token);
        if ahead > 0 {
            asked(&self.first).problem(401, "has expired");
            asked(&self.sign()).problem(401, "has expired");
            assert_eq!(exchanged.json()["error"], "invalid_grant", "{exchanged:?}");
        } else {
            let access = exchanged.json()["access_token"].as_str().unwrap_or_default().to_string();
            assert_eq!(asked(&access).status, 202, "{exchanged:?}");
        }
        match ahead {
            0 => {
                assert_eq!(asked(&self.first).status, 202);
                assert_eq!(asked(&self.sign()).status, 202);
            }
            HOUR => {
                // The service must not remove tokens that have expired only by this clock.
                everlasting_token(service);
            }
            ..0 => drop(asked(&self.sign()).problem(401, "not valid yet")),
            _ => {}
        }
    }
}

/// Clients that each write a job of their own. They get a new access token when the old one is
/// rejected.
struct Load {
    token: String,
    ends: AtomicBool,
    /// The last version of each client's job.
    acknowledged: [AtomicU64; 4],
}

struct StopOnDrop<'a>(&'a Load);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.ends.store(true, Ordering::Relaxed);
    }
}

impl Load {
    fn new(token: String) -> Self {
        let (ends, acknowledged) = Default::default();
        Load { token, ends, acknowledged }
    }

    fn at(n: usize) -> String {
        path(["secrets", "properties"][n % 2], "t", &n.to_string())
    }

    /// Writes and reads until the load ends. Only a rejected token may interrupt it.
    fn client(&self, service: &Service, n: usize) {
        let at = Load::at(n);
        let mut access = service.exchange(&self.token);
        let mut ask = |method: &str, tag: &str, body: &str| loop {
            let bearer = format!("Bearer {access}");
            let headers = [
                ("Authorization", bearer.as_str()),
                ("Content-Type", "application/json"),
                ("If-Match", tag),
            ];
            let headers = if tag.is_empty() { &headers[..2] } else { &headers };
            let answer = service.send(method, &at, headers, body);
            if answer.status != 401 {
                assert!(answer.status < 300, "{answer:?}");
                return answer;
            }
            access = service.exchange(&self.token);
        };
        while !self.ends.load(Ordering::Relaxed) {
            let last = self.acknowledged[n].load(Ordering::Relaxed);
            let body = document(last + 1);
            let answer = ask("PUT", &format!("\"{last}\""), &body);
            assert_eq!(answer.header("etag"), format!("\"{}\"", last + 1));
            self.acknowledged[n].store(last + 1, Ordering::Relaxed);
            assert_version(&ask("GET", "", ""), last + 1);
        }
    }

    /// Waits until each client has written several times.
    #[track_caller]
    fn wait_for_writes(&self) {
        let count = |n: usize| self.acknowledged[n].load(Ordering::Relaxed);
        let (before, began) = ([0, 1, 2, 3].map(count), Instant::now());
        eventually("every client writes", || {
            (0..4).all(|n| count(n) > before[n] + 10) && began.elapsed() > PHASE
        });
    }

    fn assert_stored(&self, service: &Service) {
        let access = service.exchange(&self.token);
        for (n, last) in self.acknowledged.iter().enumerate() {
            let last = last.load(Ordering::Relaxed);
            assert_version(&service.ask("GET", &Load::at(n), Some(&access), ""), last);
        }
    }
}

/// Returns the text that a client writes as this version.
fn document(version: u64) -> String {
    format!("{{\"n\":{version}}}")
}

#[track_caller]
fn assert_version(answer: &Answer, version: u64) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let seen = (answer.header("etag").to_string(), answer.body.clone());
    assert_eq!(seen, (format!("\"{version}\""), document(version)));
}
