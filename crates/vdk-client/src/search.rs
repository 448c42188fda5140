//! A search in the key/values of many jobs, for a value or for keys by their names.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use vdk_api::json::{Token, tokens};
use vdk_api::{Collection, JsonText, Name, Owner};
use zeroize::Zeroizing;

use crate::config::Target;
use crate::run::{Forms, is_match};
use crate::{Client, Error, ErrorKind};

/// Jobs that are read at once.
const READERS: usize = 8;

/// What is looked for.
pub enum Wanted {
    /// Keys whose names match a pattern, in which `*` stands for any text.
    Key(String),
    /// A value that is this text, or a number that is spelled so.
    Value(Zeroizing<String>),
    /// As `Value`, and also any value that contains the text or one of its encoded forms.
    Part(Zeroizing<String>, Forms),
}

/// How a key or value matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The value is what is looked for.
    Equal,
    /// The value contains it.
    Part,
    /// The key's name matches.
    Name,
}

/// A key that matches.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Its job.
    pub job: String,
    /// Where it is.
    pub collection: Collection,
    /// The key.
    pub key: String,
    /// How it matches.
    pub how: How,
}

/// What a search came to.
#[derive(Debug, Default)]
pub struct Searched {
    /// What was found, in the order of the jobs.
    pub found: Vec<Found>,
    /// The number of jobs that were read.
    pub looked: usize,
    /// The jobs that could not be read, and why. After several in a row, a service is away, and is not
    /// asked for the others.
    pub failed: Vec<(String, Error)>,
}

impl Wanted {
    /// Makes what finds `text` as a part of other texts.
    pub fn part(text: Zeroizing<String>) -> Self {
        let forms = Forms::of_whole(&text);
        Wanted::Part(text, forms)
    }

    fn how(&self, key: &str, value: &JsonText) -> Option<How> {
        let text = match self {
            Wanted::Key(pattern) => return is_match(pattern, key).then_some(How::Name),
            Wanted::Value(text) | Wanted::Part(text, _) => text.as_str(),
        };
        let is_equal = match value.to_text() {
            Some(own) => own.as_str() == text,
            None => value.expose() == text,
        };
        if is_equal {
            return Some(How::Equal);
        }
        let Wanted::Part(_, forms) = self else { return None };
        let is_in = |token| match token {
            Token::String(raw) => serde_json::from_str(raw)
                .is_ok_and(|own: String| forms.are_in(&Zeroizing::new(own))),
            Token::Word(word) => word == text,
            Token::Punctuation(_) => false,
        };
        tokens(value.expose()).any(is_in).then_some(How::Part)
    }
}

