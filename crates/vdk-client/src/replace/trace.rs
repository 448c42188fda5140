//! What an interrupted replacement has written: its versions have the id of its operation.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::SecretString;
use vdk_api::{Collection, JsonText, Name, Owner};

use crate::search::is_value;
use crate::{Client, Error, ErrorKind};

/// What is known of a replacement by what it wrote.
#[derive(Debug, Default)]
pub struct Traced {
    /// The new value, if a job still has it.
    pub value: Option<TracedValue>,
    /// What it wrote replaced another value than the one that was asked for.
    pub is_of_another: bool,
    /// Jobs where neither can be told, and why.
    pub failed: Vec<(String, Error)>,
}

/// A value that a replacement has written, and where it is.
#[derive(Debug)]
pub struct TracedValue {
    /// The job.
    pub job: String,
    /// The key.
    pub key: String,
    /// The value, without a line end behind it.
    pub value: SecretString,
}

impl Client {
    /// Looks in these jobs of a team, several at once, for what the operation `op_id` wrote in place of
    /// `old`, until one tells. Beside each job is its version before. `progress` gets the number of jobs
    /// that are done. The client should keep its connection.
    pub fn trace(
        &self,
        team: &Name,
        collection: Collection,
        jobs: &BTreeMap<String, u64>,
        (op_id, old): (&str, &str),
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Traced, Error> {
        let own_id = self.settings().op_id()?;
        let names: Vec<String> = jobs.keys().cloned().collect();
        let is_known = AtomicBool::new(false);
        let look = |owner: &Owner| {
            if is_known.load(Ordering::SeqCst) {
                return (Traced::default(), None);
            }
            let from = jobs.get(owner.job.as_str()).copied().unwrap_or(0);
            let of = || self.trace_in(owner, collection, &own_id, (op_id, old, from));
            match self.read_again(of) {
                Ok(traced) => {
                    let tells = traced.is_of_another || traced.value.is_some();
                    is_known.fetch_or(tells, Ordering::SeqCst);
                    (traced, None)
                }
                Err(error) => (Traced::default(), Some(error)),
            }
        };
        let mut all = Traced::default();
        for (at, traced, error) in self.each(team, &names, look, progress) {
            let traced = traced.unwrap_or_default();
            all.is_of_another |= traced.is_of_another;
            all.value = all.value.or(traced.value);
            all.failed.extend(error.map(|error| (names[at].clone(), error)));
        }
        Ok(all)
    }

    /// Returns whether the versions of a job's key/values can be listed, which [`Client::trace`] needs.
    pub fn check_versions(&self, owner: &Owner, collection: Collection) -> Result<(), Error> {
        let op_id = self.settings().op_id()?;
        self.read_again(|| self.service(owner, collection, op_id.clone())?.versions()).map(drop)
    }

    fn trace_in(
        &self,
        owner: &Owner,
        collection: Collection,
        own_id: &str,
        (op_id, old, from): (&str, &str, u64),
    ) -> Result<Traced, Error> {
        let job = self.service(owner, collection, own_id.into())?;
        let mut traced = Traced::default();
        let versions = job.versions()?;
        // Versions that are not kept any more may be its.
        let mut is_unclear = versions.last().is_some_and(|oldest| oldest.version > from + 1);
        for version in versions.iter().filter(|version| version.op_id.as_deref() == Some(op_id)) {
            let Some(changes) = version.changes.as_ref().filter(|_| version.version > 1) else {
                is_unclear = true;
                continue;
            };
            let before = job.read_version(version.version - 1)?;
            let written = job.read_version(version.version)?;
            let now = job.read()?.document;
            for key in &changes.changed {
                if !before.get(key).is_some_and(|value| is_value(value, old)) {
                    traced.is_of_another = true;
                    continue;
                }
                let written = written.get(key);
                let held = now.get(key).filter(|now| written.is_some_and(|it| it.is_exactly(now)));
                if let Some(text) = held.and_then(JsonText::to_text) {
                    let (job, key) = (owner.job.to_string(), key.clone());
                    let value = SecretString::from(text.trim_end_matches(['\r', '\n']));
                    traced.value.get_or_insert(TracedValue { job, key, value });
                }
            }
        }
        if is_unclear && traced.value.is_none() && !traced.is_of_another {
            return Err(Error::new(ErrorKind::Conflict, "Cannot tell what was written.")
                .why("So many versions came since then that its own is no longer kept.")
                .help("If a job has the new value, read it there with --get, and give it with --new-file."));
        }
        Ok(traced)
    }
}
