//! Checks that the operations of clients on one job are linearizable: they could have happened one
//! after another, each between its request and its response. Each write names itself and the write
//! that it replaces, so the final document reveals the chain of all writes.

use std::collections::HashMap;

use crate::control_service::Answer;

/// An operation of a client on a job, and its result.
#[derive(Clone, Debug)]
pub struct Operation {
    /// When the request was sent and the response came, in a unit that all clients share.
    pub begin: u64,
    pub end: u64,
    pub event: Event,
}

#[derive(Clone, Debug)]
pub enum Event {
    /// A read: the version and the write that it found. At version 0 there is no write.
    Read { version: u64, write: String },
    /// A response that has a version and no value, such as that of a rejected write.
    Seen { version: u64 },
    /// A write that replaces `before` at version `based`.
    Write { id: String, before: String, based: u64, outcome: Outcome },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The write was acknowledged with this version.
    Stored(u64),
    /// The service said that the write did not happen.
    Refused,
    /// The service said that the outcome is unknown, or the connection broke.
    Unknown,
}

/// Numbers of writes: acknowledged, of unknown outcome, and of these the ones in the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub acknowledged: u64,
    pub unknown: u64,
    pub unknown_stored: u64,
}

/// Whether a request without a response may have been processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    NotSent,
    MaybeSent,
}

pub fn is_success(answer: &Answer) -> bool {
    (200..300).contains(&answer.status)
}

/// Returns the version of a response and the write that made it.
pub fn document(answer: &Answer) -> (u64, String) {
    let write = answer.json()["id"].as_str().unwrap_or_default().to_string();
    (version_of(answer).unwrap(), write)
}

pub fn version_of(answer: &Answer) -> Option<u64> {
    answer.header("etag").trim_matches('"').parse().ok()
}

/// Returns the outcome of a write, as its client knows it.
pub fn outcome(answer: &Result<Answer, Unanswered>) -> Outcome {
    match answer {
        Ok(answer) if is_success(answer) => Outcome::Stored(version_of(answer).unwrap()),
        Ok(answer) => {
            if answer.status != 412 {
                answer.problem(503, "");
            }
            match answer.header("x-vdk-write-outcome") {
                "unknown" => Outcome::Unknown,
                said => {
                    assert_eq!(said, "", "{answer:?}");
                    Outcome::Refused
                }
            }
        }
        Err(Unanswered::NotSent) => Outcome::Refused,
        Err(Unanswered::MaybeSent) => Outcome::Unknown,
    }
}

/// Checks the history of a job. `last` is the version and the write at its end.
pub fn check(history: &[Operation], last: (u64, &str)) -> Result<Counts, String> {
    let chain = chain(history, last)?;
    let at = |version: u64| usize::try_from(version).ok().and_then(|n| chain.get(n));
    let mut counts = Counts::default();
    // The place of each operation: after the write of its version, or that write itself.
    let mut placed = Vec::new();
    for operation in history {
        let (begin, end) = (operation.begin, operation.end);
        match &operation.event {
            Event::Read { version, write } => {
                match at(*version) {
                    Some(there) if there == write => {}
                    _ => return Err(format!("phantom value: {operation:?} is not in the chain")),
                }
                placed.push((begin, end, (*version, 1), operation));
            }
            Event::Seen { version } if at(*version).is_none() => {
                return Err(format!("phantom version: {operation:?} is not in the chain"));
            }
            Event::Seen { version } => placed.push((begin, end, (*version, 1), operation)),
            Event::Write { id, based, outcome, .. } => {
                let is_there = at(based + 1) == Some(id);
                match outcome {
                    Outcome::Stored(version) => {
                        counts.acknowledged += 1;
                        if *version != based + 1 {
                            return Err(format!("wrong version: {operation:?}"));
                        }
                        if !is_there {
                            return Err(format!(
                                "lost update: {operation:?}, there is {:?}",
                                at(*version)
                            ));
                        }
                        placed.push((begin, end, (*version, 0), operation));
                    }
                    Outcome::Refused if is_there => {
                        return Err(format!("a refused write was stored: {operation:?}"));
                    }
                    Outcome::Refused => {}
                    Outcome::Unknown => {
                        counts.unknown += 1;
                        // It cannot have happened before it was sent.
                        if is_there {
                            counts.unknown_stored += 1;
                            placed.push((begin, u64::MAX, (based + 1, 0), operation));
                        }
                    }
                }
            }
        }
    }
    in_time(placed)?;
    Ok(counts)
}

