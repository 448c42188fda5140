//! A replacement by a generated value. All jobs get the same, also if commands are interrupted: the next
//! one finds the value in a job that has it already.

use std::collections::BTreeSet;

use secrecy::SecretString;
use vdk_api::{Collection, Name, Owner, escape};
use vdk_client::search::Searched;
use vdk_client::{Error, TracedValue};

use super::journal::{Journal, Journals, Place, place};
use crate::commands::across::{Across, NAMED, Progress};
use crate::commands::generate::Generate;
use crate::context::Context;
use crate::formats::replaced::{Outcome, Row};

/// The replacement, and what of it is noted.
pub struct Generated {
    /// The value.
    pub new: SecretString,
    journal: Journal,
    is_begun: bool,
    /// Replacements of which no job has anything.
    without_trace: Vec<Journal>,
    /// No other command on this machine begins one meanwhile.
    _journals: Journals,
}

impl Generated {
    /// Goes on with the replacement of `old` that was interrupted, or makes a new value. Writes nothing.
    pub fn find(
        generate: &Generate,
        old: &str,
        across: &Across,
        context: &Context,
    ) -> Result<Self, Error> {
        let journals = Journals::open(context.settings()?, &across.place(), across.team.as_str())?;
        let mut without_trace = Vec::new();
        for journal in journals.all()? {
            let found = match value_of(&journal, old, across)? {
                Trace::Value(found) => found,
                Trace::OfAnother => continue,
                Trace::Nothing => {
                    without_trace.push(journal);
                    continue;
                }
            };
            let held =
                format!("key '{}' of job '{}'", escape::line(&found.key), escape::line(&found.job));
            if journal.options() != generate.options() {
                return Err(Error::usage("An interrupted command generated another kind of value.")
                    .why(format!("It was run with {}. The value is in {held}.", journal.options()))
                    .help(format!(
                        "Run it with these options, and it goes on. To begin with another value, remove {}.",
                        journal.file().display()
                    )));
            }
            context.reporter.note(&format!(
                "an interrupted command has generated the new value, and this one goes on with it: it \
                 is in {held}"
            ));
            let (new, is_begun) = (found.value, true);
            return Ok(Generated { new, journal, is_begun, without_trace, _journals: journals });
        }
        let (new, is_begun) = (generate.value()?, false);
        let journal = journals.begin(generate.options());
        Ok(Generated { new, journal, is_begun, without_trace, _journals: journals })
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
        let planned = rows.iter().filter(|row| row.outcome == Outcome::Planned);
        let planned = planned.map(|row| (place_of(row), row.found.version.unwrap_or(0)));
        self.is_begun = true;
        self.journal.plan(planned, looked.unseen_places())?;
        self.without_trace.drain(..).try_for_each(|journal| journal.settle(|_| true))?;
        Ok(self.journal.op_id())
    }

    /// Notes what is left. If nothing is, the replacement has ended.
    pub fn end(self, rows: &[Row], looked: &Looked) -> Result<(), Error> {
        if !self.is_begun {
            return Ok(());
        }
        let is_open = |row: &&Row| {
            matches!(row.outcome, Outcome::Planned | Outcome::Failed | Outcome::NotKnown)
        };
        let open: BTreeSet<Place> = rows.iter().filter(is_open).map(place_of).collect();
        self.journal.settle(|place| looked.saw(place) && !open.contains(place))
    }
}

fn place_of(row: &Row) -> Place {
    place(row.found.collection, &row.found.job)
}

/// Where a command looked for the old value.
pub struct Looked<'a> {
    across: &'a Across,
    jobs: &'a [String],
    unseen: Vec<String>,
}

impl<'a> Looked<'a> {
    /// Takes what it came to in these jobs.
    pub fn new(across: &'a Across, jobs: &'a [String], searched: &Searched) -> Self {
        let failed = searched.failed.iter().map(|(job, _)| job);
        let unseen = failed.chain(&searched.not_asked).cloned().collect();
        Looked { across, jobs, unseen }
    }

    fn unseen_places(&self) -> impl Iterator<Item = Place> {
        let each = self.across.collections().iter();
        each.flat_map(|&of| self.unseen.iter().map(move |job| place(of, job)))
    }

    fn saw(&self, (collection, job): &Place) -> bool {
        self.across.collections().iter().any(|of| of.as_str() == collection)
            && !self.unseen.contains(job)
            // A job that is no longer in the team's list has nothing.
            && (!self.across.is_named() || self.jobs.contains(job))
    }
}

/// What jobs tell of a replacement.
enum Trace {
    /// A job has the value.
    Value(TracedValue),
    /// It replaces another value.
    OfAnother,
    /// No job has anything of it.
    Nothing,
}

/// Asks the jobs of a replacement whether it is that of `old`.
fn value_of(journal: &Journal, old: &str, across: &Across) -> Result<Trace, Error> {
    let mut failed = Vec::new();
    for collection in [Collection::Secrets, Collection::Properties] {
        let jobs = journal.jobs(collection);
        let progress = Progress::new(jobs.len());
        let shows = |done| progress.show(done);
        let of = (journal.op_id(), old);
        let traced = across.client.trace(&across.team, collection, &jobs, of, &shows)?;
        match traced.value {
            Some(value) => return Ok(Trace::Value(value)),
            None if traced.is_of_another => return Ok(Trace::OfAnother),
            None => failed.extend(traced.failed),
        }
    }
    // It may be in one of these.
    let Some((_, first)) = failed.first() else { return Ok(Trace::Nothing) };
    let each = failed.iter().take(NAMED);
    let why = each.map(|(job, error)| format!("Job {}: {}", escape::name(job), error.body.why));
    let (kind, help) = (first.kind, first.body.countermeasures.clone());
    Err(Error::new(kind, "Cannot tell which value an interrupted command has generated.")
        .why(why.collect::<Vec<_>>().join("\n"))
        .consequences("Nothing was written: jobs could get another value than those before.")
        .help(format!(
            "{help} To begin with another value all the same, remove {}.",
            journal.file().display()
        )))
}
