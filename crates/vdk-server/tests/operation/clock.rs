//! The service's clock jumps while it runs: an hour and ten years, ahead and back, under load. Its
//! storages, its clients and the identity provider go by clocks that are right.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vdk_testing::clock::{Clock, HOUR, TEN_YEARS};
use vdk_testing::control_service::issuer::{Issuer, Key};
use vdk_testing::control_service::peers::{Bao, Database, Settings};
use vdk_testing::control_service::{Answer, SECURED, Service, eventually, now, path};

/// How long each clock lasts at least: a token of OpenBao is renewed meanwhile, or replaced.
const PHASE: Duration = Duration::from_secs(2);

#[test]
#[ignore = "needs libfaketime: ./tests/run"]
fn a_clock_that_jumps_harms_nothing() {
    jumps(&[]);
}

#[test]
#[ignore = "needs libfaketime, OpenBao and PostgreSQL: ./tests/run"]
fn a_clock_that_jumps_harms_nothing_where_storages_have_their_own() {
    let (bao, database) = (Bao::start(), Database::start());
    jumps(&[bao.settings(), database.settings()]);
}

fn jumps(storages: &[Settings]) {
    let (clock, issuer) = (Clock::new(), Issuer::start());
    let own = vec![
        (SECURED[0].0, SECURED[0].1.to_string()),
        ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URIS", issuer.uri.clone()),
        ("VDK_ACCESS_TRUSTED_PROXIES", "127.0.0.1".into()),
    ];
    let all = [storages, &[own, clock.settings()]].concat().concat();
    let all: Vec<_> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut service = Service::start(&all);
    let tokens = Tokens::new(&service, issuer);
    let load = Load::new(lasting(&service));
    let began = Instant::now();
    let (mut held, mut wait) = (Vec::new(), guess(&service));
    std::thread::scope(|scope| {
        for n in 0..load.acknowledged.len() {
            let (service, load) = (&service, &load);
            scope.spawn(move || load.client(service, n));
        }
        let _ends = EndsLoad(&load);
        for ahead in [0, HOUR, 0, -HOUR, 0, -TEN_YEARS, TEN_YEARS, 0] {
            let mut begun = begin(&service);
            held.push(begin(&service));
            clock.ahead(ahead);
            begun.write_all(b"\r\n").unwrap();
            let mut first = String::new();
            BufReader::new(begun).read_line(&mut first).unwrap();
            assert_eq!(first, "HTTP/1.1 200 OK\r\n", "it had its time left");
            // Guessers wait no longer, up to the end of their minute.
            let left = guess(&service);
            assert!(left <= wait || began.elapsed().as_secs() >= 60, "{left} s, after {wait}");
            wait = left;
            tokens.are_judged_by(&service, ahead);
            load.goes_on();
            let written = audited(&service) - now();
            assert!((written - ahead).abs() < 30, "it goes by another clock: {written}");
        }
    });
    for connection in &mut held {
        // It is told that it was too slow, or nothing; in any case that is the end.
        let ended = connection.read_to_end(&mut Vec::new()).err().map(|error| error.kind());
        assert!(matches!(ended, None | Some(ErrorKind::ConnectionReset)), "{ended:?}: it is open");
    }
    clock.ahead(-HOUR);
    load.is_there(&service);
    service.signal("TERM");
    assert_eq!(service.wait(), Some(0), "{}", service.log());
    assert!(!service.log().contains("panicked"), "{}", service.log());
    clock.ahead(0);
    service.restart();
    load.is_there(&service);
}

/// An API token that every clock takes.
fn lasting(service: &Service) -> String {
    service.token(&["--user", "eva", "--team", "t", "--role", "writer", "--expires", "never"])
}

/// A connection with half a request.
fn begin(service: &Service) -> TcpStream {
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n").unwrap();
    stream
}

/// What the clock says by which the last line of the audit log was written.
fn audited(service: &Service) -> i64 {
    let audit = service.audit();
    let line: Value = serde_json::from_str(audit.lines().last().unwrap()).unwrap();
    let time = humantime::parse_rfc3339(line["time"].as_str().unwrap()).unwrap();
    let since = time.duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// Guesses until it has to wait, and how many seconds that is.
fn guess(service: &Service) -> u64 {
    let headers = [("X-Forwarded-For", "10.0.0.1"), ("Authorization", "Bearer x.y.z")];
    let guess = || service.send("GET", &path("secrets", "t", "j"), &headers, "");
    let told = std::iter::repeat_with(guess).take(11).find(|answer| answer.status == 429);
    told.unwrap().header("retry-after").parse().unwrap()
}

/// Tokens that end in half an hour.
struct Tokens {
    issuer: Issuer,
    key: Key,
    /// Of the provider, from before all jumps.
    first: String,
    /// One that is exchanged.
    api_token: String,
}

impl Tokens {
    fn new(service: &Service, issuer: Issuer) -> Self {
        let key = Key::ed(1);
        issuer.publish(&[("k", &key)]);
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

    /// A fresh one of the provider.
    fn sign(&self) -> String {
        let claims = json!({
            "iss": self.issuer.uri, "username": "ana", "nbf": now(), "exp": now() + 1800,
            "jti": fastrand::u64(..).to_string(),
        });
        self.key.sign(&json!({"alg": "EdDSA", "kid": "k"}), &claims)
    }

    fn are_judged_by(&self, service: &Service, ahead: i64) {
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
                // It makes no room by removing what only this clock calls over.
                lasting(service);
            }
            ..0 => drop(asked(&self.sign()).problem(401, "not valid yet")),
            _ => {}
        }
    }
}

/// Clients that write each a job of their own, and take a new access token where the old one is
/// refused.
struct Load {
    token: String,
    ends: AtomicBool,
    /// The last version of each client's job.
    acknowledged: [AtomicU64; 4],
}

struct EndsLoad<'a>(&'a Load);

impl Drop for EndsLoad<'_> {
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

    /// Writes and reads until the load ends. Nothing but a refused token may come between.
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
            is_at(&ask("GET", "", ""), last + 1);
        }
    }

    /// Waits until each client has written again and again.
    #[track_caller]
    fn goes_on(&self) {
        let count = |n: usize| self.acknowledged[n].load(Ordering::Relaxed);
        let (before, began) = ([0, 1, 2, 3].map(count), Instant::now());
        eventually("every client writes", || {
            (0..4).all(|n| count(n) > before[n] + 10) && began.elapsed() > PHASE
        });
    }

    fn is_there(&self, service: &Service) {
        let access = service.exchange(&self.token);
        for (n, last) in self.acknowledged.iter().enumerate() {
            let last = last.load(Ordering::Relaxed);
            is_at(&service.ask("GET", &Load::at(n), Some(&access), ""), last);
        }
    }
}

/// What a client writes as this version.
fn document(version: u64) -> String {
    format!("{{\"n\":{version}}}")
}

#[track_caller]
fn is_at(answer: &Answer, version: u64) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let seen = (answer.header("etag").to_string(), answer.body.clone());
    assert_eq!(seen, (format!("\"{version}\""), document(version)));
}