/// Returns the writes by version. Follows them from the last one to the first; version 0 has none.
fn chain(history: &[Operation], (version, id): (u64, &str)) -> Result<Vec<String>, String> {
    let mut writes = HashMap::new();
    for operation in history {
        if let Event::Write { id, before, based, .. } = &operation.event
            && writes.insert(id.as_str(), (before.as_str(), *based)).is_some()
        {
            return Err(format!("two writes have the name {id}"));
        }
    }
    let mut chain = Vec::new();
    let (mut version, mut id) = (version, id);
    while version > 0 {
        let Some((before, based)) = writes.get(id) else {
            return Err(format!("phantom value: nobody wrote '{id}' (version {version})"));
        };
        if based + 1 != version {
            return Err(format!(
                "duplicate version: '{id}' replaces version {based}, and is at {version}"
            ));
        }
        chain.push(id.to_string());
        (version, id) = (*based, before);
    }
    if !id.is_empty() {
        return Err(format!("the chain begins with a write that replaces '{id}'"));
    }
    chain.push(String::new());
    chain.reverse();
    Ok(chain)
}

type Placed<'a> = (u64, u64, (u64, u8), &'a Operation);

/// Fails if an operation began after another ended, but has its place before it.
fn in_time(mut by_begin: Vec<Placed<'_>>) -> Result<(), String> {
    let mut by_end = by_begin.clone();
    by_begin.sort_by_key(|(begin, ..)| *begin);
    by_end.sort_by_key(|(_, end, ..)| *end);
    let mut ended = by_end.into_iter().peekable();
    let mut latest: Option<Placed<'_>> = None;
    for (begin, _, place, operation) in by_begin {
        while let Some(done) = ended.next_if(|(_, end, ..)| *end < begin) {
            latest = latest.filter(|latest| latest.2 >= done.2).or(Some(done));
        }
        if let Some(earlier) = latest.filter(|earlier| earlier.2 > place) {
            return Err(format!("stale: {operation:?} began after the end of {:?}", earlier.3));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(begin: u64, end: u64, id: &str, before: &str, based: u64, o: Outcome) -> Operation {
        let event = Event::Write { id: id.into(), before: before.into(), based, outcome: o };
        Operation { begin, end, event }
    }

    fn read(begin: u64, end: u64, version: u64, write: &str) -> Operation {
        Operation { begin, end, event: Event::Read { version, write: write.into() } }
    }

    /// Returns three writes, one of them of unknown outcome, and reads between them.
    fn good() -> Vec<Operation> {
        vec![
            read(0, 1, 0, ""),
            write(1, 3, "a", "", 0, Outcome::Stored(1)),
            read(2, 4, 0, ""),
            read(2, 4, 1, "a"),
            write(5, 6, "b", "a", 1, Outcome::Unknown),
            write(5, 7, "c", "a", 1, Outcome::Refused),
            Operation { begin: 8, end: 9, event: Event::Seen { version: 1 } },
            read(10, 11, 2, "b"),
            write(12, 15, "d", "b", 2, Outcome::Stored(3)),
            write(12, 14, "e", "b", 2, Outcome::Unknown),
            read(16, 17, 3, "d"),
        ]
    }

    #[test]
    fn accepts_linearizable_histories() {
        let counts = Counts { acknowledged: 2, unknown: 2, unknown_stored: 1 };
        assert_eq!(check(&good(), (3, "d")), Ok(counts));
        assert_eq!(check(&[], (0, "")), Ok(Counts::default()));
    }

    #[test]
    fn rejects_histories_that_are_not_linearizable() {
        type Spoil = fn(&mut Vec<Operation>);
        let bad: [(&str, Spoil, (u64, &str)); 13] = [
            ("phantom value: nobody wrote", |_| (), (4, "x")),
            // An acknowledged write is missing from the chain.
            ("lost update", |_| (), (2, "b")),
            ("lost update", |h| h.push(write(12, 13, "f", "b", 2, Outcome::Stored(3))), (3, "d")),
            ("lost update", |h| h.push(write(2, 3, "g", "", 0, Outcome::Stored(1))), (3, "d")),
            ("wrong version", |h| h.push(write(18, 19, "h", "d", 3, Outcome::Stored(5))), (4, "h")),
            ("duplicate version", |_| (), (4, "d")),
            ("two writes", |h| h.push(write(18, 19, "d", "d", 3, Outcome::Stored(4))), (4, "d")),
            ("stale", |h| h.push(read(18, 19, 2, "b")), (3, "d")),
            ("stale", |h| h.push(write(7, 8, "i", "d", 3, Outcome::Stored(4))), (4, "i")),
            // A read of a later write.
            ("stale", |h| h.push(read(1, 4, 2, "b")), (3, "d")),
            ("phantom value", |h| h.push(read(13, 20, 3, "e")), (3, "d")),
            ("phantom version", |h| h[6].event = Event::Seen { version: 9 }, (3, "d")),
            ("refused write", |h| h.push(write(18, 19, "j", "d", 3, Outcome::Refused)), (4, "j")),
        ];
        for (words, spoil, last) in bad {
            let mut history = good();
            spoil(&mut history);
            let said = check(&history, last).unwrap_err();
            assert!(said.contains(words), "{words}: {said}");
        }
    }
}
