//! Defines the faults in the table of the command line.

use std::io::{Read, Write};
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use vdk_testing::Home;
use vdk_testing::scripted_service::{Fault, Service, response};
use vdk_testing::tls::{Authority, common_name, expired, not_yet, serve};

/// The requests with the fault.
#[derive(Clone, Copy)]
pub enum Target {
    /// Reads, also those before a write.
    Read,
    /// The write of `--set`.
    Write,
}

impl Target {
    pub fn words(self) -> &'static str {
        match self {
            Target::Read => "GET",
            Target::Write => "PUT",
        }
    }

    fn method(self) -> &'static str {
        self.words()
    }
}

/// A fault and the command that meets it.
pub struct Case {
    pub name: String,
    pub target: Target,
    faults: Faults,
    /// Starts the service, with entity tags or without.
    pub service: Box<dyn Fn(bool) -> Service + Send + Sync>,
    /// Makes the home of the command.
    pub home: Box<dyn Fn(&Service) -> Home + Send + Sync>,
}

enum Faults {
    Once(Vec<Fault>),
    Always(Fault),
    /// The service itself is faulty.
    None,
}

impl Case {
    fn new(name: impl Into<String>, target: Target, faults: Faults) -> Self {
        Case { name: name.into(), target, faults, service: Box::new(service), home: Box::new(home) }
    }

    /// Arranges the fault for the next requests.
    pub fn arrange(&self, service: &Service) {
        match &self.faults {
            Faults::Once(faults) => service.next(self.target.method(), faults.clone()),
            Faults::Always(fault) => service.always(self.target.method(), fault.clone()),
            Faults::None => {}
        }
    }
}

fn service(etags: bool) -> Service {
    if etags { Service::with_etags() } else { Service::plain() }
}

fn home(service: &Service) -> Home {
    Home::at(&service.url())
        .with("VDK_CONTROL_HTTP_READ_TIMEOUT_SECONDS", "30")
        .with("VDK_CONTROL_HTTP_CONNECT_TIMEOUT_SECONDS", "30")
        .with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "2")
}

const JSON: &str =
    r#"{"what":"What it says.","why":"Why it says so.","consequences":"C","countermeasures":"D"}"#;
const HTML: &str = "<html>Please log in</html>";

/// Returns all cases in the order of the table.
pub fn cases() -> Vec<Case> {
    let mut cases = statuses();
    cases.extend(connections());
    cases.extend(answers());
    cases.extend(others());
    cases.extend(certificates());
    cases
}

fn statuses() -> Vec<Case> {
    let mut cases = Vec::new();
    for target in [Target::Read, Target::Write] {
        for status in [400, 401, 403, 404, 405, 409, 413, 418, 429, 500, 501, 502, 503, 504] {
            for (words, body) in [("with JSON", JSON), ("with HTML", HTML), ("without a body", "")]
            {
                let fault = Faults::Always(Fault::Answer(status, "", body));
                cases.push(Case::new(format!("{status} {words}"), target, fault));
            }
        }
        let odd = Fault::Answer(500, "", "{\"what\":[5],\"why\":{}}");
        cases.push(Case::new("500 with JSON of other types", target, Faults::Always(odd)));
        for status in [429, 502, 503, 504] {
            let fault = Fault::Answer(status, "", "");
            cases.push(Case::new(format!("{status}, once"), target, Faults::Once(vec![fault])));
        }
        for (name, header) in [
            ("429 with Retry-After: 1, once", "Retry-After: 1\r\n"),
            ("503 with Retry-After: 3600, once", "Retry-After: 3600\r\n"),
            (
                "503 with Retry-After: a date in 2100, once",
                "Retry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n",
            ),
            ("503 with Retry-After: soon, once", "Retry-After: soon\r\n"),
        ] {
            let status = if name.starts_with("429") { 429 } else { 503 };
            cases.push(Case::new(
                name,
                target,
                Faults::Once(vec![Fault::Answer(status, header, "")]),
            ));
        }
        for status in [301, 302, 303, 307, 308] {
            let fault = Fault::Answer(status, "Location: http://other.example/x\r\n", "");
            cases.push(Case::new(
                format!("{status} to another origin"),
                target,
                Faults::Always(fault),
            ));
        }
        for (name, location) in [
            ("307 to https", "Location: https://other.example/x\r\n"),
            ("307 to a file", "Location: file:///etc/passwd\r\n"),
            ("307 to nowhere", ""),
        ] {
            let fault = Fault::Answer(307, location, "");
            cases.push(Case::new(name, target, Faults::Always(fault)));
        }
    }
    cases
}

