//! A search in the key/values of many jobs, for a value or for keys by their names.

mod wanted;

use vdk_api::{Collection, Name, Owner};
pub use wanted::Wanted;
pub(crate) use wanted::is_value;

use crate::{Client, Error};

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
    /// The version of the job's key/values, if it has a number.
    pub version: Option<u64>,
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
    /// The jobs that could not be read, and why.
    pub failed: Vec<(String, Error)>,
    /// The jobs that were not asked for, because the service was away for several in a row.
    pub not_asked: Vec<String>,
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
        let look = |owner: &Owner| self.look(owner, collections, wanted, &op_id);
        let done = self.each(team, jobs, look, progress);
        let mut searched = Searched::default();
        let mut asked = done.iter().map(|(at, ..)| *at).peekable();
        let is_left_out = |(at, _): &(usize, _)| asked.next_if_eq(at).is_none();
        let left_out = jobs.iter().enumerate().filter(is_left_out);
        searched.not_asked = left_out.map(|(_, job)| job.clone()).collect();
        for (at, look, error) in done {
            let is_empty = look.as_ref().is_none_or(|look| look.is_empty);
            searched.found.extend(look.into_iter().flat_map(|look| look.found));
            match error {
                Some(error) => searched.failed.push((jobs[at].clone(), error)),
                None => {
                    searched.looked += 1;
                    searched.empty.extend(is_empty.then(|| jobs[at].clone()));
                }
            }
        }
        Ok(searched)
    }

    fn look(
        &self,
        owner: &Owner,
        collections: &[Collection],
        wanted: &Wanted,
        op_id: &str,
    ) -> (Look, Option<Error>) {
        let mut look = Look { found: Vec::new(), is_empty: true };
        for &collection in collections {
            let read = || self.service(owner, collection, op_id.to_string())?.read();
            match self.read_again(read) {
                Ok(snapshot) => {
                    look.is_empty &= snapshot.document.is_empty();
                    look.found.extend(snapshot.document.iter().filter_map(|(key, value)| {
                        let how = wanted.how(key, value)?;
                        let job = owner.job.to_string();
                        let (key, version) = (key.to_string(), snapshot.version);
                        Some(Found { job, collection, key, how, version })
                    }));
                }
                Err(error) => return (look, Some(error)),
            }
        }
        (look, None)
    }
}

/// What the look at one job came to.
struct Look {
    found: Vec<Found>,
    /// It has no keys, as far as it was read.
    is_empty: bool,
}
