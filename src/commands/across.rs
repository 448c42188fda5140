//! The jobs that `find` and `replace` go over: those of a team, or those that the command line names.

use std::io::{IsTerminal, stderr};

use indexmap::IndexSet;
use vdk_api::{BOM, Collection, Name, escape};
use vdk_client::config::{Target, checked_name};
use vdk_client::search::{Searched, Wanted};
use vdk_client::{Client, Error, ErrorKind};

use crate::args::find::AcrossArgs;
use crate::args::key_values::WhichArgs;
use crate::context::Context;
use crate::error::write_stderr;
use crate::formats::quoted;
use crate::terminal::input::{Input, read_text, without_line_end};
use crate::terminal::reporter::TerminalReporter;
use crate::terminal::{self, prompt};
use zeroize::Zeroizing;

/// Shortest value that is looked for without `--short`, and as a part of others, in characters.
const SHORTEST: usize = 4;
pub const SHORTEST_PART: usize = 8;
/// Most jobs that an error names.
pub const NAMED: usize = 10;

/// The jobs, and where their key/values are.
pub struct Across {
    /// The client, which keeps its connection.
    pub client: Client,
    /// The team.
    pub team: Name,
    collections: Vec<Collection>,
    named: Option<Vec<String>>,
}

impl Across {
    /// Reads what the command line says. Sends nothing.
    pub fn new(
        collection: Collection,
        which: &WhichArgs,
        own: &AcrossArgs,
        context: &Context,
    ) -> Result<Self, Error> {
        let target = context.target(which.rest_api_url.as_deref())?;
        let (team, _) = context.team(which.team.as_deref())?;
        let named = named_jobs(which, own)?;
        let collections = match own.both {
            true => vec![Collection::Secrets, Collection::Properties],
            false => vec![collection],
        };
        Ok(Across { client: client(which, target, context)?, team, collections, named })
    }

    /// Returns the names of the jobs.
    pub fn jobs(&self) -> Result<Vec<String>, Error> {
        match &self.named {
            Some(jobs) => Ok(jobs.clone()),
            None => Ok(self.client.jobs(&self.team)?.into_iter().map(|job| job.job).collect()),
        }
    }

    /// Returns whether the command line names the jobs.
    pub fn is_named(&self) -> bool {
        self.named.is_some()
    }

    /// Returns where in a job it looks.
    pub fn collections(&self) -> &[Collection] {
        &self.collections
    }

    /// Returns where the jobs are, as `-u` takes it.
    pub fn place(&self) -> String {
        place(self.client.target())
    }

    /// Looks for `wanted`, shows on a terminal how far it is, and says where it looked.
    pub fn search(
        &self,
        jobs: &[String],
        wanted: &Wanted,
        reporter: TerminalReporter,
    ) -> Result<Searched, Error> {
        let progress = Progress::new(jobs.len());
        let shows = |done| progress.show(done);
        let searched = self.client.search(&self.team, jobs, &self.collections, wanted, &shows)?;
        drop(progress);
        let (looked, total, team, place) = (searched.looked, jobs.len(), &self.team, self.place());
        reporter.note(&match total {
            0 => format!("team '{team}' has no jobs with secrets or properties at {place}"),
            _ => format!("looked at {looked} of {total} jobs of team '{team}' at {place}"),
        });
        if self.named.is_some() && !searched.empty.is_empty() {
            let empty: Vec<&str> = searched.empty.iter().map(String::as_str).collect();
            reporter.note(&format!("nothing is stored for {}", quoted(&empty, NAMED)));
        }
        Ok(searched)
    }
}

/// Returns a target as `-u` takes it.
pub fn place(target: &Target) -> String {
    match target {
        Target::Local => vdk_client::config::LOCAL.to_string(),
        Target::Service(base) => base.to_string(),
    }
}

/// Creates a client for many jobs, which keeps its connection.
pub fn client(which: &WhichArgs, target: Target, context: &Context) -> Result<Client, Error> {
    let client = Client::open(context.settings()?.clone(), target, context.reports().clone());
    Ok(client
        .allow_insecure_http(which.allow_insecure_http)
        .remembering_names(context.remembers_names())
        .keeping_connection())
}

/// Returns the jobs that the command line names: not that of the folder, but of `-n` or a file.
fn named_jobs(which: &WhichArgs, own: &AcrossArgs) -> Result<Option<Vec<String>>, Error> {
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
    let refuse = |why: String| {
        Error::usage("Cannot read the names of jobs.").why(why).help("Give one name a line.")
    };
    let text = read_text(&file, "the names of jobs", "Name at least one job.")?;
    let text = text.strip_prefix(BOM).unwrap_or(&text);
    let mut jobs = IndexSet::new();
    for (at, line) in text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty()) {
        let name = Name::new(line.to_string());
        let name = name.map_err(|error| refuse(format!("Line {}: {error}.", at + 1)))?.to_string();
        jobs.insert(name);
    }
    if jobs.is_empty() {
        return Err(refuse("There is none.".into()));
    }
    Ok(Some(jobs.into_iter().collect()))
}

