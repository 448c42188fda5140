//! What an interrupted replacement has written: its versions have the id of its operation.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::SecretString;
use vdk_api::{Collection, Document, JsonText, Kind, Name, Owner, Version};
use zeroize::Zeroizing;

use crate::search::is_value;
use crate::service::Service;
use crate::{Client, Error, ErrorKind};

/// What is left of a replacement, from the least that it tells to the most.
#[derive(Debug, Default)]
pub enum Trace {
    /// It wrote nothing.
    #[default]
    Nothing,
    /// What it wrote is not there any more.
    Gone,
    /// It replaced another value.
    OfAnother,
    /// A job has its value.
    Value(TracedValue),
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

impl Trace {
    fn rank(&self) -> u8 {
        match self {
            Trace::Nothing => 0,
            Trace::Gone => 1,
            Trace::OfAnother => 2,
            Trace::Value(_) => 3,
        }
    }

    /// Returns whether no other job can tell more.
    pub fn is_final(&self) -> bool {
        self.rank() >= 2
    }

    /// Returns the one that tells more.
    #[must_use]
    pub fn or(self, other: Trace) -> Trace {
        if other.rank() > self.rank() { other } else { self }
    }
}

impl Client {
    /// Looks in these jobs of a team, several at once, for what the operation `op_id` wrote in place of
    /// `old`, until one tells. Beside each job is its version before. Returns the jobs that cannot tell as
    /// well, and why. `progress` gets the number of jobs that are done. The client should keep its
    /// connection.
    pub fn trace(
        &self,
        team: &Name,
        collection: Collection,
        jobs: &BTreeMap<String, u64>,
        (op_id, old): (&str, &str),
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<(Trace, Vec<(String, Error)>), Error> {
        let own_id = self.settings().op_id()?;
        let names: Vec<String> = jobs.keys().cloned().collect();
        let is_known = AtomicBool::new(false);
        let look = |owner: &Owner| {
            if is_known.load(Ordering::SeqCst) {
                return (Trace::Nothing, None);
            }
            let from = jobs.get(owner.job.as_str()).copied().unwrap_or(0);
            let trace = || {
                let service = self.service(owner, collection, own_id.clone())?;
                trace_in(&*service, owner.job.as_str(), from, (op_id, old))
            };
            match self.read_again(trace) {
                Ok(trace) => {
                    is_known.fetch_or(trace.is_final(), Ordering::SeqCst);
                    (trace, None)
                }
                Err(error) => (Trace::Nothing, Some(error)),
            }
        };
        let (mut all, mut failed) = (Trace::Nothing, Vec::new());
        for (at, trace, error) in self.each(team, &names, look, progress) {
            all = all.or(trace.unwrap_or_default());
            failed.extend(error.map(|error| (names[at].clone(), error)));
        }
        Ok((all, failed))
    }

    /// Returns whether the versions of a job's key/values can be listed, which [`Client::trace`] needs.
    pub fn check_versions(&self, owner: &Owner, collection: Collection) -> Result<(), Error> {
        let op_id = self.settings().op_id()?;
        self.read_again(|| self.service(owner, collection, op_id.clone())?.versions()).map(drop)
    }
}

fn trace_in(
    service: &dyn Service,
    job: &str,
    from: u64,
    (op_id, old): (&str, &str),
) -> Result<Trace, Error> {
    let versions = service.versions()?;
    let known = (versions.last(), versions.first());
    let is_whole = |(oldest, newest): (&Version, &Version)| {
        oldest.version <= from + 1 && newest.version >= from
    };
    // Versions that are not listed may be its.
    let mut is_clear = known.0.zip(known.1).is_some_and(is_whole);
    let mut trace = Trace::Nothing;
    for version in versions.iter().filter(|version| version.version > from) {
        let Some(changes) = &version.changes else {
            is_clear = false;
            continue;
        };
        if changes.changed.is_empty() {
            continue;
        }
        let before = service.read_version(version.version - 1)?;
        let held_old = |key: &String| before.get(key).is_some_and(|value| is_value(value, old));
        if version.op_id.as_deref() != Some(op_id) {
            // It may be its write, whose id was lost on the way.
            is_clear &= !changes.changed.iter().any(held_old);
            continue;
        }
        let written = service.read_version(version.version)?;
        let now = service.read()?.document;
        for key in &changes.changed {
            trace = trace.or(match written.get(key).and_then(text) {
                _ if !held_old(key) => Trace::OfAnother,
                Some(value) => held(job, &value, &now).map_or(Trace::Gone, Trace::Value),
                None => Trace::Gone,
            });
        }
    }
    if is_clear || trace.is_final() {
        return Ok(trace);
    }
    Err(Error::new(ErrorKind::Conflict, "Cannot tell what was written.")
        .why("Its versions do not tell: there are too many since then, or somebody else replaced the value.")
        .help("If a job has the new value, read it there with --get, and give it with --new-file."))
}

/// Returns where a job holds a value now.
fn held(job: &str, value: &str, now: &Document) -> Option<TracedValue> {
    let (key, _) = now.iter().find(|(_, own)| is_value(own, value))?;
    Some(TracedValue { job: job.into(), key: key.into(), value: SecretString::from(value) })
}

/// Returns the text of a string or a number, without a line end behind it.
fn text(value: &JsonText) -> Option<Zeroizing<String>> {
    match value.to_text() {
        Some(text) => Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).into())),
        None => matches!(value.kind(), Kind::Integer | Kind::Float)
            .then(|| Zeroizing::new(value.expose().into())),
    }
}
