//! Tests that mutated requests and hostile names do no harm. Attacks with tokens are in
//! `auth::tokens`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use vdk_testing::control_service::{SECURED, Service, path};

const THREADS: u64 = 4;
/// Requests of each thread.
const EACH: usize = 2500;
/// The time limit for a response that must come.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes that confuse parsers.
const NASTY: [&[u8]; 24] = [
    b"\r\n",
    b"\r\n\r\n",
    b"\0",
    b"\x1b[2J",
    b"%0d%0a",
    b"%00",
    b"%2F..%2f",
    b"%",
    b"%u0041",
    b"\xff\xfe",
    b"\xc0\xaf",
    b"\xe2\x80\xa8",
    b"?version=-1",
    b"?version=99999999999999999999",
    b"../../",
    b"{{{{{{{{{{{{{{{{",
    b"\\ud800",
    b"1e999999999",
    b"\"\":",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Length: 0\r\n",
    b"Expect: 100-continue\r\n",
    b"If-Match: \"18446744073709551616\"\r\n",
    b"Upgrade: h2c\r\nConnection: Upgrade\r\n",
];

/// Returns valid requests.
fn valid_requests(access: &str) -> Vec<Vec<u8>> {
    let at = path("secrets", "t", "j");
    let bodies = [
        ("PUT", at.clone(), "application/json", r#"{"a":"x","b":[1,{"c":null}],"d":1.5e3}"#),
        ("PUT", path("properties", "t", "j"), "application/json", r#"{"n":{"m":["\u00e4"]}}"#),
        ("GET", at.clone(), "text/plain", ""),
        ("GET", format!("{at}?version=1"), "text/plain", ""),
        ("GET", format!("{at}/versions"), "text/plain", ""),
        ("POST", format!("{at}/versions/1/rollback"), "application/json", ""),
        ("HEAD", at.clone(), "text/plain", ""),
        ("OPTIONS", at, "text/plain", ""),
        (
            "PUT",
            "/data-jobs/for-team/t/access/user/ana".into(),
            "application/json",
            r#"{"role":"reader"}"#,
        ),
        (
            "PUT",
            "/data-jobs/teams/t/oauth-credentials".into(),
            "application/json",
            r#"{"clientId":"a","clientSecret":"b"}"#,
        ),
        (
            "POST",
            "/data-jobs/oauth-credentials/client-ids".into(),
            "application/json",
            r#"["a","b"]"#,
        ),
        (
            "POST",
            "/oauth2/token".into(),
            "application/x-www-form-urlencoded",
            "grant_type=refresh_token&refresh_token=vdk_0123456789abcdef_x",
        ),
    ];
    let request = |(method, at, kind, body): &(&str, String, &str, &str), chunked: bool| {
        let (length, body) = match chunked {
            true => (
                "Transfer-Encoding: chunked".into(),
                format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
            ),
            false => (format!("Content-Length: {}", body.len()), body.to_string()),
        };
        format!(
            "{method} {at} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nX-OPID: op-1\r\n\
             If-None-Match: \"0\"\r\nAuthorization: Bearer {access}\r\n{length}\r\n\
             Connection: close\r\n\r\n{body}"
        )
        .into_bytes()
    };
    let chunked = bodies.iter().filter(|(.., body)| !body.is_empty());
    let chunked: Vec<_> = chunked.map(|parts| request(parts, true)).collect();
    bodies.iter().map(|parts| request(parts, false)).chain(chunked).collect()
}

/// Changes a few bytes.
fn mutate(bytes: &mut Vec<u8>, random: &mut Rng) {
    for _ in 0..random.usize(1..6) {
        let at = random.usize(..=bytes.len());
        let end = (at + random.usize(..40)).min(bytes.len());
        match random.u8(..7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
            1 if at < bytes.len() => bytes[at] = random.u8(..),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let again = bytes[at..end].repeat(random.usize(1..4));
                bytes.splice(at..at, again);
            }
            4 => {
                let long = [random.u8(b'!'..b'~')].repeat(random.usize(1..4000));
                bytes.splice(at..at, long);
            }
            _ => {
                let nasty = NASTY[random.usize(..NASTY.len())];
                bytes.splice(at..at, nasty.iter().copied());
            }
        }
    }
}

/// Sends bytes. Returns the response until `silence`, and the connection.
fn exchange(address: SocketAddr, bytes: &[u8], silence: Duration) -> (Vec<u8>, TcpStream) {
    let mut stream = TcpStream::connect(address).unwrap();
    // The service may refuse the request before all of it is sent.
    let _ = stream.write_all(bytes);
    (read_until_silent(&mut stream, silence), stream)
}

/// Reads until the connection ends or is silent for this long.
fn read_until_silent(stream: &mut TcpStream, silence: Duration) -> Vec<u8> {
    stream.set_read_timeout(Some(silence)).unwrap();
    let (mut answer, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(bytes) = stream.read(&mut part) {
        if bytes == 0 {
            break;
        }
        answer.extend_from_slice(&part[..bytes]);
    }
    answer
}

/// Returns the resident memory of the service in KiB.
fn memory(service: &Service) -> i64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Returns what is wrong with the responses to a request, or `None`.
fn find_defect(request: &[u8], answers: &[u8]) -> Option<&'static str> {
    let answers = String::from_utf8_lossy(answers);
    let Some((head, body)) = answers.split_once("\r\n\r\n") else { return Some("no answer") };
    let Some(status) = head.get(9..12).and_then(|status| status.parse::<u16>().ok()) else {
        return Some("no status");
    };
    if status >= 500 {
        return Some("an error of the service");
    }
    if status < 400 || request.starts_with(b"HEAD ") {
        return None;
    }
    let error: Value = match serde_json::Deserializer::from_str(body).into_iter().next() {
        Some(Ok(error)) => error,
        _ => return Some("an error without JSON"),
    };
    let four = ["what", "why", "consequences", "countermeasures"];
    let is_four = four.iter().all(|part| error[part].as_str().is_some_and(|text| !text.is_empty()));
    (!is_four && error["error"].as_str().is_none()).then_some("an error of another form")
}

#[test]
fn answers_ten_thousand_mutated_requests() {
    let service = Service::start(&[SECURED[0], ("VDK_ACCESS_TRUSTED_PROXIES", "127.0.0.1")]);
    // This token may do everything, unless a mutation changes it.
    let requests = valid_requests(&service.access("root", "*", "manager"));
    for request in &requests {
        let (answer, _) = exchange(service.address, request, TIMEOUT);
        assert_eq!(find_defect(request, &answer), None, "{}", String::from_utf8_lossy(&answer));
    }
    let unanswered = Mutex::new(Vec::new());
    let fuzz = |seed: u64, times: usize| {
        let mut random = Rng::with_seed(seed);
        for n in 0..times {
            let mut request = requests[random.usize(..requests.len())].clone();
            mutate(&mut request, &mut random);
            // Each request has its own client address. Otherwise the limit of wrong tokens would be
            // reached.
            let from = format!("\r\nX-Forwarded-For: 10.{seed}.{}.{}\r\n", n / 250, n % 250);
            if let Some(at) = request.windows(2).position(|two| two == b"\r\n") {
                request.splice(at..at + 2, from.bytes());
            }
            let (answer, stream) = exchange(service.address, &request, Duration::from_millis(50));
            // A slow machine may not have sent the whole response yet.
            if find_defect(&request, &answer).is_some() {
                unanswered.lock().unwrap().push((request, answer, stream));
            }
        }
    };
    let all = |from: u64, times: usize| {
        std::thread::scope(|scope| {
            (0..THREADS).for_each(|n| drop(scope.spawn(move || fuzz(from + n, times))));
        });
    };
    all(100, EACH / 10);
    let before = memory(&service);
    all(0, EACH);
    let grown = memory(&service) - before;
    // The service waits for the rest of an incomplete request, then answers it. It does not answer
    // a request without a complete head.
    let unanswered = unanswered.into_inner().unwrap();
    let (waited, mut without_head, mut found) = (unanswered.len(), 0, Vec::new());
    for (request, mut answer, mut stream) in unanswered {
        answer.extend(read_until_silent(&mut stream, TIMEOUT));
        if answer.is_empty() && !has_head(&request) {
            without_head += 1;
        } else if let Some(why) = find_defect(&request, &answer) {
            found.push((why, request, answer));
        }
    }
    println!("{waited} incomplete, {without_head} of them without a head; memory {grown} KiB more");
    let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(3000)]).into_owned();
    let shown: Vec<_> =
        found.iter().take(3).map(|(why, sent, got)| (why, text(sent), text(got))).collect();
    assert!(found.is_empty(), "{} odd ones, such as {shown:#?}", found.len());
    assert!(grown < 64 * 1024, "{before} KiB, then {grown} KiB more");
    assert!(!service.log().contains("panic"), "{}", service.log());
    for line in service.audit().lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
    assert_eq!(service.get("/readyz").status, 200);
}

