//! What an interrupted replacement has written: its versions have the id of its operation.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::SecretString;
use vdk_api::{Collection, Document, JsonText, Kind, Name, Owner, Version};
use zeroize::Zeroizing;

use crate::search::is_value;
use crate::service::Service;
use crate::{Client, Error, ErrorKind};

/// A replacement whose writes are looked for.
#[derive(Clone, Copy)]
pub struct Operation<'a> {
    /// What marks its writes.
    pub op_id: &'a str,
    /// The value that it may have replaced.
    pub old: &'a str,
}

/// What jobs tell of a replacement.
#[derive(Debug, Default)]
pub struct Traced {
    /// What they tell together.
    pub trace: Trace,
    /// Jobs where a write may still arrive: nothing was written since.
    pub open: Vec<String>,
    /// Jobs that cannot tell, and why.
    pub failed: Vec<(String, Error)>,
}

/// What is left of a replacement, from the least that it tells to the most.
#[derive(Debug, Default)]
pub enum Trace {
    /// It wrote nothing.
    #[default]
    Nothing,
    /// What it wrote is not there any more.
    Gone,
    /// It is the replacement of another value.
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
    /// Looks in these jobs of a team, several at once, for what an operation wrote, until one tells. Beside
    /// each job is its version before. `progress` gets the number of jobs that are done. The client should
    /// keep its connection.
    pub fn trace(
        &self,
        team: &Name,
        collection: Collection,
        jobs: &BTreeMap<String, u64>,
        of: Operation,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Traced, Error> {
        let own_id = self.settings().op_id()?;
        let names: Vec<String> = jobs.keys().cloned().collect();
        let is_known = AtomicBool::new(false);
        let look = |owner: &Owner| {
            if is_known.load(Ordering::SeqCst) {
                return (None, None);
            }
            let from = jobs.get(owner.job.as_str()).copied().unwrap_or(0);
            let trace = || {
                let service = self.service(owner, collection, own_id.clone())?;
                trace_in(&*service, owner.job.as_str(), from, of)
            };
            match self.read_again(trace) {
                Ok((trace, is_open)) => {
                    is_known.fetch_or(trace.is_final(), Ordering::SeqCst);
                    (Some((trace, is_open)), None)
                }
                Err(error) => (None, Some(error)),
            }
        };
        let mut all = Traced::default();
        for (at, traced, error) in self.each(team, &names, look, progress) {
            if let Some((trace, is_open)) = traced.flatten() {
                all.trace = all.trace.or(trace);
                all.open.extend(is_open.then(|| names[at].clone()));
            }
            all.failed.extend(error.map(|error| (names[at].clone(), error)));
        }
        Ok(all)
    }

    /// Returns whether the versions of a job's key/values can be listed, which [`Client::trace`] needs.
    pub fn check_versions(&self, owner: &Owner, collection: Collection) -> Result<(), Error> {
        let op_id = self.settings().op_id()?;
        self.read_again(|| self.service(owner, collection, op_id.clone())?.versions()).map(drop)
    }
}

/// Returns what a job tells, and whether nothing was written to it since version `from`.
fn trace_in(
    service: &dyn Service,
    job: &str,
    from: u64,
    of: Operation,
) -> Result<(Trace, bool), Error> {
    let versions = service.versions()?;
    let newest = versions.first().map_or(0, |version| version.version);
    let is_kept = |version: &Version| version.version == from && version.state.is_none();
    let before =
        versions.iter().find(|version| is_kept(version)).map(|_| service.read_version(from));
    let before = before.transpose()?;
    if before.as_ref().is_some_and(|before| !before.iter().any(|(_, own)| is_value(own, of.old))) {
        return Ok((Trace::OfAnother, false));
    }
    // Of versions that are not listed, some may be its.
    let mut is_clear = newest >= from
        && versions.last().is_some_and(|oldest| oldest.version <= from.saturating_add(1));
    let (mut trace, mut now) = (Trace::Nothing, None);
    for version in versions.iter().filter(|version| version.version > from) {
        let Some(changes) = &version.changes else {
            is_clear = false;
            continue;
        };
        if changes.changed.is_empty() {
            continue;
        }
        let before = service.read_version(version.version - 1)?;
        let held_old = |key: &String| before.get(key).is_some_and(|own| is_value(own, of.old));
        if version.op_id.as_deref() != Some(of.op_id) {
            // It may be its write, whose id was lost on the way.
            is_clear &= !changes.changed.iter().any(held_old);
            continue;
        }
        let written = service.read_version(version.version)?;
        let now = match &mut now {
            Some(now) => now,
            now => now.insert(service.read()?.document),
        };
        for key in &changes.changed {
            trace = trace.or(match written.get(key).and_then(text) {
                _ if !held_old(key) => Trace::OfAnother,
                Some(value) => held(job, &value, now).map_or(Trace::Gone, Trace::Value),
                None => Trace::Gone,
            });
        }
    }
    if is_clear || trace.is_final() {
        return Ok((trace, newest == from));
    }
    Err(Error::new(ErrorKind::Conflict, "Cannot tell what was written.")
        .why("It has too many versions since then, or somebody else has replaced the value.")
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
