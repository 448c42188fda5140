//! A search in the key/values of many jobs, for a value or for keys by their names.

mod wanted;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use vdk_api::{Collection, Name, Owner};
pub use wanted::Wanted;
pub(crate) use wanted::is_value;

use crate::config::Target;
use crate::service::Snapshot;
use crate::{Client, Error, ErrorKind};

/// Jobs that are read at once.
const READERS: usize = 8;

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
    /// Those of them that have nothing, which may be no jobs at all.
    pub empty: Vec<String>,
    /// The jobs that could not be read, and why. After several in a row, a service is away, and is not
    /// asked for the others.
    pub failed: Vec<(String, Error)>,
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
        let (is_denied, done) = (AtomicBool::new(false), Mutex::new(Vec::new()));
        // A store fails at once: nobody waits for it.
        let is_service = matches!(self.target(), Target::Service(_));
        let goes_on = || {
            let is_away = is_service && failures.load(Ordering::SeqCst) >= READERS;
            !is_away && !is_denied.load(Ordering::SeqCst)
        };
        let work = || {
            while goes_on() {
                let at = next.fetch_add(1, Ordering::SeqCst);
                let Some(job) = jobs.get(at) else { return };
                let outcome = self.look(team, job, collections, wanted, &op_id);
                match outcome.error.as_ref().map(|error| (error.status, error.kind)) {
                    None => failures.store(0, Ordering::SeqCst),
                    // Without a login, every other job is refused, too.
                    Some((Some(401), _)) => is_denied.store(true, Ordering::SeqCst),
                    Some((None | Some(429 | 502..=504), ErrorKind::Unavailable)) => {
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
        for (at, outcome) in done {
            searched.found.extend(outcome.found);
            match outcome.error {
                Some(error) => searched.failed.push((jobs[at].clone(), error)),
                None => {
                    searched.looked += 1;
                    searched.empty.extend(outcome.is_empty.then(|| jobs[at].clone()));
                }
            }
        }
        Ok(searched)
    }

    fn look(
        &self,
        team: &Name,
        job: &str,
        collections: &[Collection],
        wanted: &Wanted,
        op_id: &str,
    ) -> Look {
        let mut look = Look { found: Vec::new(), is_empty: true, error: None };
        let Ok(name) = Name::new(job.to_string()) else {
            let error = Error::usage("Cannot read the job.")
                .why("Its name is not one that can be asked for.")
                .help("Ask whoever runs the service what this job is.");
            return Look { error: Some(error), ..look };
        };
        let owner = Owner { team: team.clone(), job: name };
        for &collection in collections {
            match self.snapshot(&owner, collection, op_id) {
                Ok(snapshot) => {
                    look.is_empty &= snapshot.document.is_empty();
                    look.found.extend(snapshot.document.iter().filter_map(|(key, value)| {
                        let how = wanted.how(key, value)?;
                        Some(Found { job: job.to_string(), collection, key: key.to_string(), how })
                    }));
                }
                Err(error) => return Look { error: Some(error), ..look },
            }
        }
        look
    }

    fn snapshot(
        &self,
        owner: &Owner,
        collection: Collection,
        op_id: &str,
    ) -> Result<Snapshot, Error> {
        let read = || self.service(owner, collection, op_id.to_string())?.read();
        match read() {
            // A connection that is kept does not renew its login. Another one does.
            Err(error) if error.status == Some(401) => {
                self.disconnect();
                read()
            }
            read => read,
        }
    }
}

/// What the look at one job came to.
struct Look {
    found: Vec<Found>,
    /// It has no keys, as far as it was read.
    is_empty: bool,
    /// Why not all was read.
    error: Option<Error>,
}
