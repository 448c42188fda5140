//! Tests that clients which read or send nothing more take little memory, and stop nobody else.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use vdk_testing::control_service::{Service, eventually, path};
use vdk_testing::process::with_all_descriptors;

use super::overload::{MIB, memory};

/// Connections over HTTP/2, and requests on each.
const CONNECTIONS: usize = 8;
const STREAMS: u32 = 128;

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Returns a frame of RFC 9113, section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Returns the head of a request, without compression (RFC 7541, section 6): `method` is an index.
fn head(method: u8, path: &str) -> Vec<u8> {
    let text = |name: u8, value: &str| {
        [&[name, u8::try_from(value.len()).unwrap()], value.as_bytes()].concat()
    };
    [&[method, 0x86][..], &text(4, path), &text(1, "localhost")].concat()
}

/// Starts HTTP/2 with a window of 0 bytes for answers.
fn without_window(address: SocketAddr) -> TcpStream {
    let mut stream = connect(address);
    let settings = frame(4, 0, 0, &[0, 4, 0, 0, 0, 0]);
    stream.write_all(&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &settings[..]].concat()).unwrap();
    stream
}

/// Reads frames until so many answers have begun, or the service closes the connection. Returns how many
/// were answered with 200.
fn answers(mut stream: &TcpStream, number: u32) -> u32 {
    let (mut begun, mut good) = (0, 0);
    while begun < number {
        let mut head = [0; 9];
        if let Err(error) = stream.read_exact(&mut head) {
            assert_ne!(error.kind(), ErrorKind::WouldBlock, "no answer comes");
            break;
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        if stream.read_exact(&mut payload).is_err() {
            break;
        }
        if head[3] == 1 {
            begun += 1;
            // 0x88 is `:status: 200` (RFC 7541, appendix A).
            good += u32::from(payload.first() == Some(&0x88));
        }
    }
    good
}

/// Asks for `path` on many streams without a window, and shows that this bounds nobody but the client.
fn flood(service: &Service, path: &str, large: &str) {
    let connections: Vec<_> = (0..CONNECTIONS).map(|_| without_window(service.address)).collect();
    for mut stream in &connections {
        let requests = (0..STREAMS).map(|n| frame(1, 5, 2 * n + 1, &head(0x82, path)));
        stream.write_all(&requests.collect::<Vec<_>>().concat()).unwrap();
    }
    let good: u32 = connections.iter().map(|stream| answers(stream, STREAMS)).sum();
    assert!(good < CONNECTIONS as u32 * STREAMS, "{good} answers wait");
    memory_is_bounded(service);
    // Those who read nothing lose their connections when others need the room.
    eventually("there is room again", || service.get(large).status == 200);
    others_are_served(service, large);
    memory_is_bounded(service);
    drop(connections);
    memory_is_given_back(service);
}

fn with_large_document() -> (Service, String) {
    let service = Service::start(&[]);
    let large = path("secrets", "t", "large");
    let body = format!("{{\"a\":\"{}\"}}", "x".repeat(1_000_000));
    assert_eq!(service.put(&large, &body, None).status, 202);
    (service, large)
}

fn others_are_served(service: &Service, large: &str) {
    assert_eq!(service.get("/readyz").status, 200);
    let small = path("secrets", "t", "small");
    assert_eq!(service.put(&small, "{\"a\":1}", None).status, 202);
    assert_eq!(service.get(&small).body, "{\"a\":1}");
    assert_eq!(service.get(large).status, 200);
}

fn memory_is_bounded(service: &Service) {
    let peak = memory(service.id(), "VmHWM:");
    println!("peak {} MiB", peak / MIB);
    assert!(peak <= 300 * MIB, "{peak} KiB");
}

fn memory_is_given_back(service: &Service) {
    eventually("memory is given back", || memory(service.id(), "VmRSS:") <= 100 * MIB);
}

#[test]
fn bounds_the_memory_of_answers_that_nobody_reads() {
    let name = "http::slow_clients::bounds_the_memory_of_answers_that_nobody_reads";
    with_all_descriptors(name, || {
        let (service, large) = with_large_document();
        flood(&service, &large, &large);
        // What is no document of a job, but as large.
        let set = path("secrets", "t", "described");
        let each = |value: &str| -> String {
            let all = (0..5000).map(|n| format!("\"{n}\":{value}")).collect::<Vec<_>>();
            format!("{{{}}}", all.join(","))
        };
        assert_eq!(service.put(&set, &each("1"), None).status, 202);
        let owner = each(&format!("{{\"owner\":\"{}\"}}", "x".repeat(150)));
        let metadata = format!("{set}/metadata");
        let put = service.put(&metadata, &owner, None);
        assert_eq!(put.status, 202, "{}", put.body);
        flood(&service, &metadata, &large);
    });
}

#[test]
fn bounds_the_memory_of_requests_that_do_not_end() {
    let name = "http::slow_clients::bounds_the_memory_of_requests_that_do_not_end";
    with_all_descriptors(name, || {
        let (service, large) = with_large_document();
        // Heads.
        let head = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {}", "x".repeat(40_000));
        let connections: Vec<_> = (0..4000)
            .map(|_| {
                let mut stream = connect(service.address);
                stream.write_all(head.as_bytes()).unwrap();
                stream
            })
            .collect();
        others_are_served(&service, &large);
        memory_is_bounded(&service);
        drop(connections);
        memory_is_given_back(&service);
    });
}

#[test]
fn bounds_the_memory_of_uploads_that_do_not_end() {
    let name = "http::slow_clients::bounds_the_memory_of_uploads_that_do_not_end";
    with_all_descriptors(name, || {
        let (service, large) = with_large_document();
        let to = path("secrets", "t", "j");
        let body = vec![b' '; 1_000_000];
        let request = format!(
            "PUT {to} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: 1000001\r\n\r\n"
        );
        let connections: Vec<_> = std::thread::scope(|scope| {
            let one = || {
                let mut stream = connect(service.address);
                stream.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
                stream.write_all(request.as_bytes()).unwrap();
                // It is taken, waits for room, or is refused.
                let _ = stream.write_all(&body);
                stream
            };
            let all: Vec<_> = (0..400).map(|_| scope.spawn(one)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        memory_is_bounded(&service);
        assert_eq!(service.get("/readyz").status, 200);
        drop(connections);
        eventually("there is room again", || service.put(&to, "{\"a\":1}", None).status == 202);
        others_are_served(&service, &large);
        memory_is_given_back(&service);
    });
}
