//! A replacement by a generated value. All its jobs get the same, also if commands are interrupted: the next
//! one finds the value in a job that has it already.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret, SecretString};
use vdk_api::{Collection, Name, Owner, escape};
use vdk_client::search::Searched;
use vdk_client::{Error, ErrorKind, Trace};

use super::journal::{Journal, Journals};
use crate::commands::across::{Across, NAMED, Progress};
use crate::commands::generate::Generate;
use crate::context::Context;
use crate::formats::replaced::{Outcome, Row};

/// The replacement, and what of it is noted.
pub struct Generated {
    /// The value.
    pub new: SecretString,
    journal: Journal,
    /// Replacements of which no job has anything.
    ended: Vec<Journal>,
    /// No other command on this machine begins one meanwhile.
    _journals: Journals,
}

impl Generated {
    /// Goes on with the replacement of `old` that was interrupted, or makes a new value. Writes nothing.
    /// What jobs hold was read before: a write that arrived since then is found by its version.
    pub fn find(
        generate: &Generate,
        mut journals: Journals,
        old: &str,
        across: &Across,
        context: &Context,
    ) -> Result<Self, Error> {
        let (mut ended, mut is_gone) = (Vec::new(), false);
        for journal in std::mem::take(&mut journals.here) {
            let found = match trace(&journal, old, across)? {
                Trace::Value(found) => found,
                Trace::OfAnother => continue,
                nothing => {
                    is_gone |= matches!(nothing, Trace::Gone);
                    ended.push(journal);
                    continue;
                }
            };
            let (key, job) = (escape::line(&found.key), escape::line(&found.job));
            let begin_anew =
                format!("To begin with another value, remove {}.", journal.file().display());
            if journal.options() != generate.options() {
                return Err(Error::usage(
                    "An interrupted command generated another kind of value.",
                )
                .why(format!(
                    "It was run with {}. The value is in key '{key}' of job '{job}'.",
                    journal.options()
                ))
                .help(format!("Run it with these options, and it goes on. {begin_anew}")));
            }
            if !generate.fits(found.value.expose_secret()) {
                return Err(Error::new(ErrorKind::Conflict, "The generated value is another one.")
                    .why(format!(
                        "Somebody has set key '{key}' of job '{job}' as if an interrupted command had."
                    ))
                    .help(format!("Look at the history of the job. {begin_anew}")));
            }
            context.reporter.note(&format!(
                "an interrupted command has generated the new value, and this one goes on with it: it \
                 is in key '{key}' of job '{job}'"
            ));
            return Ok(Generated { new: found.value, journal, ended, _journals: journals });
        }
        if is_gone {
            context.reporter.note(
                "no job has the value any more that an interrupted command has generated: a new one is \
                 made",
            );
        }
        for service in &journals.elsewhere {
            context.reporter.note(&format!(
                "an interrupted command for this team has generated a value for -u {service}: this one \
                 is another"
            ));
        }
        let journal = journals.begin(generate.options());
        Ok(Generated { new: generate.value()?, journal, ended, _journals: journals })
    }

    /// Checks that the next command could go on: it needs the versions of jobs.
    pub fn check(&self, across: &Across, rows: &[Row]) -> Result<(), Error> {
        let planned = rows.iter().find(|row| row.outcome == Outcome::Planned);
        let Some((row, job)) =
            planned.and_then(|row| Some((row, Name::new(row.found.job.clone()).ok()?)))
        else {
            return Ok(());
        };
        let owner = Owner { team: across.team.clone(), job };
        across.client.check_versions(&owner, row.found.collection).map_err(|error| {
            Error::new(error.kind, "Cannot replace by a generated value.")
                .why(format!(
                    "After an interruption, it is found again by the versions of a job. {}",
                    error.body.why
                ))
                .help(format!(
                    "{} A value from elsewhere can be given: --new-file FILE",
                    error.body.countermeasures
                ))
        })
    }

    /// Notes where it is going to be written, before it is. Returns what is to mark the writes.
    pub fn begin(&mut self, rows: &[Row], looked: &Looked) -> Result<&str, Error> {
        let planned = rows.iter().filter(|row| row.outcome == Outcome::Planned).map(|row| {
            let (found, version) = (&row.found, row.found.version.unwrap_or(0));
            (found.collection, found.job.clone(), Some(version))
        });
        self.journal.plan(planned.chain(looked.unseen()))?;
        self.ended.iter().try_for_each(Journal::remove)?;
        Ok(self.journal.op_id())
    }

    /// Notes what is left, and returns how many places that are. Without any, the replacement has ended.
    pub fn end(self, rows: &[Row], looked: &Looked) -> Result<usize, Error> {
        let is_open = |row: &&Row| {
            matches!(row.outcome, Outcome::Planned | Outcome::Failed | Outcome::NotKnown)
        };
        let place = |row: &'_ Row| (row.found.collection.as_str(), row.found.job.clone());
        let open: BTreeSet<_> = rows.iter().filter(is_open).map(place).collect();
        self.journal.settle(|collection, job| {
            looked.saw(collection, job) && !open.contains(&(collection, job.to_string()))
        })
    }
}

/// Where a command looked for the old value.
pub struct Looked<'a> {
    across: &'a Across,
    jobs: BTreeSet<&'a String>,
    unseen: BTreeSet<String>,
}

impl<'a> Looked<'a> {
    /// Takes what it came to in these jobs.
    pub fn new(across: &'a Across, jobs: &'a [String], searched: &Searched) -> Self {
        let failed = searched.failed.iter().map(|(job, _)| job);
        let unseen = failed.chain(&searched.not_asked).cloned().collect();
        Looked { across, jobs: jobs.iter().collect(), unseen }
    }

    fn unseen(&self) -> impl Iterator<Item = (Collection, String, Option<u64>)> {
        let each = self.across.collections().iter();
        each.flat_map(|&of| self.unseen.iter().map(move |job| (of, job.clone(), None)))
    }

    fn saw(&self, collection: &str, job: &str) -> bool {
        let job = job.to_string();
        self.across.collections().iter().any(|of| of.as_str() == collection)
            && self.jobs.contains(&job)
            && !self.unseen.contains(&job)
    }
}

/// Asks the jobs of a replacement whether it is that of `old`, and for its value.
fn trace(journal: &Journal, old: &str, across: &Across) -> Result<Trace, Error> {
    let (mut all, mut failed) = (Trace::Nothing, Vec::new());
    for collection in [Collection::Secrets, Collection::Properties] {
        let jobs = journal.written(collection);
        let progress = Progress::new(jobs.len());
        let shows = |done| progress.show(done);
        let of = (journal.op_id(), old);
        let (trace, more) = across.client.trace(&across.team, collection, &jobs, of, &shows)?;
        all = all.or(trace);
        failed.extend(more);
    }
    // It may be in one of these.
    let Some((_, first)) = failed.first().filter(|_| !all.is_final()) else { return Ok(all) };
    let each = failed.iter().take(NAMED);
    let why = each.map(|(job, error)| format!("Job {}: {}", escape::name(job), error.body.why));
    let (kind, help) = (first.kind, first.body.countermeasures.clone());
    Err(Error::new(kind, "Cannot tell which value an interrupted command has generated.")
        .why(why.collect::<Vec<_>>().join("\n"))
        .consequences("Nothing was changed: jobs could get another value than those before.")
        .help(format!(
            "{help} To begin with another value all the same, remove {}.",
            journal.file().display()
        )))
}
