//! `history` and `rollback` of secrets and properties.

use clap::ArgMatches;
use vdk_api::Collection;

use super::job::Job;
use super::{text, wants_json};
use crate::edit::Edit;
use crate::engine;
use crate::exit::{Exit, Failure};
use crate::output::{self, Format};
use crate::prompt;
use crate::talk::Talk;

/// Prints who wrote which keys, and when.
pub fn history(collection: Collection, flags: &ArgMatches, talk: Talk) -> anyhow::Result<Exit> {
    let job = Job::find(collection, flags, talk)?;
    let versions = job.service.versions()?;
    if versions.is_empty() {
        job.tell_that_nothing_is_there();
    }
    let format = if wants_json(flags) { Format::Json } else { Format::Text };
    output::print(&output::history(&versions, format))?;
    Ok(Exit::Done)
}

/// Writes an old version as a new one.
pub fn roll_back(collection: Collection, flags: &ArgMatches, talk: Talk) -> anyhow::Result<Exit> {
    let wanted = text(flags, "version").and_then(|number| number.parse().ok());
    let wanted = wanted.filter(|number: &u64| *number > 0).ok_or_else(|| {
        Failure::usage(
            "The version is not valid.",
            "It is no number from 1 on; it is not shown, as it may be a part of a secret.",
            "Give a number that history tells.",
        )
    })?;
    let job = Job::find(collection, flags, talk)?;
    let versions = job.service.versions()?;
    let document = job.service.read_version(wanted)?;
    if versions.first().is_some_and(|newest| newest.version == wanted) {
        talk.note(&format!("version {wanted} is the current one: there is nothing to do"));
        return Ok(Exit::Done);
    }
    let edit = Edit::Replace(document);
    if flags.get_flag("dry-run") {
        let before = job.service.read()?;
        let change = edit.apply(&before.document, false).map_err(engine::edit_failure)?;
        let format = if wants_json(flags) { Format::Json } else { Format::Text };
        output::print(&output::dry_run(&change, format))?;
        return Ok(Exit::Done);
    }
    if !flags.get_flag("yes") && prompt::has_terminal() {
        job.confirm(&edit)?;
    }
    job.write(&edit)?;
    Ok(Exit::Done)
}
