//! `find`: the keys of a team's jobs that hold a value, or whose names match.

use std::io::{IsTerminal, stderr};

use vdk_api::{Collection, Name, escape};
use vdk_client::config::{Target, checked_name};
use vdk_client::search::{Searched, Wanted};
use vdk_client::{Client, Error, ErrorKind};
use zeroize::Zeroizing;

use crate::args::Beside;
use crate::args::find::FindArgs;
use crate::args::key_values::WhichArgs;
use crate::context::Context;
use crate::error::{Exit, write_stderr};
use crate::formats::{self, found};
use crate::terminal::input::{Input, read_text};
use crate::terminal::prompt;

/// Shortest value that is looked for without `--short`, and as a part of others, in characters.
const SHORTEST: usize = 4;
const SHORTEST_PART: usize = 8;
/// Most jobs that an error names.
const NAMED: usize = 10;

/// Looks for what is asked for, and shows where it is.
pub fn run(
    collection: Collection,
    args: &Beside<WhichArgs, FindArgs>,
    context: &Context,
) -> anyhow::Result<Exit> {
    let (which, own) = (&args.global, &args.own);
    let target = context.target(which.rest_api_url.as_deref())?;
    let (team, _) = context.team(which.team.as_deref())?;
    let named = named_jobs(which, own)?;
    let wanted = wanted(own)?;
    let client = client(which, target, context)?;
    let jobs = match named {
        Some(jobs) => jobs,
        None => client.jobs(&team)?.into_iter().map(|job| job.job).collect(),
    };
    let collections = match own.both {
        true => vec![Collection::Secrets, Collection::Properties],
        false => vec![collection],
    };
    let progress = Progress::new(jobs.len());
    let shows = |done| progress.show(done);
    let searched = client.search(&team, &jobs, &collections, &wanted, &shows)?;
    drop(progress);
    formats::print(&match own.output.is_json() {
        true => found::json(team.as_str(), &searched),
        false => found::text(&searched.found),
    })?;
    let (looked, total) = (searched.looked, jobs.len());
    context.reporter.note(&format!("looked at {looked} of {total} jobs of team '{team}'"));
    if !searched.found.is_empty() && own.key.is_none() {
        context.reporter.note(
            "older versions of these jobs may hold it, too: a value that leaked has to be replaced \
             where it was made",
        );
    }
    match not_looked_at(&searched, total) {
        Some(error) => Err(error.into()),
        None => Ok(Exit::Done),
    }
}

fn client(which: &WhichArgs, target: Target, context: &Context) -> Result<Client, Error> {
    let client = Client::open(context.settings()?.clone(), target, context.reports().clone());
    Ok(client
        .allow_insecure_http(which.allow_insecure_http)
        .remembering_names(context.remembers_names())
        .keeping_connection())
}

/// Returns the jobs that the command line names: not that of the folder, but of `-n` or a file.
fn named_jobs(which: &WhichArgs, own: &FindArgs) -> Result<Option<Vec<String>>, Error> {
    let file = match (&which.name, &own.jobs) {
        (Some(_), Some(_)) => {
            return Err(Error::usage("Invalid arguments")
                .why("--name and --jobs both say where to look.")
                .help("Give one of them."));
        }
        (Some(name), None) => {
            let (name, _) = checked_name("job", name, "--name")?;
            return Ok(Some(vec![name.to_string()]));
        }
        (None, None) => return Ok(None),
        (None, Some(file)) => Input::new(file),
    };
    let text = read_text(&file, "the names of jobs", "Name at least one job.")?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let name = |(at, line): (usize, &str)| match Name::new(line.to_string()) {
        Ok(name) => Ok(name.to_string()),
        Err(error) => Err(Error::usage("Cannot read the names of jobs.")
            .why(format!("Line {}: {error}.", at + 1))
            .help("Give one name a line.")),
    };
    let mut jobs = lines.map(name).collect::<Result<Vec<_>, _>>()?;
    let mut seen = std::collections::HashSet::new();
    jobs.retain(|job| seen.insert(job.clone()));
    Ok(Some(jobs))
}

