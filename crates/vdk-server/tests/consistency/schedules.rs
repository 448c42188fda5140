//! Runs many short schedules of four writers on one job, with clients that disconnect, storage
//! connections that break, and kill -9 of the service. `vdk_testing::history` checks that each
//! history is linearizable; `VDK_TEST_SCHEDULES` sets the number of schedules.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::json;
use vdk_testing::control_service::peers::{Bao, Database, Settings};
use vdk_testing::control_service::slow_proxy::SlowProxy;
use vdk_testing::control_service::{Answer, Service, parse, path};
use vdk_testing::history::{
    Counts, Event, Operation, Outcome, Unanswered, document, is_success, outcome, version_of,
};

const WRITERS: u64 = 4;
/// Schedules that run at the same time.
const LANES: usize = 8;
/// The service is killed once per this many schedules.
const KILLED: u64 = 100;

fn schedules(default: u64) -> u64 {
    std::env::var("VDK_TEST_SCHEDULES").map_or(default, |text| text.parse().unwrap())
}

#[test]
fn stays_linearizable_on_the_embedded_store() {
    run(Service::start(&[]), schedules(100), || ());
}

#[test]
#[ignore = "needs OpenBao and PostgreSQL: ./tests/run"]
fn stays_linearizable_on_openbao_and_postgresql() {
    let (bao, database) = (Bao::start(), Database::start());
    let proxies = [bao.address, ([127, 0, 0, 1], database.port).into()].map(SlowProxy::in_front_of);
    let through: Settings = vec![
        ("VDK_VAULT_URI", format!("http://{}/v1/", proxies[0].address)),
        ("SPRING_DATASOURCE_URL", format!("jdbc:postgresql://{}/postgres", proxies[1].address)),
    ];
    let all = [bao.settings(), database.settings(), through].concat();
    let all: Vec<_> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
    run(Service::start(&all), schedules(60), || proxies.iter().for_each(SlowProxy::cut));
}

/// Runs the schedules and causes `fault` again and again.
fn run(mut service: Service, schedules: u64, fault: impl Fn() + Sync) {
    let (next, done, ends) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let all = Mutex::new((Counts::default(), 0));
    let (address, started) = (service.address, Instant::now());
    let mut kills = 0;
    std::thread::scope(|scope| {
        let lane = || {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= schedules || ends.load(Ordering::Relaxed) {
                    break;
                }
                let schedule = Schedule::new(address, started, n);
                let (counts, operations) = schedule.run();
                let mut all = all.lock().unwrap();
                all.0.acknowledged += counts.acknowledged;
                all.0.unknown += counts.unknown;
                all.0.unknown_stored += counts.unknown_stored;
                all.1 += operations;
                done.fetch_add(1, Ordering::Relaxed);
            }
        };
        let lanes: Vec<_> = (0..LANES).map(|_| scope.spawn(lane)).collect();
        let mut random = Rng::with_seed(schedules);
        let goes_on = || lanes.iter().all(|lane| !lane.is_finished());
        while goes_on() {
            // Varies the moment. The distance is long enough to connect in between.
            std::thread::sleep(Duration::from_millis(random.u64(200..2000)));
            fault();
            if done.load(Ordering::Relaxed) > kills * KILLED + KILLED / 2 {
                assert!(!service.log().contains("panicked"), "{}", service.log());
                service.restart();
                kills += 1;
            }
        }
        // A schedule has panicked, or all are done.
        ends.store(true, Ordering::Relaxed);
        if done.load(Ordering::Relaxed) + 20 < schedules {
            println!("{}", service.log());
        }
    });
    let (counts, operations) = *all.lock().unwrap();
    println!(
        "{schedules} schedules, {operations} operations, {} writes acknowledged, {} unknown ({} of \
         them stored), {kills} kills",
        counts.acknowledged, counts.unknown, counts.unknown_stored,
    );
    assert!(counts.acknowledged > schedules && counts.unknown_stored > 0, "{counts:?}");
    assert!(!service.log().contains("panicked"), "{}", service.log());
}

/// The operations of several writers on one job.
struct Schedule {
    address: SocketAddr,
    /// The start of the time scale.
    started: Instant,
    n: u64,
    at: String,
}

/// A fault that a client causes in its own request.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    /// Sends the request in two pieces.
    Slow,
    /// Sends a part of the request, then disconnects.
    Half,
    /// Sends the request, then disconnects.
    Gone,
    /// Waits for the first byte of the response, then disconnects.
    Torn,
}

impl Schedule {
    fn new(address: SocketAddr, started: Instant, n: u64) -> Self {
        let collection = ["secrets", "properties"][usize::from(n % 2 == 1)];
        Schedule { address, started, n, at: path(collection, "t", &format!("job-{n}")) }
    }

