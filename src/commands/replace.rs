//! `replace`: a value by another one, in every job of a team that has it.

use secrecy::SecretString;
use vdk_api::{Collection, Name, Owner, escape};
use vdk_client::search::Wanted;
use vdk_client::{Error, ErrorKind};
use zeroize::Zeroizing;

use super::across::{
    Across, NAMED, SHORTEST_PART, check_length, hidden_beside_jobs, is_on_terminal, not_looked_at,
    warn_of_blanks, whole,
};
use crate::args::Beside;
use crate::args::key_values::WhichArgs;
use crate::args::replace::ReplaceArgs;
use crate::args::shell_word;
use crate::context::Context;
use crate::error::{Exit, write_stderr};
use crate::formats::replaced::{Outcome, Row};
use crate::formats::{self, replaced};
use crate::terminal::input::Input;
use crate::terminal::prompt;

/// How values are given that no prompt takes.
const BY_FILES: &str = "use --old-file and --new-file";

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
    let (old, new) = values(own)?;
    warn_of_blanks(&old, context.reporter);
    let jobs = across.jobs()?;
    let wanted = match old.chars().count() {
        SHORTEST_PART.. => Wanted::part(old.clone()),
        _ => Wanted::Value(old.clone()),
    };
    let searched = across.search(&jobs, &wanted, context.reporter)?;
    let unseen = not_looked_at(searched.failed, searched.looked, jobs.len());
    let mut rows: Vec<_> = searched.found.into_iter().map(Row::planned).collect();
    let is_json = own.preview.output.is_json();
    let team = across.team.as_str();
    let planned = rows.iter().filter(|row| row.outcome == Outcome::Planned).count();
    if own.preview.dry_run || planned == 0 {
        print(&rows, team, is_json)?;
        return finish(&rows, unseen, Vec::new());
    }
    if !own.preview.yes && (prompt::has_terminal() || (takes_stdin(own) > 0 && is_on_terminal())) {
        // Of those who redirect stdout, too, the question says what it is about.
        write_stderr(&replaced::text(&rows));
        let keys = if planned == 1 { "1 key".into() } else { format!("{planned} keys") };
        prompt::confirm(&format!("Replace the value of {keys} in team '{team}'?"))?;
    }
    let failures = write(&mut rows, &across, &old, &new);
    print(&rows, team, is_json)?;
    if rows.iter().any(|row| row.rollback.is_some()) {
        let (team, place) = (shell_word(team), shell_word(&across.place()));
        let which = if own.across.both { "secrets|properties" } else { collection.as_str() };
        context.reporter.note(&format!(
            "to go back in a job: vdk {which} -n JOB -t {team} -u {place} rollback VERSION"
        ));
    }
    finish(&rows, unseen, failures)
}

/// Replaces the value in one job after the other. Returns the jobs where that failed, and why. A service
/// that is away is not asked for the others.
fn write(rows: &mut [Row], across: &Across, old: &str, new: &SecretString) -> Vec<(String, Error)> {
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
        let done = across.client.replace(&owner, collection, &keys, old, new);
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
        (count(Outcome::Changed), "got another value from somebody else meanwhile."),
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

/// Returns how many values standard input would have to be.
fn takes_stdin(own: &ReplaceArgs) -> usize {
    let files = [&own.old_file, &own.new_file, &own.across.jobs].into_iter().flatten();
    files.filter(|file| *file == "-").count()
}

/// Rejects standard input for two things.
fn check_stdin(own: &ReplaceArgs) -> Result<(), Error> {
    if takes_stdin(own) > 1 {
        return Err(Error::usage("Invalid arguments")
            .why("Only one of --old-file, --new-file and --jobs can be standard input.")
            .help("Give a file for the others."));
    }
    Ok(())
}

/// Reads both values: from files, or from prompts.
fn values(own: &ReplaceArgs) -> Result<(Zeroizing<String>, SecretString), Error> {
    let old = value(own.old_file.as_deref(), "Value to replace", "--old-file", own)?;
    check_length(&old, false, own.across.short)?;
    let new = value(own.new_file.as_deref(), "New value", "--new-file", own)?;
    if own.new_file.is_none() && *new != *prompt::hidden_on_terminal("New value again", BY_FILES)? {
        return Err(Error::usage("The two new values differ.")
            .why("One of them was mistyped.")
            .help("Run the command again."));
    }
    if new.is_empty() || *new == *old {
        let why = if new.is_empty() { "The new value is empty." } else { "It is the old value." };
        return Err(Error::usage("Cannot replace the value.")
            .why(why)
            .help("Give another new value."));
    }
    Ok((old, SecretString::from(new.as_str())))
}

fn value(
    file: Option<&str>,
    name: &str,
    option: &str,
    own: &ReplaceArgs,
) -> Result<Zeroizing<String>, Error> {
    if let Some(file) = file {
        return whole(&Input::new(file));
    }
    if own.across.jobs.as_deref() == Some("-") {
        return hidden_beside_jobs(name, BY_FILES);
    }
    if prompt::has_terminal() {
        return prompt::hidden_on_terminal(name, BY_FILES);
    }
    Err(Error::usage("Cannot ask for the values.")
        .why(format!("{option} is not given, and standard input is no terminal."))
        .help("Give --old-file and --new-file."))
}
