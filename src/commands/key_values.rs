//! `vdk secrets` and `vdk properties`, which share one implementation.

use clap::ArgMatches;
use secrecy::ExposeSecret;
use vdk_api::{Collection, Document, DocumentError, JsonText, Kind};

use super::job::Job;
use super::versions;
use crate::edit::{Edit, NewValue};
use crate::engine;
use crate::exit::{Exit, Failure};
use crate::input::{BOM, Input, expect_end_of_stdin, read_text};
use crate::operation::{self, Operation, Request, Selection, Source};
use crate::output::{self, Format};
use crate::service::Snapshot;
use crate::talk::Talk;
use crate::{prompt, sanitize};

/// Runs the command on one of the two collections.
pub fn run(collection: Collection, flags: &ArgMatches, talk: Talk) -> anyhow::Result<Exit> {
    if let Some((name, own)) = flags.subcommand() {
        operation::refuse_with(name, flags)?;
        return match name {
            "history" => versions::history(collection, own, talk),
            _ => versions::roll_back(collection, own, talk),
        };
    }
    let operation = Operation::from_flags(flags)?;
    let job = Job::find(collection, flags, talk)?;
    match operation {
        Operation::Read { what, format } => read(&job, &what, format, talk),
        Operation::Write { what, dry_run, yes, format } => {
            let edit = resolve(what, collection, talk)?;
            if dry_run {
                let before = job.service.read()?;
                let change = edit.apply(&before.document, false).map_err(engine::edit_failure)?;
                job.warn_of_lookalikes(&edit, &before);
                output::print(&output::dry_run(&change, format))?;
                return Ok(Exit::Done);
            }
            if !yes && prompt::has_terminal() {
                job.confirm(&edit)?;
                job.confirm_new()?;
            }
            warn_of_credentials(&edit, collection, talk);
            warn_of_what_jobs_refuse(&edit, collection, talk);
            job.write(&edit)?;
            Ok(Exit::Done)
        }
    }
}

fn read(job: &Job, what: &Selection, format: Format, talk: Talk) -> anyhow::Result<Exit> {
    let service = &*job.service;
    let Snapshot { document, version, .. } = service.read()?;
    if version == Some(0) {
        job.tell_that_nothing_is_there();
    }
    let Selection::Some(keys) = what else {
        let text = match what {
            Selection::Keys => output::keys(&document, format),
            _ => output::members(&document.iter().collect(), format)?,
        };
        output::print(&text)?;
        return Ok(Exit::Done);
    };
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for key in keys {
        match document.get(key) {
            Some(value) => found.push((key.as_str(), value)),
            None => missing.push(format!("'{}'", sanitize::line(key))),
        }
    }
    if !missing.is_empty() {
        let why = format!("there is no key {} at {}", missing.join(", "), service.place());
        // Text and JSON keep the Python vdk's exit code. Scripts that use other formats need the
        // value.
        if !matches!(format, Format::Text | Format::Json) {
            return Err(Failure::new(
                Exit::NotFound,
                "Cannot print what is not there.",
                format!("{why}."),
                "Nothing was printed.",
                "Check the spelling; --list shows the keys.",
            )
            .into());
        }
        talk.note(&why);
    }
    output::print_members(&output::members(&found, format)?, format)?;
    Ok(Exit::Done)
}

/// Reads the values that the command line only refers to.
fn resolve(request: Request, collection: Collection, talk: Talk) -> Result<Edit, Failure> {
    match request {
        Request::Clear => Ok(Edit::Clear),
        Request::Replace(input) => {
            let purpose = format!("the new {collection}");
            let text = read_text(
                &input,
                &purpose,
                "An object without keys is {}; to delete all keys: --delete-all",
            )?;
            let refuse = |why: String| {
                Failure::usage(
                    format!("The new {collection} are not valid."),
                    format!("One JSON object with keys and values is expected, but {why}."),
                    "Correct the file, for example {\"key\": \"value\"}.",
                )
            };
            let document = Document::parse(text.strip_prefix(BOM).unwrap_or(&text))
                .map_err(|error| refuse(error.to_string()))?;
            match document.duplicate() {
                Some(key) => {
                    let key = sanitize::line(key);
                    Err(refuse(format!("the key '{key}' stands twice, and only one can be kept")))
                }
                None => Ok(Edit::Replace(document)),
            }
        }
        Request::Patch { sets, deletes } => {
            let asks = sets.iter().any(|(_, source)| matches!(source, Source::Prompt));
            let sets = sets
                .into_iter()
                .map(|(key, source)| value(&key, source, talk).map(|value| (key, value)))
                .collect::<Result<_, _>>()?;
            if asks && !prompt::has_terminal() {
                expect_end_of_stdin()?;
            }
            Ok(Edit::Patch { sets, deletes })
        }
    }
}

