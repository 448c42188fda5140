//! A replacement by a generated value. All its jobs get the same, also if commands are interrupted: the next
//! one finds the value in a job that has it already.

use std::collections::{BTreeSet, HashSet};

use secrecy::{ExposeSecret, SecretString};
use vdk_api::{Collection, Name, Owner, escape};
use vdk_client::search::Searched;
use vdk_client::{Error, ErrorKind, Operation, Trace, TracedValue};

use super::journal::{Journal, Journals, Place};
use crate::commands::across::{Across, NAMED, Progress};
use crate::commands::generate::Generate;
use crate::formats::replaced::{Outcome, Row};
use crate::terminal::reporter::TerminalReporter;

/// The replacement, and what of it is noted.
pub struct Generated {
    /// The value.
    pub new: SecretString,
    journal: Journal,
    /// Replacements of which no job has anything, and where their writes may still arrive.
    others: Vec<(Journal, Vec<Place>)>,
    notes: Vec<String>,
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
    ) -> Result<Self, Error> {
        let (mut others, mut notes) = (Vec::new(), Vec::new());
        let (mut is_gone, mut failure) = (false, None);
        for journal in std::mem::take(&mut journals.here) {
            match trace(&journal, old, across) {
                Ok((Trace::Value(found), _)) => {
                    notes = vec![format!(
                        "an interrupted command has generated the new value, and this one goes on with \
                         it: it is in {}",
                        place_of(&found)
                    )];
                    check_value(&journal, generate, &found)?;
                    return Ok(Generated {
                        new: found.value,
                        journal,
                        others,
                        notes,
                        _journals: journals,
                    });
                }
                Ok((Trace::OfAnother, _)) => {}
                Ok((nothing, open)) => {
                    is_gone |= matches!(nothing, Trace::Gone);
                    others.push((journal, open));
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        if let Some(failure) = failure {
            return Err(failure);
        }
        if is_gone {
            notes.push(
                "no job has the value any more that an interrupted command has generated: a new one is \
                 made"
                    .into(),
            );
        }
        notes.extend(journals.elsewhere.iter().map(|service| {
            format!(
                "an interrupted command for this team has generated a value for -u {service}: this one \
                 is another"
            )
        }));
        let (new, journal) = (generate.value()?, journals.begin(generate.options()));
        Ok(Generated { new, journal, others, notes, _journals: journals })
    }

    /// Says where the value comes from, if that is not what everybody expects.
    pub fn tell(&self, reporter: TerminalReporter) {
        self.notes.iter().for_each(|note| reporter.note(note));
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
    pub fn begin(&mut self, rows: &[Row], looked: &Looked) -> Result<String, Error> {
        let planned = rows.iter().filter(|row| row.outcome == Outcome::Planned).map(|row| {
            let (found, version) = (&row.found, row.found.version.unwrap_or(0));
            (found.collection, found.job.clone(), Some(version))
        });
        self.journal.plan(planned.chain(looked.unseen()))?;
        Ok(self.journal.op_id().into())
    }

    /// Notes what is left, and returns how many places that are. Without any, the replacement has ended.
    pub fn end(self, rows: &[Row], looked: &Looked) -> Result<usize, Error> {
        let places = |is_it: fn(Outcome) -> bool| -> HashSet<Place> {
            let rows = rows.iter().filter(|row| is_it(row.outcome));
            rows.map(|row| (row.found.collection, row.found.job.clone())).collect()
        };
        let replaced = places(|outcome| outcome == Outcome::Replaced);
        for (other, open) in self.others {
            // Behind a new version, a write that was on its way is refused.
            if open.iter().all(|place| replaced.contains(place)) {
                other.remove()?;
            }
        }
        let unsettled = places(|outcome| {
            matches!(outcome, Outcome::Planned | Outcome::Failed | Outcome::NotKnown)
        });
        self.journal.settle(|place| looked.saw(place) && !unsettled.contains(place))
    }
}

/// Rejects a value that this command would not have generated.
fn check_value(journal: &Journal, generate: &Generate, found: &TracedValue) -> Result<(), Error> {
    let anew = format!("To begin with another value, remove {}.", journal.file().display());
    if journal.options() != generate.options() {
        return Err(Error::usage("An interrupted command generated another kind of value.")
            .why(format!(
                "It was run with {}. The value is in {}.",
                journal.options(),
                place_of(found)
            ))
            .help(format!("Run it with these options, and it goes on. {anew}")));
    }
    if !generate.fits(found.value.expose_secret()) {
        return Err(Error::new(ErrorKind::Conflict, "The generated value is another one.")
            .why(format!("Somebody has set {} as if an interrupted command had.", place_of(found)))
            .help(format!("Look at the history of the job. {anew}")));
    }
    Ok(())
}

fn place_of(found: &TracedValue) -> String {
    format!("key '{}' of job '{}'", escape::line(&found.key), escape::line(&found.job))
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

    fn saw(&self, (collection, job): &Place) -> bool {
        self.across.collections().contains(collection)
            && self.jobs.contains(job)
            && !self.unseen.contains(job)
    }
}

/// Asks the jobs of a replacement whether it is that of `old`, and for its value. Returns also where its
/// writes may still arrive.
fn trace(journal: &Journal, old: &str, across: &Across) -> Result<(Trace, Vec<Place>), Error> {
    let (mut all, mut open, mut failed) = (Trace::Nothing, Vec::new(), Vec::new());
    for collection in [Collection::Secrets, Collection::Properties] {
        let jobs = journal.written(collection);
        let progress = Progress::new(jobs.len());
        let shows = |done| progress.show(done);
        let of = Operation { op_id: journal.op_id(), old };
        let traced = across.client.trace(&across.team, collection, &jobs, of, &shows)?;
        all = all.or(traced.trace);
        open.extend(traced.open.into_iter().map(|job| (collection, job)));
        failed.extend(traced.failed);
    }
    // It may be in one of these.
    let Some((_, first)) = failed.first().filter(|_| !all.is_final()) else {
        return Ok((all, open));
    };
    let each = failed.iter().take(NAMED);
    let why = each.map(|(job, error)| format!("Job {}: {}", escape::name(job), error.body.why));
    let (kind, help) = (first.kind, first.body.countermeasures.clone());
    Err(Error::new(kind, "Cannot tell which value an interrupted command has generated.")
        .why(why.collect::<Vec<_>>().join("\n"))
        .consequences("Nothing was changed: jobs could get another value than those before.")
        .help(format!(
            "{help} When all have one value, or to begin with another, remove {}.",
            journal.file().display()
        )))
}
