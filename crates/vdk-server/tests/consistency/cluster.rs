//! Tests two replicas on a cluster of three OpenBao nodes and PostgreSQL while nodes, replicas and
//! the database are killed. Clients record their operations, and `vdk_testing::history` checks that
//! each job's history is linearizable.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use vdk_testing::control_service::nodes::Cluster;
use vdk_testing::control_service::peers::{Database, Settings};
use vdk_testing::control_service::{Answer, Service, eventually, path};
use vdk_testing::history::{
    Counts, Event, Operation, Outcome, Unanswered, document, is_success, outcome, version_of,
};

const COLLECTIONS: [&str; 2] = ["secrets", "properties"];
const CLIENTS: u64 = 50;
/// Jobs in each collection.
const JOBS: usize = 20;

fn start(settings: &[Settings]) -> Service {
    let all: Vec<_> = settings.iter().flatten().map(|(k, v)| (*k, v.as_str())).collect();
    Service::start(&all)
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn reads_acknowledged_writes_through_any_replica_and_node() {
    let mut cluster = Cluster::start();
    let leader = cluster.leader();
    let (one, other) = ((leader + 1) % 3, (leader + 2) % 3);
    let replicas = [one, other].map(|node| start(&[cluster.settings(&[node])]));
    let at = path("secrets", "t", "j");
    let see_each_other = |rounds: u64| {
        for n in 0..rounds {
            let written = replicas[0].put(&at, &format!("{{\"n\":{n}}}"), None);
            assert_eq!(written.status, 202, "{written:?}");
            for replica in &replicas {
                assert_eq!(replica.get(&at).body, format!("{{\"n\":{n}}}"), "it is stale");
            }
        }
    };
    see_each_other(100);
    cluster.step_down();
    eventually("it works again", || {
        replicas.iter().all(|replica| replica.put(&at, "{}", None).status == 202)
    });
    see_each_other(100);

    // A replica whose only node is down reports it. A replica with another node goes on.
    let node = if cluster.leader() == one { other } else { one };
    let (lame, sound) = if node == one { (0, 1) } else { (1, 0) };
    let both = start(&[cluster.settings(&[node, 3 - one - other, 3 - node - (3 - one - other)])]);
    assert_eq!(both.get(&at).status, 200);
    cluster.kill(node);
    replicas[lame].get(&at).problem(503, "cannot be reached");
    let written = replicas[lame].put(&at, "{}", None);
    written.problem(503, "cannot be reached");
    assert_eq!(written.header("x-vdk-write-outcome"), "", "nothing was sent");
    assert_eq!(both.put(&at, "{\"both\":1}", None).status, 202, "{}", both.log());
    assert_eq!(both.get("/readyz").status, 200);
    assert_eq!(replicas[sound].get(&at).body, "{\"both\":1}");
    cluster.revive(node);
    eventually("it works again", || replicas[lame].get(&at).body == "{\"both\":1}");
}

#[test]
#[ignore = "needs OpenBao and PostgreSQL: ./tests/run"]
fn stays_linearizable_while_parts_are_killed() {
    let seconds =
        std::env::var("VDK_TEST_CLUSTER_SECONDS").map_or(40, |text| text.parse().unwrap());
    let (mut cluster, mut database) = (Cluster::start(), Database::start());
    let mut replicas =
        [[0, 1, 2], [2, 0, 1]].map(|order| start(&[cluster.settings(&order), database.settings()]));
    let load = Load::new(replicas.each_ref().map(|replica| replica.address));
    let mut kills = BTreeMap::new();
    let longest = std::thread::scope(|scope| {
        for n in 0..CLIENTS {
            let load = &load;
            scope.spawn(move || load.client(n));
        }
        let _stop = StopOnDrop(&load);
        let until = Instant::now() + Duration::from_secs(seconds);
        load.wait_for_writes();
        for turn in 0.. {
            let what = ["leader", "replica", "database"][turn % 3];
            match what {
                "leader" => {
                    let leader = cluster.leader();
                    cluster.kill(leader);
                    load.wait_for_writes();
                    cluster.revive(leader);
                }
                "replica" => replicas[turn / 3 % 2].restart(),
                _ => {
                    database.kill();
                    database.run();
                }
            }
            *kills.entry(what).or_insert(0u64) += 1;
            load.wait_for_writes();
            if Instant::now() > until && turn >= 2 {
                break;
            }
        }
        load.longest()
    });
    let operations = load.operations.lock().unwrap().len();
    let (counts, replicas) = (load.check(&replicas), &replicas);
    println!(
        "{operations} operations, {} writes acknowledged, {} unknown ({} of them stored), longest \
         without an acknowledged write {:.1} s (secrets) {:.1} s (properties), killed: {kills:?}",
        counts.acknowledged, counts.unknown, counts.unknown_stored, longest[0], longest[1],
    );
    assert!(counts.acknowledged > 100, "{counts:?}");
    for replica in replicas {
        assert!(!replica.log().contains("panicked"), "{}", replica.log());
    }
}

/// Clients that read and write, and their operations.
struct Load {
    replicas: [SocketAddr; 2],
    started: Instant,
    ends: AtomicBool,
    acknowledged: [AtomicU64; 2],
    /// The last acknowledged write of each collection, and the longest time without one, in
    /// microseconds.
    gaps: [Mutex<(u64, u64)>; 2],
    operations: Mutex<Vec<(usize, usize, Operation)>>,
}

struct StopOnDrop<'a>(&'a Load);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.ends.store(true, Ordering::Relaxed);
    }
}