fn wanted(own: &FindArgs) -> Result<Wanted, Error> {
    if let Some(pattern) = &own.key {
        return Ok(Wanted::Key(pattern.clone()));
    }
    let value = match own.jobs.as_deref() {
        Some("-") => prompt::hidden_on_terminal("Value to find")?,
        _ => prompt::whole_secret("Value to find")?,
    };
    check_length(&value, own)?;
    Ok(if own.contains { Wanted::part(value) } else { Wanted::Value(value) })
}

/// Rejects what is in many values by chance, or is most often a mistake.
fn check_length(value: &Zeroizing<String>, own: &FindArgs) -> Result<(), Error> {
    let refuse = |why: String, help: &str| {
        Err(Error::usage("Cannot look for this value.")
            .why(why)
            .consequences("No job was read.")
            .help(help))
    };
    match value.chars().count() {
        0 => refuse("It is empty.".into(), "Give the value at the prompt, or as stdin: < FILE"),
        n if own.contains && n < SHORTEST_PART => refuse(
            format!(
                "It has {n} characters. A part of others needs {SHORTEST_PART}, as shorter ones occur everywhere."
            ),
            "Leave out --contains, to find it where it is the whole value.",
        ),
        n if n < SHORTEST && !own.short => refuse(
            format!("It has {n} characters, and such a short one is most often a mistake."),
            "If it is meant, add --short.",
        ),
        _ => Ok(()),
    }
}

/// Returns the error that says which jobs were not looked at: what was not seen is not absent.
fn not_looked_at(searched: &Searched, total: usize) -> Option<Error> {
    let missing = total - searched.looked;
    if missing == 0 {
        return None;
    }
    let failed = &searched.failed;
    let is_denied = failed.iter().all(|(_, error)| error.kind == ErrorKind::NotAllowed);
    let kind = if is_denied { ErrorKind::NotAllowed } else { ErrorKind::Unavailable };
    let each = failed.iter().take(NAMED);
    let mut why: Vec<_> =
        each.map(|(job, error)| format!("Job {}: {}", escape::name(job), error.body.why)).collect();
    if failed.len() > NAMED {
        why.push(format!("And {} more jobs.", failed.len() - NAMED));
    }
    if missing > failed.len() {
        why.push(format!("{} more jobs were not asked for.", missing - failed.len()));
    }
    let are = if missing == 1 { "was" } else { "were" };
    let help = failed.first().map(|(_, error)| error.body.countermeasures.as_str());
    Some(
        Error::new(kind, format!("{missing} of {total} jobs {are} not looked at."))
            .why(why.join("\n"))
            .consequences("What is shown may not be all.")
            .help(help.unwrap_or_default()),
    )
}

/// The number of jobs that are done, on a terminal.
struct Progress(Option<usize>);

impl Progress {
    fn new(total: usize) -> Self {
        Progress(stderr().is_terminal().then_some(total))
    }

    fn show(&self, done: usize) {
        if let Some(total) = self.0 {
            write_stderr(&format!("\r{done}/{total} jobs"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.0.is_some() {
            write_stderr("\r\u{1b}[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn searched(looked: usize, kinds: &[ErrorKind]) -> Searched {
        let failed =
            kinds.iter().map(|kind| ("j".into(), Error::new(*kind, "x").why("y"))).collect();
        Searched { found: Vec::new(), looked, failed }
    }

    #[test]
    fn says_what_was_not_looked_at() {
        assert!(not_looked_at(&searched(3, &[]), 3).is_none());
        let denied = not_looked_at(&searched(2, &[ErrorKind::NotAllowed]), 3).unwrap();
        assert_eq!(
            (denied.kind, &*denied.body.what),
            (ErrorKind::NotAllowed, "1 of 3 jobs was not looked at.")
        );
        let kinds = [ErrorKind::NotAllowed, ErrorKind::Unavailable];
        let away = not_looked_at(&searched(1, &kinds), 9).unwrap();
        assert_eq!(away.kind, ErrorKind::Unavailable);
        assert!(away.body.why.ends_with("6 more jobs were not asked for."), "{}", away.body.why);
        let many = not_looked_at(&searched(0, &[ErrorKind::NotAllowed; 12]), 12).unwrap();
        assert!(many.body.why.contains("And 2 more jobs."), "{}", many.body.why);
    }
}
