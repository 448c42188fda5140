//! Tests that memory and descriptors are bounded when more requests come than the storage answers.
//! Requests beyond the limit are refused at once.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use vdk_testing::control_service::peers::Bao;
use vdk_testing::control_service::slow_proxy::{Pace, SlowProxy};
use vdk_testing::control_service::{Service, eventually, path};
use vdk_testing::process::with_all_descriptors;

const GETS: usize = 4000;
const PUTS: usize = 1000;
pub const MIB: u64 = 1024;

/// Returns a memory figure of a process in KiB.
pub fn memory(id: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn descriptors(id: u32) -> usize {
    std::fs::read_dir(format!("/proc/{id}/fd")).unwrap().count()
}

fn request(address: SocketAddr, method: &str, path: &str, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The service may close the connection of a refused request early.
    let _ = stream.write_all(body);
    stream
}

fn status(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(answer.get(9..12).unwrap_or(b"---")).into_owned()
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn bounds_memory_and_descriptors_when_vault_is_silent() {
    let name = "http::overload::bounds_memory_and_descriptors_when_vault_is_silent";
    with_all_descriptors(name, overload);
}

fn overload() {
    let bao = Bao::start();
    let slow = SlowProxy::in_front_of(bao.address);
    let settings = bao.settings_at(slow.address);
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let service = Service::start(&settings);
    let (at, id) = (path("secrets", "t", "j"), service.id());
    assert_eq!(service.put(&at, "{\"a\":1}", None).status, 202);
    let before = descriptors(id);
    slow.pace(Pace::Held);

    // Each of the 1,000 writes of 1 MB has its own thread, because a body is sent only while the
    // service reads it. With fewer threads, the writes would wait for each other.
    let body = format!("{{\"a\":\"{}\"}}", "x".repeat(1_000_000)).into_bytes();
    let writes: Vec<_> = std::thread::scope(|scope| {
        let put = |n| {
            let (body, address) = (&body, service.address);
            scope.spawn(move || {
                request(address, "PUT", &path("secrets", "t", &format!("w{n}")), body)
            })
        };
        let all: Vec<_> = (0..PUTS).map(put).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let reads: Vec<_> = (0..GETS)
        .map(|n| request(service.address, "GET", &path("secrets", "t", &format!("r{n}")), b""))
        .collect();
    let held = descriptors(id);
    // The other collection and the probes are not affected.
    assert_eq!(service.put(&path("properties", "t", "j"), "{\"a\":1}", None).status, 204);
    assert_eq!(service.get(&path("properties", "t", "j")).status, 200);
    assert_eq!(service.get("/livez").status, 200);
    assert_eq!(service.get("/readyz").status, 503);
    let told: Vec<_> = reads.into_iter().map(status).collect();
    assert!(told.iter().all(|status| status == "503"), "{told:?}");
    // The connection of a client that still sends may be reset. On a busy machine, some send too slowly.
    let told: Vec<_> = writes.into_iter().map(status).collect();
    assert!(told.iter().all(|status| ["503", "408", "---"].contains(&status.as_str())), "{told:?}");
    assert!(told.iter().any(|status| status == "503"), "{told:?}");
    let peak = memory(id, "VmHWM:");
    println!("peak {} MiB, {} descriptors more", peak / MIB, held - before);
    assert!(peak <= 300 * MIB, "{peak} KiB");
    assert!(held < before + GETS + PUTS + 400, "{held} descriptors, {before} before");

    slow.pace(Pace::AtOnce);
    eventually("writes work again", || service.put(&at, "{\"a\":2}", None).status == 202);
    assert_eq!(service.get(&at).body, "{\"a\":2}");
    eventually("memory is given back", || memory(id, "VmRSS:") <= 100 * MIB);
    println!("{} MiB afterwards", memory(id, "VmRSS:") / MIB);
}
