//! The metadata of secrets: changed field by field, and looked through in many jobs.

use std::path::PathBuf;

use vdk_api::{Document, KeyMetadata, Name, Owner};

use crate::change::{Change, Done};
use crate::service::{KEYS_FILE, KeysFile, Snapshot};
use crate::{Client, Error, ErrorKind, Job};

/// Most attempts of a change while others change the same key.
const MAX_TRIES: usize = 10;

/// The metadata of many jobs.
#[derive(Debug, Default)]
pub struct Described {
    /// A job, a key and its metadata, in the order of the jobs.
    pub found: Vec<(String, String, KeyMetadata)>,
    /// The number of jobs that were read.
    pub looked: usize,
    /// The jobs that could not be read, and why.
    pub failed: Vec<(String, Error)>,
}

impl Job {
    /// Changes the metadata of one key with `change`, which is applied again to what others wrote
    /// meanwhile. This job has to be that of [`Client::metadata`].
    pub fn describe(&self, key: &str, change: impl Fn(&mut KeyMetadata)) -> Result<Done, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            let base = self.read()?.document;
            let mut one = metadata_of(&base, key)?;
            change(&mut one);
            let mut edited = base.clone();
            match one == KeyMetadata::default() {
                true => drop(edited.remove(key)),
                false => drop(edited.set(key, one.to_json())),
            }
            match self.apply(&Change::Edit { base, edited }) {
                Err(error) if error.kind == ErrorKind::Conflict && tries < MAX_TRIES => {}
                done => return done,
            }
        }
    }
}

impl Client {
    /// Returns the metadata of a job's secrets, and what it is now: where the secrets are, or else in the
    /// file `keys.toml` in `folder`, that of the data job.
    pub fn metadata_or_file(
        &self,
        owner: &Owner,
        folder: Option<PathBuf>,
    ) -> Result<(Job, Snapshot), Error> {
        let job = self.metadata(owner)?;
        match (job.read(), folder) {
            (Err(error), Some(folder)) if is_absent(&error) => {
                let name = format!("the metadata of the secrets of job '{}'", owner.job);
                let file = self.job_in(Box::new(KeysFile::in_folder(folder)), name);
                let now = file.read()?;
                Ok((file, now))
            }
            (Err(error), None) if is_absent(&error) => Err(keeps_none(&job.service.place())),
            (now, _) => now.map(|now| (job, now)),
        }
    }

    /// Reads the metadata of these jobs of a team, several at once. `progress` gets the number of jobs
    /// that are done. The client should keep its connection.
    pub fn described(
        &self,
        team: &Name,
        jobs: &[String],
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Described, Error> {
        let op_id = self.settings().op_id()?;
        let look = |owner: &Owner| {
            let read = || self.metadata_service(owner, op_id.clone())?.read();
            match self.read_again(read).and_then(|now| all(&now.document)) {
                Ok(found) => (found, None),
                Err(error) => (Vec::new(), Some(error)),
            }
        };
        let mut described = Described::default();
        for (at, found, error) in self.each(team, jobs, look, progress) {
            let job = &jobs[at];
            let found = found.into_iter().flatten();
            described.found.extend(found.map(|(key, metadata)| (job.clone(), key, metadata)));
            match error {
                Some(error) => described.failed.push((job.clone(), error)),
                None => described.looked += 1,
            }
        }
        Ok(described)
    }
}

/// Returns whether a service has no such path.
pub fn is_absent(error: &Error) -> bool {
    matches!(error.status, Some(404 | 405))
}

/// Returns whether an error of [`Client::metadata_or_file`] says that there is no metadata.
pub fn is_none(error: &Error) -> bool {
    error.body.what == NONE
}

const NONE: &str = "The secrets have no metadata.";

/// Returns the error for a service without metadata, where there is no folder of a job.
pub fn keeps_none(place: &str) -> Error {
    Error::new(ErrorKind::Unavailable, NONE).why(format!("{place} keeps none.")).help(format!(
        "In the folder of the data job, {KEYS_FILE} has it. The Control Service of this vdk keeps \
             metadata, and so does -u local."
    ))
}

/// Returns the metadata of all keys in a document of metadata.
pub fn all(document: &Document) -> Result<Vec<(String, KeyMetadata)>, Error> {
    let keys = document.keys();
    keys.map(|key| metadata_of(document, key).map(|one| (key.to_string(), one))).collect()
}

/// Returns the metadata of a key in a document of metadata; that of a key without any is empty.
pub fn metadata_of(document: &Document, key: &str) -> Result<KeyMetadata, Error> {
    let Some(json) = document.get(key) else { return Ok(KeyMetadata::default()) };
    KeyMetadata::parse(json).map_err(|error| {
        Error::new(ErrorKind::Unavailable, "Cannot read the metadata of a key.")
            .why(format!("That of key '{}' is not valid: {error}.", vdk_api::escape::line(key)))
            .help("A newer vdk may have written it. Use that, or correct it where it is stored.")
    })
}