fn connections() -> Vec<Case> {
    let always = |name: &str, target, fault| Case::new(name, target, Faults::Always(fault));
    let once = |name: &str, target, fault| Case::new(name, target, Faults::Once(vec![fault]));
    let timed_out = |name: &str, target, fault| {
        let mut case = always(name, target, fault);
        case.home =
            Box::new(|service| home(service).with("VDK_CONTROL_HTTP_READ_TIMEOUT_SECONDS", "2"));
        case
    };
    vec![
        always("closed without an answer", Target::Read, Fault::Close),
        always("closed without an answer", Target::Write, Fault::Close),
        once("reset, once", Target::Read, Fault::Reset),
        always("reset, always", Target::Read, Fault::Reset),
        once("reset before the write is applied, once", Target::Write, Fault::Reset),
        always("reset before the write is applied, always", Target::Write, Fault::Reset),
        once("reset after the write is applied", Target::Write, Fault::AppliedThenReset),
        once("502 after the write is applied", Target::Write, Fault::AppliedThen(502)),
        once("503 after the write is applied", Target::Write, Fault::AppliedThen(503)),
        once("504 after the write is applied", Target::Write, Fault::AppliedThen(504)),
        once("500 after the write is applied", Target::Write, Fault::AppliedThen(500)),
        timed_out("no answer", Target::Read, Fault::Hang),
        timed_out("no answer", Target::Write, Fault::Hang),
        timed_out("a byte each 0.5 s", Target::Read, Fault::Drip),
        timed_out("a byte of the body each 0.5 s", Target::Read, Fault::DripBody),
        timed_out("a byte each 0.5 s, applied", Target::Write, Fault::Drip),
        timed_out("headers without an end", Target::Read, endless_headers()),
        timed_out("headers without an end", Target::Write, endless_headers()),
    ]
}

