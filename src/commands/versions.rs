//! `history` and `rollback` of secrets and properties.

use vdk_api::{Collection, Document, VersionState};
use vdk_client::change;
use vdk_client::change::Change;
use vdk_client::{Error, ErrorKind};

use super::job::Job;
use crate::args::key_values::WhichArgs;
use crate::args::subcommands::RollbackArgs;
use crate::args::{Beside, OutputArgs};
use crate::context::Context;
use crate::error::Exit;
use crate::formats;
use crate::terminal::prompt;

/// Prints who wrote which keys, and when.
pub fn history(
    collection: Collection,
    args: &Beside<WhichArgs, OutputArgs>,
    context: &Context,
) -> anyhow::Result<Exit> {
    let job = Job::find(collection, &args.global, context)?;
    let versions = job.client.service.versions()?;
    if versions.is_empty() {
        job.tell_that_nothing_is_there();
    }
    formats::print(&formats::history(&versions, args.own.format()))?;
    Ok(Exit::Done)
}

/// Writes an old version as a new one.
pub fn roll_back(
    collection: Collection,
    args: &Beside<WhichArgs, RollbackArgs>,
    context: &Context,
) -> anyhow::Result<Exit> {
    let reporter = context.reporter;
    let preview = &args.own.preview;
    let wanted = number(&args.own.version)?;
    let job = Job::find(collection, &args.global, context)?;
    let service = &*job.client.service;
    let document = read_kept(&job, wanted)?;
    // The list may lack the current version, such as one that was deleted in the storage.
    let now = service.read_to_replace()?;
    if now.is_readable && now.version == Some(wanted) {
        reporter.note(&format!("version {wanted} is the current version: nothing to do"));
        return Ok(Exit::Done);
    }
    let edit = Change::Replace(document);
    if preview.dry_run {
        let change = edit.apply(&now.document, false).map_err(change::edit_failure)?;
        formats::print(&formats::dry_run(&change, preview.output.format()))?;
        return Ok(Exit::Done);
    }
    if !preview.yes && prompt::has_terminal() {
        job.confirm(&edit)?;
    }
    job.write(&edit)?;
    Ok(Exit::Done)
}

/// Reads a version. Fails if the service keeps none.
pub fn read_kept(job: &Job, wanted: u64) -> Result<Document, Error> {
    let service = &*job.client.service;
    let versions = service.versions()?;
    let listed = versions.iter().find(|version| version.version == wanted);
    match listed.and_then(|version| version.state) {
        Some(state) => Err(cannot_be_read(wanted, state)),
        None => service.read_version(wanted),
    }
}

/// Parses the number of a version.
pub fn number(text: &str) -> Result<u64, Error> {
    let wanted = text.parse().ok().filter(|number: &u64| *number > 0);
    wanted.ok_or_else(|| {
        Error::usage("Invalid version.")
            .why(
                "It must be a number, 1 or higher. It is not shown because it may be part of a \
                 secret.",
            )
            .help("Give a number that history shows.")
    })
}

fn cannot_be_read(version: u64, state: VersionState) -> Error {
    let (what, why, help) = match state {
        VersionState::Deleted => (
            "was deleted",
            "It was deleted in the service's storage, not by the service.",
            "The operator can restore it there: vault kv undelete. Or roll back to another version.",
        ),
        VersionState::Destroyed => (
            "was destroyed",
            "It was deleted in the service's storage for good.",
            "Roll back to another version that history shows.",
        ),
        VersionState::Unreadable => (
            "cannot be read",
            "Another program wrote it, and it is not a set of keys and values.",
            "Roll back to another version that history shows.",
        ),
    };
    Error::new(ErrorKind::NotFound, format!("Version {version} {what}.")).why(why).help(help)
}
