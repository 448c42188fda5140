//! `import`: takes in key/values from a file of another program.

use vdk_api::Collection;
use vdk_client::change::{self, Change, ChangeError, Existing, NewValue, Prepared};
use vdk_client::{Error, ErrorKind};

use super::file::{name, read};
use super::job::Job;
use super::key_values::warn;
use super::names::{Purpose, named};
use crate::args::Beside;
use crate::args::import::ImportArgs;
use crate::args::key_values::WhichArgs;
use crate::context::Context;
use crate::error::Exit;
use crate::formats::{self, Format};
use crate::terminal::input::Input;
use crate::terminal::prompt;
use crate::terminal::streams::write_stderr;

/// Imports the file of the command line.
pub fn run(
    collection: Collection,
    args: &Beside<WhichArgs, ImportArgs>,
    context: &Context,
) -> anyhow::Result<Exit> {
    let (own, reporter) = (&args.own, context.reporter);
    let input = Input::new(&own.input);
    let existing = own.existing.rule()?;
    let refuses = existing == Existing::Refuse;
    let sets = sets(own, &input, collection)?;
    let job = Job::find(collection, &args.global, context)?;
    if sets.is_empty() {
        if own.replace {
            return Err(Error::usage("There is nothing to import.")
                .why(format!(
                    "No key of {} is chosen, and --replace would delete all others.",
                    name(&input)
                ))
                .help("Check the file, --only and --except. To delete all keys: --delete-all")
                .into());
        }
        reporter.note(&format!("there are no keys in {}: nothing to import", name(&input)));
        return Ok(Exit::Done);
    }
    // A dry run shows all keys, also those that stop the import.
    let existing = if own.preview.dry_run && refuses { Existing::Overwrite } else { existing };
    let edit = Change::Import { sets, existing, replace: own.replace };
    let before = edit.read_from(&*job.client.service)?;
    let preview = edit.apply(&before.document, false).map_err(|error| {
        let is_type = matches!(error, ChangeError::Types(_));
        // Nobody else is in the way: it is the file that does not fit.
        let error = Error { kind: ErrorKind::Usage, ..change::edit_failure(error) };
        match is_type {
            true => error.help(
                "Correct these values, leave them out with --except, or give them in a format \
                 with types: -f json, yaml or toml",
            ),
            false => error,
        }
    })?;
    if !preview.is_nothing() {
        job.check_size(&preview.after)?;
    }
    if own.preview.dry_run {
        job.warn_of_lookalikes(&edit, &before);
        formats::print(&formats::import(&preview, refuses, own.preview.output.format()))?;
        return Ok(Exit::Done);
    }
    let asks =
        !own.preview.yes && (prompt::has_terminal() || (own.replace && input == Input::Stdin));
    if asks {
        if own.replace && !preview.is_nothing() {
            write_stderr(formats::import(&preview, refuses, Format::Text).as_bytes())?;
        }
        job.confirm(&edit)?;
        job.confirm_new()?;
    }
    warn(&edit, collection, reporter);
    // While somebody thought about the answer, others may have written.
    job.write_prepared(&edit, (!asks).then_some(Prepared { before, applied: preview }))?;
    Ok(Exit::Done)
}

/// Returns the chosen keys of the file under their new names.
fn sets(
    args: &ImportArgs,
    input: &Input,
    collection: Collection,
) -> Result<Vec<(String, NewValue)>, Error> {
    let parsed = read(input, &args.file, collection)?;
    if args.subset.is_all() && args.renaming.keeps_names() {
        return Ok(parsed);
    }
    let keys: Vec<&str> = parsed.iter().map(|(key, _)| key.as_str()).collect();
    let place = name(input);
    let see = "Look into the file, or leave out --only and use --dry-run.".into();
    let purpose = Purpose { verb: "import", place: &place, see };
    let named = named(&keys, &args.subset, &args.renaming, &purpose)?;
    // Both are in the order of the file.
    let mut named = named.into_iter().peekable();
    let names: Vec<Option<String>> = keys
        .iter()
        .map(|key| named.next_if(|(_, chosen)| chosen == key).map(|(name, _)| name))
        .collect();
    let named = names.into_iter().zip(parsed);
    Ok(named.filter_map(|(name, (_, value))| Some((name?, value))).collect())
}
