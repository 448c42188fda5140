//! `vdk secrets` and `vdk properties`, which share one implementation.

use std::io::{IsTerminal, stderr};
use std::process::ExitCode;

use secrecy::ExposeSecret;
use vdk_api::BOM;
use vdk_api::escape;
use vdk_api::{Collection, Document, DocumentError, JsonText, Kind};
use vdk_client::change;
use vdk_client::change::{Change, NewValue};
use vdk_client::service::Snapshot;
use vdk_client::{Error, ErrorKind, nearest};
use zeroize::Zeroizing;

use super::carry::warn_of_expired;
use super::generate::stored_but;
use super::job::Job;
use super::{
    describe, diff, edit, exec, expiring, export, find, import, migrate, replace, rotate, transfer,
    versions,
};
use crate::args::collections::{PropertiesArgs, SecretCommand, SecretOptions, SecretsArgs};
use crate::args::key_values::KeyValueArgs;
use crate::args::operation::{self, Operation, Request, Selection, Source};
use crate::args::subcommands::KeyValueCommand;
use crate::context::Context;
use crate::error::Exit;
use crate::formats::{self, Format};
use crate::lints::credential;
use crate::terminal::input::{Input, expect_end_of_stdin, read_text};
use crate::terminal::prompt;
use crate::terminal::reporter::TerminalReporter;

/// Runs `vdk secrets`.
pub fn secrets(args: SecretsArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let (common, own) = (&args.common, &args.own);
    match &args.command {
        Some(SecretCommand::Describe(of)) => {
            operation::refuse_with("describe", common, own)?;
            describe::run(of, context).map(ExitCode::from)
        }
        Some(SecretCommand::Rotate(of)) => {
            operation::refuse_with("rotate", common, own)?;
            rotate::run(of, context).map(ExitCode::from)
        }
        None => run(Collection::Secrets, common, own, own.show_secrets, context),
    }
}

/// Runs `vdk properties`, whose list always shows values.
pub fn properties(args: PropertiesArgs, context: &Context) -> anyhow::Result<ExitCode> {
    if let Some(migrate) = args.migrate {
        operation::refuse_with("migrate", &args.common, &SecretOptions::default())?;
        return migrate::run(migrate, context).map(ExitCode::from);
    }
    run(Collection::Properties, &args.common, &SecretOptions::default(), true, context)
}

fn run(
    collection: Collection,
    args: &KeyValueArgs,
    secret: &SecretOptions,
    show: bool,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    match &args.command {
        Some(KeyValueCommand::Exec(own)) => {
            operation::refuse_with("exec", args, secret)?;
            exec::run(collection, own, context)
        }
        Some(KeyValueCommand::Export(own)) => {
            operation::refuse_with("export", args, secret)?;
            export::run(collection, own, context).map(ExitCode::from)
        }
        Some(KeyValueCommand::Import(own)) => {
            operation::refuse_with("import", args, secret)?;
            import::run(collection, own, context).map(ExitCode::from)
        }
        Some(KeyValueCommand::Diff(own)) => {
            operation::refuse_with("diff", args, secret)?;
            diff::run(collection, own, context).map(ExitCode::from)
        }
        Some(KeyValueCommand::Copy(own)) => {
            operation::refuse_with("copy", args, secret)?;
            transfer::copy(collection, own, context).map(ExitCode::from)
        }
        Some(KeyValueCommand::Move(own)) => {
            operation::refuse_with("move", args, secret)?;
            transfer::move_keys(collection, own, context).map(ExitCode::from)
        }
        Some(KeyValueCommand::Edit(own)) => {
            operation::refuse_with("edit", args, secret)?;
            edit::run(collection, own, context).map(ExitCode::from)
        }
        Some(KeyValueCommand::Find(own)) => {
            operation::refuse_with("find", args, secret)?;
            find::run(collection, own, context).map(ExitCode::from)
        }
        Some(KeyValueCommand::Replace(own)) => {
            operation::refuse_with("replace", args, secret)?;
            replace::run(collection, own, context).map(ExitCode::from)
        }
        Some(KeyValueCommand::History(own)) => {
            operation::refuse_with("history", args, secret)?;
            versions::history(collection, own, context).map(ExitCode::from)
        }
        Some(KeyValueCommand::Rollback(own)) => {
            operation::refuse_with("rollback", args, secret)?;
            versions::roll_back(collection, own, context).map(ExitCode::from)
        }
        None => act(collection, args, secret, show, context).map(ExitCode::from),
    }
}