impl Load {
    fn new(replicas: [SocketAddr; 2]) -> Self {
        let (ends, acknowledged, gaps, operations) = Default::default();
        Load { replicas, started: Instant::now(), ends, acknowledged, gaps, operations }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap()
    }

    /// Waits until more writes of both collections are acknowledged.
    #[track_caller]
    fn wait_for_writes(&self) {
        let before = self.acknowledged.each_ref().map(|n| n.load(Ordering::Relaxed));
        eventually("writes are acknowledged", || {
            (0..2).all(|n| self.acknowledged[n].load(Ordering::Relaxed) > before[n] + 50)
        });
    }

    fn longest(&self) -> [f64; 2] {
        self.gaps.each_ref().map(|gap| Duration::from_micros(gap.lock().unwrap().1).as_secs_f64())
    }

    /// Reads and writes until the load ends. Each write replaces what the client read before.
    fn client(&self, client: u64) {
        let mut random = fastrand::Rng::with_seed(client);
        let mut connection = Connection::new(self.replicas, client);
        let mut done = Vec::new();
        for n in 0u64.. {
            if self.ends.load(Ordering::Relaxed) {
                break;
            }
            let (collection, job) = (random.usize(..2), random.usize(..JOBS));
            let at = path(COLLECTIONS[collection], "t", &format!("job-{job}"));
            let begin = self.now();
            let Some(answer) = connection.ask("GET", &at, None, "").ok().filter(is_success) else {
                connection.next();
                continue;
            };
            let (version, write) = document(&answer);
            let event = Event::Read { version, write: write.clone() };
            done.push((collection, job, Operation { begin, end: self.now(), event }));
            if random.u8(..10) < 6 {
                continue;
            }
            let id = format!("{client}-{n}");
            let body = json!({"id": id, "before": write, "pad": "x".repeat(random.usize(..2000))});
            let tag = format!("\"{version}\"");
            let begin = self.now();
            let answer = connection.ask("PUT", &at, Some(&tag), &body.to_string());
            let end = self.now();
            let outcome = outcome(&answer);
            if matches!(outcome, Outcome::Stored(_)) {
                self.acknowledged(collection, end);
            } else if let Some(version) = answer.ok().as_ref().and_then(version_of) {
                let event = Event::Seen { version };
                done.push((collection, job, Operation { begin, end, event }));
            } else {
                connection.next();
            }
            let event = Event::Write { id, before: write, based: version, outcome };
            done.push((collection, job, Operation { begin, end, event }));
        }
        self.operations.lock().unwrap().append(&mut done);
    }

