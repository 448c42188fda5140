//! Makes the rows about connections to the service and its shutdown.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use vdk_testing::control_service::{Service, eventually, path};
use vdk_testing::report::Row;

use super::{plain_row, read_and_write, readiness, summary};

/// Makes the rows about many connections, slow clients and SIGTERM.
pub fn connections() -> Vec<Row> {
    let service = Service::start(&[("SERVER_TOMCAT_MAX_CONNECTIONS", "20000")]);
    let head = "PUT /x HTTP/1.1\r\nHost: localhost\r\n";
    let begun = format!("{head}Content-Type: application/json\r\nContent-Length: 9999\r\n\r\n{{");
    let begun = begun.replace("/x ", &format!("{} ", path("secrets", "t", "slow")));
    let held = |fault: &str, clients: Vec<&str>| {
        println!("{fault}");
        let started = Instant::now();
        let mut held: Vec<_> = clients
            .iter()
            .map(|sent| {
                let mut stream = TcpStream::connect(service.address).unwrap();
                stream.write_all(sent.as_bytes()).unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
                stream
            })
            .collect();
        let (mut longest, mut answers) = (Duration::ZERO, Vec::new());
        for n in 0..20 {
            // Slow clients keep sending.
            for (stream, _) in held.iter_mut().zip(&clients).filter(|(_, sent)| !sent.is_empty()) {
                let _ = stream.write_all(b"x");
            }
            let began = Instant::now();
            assert_eq!(service.get("/livez").status, 200);
            longest = longest.max(began.elapsed());
            answers = vec![
                read_and_write(&service, "secrets", n),
                read_and_write(&service, "properties", n),
            ];
        }
        println!("/livez took at most {longest:?}");
        let ready = readiness(&service, "secrets");
        held.iter_mut().for_each(vdk_testing::control_service::until_closed);
        let spent = started.elapsed().as_secs_f64();
        let [(read, write), (_, other)] = [&answers[0], &answers[1]];
        assert!(other.status < 300);
        let stored = |collection| service.get(&path(collection, "t", "j")).json()["n"].clone();
        assert_eq!((stored("secrets"), stored("properties")), (19.into(), 19.into()));
        let cells =
            [fault, &summary(read), &summary(write), &ready, "goes on", "new; all of them closed"];
        plain_row(cells, spent)
    };
    let mut rows = vec![
        held("10,000 connections that say nothing", vec![""; 10_000]),
        held(
            "1,000 slow ones: half a head, half a body",
            (0..1000).map(|n| if n % 2 == 0 { head } else { &begun }).collect(),
        ),
    ];
    rows.push(end_under_load(service));
    rows
}

fn end_under_load(mut service: Service) -> Row {
    let address = service.address;
    let acknowledged: Vec<_> = (0..4).map(|_| AtomicU64::new(0)).collect();
    let at = |n: usize| path(["secrets", "properties"][n % 2], "end", &n.to_string());
    let mut seconds = 0.0;
    std::thread::scope(|scope| {
        for (n, acknowledged) in acknowledged.iter().enumerate() {
            scope.spawn(move || {
                let headers = [("Content-Type", "application/json")];
                for count in 1u64.. {
                    let body = format!("{{\"n\":{count}}}");
                    for (method, body) in [("PUT", body.as_bytes()), ("GET", b"")] {
                        match vdk_testing::control_service::http(
                            address,
                            method,
                            &at(n),
                            &headers,
                            body,
                        ) {
                            Some(answer) if answer.status >= 300 => panic!("{answer:?}"),
                            Some(_) if method == "PUT" => {
                                acknowledged.store(count, Ordering::Relaxed);
                            }
                            Some(answer) => assert_eq!(answer.body, format!("{{\"n\":{count}}}")),
                            // An accepted request always gets a response, so this one was not
                            // accepted.
                            None => return,
                        }
                    }
                }
            });
        }
        eventually("there is load", || acknowledged.iter().all(|n| n.load(Ordering::Relaxed) > 50));
        let signalled = Instant::now();
        service.signal("TERM");
        assert_eq!(service.wait(), Some(0));
        seconds = signalled.elapsed().as_secs_f64();
        assert!(seconds < 60.0, "{seconds}");
        assert!(service.try_send("GET", "/readyz", &[], "").is_none());
    });
    service.restart();
    for (n, acknowledged) in acknowledged.iter().enumerate() {
        let stored = service.get(&at(n)).json()["n"].as_u64().unwrap();
        let acknowledged = acknowledged.load(Ordering::Relaxed);
        assert!(stored == acknowledged || stored == acknowledged + 1, "{stored}, {acknowledged}");
    }
    let answered = "answered, then no connection";
    let cells = [
        "SIGTERM under load",
        answered,
        answered,
        "no connection",
        answered,
        "all that was acknowledged",
    ];
    plain_row(cells, seconds)
}