/// Runs the action that the options make.
fn act(
    collection: Collection,
    args: &KeyValueArgs,
    secret: &SecretOptions,
    show: bool,
    context: &Context,
) -> anyhow::Result<Exit> {
    let reporter = context.reporter;
    let operation = Operation::from_args(args, secret, show)?;
    if let (Some(within), Operation::Read { format, .. }) = (&secret.expiring, &operation) {
        return expiring::run(&args.which, within, secret, *format, context);
    }
    let job = Job::find(collection, &args.which, context)?;
    match operation {
        Operation::Read { what, format } => read(&job, &what, format, context),
        Operation::Write { what, dry_run, yes, format } => {
            let edit = resolve(what, collection, reporter)?;
            if dry_run {
                let before = edit.read_from(&*job.client.service)?;
                let change = edit.apply(&before.document, false).map_err(change::edit_failure)?;
                job.warn_of_lookalikes(&edit, &before);
                formats::print(&formats::dry_run(&change, format))?;
                return Ok(Exit::Done);
            }
            if !yes && prompt::has_terminal() {
                job.confirm(&edit)?;
                job.confirm_new()?;
            }
            warn(&edit, collection, reporter);
            job.write(&edit)?;
            if secret.print {
                print_generated(&edit, &secret.set_generated, format)?;
            }
            Ok(Exit::Done)
        }
    }
}

/// Prints the values that were generated: each on a line, or with their keys in another format than text.
fn print_generated(edit: &Change, generated: &[String], format: Format) -> anyhow::Result<()> {
    let Change::Patch { sets, .. } = edit else { return Ok(()) };
    let new = sets.iter().filter_map(|(key, value)| match value {
        NewValue::Text(value) if generated.iter().step_by(2).any(|of| of == key) => {
            Some((key.as_str(), value.expose_secret()))
        }
        _ => None,
    });
    let new: Vec<_> = new.collect();
    let print = || match format {
        Format::Text => {
            let lines = new.iter().map(|(_, value)| [*value, "\n"].concat());
            formats::print(&Zeroizing::new(lines.collect::<String>()))
        }
        _ => {
            let json: Vec<_> =
                new.iter().map(|(key, value)| (*key, JsonText::from_text(value))).collect();
            let json = json.iter().map(|(key, json)| (*key, json)).collect();
            formats::print_members(&formats::members(&json, format)?, format)
        }
    };
    stored_but(new.first().map_or("KEY", |(key, _)| key), print())
}

fn read(job: &Job, what: &Selection, format: Format, context: &Context) -> anyhow::Result<Exit> {
    let service = &*job.client.service;
    let Snapshot { document, version, .. } = service.read()?;
    if version == Some(0) {
        job.tell_that_nothing_is_there();
    }
    let Selection::Some(keys) = what else {
        let text = match what {
            Selection::Keys => formats::keys(&document, format),
            _ => formats::members(&document.iter().collect(), format)?,
        };
        formats::print(&text)?;
        return Ok(Exit::Done);
    };
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for key in keys {
        match document.get(key) {
            Some(value) => found.push((key.as_str(), value)),
            None => missing.push(format!("'{}'", escape::line(key))),
        }
    }
    if !missing.is_empty() {
        let (named, place) = (missing.join(", "), service.place());
        let meant = keys.iter().filter(|key| document.get(key).is_none());
        let meant = meant.filter_map(|key| nearest(key, document.keys())).next();
        let meant = meant.map(|key| format!("did you mean '{}'?", escape::line(key)));
        // Text and JSON keep the Python vdk's exit code. Scripts that use other formats need the
        // value.
        if !matches!(format, Format::Text | Format::Json) {
            return Err(Error::new(ErrorKind::NotFound, "Cannot print a key that does not exist.")
                .why(format!("There is no key {named} at {place}."))
                .consequences("Nothing was printed.")
                .help(match meant {
                    Some(meant) => {
                        format!("{} --list shows the keys.", meant.replacen('d', "D", 1))
                    }
                    None => "Check the spelling; --list shows the keys.".into(),
                })
                .into());
        }
        let meant = meant.map(|meant| format!("; {meant}")).unwrap_or_default();
        context.reporter.note(&format!("there is no key {named} at {place}{meant}"));
    }
    formats::print_members(&formats::members(&found, format)?, format)?;
    // Only a person would read it, and it costs another request.
    let is_asked = job.collection == Collection::Secrets && !found.is_empty();
    if is_asked && stderr().is_terminal() {
        let keys: Vec<&str> = found.iter().map(|(key, _)| *key).collect();
        warn_of_expired(&keys, job, context);
    }
    Ok(Exit::Done)
}

