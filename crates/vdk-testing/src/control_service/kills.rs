//! Kills a service during writes and checks that no acknowledged write is lost.

use std::time::{Duration, Instant};

use super::{Service, http, path};

/// Kills the service with SIGKILL while four clients write, 50 times or `VDK_TEST_KILLS`. After
/// each kill the service is ready again, no acknowledged write is lost and no document is half
/// written.
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
            // Varies the moment of the kill.
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