/// Warns of blanks around a value, which may have come with it from elsewhere.
pub fn warn_of_blanks(value: &str, reporter: TerminalReporter) {
    let value = value.trim_end_matches(['\r', '\n']);
    if value.trim() != value {
        reporter.warning("the value begins or ends with white space, which is looked for as well");
    }
}

/// Rejects what is in many values by chance, or is most often a mistake.
pub fn check_length(value: &str, contains: bool, short: bool) -> Result<(), Error> {
    let refuse = |why: String, help: &str| {
        Err(Error::usage("Cannot look for this value.")
            .why(why)
            .consequences("No job was read.")
            .help(help))
    };
    match value.chars().count() {
        0 => refuse("It is empty.".into(), "Give the value at the prompt, or as stdin: < FILE"),
        n if contains && n < SHORTEST_PART => refuse(
            format!(
                "It has {n} characters. A part of others needs {SHORTEST_PART}, as shorter ones occur everywhere."
            ),
            "Leave out --contains, to find it where it is the whole value.",
        ),
        n if n < SHORTEST && !short => refuse(
            format!("It has {n} characters, and such a short one is most often a mistake."),
            "If it is meant, add --short.",
        ),
        _ => Ok(()),
    }
}

/// Reads a value from a file or stdin: all of it, without a byte order mark before it and the line end
/// behind it.
pub fn whole(input: &Input) -> Result<Zeroizing<String>, Error> {
    let text = read_text(input, "the value", "Give a value: what is empty is in no key.")?;
    Ok(match text.strip_prefix(BOM) {
        Some(text) => without_line_end(Zeroizing::new(text.to_string())),
        None => without_line_end(text),
    })
}

/// Returns whether there is a terminal to ask at, wherever stdin leads.
pub fn is_on_terminal() -> bool {
    std::fs::File::open(terminal::PLACE).is_ok()
}

/// Asks on the terminal for a value, while stdin has the names of jobs.
pub fn hidden_beside_jobs(name: &str, elsewhere: &str) -> Result<Zeroizing<String>, Error> {
    if !is_on_terminal() {
        return Err(Error::usage("Cannot ask for the value.")
            .why("Standard input has the names of jobs, and there is no terminal.")
            .help(format!("Without a terminal, {elsewhere}.")));
    }
    prompt::hidden_on_terminal(name, elsewhere)
}

/// Returns the error that says which jobs were not looked at: what was not seen is not absent.
pub fn not_looked_at(
    mut failed: Vec<(String, Error)>,
    looked: usize,
    total: usize,
) -> Option<Error> {
    let missing = total - looked;
    if missing == 0 {
        return None;
    }
    // For one job, it is the error of every other command.
    if total == 1 {
        return failed.pop().map(|(_, error)| error);
    }
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
    let help = failed.iter().find(|(_, error)| error.kind == kind);
    let help = help.map(|(_, error)| error.body.countermeasures.as_str());
    Some(
        Error::new(kind, format!("{missing} of {total} jobs {are} not looked at."))
            .why(why.join("\n"))
            .consequences("What is shown may not be all.")
            .help(help.unwrap_or("Look at the reasons, and run the command again.")),
    )
}

/// The number of jobs that are done, on a terminal.
pub struct Progress(Option<usize>);

impl Progress {
    /// Starts with none of `total` jobs.
    pub fn new(total: usize) -> Self {
        Progress(stderr().is_terminal().then_some(total))
    }

    /// Shows how many are done.
    pub fn show(&self, done: usize) {
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

    fn unseen(looked: usize, total: usize, kinds: &[ErrorKind]) -> Option<Error> {
        let failed =
            kinds.iter().map(|kind| ("j".into(), Error::new(*kind, "x").why("y"))).collect();
        not_looked_at(failed, looked, total)
    }

    #[test]
    fn says_what_was_not_looked_at() {
        assert!(unseen(3, 3, &[]).is_none());
        let denied = unseen(2, 3, &[ErrorKind::NotAllowed]).unwrap();
        assert_eq!(
            (denied.kind, &*denied.body.what),
            (ErrorKind::NotAllowed, "1 of 3 jobs was not looked at.")
        );
        let away = unseen(1, 9, &[ErrorKind::NotAllowed, ErrorKind::Unavailable]).unwrap();
        assert_eq!(away.kind, ErrorKind::Unavailable);
        assert!(away.body.why.ends_with("6 more jobs were not asked for."), "{}", away.body.why);
        let many = unseen(0, 12, &[ErrorKind::NotAllowed; 12]).unwrap();
        assert!(many.body.why.contains("And 2 more jobs."), "{}", many.body.why);
        let only = unseen(0, 1, &[ErrorKind::NotFound]).unwrap();
        assert_eq!((only.kind, &*only.body.what), (ErrorKind::NotFound, "x"));
    }
}