/// Reads the values that the command line only refers to.
fn resolve(
    request: Request,
    collection: Collection,
    reporter: TerminalReporter,
) -> Result<Change, Error> {
    match request {
        Request::Clear => Ok(Change::Clear),
        Request::Replace(input) => {
            let purpose = format!("the new {collection}");
            let text = read_text(
                &input,
                &purpose,
                "An object without keys is {}. To delete all keys, use --delete-all.",
            )?;
            let refuse = |why: String| {
                Error::usage(format!("Invalid {collection}."))
                    .why(format!("One JSON object with keys and values is expected, but {why}."))
                    .help("Correct the file, for example {\"key\": \"value\"}.")
            };
            let document = Document::parse(text.strip_prefix(BOM).unwrap_or(&text))
                .map_err(|error| refuse(error.to_string()))?;
            match document.duplicate() {
                Some(key) => {
                    let key = escape::line(key);
                    Err(refuse(format!(
                        "the key '{key}' occurs twice, and only one value can be kept"
                    )))
                }
                None => Ok(Change::Replace(document)),
            }
        }
        Request::Patch { sets, deletes } => {
            let asks = sets.iter().any(|(_, source)| matches!(source, Source::Prompt));
            let sets = sets
                .into_iter()
                .map(|(key, source)| value(&key, source, reporter).map(|value| (key, value)))
                .collect::<Result<_, _>>()?;
            if asks && !prompt::has_terminal() {
                expect_end_of_stdin()?;
            }
            Ok(Change::Patch { sets, deletes })
        }
    }
}

fn value(key: &str, source: Source, reporter: TerminalReporter) -> Result<NewValue, Error> {
    let shown = escape::line(key);
    match source {
        Source::Text(text) => {
            if text.expose_secret() == "-" && !prompt::has_terminal() {
                reporter.warning(&format!(
                    "the value of '{shown}' is '-' itself; to read standard input: --set-file KEY -"
                ));
            }
            Ok(NewValue::Text(text))
        }
        Source::Prompt => prompt::secret_value(key, "--set-file KEY FILE").map(NewValue::Text),
        Source::Generated(generate) => generate.value().map(NewValue::Text),
        Source::File(input) => {
            let text = read_text(
                &input,
                &format!("the value of '{shown}'"),
                "If the value is meant to be empty: --set KEY ''",
            )?;
            let is_one_line = text.find('\n').is_some_and(|at| at + 1 == text.len());
            if input == Input::Stdin && is_one_line {
                reporter.note(&format!(
                    "the value of '{shown}' ends in a line end, as echo writes it; printf %s \
                     writes none"
                ));
            }
            Ok(NewValue::Text(text.as_str().into()))
        }
        Source::Json(text) => JsonText::parse(text.expose_secret()).map(NewValue::Json).map_err(
            |error: DocumentError| {
                Error::usage(format!("Invalid value of '{}'.", escape::line(key)))
                    .why(format!("--set-json takes one JSON value, but {error}."))
                    .help(
                        "Give JSON, for example 5, true, null, [1, 2] or '{\"a\": 1}'. For plain \
                         text, use --set.",
                    )
            },
        ),
    }
}

/// Warns of new keys and values that are unusual.
pub fn warn(edit: &Change, collection: Collection, reporter: TerminalReporter) {
    warn_of_credentials(edit, collection, reporter);
    warn_of_what_jobs_refuse(edit, collection, reporter);
}

/// Warns of credentials among the properties, which a service may store unencrypted.
fn warn_of_credentials(edit: &Change, collection: Collection, reporter: TerminalReporter) {
    if collection == Collection::Secrets {
        return;
    }
    let looks = |key: &&str| credential::is_named_so(key);
    let keys = edit.sets().into_iter().map(|(key, _)| key).filter(looks).collect::<Vec<_>>();
    if !keys.is_empty() {
        reporter.note(&format!(
            "{} looks like a credential, but properties are shown and may be stored as plain text; \
             for credentials, use vdk secrets",
            formats::quoted(&keys, 3)
        ));
    }
}

/// Warns of entries that a job can read but not write back. The VDK runtime rejects booleans, and
/// keys with white space.
fn warn_of_what_jobs_refuse(edit: &Change, collection: Collection, reporter: TerminalReporter) {
    let new = edit.sets();
    if new.iter().any(|(key, _)| key.is_empty()) {
        reporter.warning(
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
        reporter.warning(&format!(
            "a job can read keys with white space and booleans, but cannot write its {collection} \
             back with them (set_all_{collection} rejects them): '{first}'{others}"
        ));
    }
}