fn endless_headers() -> Fault {
    Fault::Endless(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".to_vec())
}

fn answers() -> Vec<Case> {
    let ok = |body: &str| Fault::Raw(response(200, "", body));
    let raw = |bytes: &[u8]| Fault::Raw(bytes.to_vec());
    let headers = |headers: String| {
        Fault::Raw(format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: 2\r\n\r\n{{}}").into())
    };
    let deep = |levels| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    let bodies = [
        ("200 with HTML", ok(HTML)),
        ("200 without a body", ok("")),
        ("null", ok("null")),
        ("an array", ok("[]")),
        ("half a document", ok("{\"a\":1")),
        ("NaN", ok("{\"a\":NaN}")),
        ("something after the document", ok("{} x")),
        ("a byte order mark", ok("\u{feff}{}")),
        ("200 levels deep", ok(&deep(200))),
        ("100,000 levels deep", ok(&deep(100_000))),
        ("not UTF-8", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":\"\xff\"}")),
        ("cut short", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{}")),
        ("16 MiB announced and more", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 16777217\r\n\r\n{")),
        ("a gzip bomb", gzip_bomb()),
        ("101 headers", headers((0..101).map(|n| format!("X-{n}: y\r\n")).collect())),
        ("a header of 1 MB", headers(format!("X: {}\r\n", "y".repeat(1_000_000)))),
        ("no HTTP", raw(b"\x00\x01 garbage\r\n\r\n")),
        ("201", Fault::Answer(201, "", "{}")),
        ("206", Fault::Answer(206, "", "{}")),
    ];
    let mut cases: Vec<_> = bodies
        .into_iter()
        .chain([("chunks of more than 16 MiB", too_many_chunks())])
        .map(|(name, fault)| Case::new(name, Target::Read, Faults::Always(fault)))
        .collect();
    let html = Fault::Answer(200, "", HTML);
    cases.push(Case::new("200 with HTML", Target::Write, Faults::Always(html)));
    cases
}

fn too_many_chunks() -> Fault {
    let chunk = [b"4000\r\n".to_vec(), vec![b' '; 0x4000], b"\r\n".to_vec()].concat();
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    Fault::Raw([head, chunk.repeat(1100)].concat())
}

/// Returns 64 KiB that unpack to 64 MiB.
fn gzip_bomb() -> Fault {
    let mut pack = std::process::Command::new("sh");
    let body = pack.args(["-c", "head -c 67108864 /dev/zero | gzip -c"]).output().unwrap().stdout;
    assert!(body.len() > 60_000 && body.len() < 70_000, "{}", body.len());
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n";
    let head = format!("{head}Content-Length: {}\r\n\r\n", body.len());
    Fault::Raw([head.into_bytes(), body].concat())
}

/// Returns cases with other writers, false acknowledgements and ended logins.
fn others() -> Vec<Case> {
    let once = |name: &str, fault| Case::new(name, Target::Write, Faults::Once(vec![fault]));
    let five = ["x1", "x2", "x3", "x4", "x5"].map(Fault::Foreign).to_vec();
    let always = |name: &str, fault| Case::new(name, Target::Write, Faults::Always(fault));
    let ended = Fault::Answer(401, "WWW-Authenticate: Bearer\r\n", "");
    let mut refused = Case::new(
        "401: the saved login ended, or a clock is off",
        Target::Read,
        Faults::Always(ended),
    );
    refused.home = Box::new(|service| {
        let home = home(service);
        let login = r#"{"access_token":"old.token","access_token_expiration_time":1e11}"#;
        home.write_config("vdk-cred.json", login);
        home
    });
    let mut nobody = Case::new("nobody listens", Target::Read, Faults::None);
    nobody.home = Box::new(|service| {
        home(service).with("VDK_CONTROL_SERVICE_REST_API_URL", "http://127.0.0.1:1")
    });
    let mut name = Case::new("a host without an address", Target::Read, Faults::None);
    name.home = Box::new(|service| {
        home(service).with("VDK_CONTROL_SERVICE_REST_API_URL", "http://no-such-host.invalid")
    });
    vec![
        once("another writer in between, once", Fault::Foreign("x1")),
        Case::new("another writer in between, 5 times", Target::Write, Faults::Once(five)),
        always("another writer in between, always", Fault::Foreign("x1")),
        always("acknowledged, and nothing is stored", Fault::Lie),
        refused,
        nobody,
        name,
    ]
}

/// Returns cases with invalid certificates and old versions of TLS.
fn certificates() -> Vec<Case> {
    let none = |_: &mut CertificateParams| {};
    let own = |_: &Authority| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
        serve(params.self_signed(&key).unwrap().der().clone(), &key)
    };
    let foreign = |_: &Authority| Authority::new().service(&["127.0.0.1"], |_| {});
    vec![
        certificate("TLS: expired", move |ca| ca.service(&["127.0.0.1"], expired)),
        certificate("TLS: not valid yet, or a clock is behind", move |ca| {
            ca.service(&["127.0.0.1"], not_yet)
        }),
        certificate("TLS: for another host", move |ca| ca.service(&["example.org"], none)),
        certificate("TLS: the host only as common name", move |ca| ca.service(&[], common_name)),
        certificate("TLS: signed by itself", own),
        certificate("TLS: signed by a stranger of the same name", foreign),
        certificate("TLS 1.0 only", |_| too_old(0)),
        certificate("TLS 1.1 only", |_| too_old(1)),
    ]
}

fn certificate(name: &str, make: impl Fn(&Authority) -> Service + Send + Sync + 'static) -> Case {
    let authority = Arc::new(Authority::new());
    let vouches = authority.clone();
    let mut case = Case::new(name, Target::Read, Faults::None);
    case.service = Box::new(move |_| make(&authority));
    case.home = Box::new(move |service| {
        let home = home(service);
        let bundle = home.file("ca.pem", vouches.pem());
        home.with("SSL_CERT_FILE", bundle)
    });
    case
}

/// Starts a service that picks TLS 1.`minor` in its ServerHello (RFC 4346, section 7.4.1.3),
/// whatever the client offers.
fn too_old(minor: u8) -> Service {
    let version = [3, minor + 1];
    let hello = [&version[..], &[7; 32], &[0], &[0xc0, 0x2f], &[0]].concat();
    let length = u8::try_from(hello.len()).unwrap();
    let message = [&[2, 0, 0, length][..], &hello].concat();
    let record = [&[22][..], &version, &[0, length + 4], &message].concat();
    Service::tls(Arc::new(move |mut socket| {
        let _ = socket.read(&mut [0; 4096]);
        let _ = socket.write_all(&record).and_then(|()| socket.flush());
        // Waits for the client's alert.
        let _ = socket.read(&mut [0; 64]);
        None
    }))
}
