//! `history` and `rollback` of secrets and properties.

use clap::ArgMatches;
use vdk_api::Collection;
use vdk_client::Error;
use vdk_client::change;
use vdk_client::change::Change;

use super::job::Job;
use super::{text, wants_json};
use crate::error::Exit;
use crate::formats::{self, Format};
use crate::terminal::prompt;
use crate::terminal::reporter::TerminalReporter;

/// Prints who wrote which keys, and when.
pub fn history(
    collection: Collection,
    flags: &ArgMatches,
    reporter: TerminalReporter,
) -> anyhow::Result<Exit> {
    let job = Job::find(collection, flags, reporter)?;
    let versions = job.client.service.versions()?;
    if versions.is_empty() {
        job.tell_that_nothing_is_there();
    }
    let format = if wants_json(flags) { Format::Json } else { Format::Text };
    formats::print(&formats::history(&versions, format))?;
    Ok(Exit::Done)
}

/// Writes an old version as a new one.
pub fn roll_back(
    collection: Collection,
    flags: &ArgMatches,
    reporter: TerminalReporter,
) -> anyhow::Result<Exit> {
    let wanted = text(flags, "version").and_then(|number| number.parse().ok());
    let wanted = wanted.filter(|number: &u64| *number > 0).ok_or_else(|| {
        Error::usage(
            "The version is not valid.",
            "It is no number from 1 on; it is not shown, as it may be a part of a secret.",
            "Give a number that history tells.",
        )
    })?;
    let job = Job::find(collection, flags, reporter)?;
    let versions = job.client.service.versions()?;
    let document = job.client.service.read_version(wanted)?;
    if versions.first().is_some_and(|newest| newest.version == wanted) {
        reporter.note(&format!("version {wanted} is the current one: there is nothing to do"));
        return Ok(Exit::Done);
    }
    let edit = Change::Replace(document);
    if flags.get_flag("dry-run") {
        let before = job.client.service.read()?;
        let change = edit.apply(&before.document, false).map_err(change::edit_failure)?;
        let format = if wants_json(flags) { Format::Json } else { Format::Text };
        formats::print(&formats::dry_run(&change, format))?;
        return Ok(Exit::Done);
    }
    if !flags.get_flag("yes") && prompt::has_terminal() {
        job.confirm(&edit)?;
    }
    job.write(&edit)?;
    Ok(Exit::Done)
}
