//! `find`: the keys of a team's jobs that hold a value, or whose names match.

use vdk_api::Collection;
use vdk_client::Error;
use vdk_client::search::Wanted;

use super::across::{
    Across, check_length, hidden_beside_jobs, not_looked_at, warn_of_blanks, whole,
};
use crate::args::Beside;
use crate::args::find::FindArgs;
use crate::args::key_values::WhichArgs;
use crate::context::Context;
use crate::error::Exit;
use crate::formats::{self, found};
use crate::terminal::input::Input;
use crate::terminal::prompt;
use crate::terminal::reporter::TerminalReporter;

/// Looks for what is asked for, and shows where it is.
pub fn run(
    collection: Collection,
    args: &Beside<WhichArgs, FindArgs>,
    context: &Context,
) -> anyhow::Result<Exit> {
    let own = &args.own;
    let across = Across::new(collection, &args.global, &own.across, context)?;
    let wanted = wanted(own, context.reporter)?;
    let jobs = across.jobs()?;
    let searched = across.search(&jobs, &wanted, context.reporter)?;
    formats::print(&match own.output.is_json() {
        true => found::json(across.team.as_str(), &searched, jobs.len()),
        false => found::text(&searched.found),
    })?;
    if !searched.found.is_empty() && own.key.is_none() {
        context.reporter.note(
            "older versions of these jobs may hold it, too: a value that leaked has to be replaced \
             where it was made",
        );
    }
    match not_looked_at(searched.failed, searched.looked, jobs.len()) {
        Some(error) => Err(error.into()),
        None => Ok(Exit::Done),
    }
}

fn wanted(own: &FindArgs, reporter: TerminalReporter) -> Result<Wanted, Error> {
    if let Some(pattern) = &own.key {
        if pattern.is_empty() {
            return Err(Error::usage("Cannot look for keys without a name.")
                .why("--key is empty. The usual cause is a variable that is not set.")
                .help("Give a name or a pattern: --key 'db-*'"));
        }
        return Ok(Wanted::Key(pattern.clone()));
    }
    let value = match own.across.jobs.as_deref() {
        Some("-") => {
            hidden_beside_jobs("Value to find", "put the jobs in a file, and the value on stdin")?
        }
        _ if prompt::has_terminal() => {
            prompt::hidden_on_terminal("Value to find", "as stdin: < FILE")?
        }
        _ => whole(&Input::Stdin)?,
    };
    warn_of_blanks(&value, reporter);
    check_length(&value, own.contains, own.across.short)?;
    Ok(if own.contains { Wanted::part(value) } else { Wanted::Value(value) })
}