/// Returns whether the head of a request is complete. Lines may end without a carriage return.
fn has_head(request: &[u8]) -> bool {
    let text: Vec<u8> = request.iter().copied().filter(|byte| *byte != b'\r').collect();
    text.windows(2).any(|two| two == b"\n\n")
}

#[test]
fn keeps_input_from_forging_log_lines_and_headers() {
    let service = Service::start(&[("LOGGING_LEVEL_ROOT", "TRACE")]);
    let forged = "x\u{85}\u{2028}{\"time\":\"2000\"}\u{202e}\u{9b}2J\u{7f}\u{e0041}";
    let encoded: String = forged.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let at = path("properties", "t", "j");
    let mut sent = 0;
    let mut send = |method: &str, at: &str, headers: &[(&str, &str)], body: &str| {
        sent += 1;
        let answer = service.send(method, at, headers, body);
        assert!(!answer.headers.contains_key("evil"), "{answer:?}");
        assert!(answer.status < 500, "{answer:?}");
        answer
    };
    for name in [encoded.as_str(), "a%0D%0Aevil:%201", "%00", "%1B%5B2J", "%E2%80%A8", "%22%2C"] {
        send("GET", &path("properties", name, "j"), &[], "");
        send("GET", &path("properties", "t", name), &[], "");
        send("GET", &format!("/data-jobs/for-team/t/access/user/{name}"), &[], "");
    }
    for header in ["X-OPID", "User-Agent", "X-Forwarded-For", "Content-Type", "If-Match"] {
        for value in [forged, "\",\"status\":200}", "\t\u{2028}", "a\u{1b}[2J"] {
            // A value with a control character is rejected before it becomes a request.
            let control = value.contains(|c: char| c != '\t' && c.is_ascii_control());
            let answer = service.send("GET", &at, &[(header, value)], "");
            sent += usize::from(!control);
            assert_eq!(answer.status == 400, control, "{header}: {value:?}: {answer:?}");
        }
    }
    // A line feed within a header value starts another header and does nothing else.
    let answer = service.send("GET", &at, &[("X-OPID", "a\r\nEvil: 1")], "");
    assert_eq!((answer.status, answer.header("x-opid"), answer.header("evil")), (200, "a", ""));
    let key = serde_json::to_string(forged).unwrap();
    let answer =
        service.send("PUT", &at, &[("Content-Type", "application/json")], format!("{{{key}:1}}"));
    assert_eq!(answer.status, 204);
    sent += 2;
    let audit = service.audit();
    let harmful =
        |c: char| c != '\n' && (c.is_control() || "\u{2028}\u{202e}\u{e0041}".contains(c));
    assert!(!audit.contains(harmful), "{}", audit.escape_debug());
    let lines: Vec<Value> = audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), sent, "one line for each request");
    assert_eq!(lines.last().unwrap()["keys"], json!([forged]), "and nothing is lost of it");
    for line in service.log().lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
}
