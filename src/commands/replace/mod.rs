//! `replace`: a value by another one, in every job of a team that has it.

mod generated;
mod journal;
mod values;

use std::collections::BTreeSet;

use generated::{Generated, Looked};
use journal::{Journal, Journals};
use secrecy::SecretString;
use values::{New, check_stdin, takes_stdin, values};
use vdk_api::{Collection, Name, Owner, escape};
use vdk_client::search::Wanted;
use vdk_client::{Error, ErrorKind, Replacement};

use super::across::{Across, NAMED, SHORTEST_PART, is_on_terminal, not_looked_at, warn_of_blanks};
use crate::args::Beside;
use crate::args::key_values::WhichArgs;
use crate::args::replace::ReplaceArgs;
use crate::args::shell_word;
use crate::context::Context;
use crate::error::{Exit, write_stderr};
use crate::formats::replaced::{Outcome, Row};
use crate::formats::{self, replaced};
use crate::terminal::prompt;
use crate::terminal::reporter::TerminalReporter;

/// Writes that fail in a row, after which a service is away.
const AWAY: usize = 3;

/// Shows where the old value is, asks, and replaces it job by job.
pub fn run(
    collection: Collection,
    args: &Beside<WhichArgs, ReplaceArgs>,
    context: &Context,
) -> anyhow::Result<Exit> {
    let own = &args.own;
    check_stdin(own)?;
    let across = Across::new(collection, &args.global, &own.across, context)?;
    let open = || Journals::open(context.settings()?, &across.place(), across.team.as_str());
    let (old, new) = values(own, open)?;
    warn_of_blanks(&old, context.reporter);
    let mut jobs = across.jobs()?;
    if let New::Generated(_, journals) = &new
        && !across.is_named()
    {
        // A list may lack a job for a moment.
        let listed: BTreeSet<&String> = jobs.iter().collect();
        let left = journals.here.iter().flat_map(Journal::left);
        let more: BTreeSet<_> = left.filter(|job| !listed.contains(job)).cloned().collect();
        jobs.extend(more);
    }
    let wanted = match old.chars().count() {
        SHORTEST_PART.. => Wanted::part(old.clone()),
        _ => Wanted::Value(old.clone()),
    };
    let searched = across.search(&jobs, &wanted, context.reporter)?;
    let looked = Looked::new(&across, &jobs, &searched);
    let unseen = not_looked_at(searched.failed, searched.looked, jobs.len());
    let mut rows: Vec<_> = searched.found.into_iter().map(Row::planned).collect();
    let is_json = own.preview.output.is_json();
    let team = across.team.as_str();
    let planned = rows.iter().filter(|row| row.outcome == Outcome::Planned).count();
    let value = match new {
        New::Given(new) => Ok(Value::Given(new)),
        New::Generated(generate, journals) => {
            let found = Generated::find(&generate, journals, &old, &across);
            found.map(|generated| Value::Generated(Box::new(generated)))
        }
    };
    if own.preview.dry_run || planned == 0 {
        print(&rows, team, is_json)?;
        match value {
            Ok(Value::Generated(generated)) if planned > 0 => generated.tell(context.reporter),
            Ok(Value::Generated(generated)) if !own.preview.dry_run => {
                end(*generated, &rows, &looked, unseen.is_none(), context.reporter);
            }
            // Without anything to write, no value is needed.
            Err(error) if planned > 0 || unseen.is_some() => return Err(error.into()),
            _ => {}
        }
        return finish(&rows, unseen, Vec::new());
    }
    let mut value = value?;
    if let Value::Generated(generated) = &value {
        generated.check(&across, &rows)?;
        generated.tell(context.reporter);
    }
    let is_asked = prompt::has_terminal() || (takes_stdin(own) > 0 && is_on_terminal());
    if !own.preview.yes && is_asked {
        // Of those who redirect stdout, too, the question says what it is about.
        write_stderr(&replaced::text(&rows));
        let keys = if planned == 1 { "1 key".into() } else { format!("{planned} keys") };
        prompt::confirm(&format!("Replace the value of {keys} in team '{team}'?"))?;
    }
    let (new, op_id) = match &mut value {
        Value::Given(new) => (&*new, context.settings()?.op_id()?),
        Value::Generated(generated) => {
            let op_id = generated.begin(&rows, &looked)?;
            (&generated.new, op_id)
        }
    };
    let failures = write(&mut rows, &across, &Replacement { old: &old, new, op_id: &op_id });
    let is_generated = matches!(value, Value::Generated(_));
    if let Value::Generated(generated) = value {
        let is_all = failures.is_empty() && unseen.is_none();
        end(*generated, &rows, &looked, is_all, context.reporter);
    }
    print(&rows, team, is_json)?;
    tell(&rows, &across, is_generated, context.reporter);
    finish(&rows, unseen, failures)
}

/// Says how to go back, and where a generated value is to be seen.
fn tell(rows: &[Row], across: &Across, is_generated: bool, reporter: TerminalReporter) {
    let (team, place) = (shell_word(across.team.as_str()), shell_word(&across.place()));
    for collection in across.collections() {
        let is_it = |row: &Row| row.rollback.is_some() && row.found.collection == *collection;
        if rows.iter().any(is_it) {
            reporter.note(&format!(
                "to go back in a job: vdk {collection} -n JOB -t {team} -u {place} rollback VERSION"
            ));
        }
    }
    let has_it = |row: &&Row| is_generated && row.outcome == Outcome::Replaced;
    if let Some(Row { found, .. }) = rows.iter().find(has_it) {
        let (job, key) = (shell_word(&found.job), shell_word(&found.key));
        reporter.note(&format!(
            "to see the new value: vdk {} -n {job} -t {team} -u {place} --get {key}",
            found.collection
        ));
    }
}

