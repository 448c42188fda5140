//! Work on many jobs of a team, several at once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use vdk_api::{Name, Owner};

use crate::config::Target;
use crate::{Client, Error, ErrorKind};

/// Jobs that are read at once.
const READERS: usize = 8;

impl Client {
    /// Runs `look` for each of `jobs` of a team, and returns the results in their order. After several
    /// failures in a row, a service is away, and is not asked for the others: they have no result.
    /// `progress` gets the number of jobs that are done. The client should keep its connection.
    pub(crate) fn each<T: Send>(
        &self,
        team: &Name,
        jobs: &[String],
        look: impl Fn(&Owner) -> (T, Option<Error>) + Sync,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Vec<(usize, Option<T>, Option<Error>)> {
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
                let (found, error) = match Name::new(job.clone()) {
                    Ok(job) => {
                        let (found, error) = look(&Owner { team: team.clone(), job });
                        (Some(found), error)
                    }
                    Err(_) => (None, Some(not_a_name())),
                };
                match error.as_ref().map(|error| (error.status, error.kind)) {
                    None => failures.store(0, Ordering::SeqCst),
                    // Without a login, every other job is refused, too.
                    Some((Some(401), _)) => is_denied.store(true, Ordering::SeqCst),
                    Some((None | Some(429 | 502..=504), ErrorKind::Unavailable)) => {
                        failures.fetch_add(1, Ordering::SeqCst);
                    }
                    Some(_) => {}
                }
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done.push((at, found, error));
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
        done.sort_unstable_by_key(|(at, ..)| *at);
        done
    }

    /// Reads, and once more with another connection if the login is rejected: one that is kept does not
    /// renew it.
    pub(crate) fn read_again<T>(&self, read: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
        match read() {
            Err(error) if error.status == Some(401) => {
                self.disconnect();
                read()
            }
            read => read,
        }
    }
}

fn not_a_name() -> Error {
    Error::usage("Cannot read the job.")
        .why("Its name is not one that can be asked for.")
        .help("Ask whoever runs the service what this job is.")
}
