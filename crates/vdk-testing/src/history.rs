//! Whether what clients saw of one job can have happened one operation after another, each at a
//! moment between its begin and its end (linearizability). Each write names itself and the write
//! that it replaces, so that the document at the end tells the whole chain of writes; versions count
//! them. What is left to check is that every client saw a piece of that one chain, and in an order
//! that time allows.

use std::collections::HashMap;

use crate::control_service::Answer;

/// A client's operation on a job, and its answer.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The times of its request and of its answer; in any unit that all clients share.
    pub begin: u64,
    pub end: u64,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    /// A read that was answered: the version and the write that it found; nothing at version 0.
    Read { version: u64, write: String },
    /// An answer that told a version and no value, such as that of a write that came too late.
    Seen { version: u64 },
    /// A write that replaces `before` at version `based`.
    Write { id: String, before: String, based: u64, outcome: Outcome },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was acknowledged, with this version.
    Stored(u64),
    /// It was said not to have happened.
    Refused,
    /// It was said that nobody knows, or the connection broke.
    Unknown,
}

/// Counts of writes: those acknowledged, and the unknown ones that are in the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub acknowledged: u64,
    pub unknown: u64,
    pub unknown_stored: u64,
}

/// The fate of a request without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    Nothing,
    Perhaps,
}

pub fn is_success(answer: &Answer) -> bool {
    (200..300).contains(&answer.status)
}

/// The version of an answer, and the write that made it.
pub fn document(answer: &Answer) -> (u64, String) {
    let write = answer.json()["id"].as_str().unwrap_or_default().to_string();
    (version_of(answer).unwrap(), write)
}

pub fn version_of(answer: &Answer) -> Option<u64> {
    answer.header("etag").trim_matches('"').parse().ok()
}

/// The knowledge of a client about its write.
pub fn outcome(answer: &Result<Answer, Sent>) -> Outcome {
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
        Err(Sent::Nothing) => Outcome::Refused,
        Err(Sent::Perhaps) => Outcome::Unknown,
    }
}

/// Checks the history of a job. `last`: the version and the write that are there at its end.
pub fn check(history: &[Operation], last: (u64, &str)) -> Result<Counts, String> {
    let chain = chain(history, last)?;
    let at = |version: u64| usize::try_from(version).ok().and_then(|n| chain.get(n));
    let mut counts = Counts::default();
    // Where each operation has its place: after the write of its version, or as that write.
    let mut placed = Vec::new();
    for operation in history {
        let (begin, end) = (operation.begin, operation.end);
        match &operation.what {
            What::Read { version, write } => {
                match at(*version) {
                    Some(there) if there == write => {}
                    _ => return Err(format!("phantom value: {operation:?} is not in the chain")),
                }
                placed.push((begin, end, (*version, 1), operation));
            }
            What::Seen { version } if at(*version).is_none() => {
                return Err(format!("phantom version: {operation:?} is not in the chain"));
            }
            What::Seen { version } => placed.push((begin, end, (*version, 1), operation)),
            What::Write { id, based, outcome, .. } => {
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
                        // Whenever it happened, it was not before it was sent.
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

/// The writes by version, from the last one back to the first; nothing is at version 0.
fn chain(history: &[Operation], (version, id): (u64, &str)) -> Result<Vec<String>, String> {
    let mut writes = HashMap::new();
    for operation in history {
        if let What::Write { id, before, based, .. } = &operation.what
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

/// No operation that began after another had ended has its place before it.
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
        let what = What::Write { id: id.into(), before: before.into(), based, outcome: o };
        Operation { begin, end, what }
    }

    fn read(begin: u64, end: u64, version: u64, write: &str) -> Operation {
        Operation { begin, end, what: What::Read { version, write: write.into() } }
    }

    /// Three writes, one of them unknown, and reads between them.
    fn good() -> Vec<Operation> {
        vec![
            read(0, 1, 0, ""),
            write(1, 3, "a", "", 0, Outcome::Stored(1)),
            read(2, 4, 0, ""),
            read(2, 4, 1, "a"),
            write(5, 6, "b", "a", 1, Outcome::Unknown),
            write(5, 7, "c", "a", 1, Outcome::Refused),
            Operation { begin: 8, end: 9, what: What::Seen { version: 1 } },
            read(10, 11, 2, "b"),
            write(12, 15, "d", "b", 2, Outcome::Stored(3)),
            write(12, 14, "e", "b", 2, Outcome::Unknown),
            read(16, 17, 3, "d"),
        ]
    }

    #[test]
    fn a_history_that_can_have_happened_is_taken() {
        let counts = Counts { acknowledged: 2, unknown: 2, unknown_stored: 1 };
        assert_eq!(check(&good(), (3, "d")), Ok(counts));
        assert_eq!(check(&[], (0, "")), Ok(Counts::default()));
    }

    #[test]
    fn what_cannot_have_happened_is_refused() {
        type Spoil = fn(&mut Vec<Operation>);
        let bad: [(&str, Spoil, (u64, &str)); 13] = [
            ("phantom value: nobody wrote", |_| (), (4, "x")),
            // What was acknowledged is not there, and nothing tells of it.
            ("lost update", |_| (), (2, "b")),
            ("lost update", |h| h.push(write(12, 13, "f", "b", 2, Outcome::Stored(3))), (3, "d")),
            ("lost update", |h| h.push(write(2, 3, "g", "", 0, Outcome::Stored(1))), (3, "d")),
            ("wrong version", |h| h.push(write(18, 19, "h", "d", 3, Outcome::Stored(5))), (4, "h")),
            ("duplicate version", |_| (), (4, "d")),
            ("two writes", |h| h.push(write(18, 19, "d", "d", 3, Outcome::Stored(4))), (4, "d")),
            ("stale", |h| h.push(read(18, 19, 2, "b")), (3, "d")),
            ("stale", |h| h.push(write(7, 8, "i", "d", 3, Outcome::Stored(4))), (4, "i")),
            // A read of what was written only later.
            ("stale", |h| h.push(read(1, 4, 2, "b")), (3, "d")),
            ("phantom value", |h| h.push(read(13, 20, 3, "e")), (3, "d")),
            ("phantom version", |h| h[6].what = What::Seen { version: 9 }, (3, "d")),
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