impl Client {
    /// Looks for `wanted` in these collections of jobs of a team, several at once. `progress` gets the
    /// number of jobs that are done. The client should keep its connection.
    pub fn search(
        &self,
        team: &Name,
        jobs: &[String],
        collections: &[Collection],
        wanted: &Wanted,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Searched, Error> {
        let op_id = self.settings().op_id()?;
        let (next, failures) = (AtomicUsize::new(0), AtomicUsize::new(0));
        // A store fails at once: nobody waits for it.
        let is_service = matches!(self.target(), Target::Service(_));
        let done = Mutex::new(Vec::new());
        let work = || {
            while !is_service || failures.load(Ordering::SeqCst) < READERS {
                let at = next.fetch_add(1, Ordering::SeqCst);
                let Some(job) = jobs.get(at) else { return };
                let outcome = self.look(team, job, collections, wanted, &op_id);
                match outcome.1.as_ref().map(|error| (error.status, error.kind)) {
                    None => failures.store(0, Ordering::SeqCst),
                    // Without a login, every other job is refused, too.
                    Some((Some(401), _)) => failures.store(READERS, Ordering::SeqCst),
                    Some((_, ErrorKind::Unavailable)) => {
                        failures.fetch_add(1, Ordering::SeqCst);
                    }
                    Some(_) => {}
                }
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done.push((at, outcome));
                progress(done.len());
            }
        };
        thread::scope(|scope| {
            // Where no thread can start, this one does the work.
            (1..READERS.min(jobs.len())).for_each(|_| {
                let _ = thread::Builder::new().spawn_scoped(scope, work);
            });
            work();
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_unstable_by_key(|(at, _)| *at);
        let mut searched = Searched::default();
        for (at, (found, error)) in done {
            searched.found.extend(found);
            match error {
                None => searched.looked += 1,
                Some(error) => searched.failed.push((jobs[at].clone(), error)),
            }
        }
        Ok(searched)
    }

    /// Reads one job. Returns what was found, and why not all was read.
    fn look(
        &self,
        team: &Name,
        job: &str,
        collections: &[Collection],
        wanted: &Wanted,
        op_id: &str,
    ) -> (Vec<Found>, Option<Error>) {
        let mut found = Vec::new();
        let Ok(name) = Name::new(job.to_string()) else {
            let error = Error::new(ErrorKind::Unavailable, "Cannot read the job.")
                .why("Its name is not one that can be asked for.");
            return (found, Some(error));
        };
        let owner = Owner { team: team.clone(), job: name };
        for &collection in collections {
            let read = self
                .service(&owner, collection, op_id.to_string())
                .and_then(|service| service.read());
            match read {
                Ok(snapshot) => {
                    found.extend(snapshot.document.iter().filter_map(|(key, value)| {
                        let how = wanted.how(key, value)?;
                        Some(Found { job: job.to_string(), collection, key: key.to_string(), how })
                    }))
                }
                Err(error) => return (found, Some(error)),
            }
        }
        (found, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn how(wanted: &Wanted, json: &str) -> Option<How> {
        wanted.how("k", &JsonText::parse(json).unwrap())
    }

    fn text(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.into())
    }

    #[test]
    fn finds_equal_values_and_parts() {
        let secret = "p&ss w\u{f6}rd/1";
        let (value, part) = (Wanted::Value(text(secret)), Wanted::part(text(secret)));
        for (json, is_equal) in [
            ("\"p&ss w\u{f6}rd/1\"", true),
            ("\"p&ss w\\u00f6rd\\/1\"", true),
            ("\"postgres://u:p%26ss%20w%C3%B6rd%2F1@db/x\"", false),
            ("\"{\\\"password\\\": \\\"p&ss w\u{f6}rd/1\\\"}\"", false),
            ("[{\"deep\": [\"p&ss w\u{f6}rd/1\"]}]", false),
            ("\"Basic cCZzcyB3w7ZyZC8x\"", false),
        ] {
            let equal = is_equal.then_some(How::Equal);
            assert_eq!(how(&value, json), equal, "{json}");
            assert_eq!(how(&part, json), equal.or(Some(How::Part)), "{json}");
        }
        for json in ["\"p&ss w\u{f6}rd\"", "\"P&SS w\u{f6}rd/1\"", "null", "{}", "1"] {
            assert_eq!((how(&value, json), how(&part, json)), (None, None), "{json}");
        }
    }

    #[test]
    fn finds_numbers_as_they_are_spelled() {
        let (value, part) = (Wanted::Value(text("12345678")), Wanted::part(text("12345678")));
        assert_eq!(how(&value, "12345678"), Some(How::Equal));
        assert_eq!((how(&value, "[12345678]"), how(&part, "[12345678]")), (None, Some(How::Part)));
        assert_eq!(how(&part, "123456789"), None, "another number");
    }

    #[test]
    fn does_not_find_the_lines_of_a_value() {
        let wanted = Wanted::part(text("-----BEGIN KEY-----\nabc\n-----END KEY-----\n"));
        assert_eq!(how(&wanted, "\"-----BEGIN KEY-----\\nother\""), None);
    }
}