    fn acknowledged(&self, collection: usize, end: u64) {
        self.acknowledged[collection].fetch_add(1, Ordering::Relaxed);
        let mut gap = self.gaps[collection].lock().unwrap();
        *gap = (gap.0.max(end), gap.1.max(end.saturating_sub(gap.0)));
    }

    /// Reads every job through both replicas and checks its history.
    fn check(&self, replicas: &[Service; 2]) -> Counts {
        let mut by_job: BTreeMap<(usize, usize), Vec<Operation>> = BTreeMap::new();
        for (collection, job, operation) in self.operations.lock().unwrap().iter() {
            by_job.entry((*collection, *job)).or_default().push(operation.clone());
        }
        let mut all = Counts::default();
        for ((collection, job), mut history) in by_job {
            let at = path(COLLECTIONS[collection], "t", &format!("job-{job}"));
            let mut last = (0, String::new());
            for replica in replicas {
                let mut read = (self.now(), replica.get(&at));
                // On a busy machine the nodes take a while to elect a leader.
                eventually("it reads again", || {
                    let is_read = read.1.status == 200;
                    if !is_read {
                        read = (self.now(), replica.get(&at));
                    }
                    is_read
                });
                let (begin, answer) = read;
                last = document(&answer);
                let event = Event::Read { version: last.0, write: last.1.clone() };
                history.push(Operation { begin, end: self.now(), event });
            }
            let counts = vdk_testing::history::check(&history, (last.0, &last.1))
                .unwrap_or_else(|why| panic!("{at}: {why}"));
            all.acknowledged += counts.acknowledged;
            all.unknown += counts.unknown;
            all.unknown_stored += counts.unknown_stored;
        }
        all
    }
}

/// A persistent connection to one of the replicas.
struct Connection {
    replicas: [SocketAddr; 2],
    replica: usize,
    stream: Option<BufReader<TcpStream>>,
}

impl Connection {
    fn new(replicas: [SocketAddr; 2], client: u64) -> Self {
        Connection { replicas, replica: usize::try_from(client % 2).unwrap(), stream: None }
    }

    /// Switches to the other replica.
    fn next(&mut self) {
        (self.replica, self.stream) = (1 - self.replica, None);
    }

    fn ask(
        &mut self,
        method: &str,
        at: &str,
        tag: Option<&str>,
        body: &str,
    ) -> Result<Answer, Unanswered> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let to = &self.replicas[self.replica];
                let stream = TcpStream::connect_timeout(to, Duration::from_secs(2));
                BufReader::new(stream.map_err(|_| Unanswered::NotSent)?)
            }
        };
        let tag = tag.map_or(String::new(), |tag| format!("If-Match: {tag}\r\n"));
        let head = format!(
            "{method} {at} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{tag}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answered = exchange(&mut stream, &head).ok_or(Unanswered::MaybeSent)?;
        self.stream = Some(stream);
        Ok(answered)
    }
}

fn exchange(stream: &mut BufReader<TcpStream>, request: &str) -> Option<Answer> {
    stream.get_ref().set_read_timeout(Some(Duration::from_secs(15))).ok()?;
    stream.get_mut().write_all(request.as_bytes()).ok()?;
    let mut line = || {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|n| *n > 0)?;
        Some(line.trim_end().to_string())
    };
    let status = line()?.split(' ').nth(1)?.parse().ok()?;
    let mut headers = BTreeMap::new();
    loop {
        let line = line()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_string());
    }
    let length = headers.get("content-length").map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Answer { status, headers, body: String::from_utf8(body).unwrap() })
}