fn value(key: &str, source: Source, talk: Talk) -> Result<NewValue, Failure> {
    let shown = sanitize::line(key);
    match source {
        Source::Text(text) => {
            if text.expose_secret() == "-" && !prompt::has_terminal() {
                talk.warning(&format!(
                    "the value of '{shown}' is '-' itself; standard input is read with --set-file KEY -"
                ));
            }
            Ok(NewValue::Text(text))
        }
        Source::Prompt => prompt::secret_value(key).map(NewValue::Text),
        Source::File(input) => {
            let text = read_text(
                &input,
                &format!("the value of '{shown}'"),
                "If the value really is empty: --set KEY ''",
            )?;
            let is_one_line = text.find('\n').is_some_and(|at| at + 1 == text.len());
            if input == Input::Stdin && is_one_line {
                talk.note(&format!(
                    "the value of '{shown}' ends in a line end, as echo writes it; printf %s leaves it out"
                ));
            }
            Ok(NewValue::Text(text.as_str().into()))
        }
        Source::Json(text) => JsonText::parse(text.expose_secret()).map(NewValue::Json).map_err(
            |error: DocumentError| {
                Failure::usage(
                    format!("The value of '{}' is not valid.", sanitize::line(key)),
                    format!("--set-json takes one JSON value, but {error}."),
                    "Give JSON, for example 5, true, null, [1, 2] or '{\"a\": 1}'; plain text goes \
                     with --set.",
                )
            },
        ),
    }
}

/// Warns of credentials among the properties, which a service may store unencrypted.
fn warn_of_credentials(edit: &Edit, collection: Collection, talk: Talk) {
    const WORDS: [&str; 9] = [
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "secret",
        "token",
        "apikey",
        "privatekey",
        "credential",
    ];
    let keys: Vec<&str> = match edit {
        _ if collection == Collection::Secrets => return,
        Edit::Patch { sets, .. } => sets.iter().map(|(key, _)| key.as_str()).collect(),
        Edit::Replace(document) => document.keys().collect(),
        Edit::Clear => return,
    };
    let looks = |key: &&str| {
        let letters: String = key.chars().filter(|c| c.is_alphanumeric()).collect();
        WORDS.iter().any(|word| letters.to_lowercase().contains(word))
    };
    let keys: Vec<&str> = keys.into_iter().filter(looks).collect();
    if !keys.is_empty() {
        talk.note(&format!(
            "{} looks like a credential, and properties are shown and may be stored as plain text; vdk \
             secrets is for those",
            output::quoted(&keys, 3)
        ));
    }
}

/// Warns of entries that a job can read but not write back. The VDK runtime rejects booleans, and
/// keys with white space.
fn warn_of_what_jobs_refuse(edit: &Edit, collection: Collection, talk: Talk) {
    let new: Vec<(&str, Option<Kind>)> = match edit {
        Edit::Patch { sets, .. } => sets
            .iter()
            .map(|(key, value)| match value {
                NewValue::Json(json) => (key.as_str(), Some(json.kind())),
                NewValue::Text(_) => (key.as_str(), None),
            })
            .collect(),
        Edit::Replace(document) => {
            document.iter().map(|(key, value)| (key, Some(value.kind()))).collect()
        }
        Edit::Clear => return,
    };
    if new.iter().any(|(key, _)| key.is_empty()) {
        talk.warning(
            "one of the new keys is empty (\"\"): --get '' shows it, and --delete '' removes it",
        );
    }
    let refused =
        |key: &str, kind| key.contains(char::is_whitespace) || kind == Some(Kind::Boolean);
    let keys: Vec<_> =
        new.into_iter().filter(|(key, kind)| refused(key, *kind)).map(|(key, _)| key).collect();
    if let [first, others @ ..] = keys.as_slice() {
        let others =
            if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        talk.warning(&format!(
            "a key with white space in it, or a boolean, is read by a job, but keeps it from writing \
             its {collection} back (set_all_{collection} refuses it): '{first}'{others}"
        ));
    }
}