    /// Runs the schedule and checks its history.
    fn run(&self) -> (Counts, usize) {
        let mut history = std::thread::scope(|scope| {
            let writers = (0..WRITERS).map(|writer| scope.spawn(move || self.writer(writer)));
            let writers: Vec<_> = writers.collect();
            writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect::<Vec<_>>()
        });
        let (mut last, mut said) = ((0, String::new()), None);
        let deadline = Instant::now() + Duration::from_secs(120);
        while said.as_ref().is_none_or(|said| !is_success(said)) {
            assert!(Instant::now() < deadline, "schedule {} is not read: {said:?}", self.n);
            let begin = self.now();
            said = self.ask("GET", None, "", Fault::None, &mut Rng::new()).ok();
            if let Some(answer) = said.as_ref().filter(|answer| is_success(answer)) {
                last = document(answer);
                let event = Event::Read { version: last.0, write: last.1.clone() };
                history.push(Operation { begin, end: self.now(), event });
            } else {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let counts =
            vdk_testing::history::check(&history, (last.0, &last.1)).unwrap_or_else(|why| {
                history.sort_by_key(|operation| operation.begin);
                panic!("schedule {}: {why}\n{history:#?}", self.n)
            });
        (counts, history.len())
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap()
    }

    fn writer(&self, writer: u64) -> Vec<Operation> {
        let mut random = Rng::with_seed(self.n * WRITERS + writer);
        let (mut done, mut known) = (Vec::new(), None);
        for n in 0..random.u64(2..8) {
            let fault = match random.u8(..20) {
                0 => Fault::Half,
                1 | 2 => Fault::Gone,
                3 | 4 => Fault::Torn,
                5 | 6 => Fault::Slow,
                _ => Fault::None,
            };
            let begin = self.now();
            let read = |done: &mut Vec<Operation>, answer: &Answer| {
                let (version, write) = document(answer);
                let event = Event::Read { version, write: write.clone() };
                done.push(Operation { begin, end: self.now(), event });
                (version, write)
            };
            // The last version that this writer saw may be outdated.
            let (based, before) = match known.take() {
                Some(known) if random.u8(..3) > 0 => known,
                _ => {
                    match self.ask("GET", None, "", fault, &mut random) {
                        Ok(answer) if is_success(&answer) => {
                            known = Some(read(&mut done, &answer));
                        }
                        Ok(answer) => drop(answer.problem(503, "")),
                        // The service was killed. It is back soon.
                        Err(_) => std::thread::sleep(Duration::from_millis(random.u64(..20))),
                    }
                    continue;
                }
            };
            let id = format!("{}-{writer}-{n}", self.n);
            let pad = "x".repeat(random.usize(..500));
            let body = json!({"id": id, "before": before, "pad": pad}).to_string();
            let answer = self.ask("PUT", Some(based), &body, fault, &mut random);
            let (end, outcome) = (self.now(), outcome(&answer));
            match (outcome, &answer) {
                (Outcome::Stored(version), _) => known = Some((version, id.clone())),
                (_, Ok(answer)) => {
                    if let Some(version) = version_of(answer) {
                        done.push(Operation { begin, end, event: Event::Seen { version } });
                    }
                }
                _ => {}
            }
            done.push(Operation { begin, end, event: Event::Write { id, before, based, outcome } });
        }
        done
    }

    /// Sends a request over a new connection.
    fn ask(
        &self,
        method: &str,
        based: Option<u64>,
        body: &str,
        fault: Fault,
        random: &mut Rng,
    ) -> Result<Answer, Unanswered> {
        let connected = TcpStream::connect_timeout(&self.address, Duration::from_secs(2));
        let mut stream = connected.map_err(|_| Unanswered::NotSent)?;
        stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
        let tag = based.map_or(String::new(), |based| format!("If-Match: \"{based}\"\r\n"));
        let request = format!(
            "{method} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{tag}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.at,
            body.len()
        );
        let mut rest = request.as_bytes();
        if matches!(fault, Fault::Half | Fault::Slow) {
            let (first, second) = rest.split_at(random.usize(..rest.len()));
            // The service must ignore an incomplete request.
            stream.write_all(first).map_err(|_| Unanswered::NotSent)?;
            if matches!(fault, Fault::Half) {
                return Err(Unanswered::NotSent);
            }
            std::thread::sleep(Duration::from_millis(random.u64(..10)));
            rest = second;
        }
        stream.write_all(rest).map_err(|_| Unanswered::MaybeSent)?;
        let mut answer = Vec::new();
        match fault {
            Fault::Gone => return Err(Unanswered::MaybeSent),
            Fault::Torn => {
                let _ = stream.read(&mut [0]);
                return Err(Unanswered::MaybeSent);
            }
            _ => {}
        }
        let _ = stream.read_to_end(&mut answer);
        parse(&answer).ok_or(Unanswered::MaybeSent)
    }
}