/// The new value.
enum Value {
    Given(SecretString),
    Generated(Box<Generated>),
}

/// Notes what is left of a replacement by a generated value. `is_all`: nothing else says so.
fn end(
    generated: Generated,
    rows: &[Row],
    looked: &Looked,
    is_all: bool,
    reporter: TerminalReporter,
) {
    match generated.end(rows, looked) {
        Err(error) => {
            reporter.warning(&format!("it is still noted as under way. {}", error.body.why));
        }
        Ok(left) if left > 0 && is_all => reporter.note(
            "the interrupted command was for more than this one, and is not complete: run it as it was",
        ),
        Ok(_) => {}
    }
}

/// Replaces the value in one job after the other. Returns the jobs where that failed, and why. A service
/// that is away is not asked for the others.
fn write(rows: &mut [Row], across: &Across, by: &Replacement) -> Vec<(String, Error)> {
    let (mut failures, mut in_a_row) = (Vec::new(), 0);
    let mut at = 0;
    while at < rows.len() && in_a_row < AWAY {
        let (job, collection) = (rows[at].found.job.clone(), rows[at].found.collection);
        let is_same = |row: &&Row| row.found.job == job && row.found.collection == collection;
        let count = rows[at..].iter().take_while(is_same).count();
        let group = &mut rows[at..at + count];
        at += count;
        let is_planned = |row: &&Row| row.outcome == Outcome::Planned;
        let keys: Vec<_> =
            group.iter().filter(is_planned).map(|row| row.found.key.clone()).collect();
        let Some(name) = Name::new(job.clone()).ok().filter(|_| !keys.is_empty()) else { continue };
        let owner = Owner { team: across.team.clone(), job: name };
        let done = across.client.replace(&owner, collection, &keys, by);
        for row in group.iter_mut().filter(|row| row.outcome == Outcome::Planned) {
            (row.outcome, row.rollback) = match &done {
                Ok(done) if done.keys.contains(&row.found.key) => (Outcome::Replaced, done.version),
                Ok(done) if done.mismatched.contains(&row.found.key) => (Outcome::OtherType, None),
                Ok(_) => (Outcome::Changed, None),
                Err(error) if error.kind == ErrorKind::Unknown => (Outcome::NotKnown, None),
                Err(_) => (Outcome::Failed, None),
            };
        }
        in_a_row = match done.as_ref().map_err(|error| error.status) {
            Err(Some(401)) => AWAY,
            Err(None | Some(429 | 502..=504)) => in_a_row + 1,
            _ => 0,
        };
        failures.extend(done.err().map(|error| (job, error)));
    }
    failures
}

fn print(rows: &[Row], team: &str, is_json: bool) -> anyhow::Result<()> {
    formats::print(&if is_json { replaced::json(team, rows) } else { replaced::text(rows) })
}

/// Returns the exit code, or the error that says what was not replaced.
fn finish(
    rows: &[Row],
    unseen: Option<Error>,
    failures: Vec<(String, Error)>,
) -> anyhow::Result<Exit> {
    let count = |outcome: Outcome| rows.iter().filter(|row| row.outcome == outcome).count();
    let mut why: Vec<_> = failures
        .iter()
        .take(NAMED)
        .map(|(job, error)| format!("Job {}: {}", escape::name(job), error.body.why))
        .collect();
    for (number, told) in [
        (failures.len().saturating_sub(NAMED), "more jobs failed."),
        (count(Outcome::Changed), "got another value meanwhile."),
        (count(Outcome::OtherType), "would lose their type, or digits, with the new value."),
    ] {
        if number > 0 {
            why.push(format!("{number} {told}"));
        }
    }
    let is_all_seen = unseen.is_none();
    let mut errors: Vec<_> = failures.into_iter().map(|(_, error)| error).collect();
    errors.extend(unseen);
    if is_all_seen && why.is_empty() {
        return Ok(Exit::Done);
    }
    // What is in doubt weighs more than what is missing, and that more than what is refused.
    let rank = |kind: ErrorKind| match kind {
        ErrorKind::Unknown => 3,
        ErrorKind::Unavailable => 2,
        ErrorKind::Conflict => 0,
        _ => 1,
    };
    let worst = errors.iter().max_by_key(|error| rank(error.kind));
    let kind = worst.map_or(ErrorKind::Conflict, |error| error.kind);
    let help = match worst {
        Some(worst) => format!(
            "Run the same command again: it goes on with what is left. {}",
            worst.body.countermeasures
        ),
        None => "Look at them with find, and set them with --set or --set-json.".into(),
    };
    if let Some(unseen) = errors.pop().filter(|_| !is_all_seen) {
        why.push(format!("{} {}", unseen.body.what, unseen.body.why));
    }
    let done = count(Outcome::Replaced);
    let all = rows.len() - count(Outcome::Part);
    let or_more = if count(Outcome::NotKnown) > 0 { ", or more" } else { "" };
    Err(Error::new(kind, "The value was not replaced everywhere.")
        .why(why.join("\n"))
        .consequences(format!("{done} of {all} keys have the new value{or_more}."))
        .help(help)
        .into())
}
