//! `import`: takes in key/values from a file of another program.

use std::collections::HashMap;

use vdk_api::{Collection, MAX_DOCUMENT_BYTES, escape, may_be_secret};
use vdk_client::Error;
use vdk_client::change::{self, Applied, Change, Existing, NewValue};

use super::job::Job;
use super::key_values::warn;
use super::names::{Purpose, named};
use crate::args::import::{FORMATS, ImportArgs};
use crate::args::key_values::WhichArgs;
use crate::args::{Beside, is_json};
use crate::context::Context;
use crate::error::Exit;
use crate::formats::{self, Format, Problem};
use crate::terminal::input::{Input, read_text};
use crate::terminal::prompt;
use crate::terminal::streams::write_stderr;

/// Most places of a file that one error names.
const NAMED: usize = 10;

/// Imports the file of the command line.
pub fn run(
    collection: Collection,
    args: &Beside<WhichArgs, ImportArgs>,
    context: &Context,
) -> anyhow::Result<Exit> {
    let (own, reporter) = (&args.own, context.reporter);
    let input = Input::new(&own.input);
    let format = format(own, &input)?;
    let existing = existing(own)?;
    let refuses = existing == Existing::Refuse;
    let sets = sets(own, &input, format, collection)?;
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
    let existing = if own.dry_run && refuses { Existing::Overwrite } else { existing };
    let edit = Change::Import { sets, existing, replace: own.replace };
    let before = edit.read_from(&*job.client.service)?;
    let preview = edit.apply(&before.document, false).map_err(change::edit_failure)?;
    check_size(&preview)?;
    if own.dry_run {
        job.warn_of_lookalikes(&edit, &before);
        let format = if is_json(&own.output) { Format::Json } else { Format::Text };
        formats::print(&formats::import(&preview, refuses, format))?;
        return Ok(Exit::Done);
    }
    if !own.yes && (prompt::has_terminal() || (own.replace && input == Input::Stdin)) {
        if own.replace && !preview.is_nothing() {
            write_stderr(formats::import(&preview, refuses, Format::Text).as_bytes())?;
        }
        job.confirm(&edit)?;
        job.confirm_new()?;
    }
    warn(&edit, collection, reporter);
    job.write(&edit)?;
    Ok(Exit::Done)
}

/// Returns the format that is asked for: by its name, or by the ending of the file.
fn format(args: &ImportArgs, input: &Input) -> Result<&'static str, Error> {
    let format = match (&args.format, input) {
        (Some(name), _) => FORMATS.into_iter().find(|known| known.eq_ignore_ascii_case(name)),
        (None, Input::Path(path)) => formats::by_ending(path),
        (None, Input::Stdin) => None,
    };
    format.ok_or_else(|| {
        Error::usage("Invalid arguments")
            .why("No format is given, and none follows from the name of the file.")
            .help(format!("Use -f with one of: {}.", FORMATS.join(", ")))
    })
}

fn existing(args: &ImportArgs) -> Result<Existing, Error> {
    match (args.overwrite, args.keep_existing) {
        (false, false) => Ok(Existing::Refuse),
        (true, false) => Ok(Existing::Overwrite),
        (false, true) => Ok(Existing::Keep),
        (true, true) => Err(Error::usage("Invalid arguments")
            .why("--overwrite and --keep-existing contradict each other.")
            .help("Leave one of them out.")),
    }
}

/// Returns the chosen keys of the file under their new names.
fn sets(
    args: &ImportArgs,
    input: &Input,
    format: &str,
    collection: Collection,
) -> Result<Vec<(String, NewValue)>, Error> {
    let text = read_text(
        input,
        &format!("the {collection}"),
        "If there is nothing to import, leave the command out.",
    )?;
    let parsed = formats::parse(&text, format, args.literal)
        .map_err(|problems| cannot_be_taken(&problems, input, format))?;
    let is_manifest = |key: &str| parsed.iter().any(|(found, _)| found == key);
    if args.format.is_none() && is_manifest("apiVersion") && is_manifest("kind") {
        return Err(Error::usage("This file is a manifest of Kubernetes.")
            .why("Its own keys, such as 'kind', would be imported.")
            .help(format!(
                "For the keys of a Secret: -f k8s. To import it as it is: -f {format}"
            )));
    }
    let keys: Vec<&str> = parsed.iter().map(|(key, _)| key.as_str()).collect();
    let place = name(input);
    let see = "Look into the file, or leave out --only and use --dry-run.".into();
    let purpose = Purpose { verb: "import", place: &place, see };
    let named = named(&keys, &args.subset, &args.renaming, &purpose)?;
    let mut values: HashMap<&str, &NewValue> =
        parsed.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let take = |(name, key): (String, &str)| Some((name, values.remove(key)?.clone()));
    Ok(named.into_iter().filter_map(take).collect())
}

/// Returns the error that names the places of a file, without their text.
fn cannot_be_taken(problems: &[Problem], input: &Input, format: &str) -> Error {
    let place = match input {
        Input::Path(path) if !may_be_secret(&path.to_string_lossy()) => {
            escape::line(&path.to_string_lossy()).into_owned()
        }
        Input::Path(_) => "the file".into(),
        Input::Stdin => "stdin".into(),
    };
    let each = problems.iter().take(NAMED).map(|problem| {
        let key = problem.key.as_deref().map(|key| format!(" (key {})", escape::name(key)));
        let (line, column) = (problem.line, problem.column);
        format!("{place}:{line}:{column}: {}{}.", problem.why, key.unwrap_or_default())
    });
    let mut why = each.collect::<Vec<_>>().join("\n");
    if problems.len() > NAMED {
        why.push_str(&format!("\nAnd {} more places.", problems.len() - NAMED));
    }
    let help = match format {
        "dotenv" => {
            "Put such values in single quotes, or take the text as it stands with --literal."
        }
        "yaml" => "Put such values in quotes, or take them as text with --literal.",
        _ => "Correct the file. If it has another format, name that with -f.",
    };
    Error::usage(format!("Cannot import {}.", name(input))).why(why).help(help)
}

/// Returns the name of the file for messages.
fn name(input: &Input) -> String {
    match input {
        Input::Path(path) => escape::name(&path.to_string_lossy()),
        Input::Stdin => "standard input".into(),
    }
}

/// Refuses more than a service stores, before anything is sent.
fn check_size(preview: &Applied) -> Result<(), Error> {
    let size = preview.after.to_json().len();
    if size <= MAX_DOCUMENT_BYTES {
        return Ok(());
    }
    Err(Error::usage("These keys and values are too large.")
        .why(format!(
            "With them, the job would have {size} bytes of JSON, and at most {MAX_DOCUMENT_BYTES} \
             are stored."
        ))
        .help("Import fewer keys with --only or --except, or store the locations of large values."))
}
