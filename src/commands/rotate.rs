//! `rotate`: replaces the value of a secret that exists, and records the day.
//!
//! What is under way is noted in the metadata before the value is written, so that the same command
//! completes it after an interruption.

use secrecy::{ExposeSecret, SecretString};
use vdk_api::{Collection, Day, Document, JsonText, Rotating, Version, escape};
use vdk_client::change::{Change, Done, coerce};
use vdk_client::metadata::metadata_of;
use vdk_client::{Error, ErrorKind};

use super::describe::expect_key;
use super::generate::{Generate, stored_but};
use super::job::Job;
use crate::args::Beside;
use crate::args::describe::RotateArgs;
use crate::args::key_values::WhichArgs;
use crate::context::Context;
use crate::error::Exit;
use crate::formats;
use crate::terminal::input::{Input, expect_end_of_stdin, read_text};
use crate::terminal::prompt;

/// Rotates a secret.
pub fn run(args: &Beside<WhichArgs, RotateArgs>, context: &Context) -> anyhow::Result<Exit> {
    let own = &args.own;
    let (key, length) = own.key_and_length()?;
    let generate =
        length.map(|length| Generate::new(length, own.generate.alphabet.as_deref(), "--generate"));
    let generate = generate.transpose()?;
    let op_id = context.settings()?.op_id()?;
    let job = Job::find_for(Collection::Secrets, &args.global, context, op_id.clone())?;
    let set = job.client.read()?;
    expect_key(&set.document, key, &job)?;
    let (metadata, described) = job.metadata(context)?;
    // A value that leaked can be replaced also where its metadata is not valid.
    let mark = match metadata_of(&described.document, key) {
        Ok(before) => Some(before.rotating),
        Err(error) => {
            context.reporter.warning(&format!("the day will not be recorded. {}", error.body.why));
            None
        }
    };
    let has_written = || has_written(&job, key, mark.as_ref()?.as_ref()?);
    let old = set.document.get(key).cloned().unwrap_or_else(|| JsonText::from_text(""));
    let text = old.to_text().unwrap_or_default();
    let (new, is_done) = match generate {
        _ if own.same => (SecretString::from(text.as_str()), true),
        Some(of) if of.fits(&text) && has_written() == Some(true) => {
            context.reporter.note(&format!(
                "an interrupted command has stored a generated value of '{}': it stays, and its day is \
                 recorded now",
                escape::line(key)
            ));
            (SecretString::from(text.as_str()), true)
        }
        Some(generate) => (generate.value()?, false),
        None => (given(own, key)?, false),
    };
    let value = if is_done { old.clone() } else { stored_as(&old, &new, key)? };
    if !value.is_exactly(&old) {
        let begun = Rotating { from: set.version.unwrap_or(0), op_id };
        if mark.is_some() {
            metadata.describe(key, |one| one.rotating = Some(begun.clone()))?;
        }
        write(&job, set.document, key, value).inspect_err(|error| {
            // Nothing of it is stored. If this fails as well, the version has no such operation.
            if error.kind != ErrorKind::Unknown && mark.is_some() {
                let _ = metadata.describe(key, |one| {
                    one.rotating = one.rotating.take().filter(|mark| *mark != begun);
                });
            }
        })?;
    } else if !is_done {
        let is_marked = mark.as_ref().is_some_and(Option::is_some);
        // Where there are no versions, the mark is all that is known.
        if has_written() == Some(false) || !is_marked {
            return Err(Error::usage("Cannot rotate the key.")
                .why(format!("The new value of '{}' is the one that is stored.", escape::line(key)))
                .help("Give a new value. To record a rotation that was made elsewhere: --same")
                .into());
        }
    }
    let recorded = if mark.is_some() { record(&metadata, key, context) } else { Ok(()) };
    let characters = new.expose_secret().chars().count();
    if recorded.is_ok() {
        context.reporter.note_on_terminal(|| match own.same {
            true => format!("recorded the rotation of {}", escape::line(key)),
            false => format!("rotated {} ({characters} characters)", escape::line(key)),
        });
    }
    if own.print {
        let text = zeroize::Zeroizing::new(format!("{}\n", new.expose_secret()));
        stored_but(key, formats::print(&text))?;
    }
    recorded?;
    Ok(Exit::Done)
}

/// Returns whether a rotation that was interrupted has written its value: the last write of the key is of
/// its operation. `None` where no versions are kept.
fn has_written(job: &Job, key: &str, begun: &Rotating) -> Option<bool> {
    let versions = job.client.versions().ok()?;
    let concerns = |version: &&Version| version.changes.as_ref().is_some_and(|of| of.has(key));
    let last = versions.iter().find(concerns)?;
    Some(last.version > begun.from && last.op_id.as_deref() == Some(&begun.op_id))
}

/// Reads the new value: from a file, a prompt that asks twice, or a line of stdin.
fn given(own: &RotateArgs, key: &str) -> Result<SecretString, Error> {
    let shown = escape::line(key);
    if let Some(file) = &own.file {
        let empty = "A rotation needs a value. An empty one can be set: --set KEY ''";
        let purpose = format!("the new value of '{shown}'");
        return Ok(read_text(&Input::new(file), &purpose, empty)?.as_str().into());
    }
    let value = prompt::secret_value(key, "--file FILE")?;
    if !prompt::has_terminal() {
        expect_end_of_stdin()?;
    } else if *prompt::hidden_on_terminal(&format!("{shown} again"), "use --file FILE")?
        != *value.expose_secret()
    {
        return Err(Error::usage("The two values differ.")
            .why("One of them was mistyped.")
            .help("Run the command again."));
    }
    Ok(value)
}

/// Returns the new value in the type of the stored one.
fn stored_as(old: &JsonText, new: &SecretString, key: &str) -> Result<JsonText, Error> {
    coerce(Some(old), new.expose_secret()).map_err(|mismatch| {
        Error::usage("The new value does not have the type of the stored one.")
            .why(format!(
                "'{}' holds {}, and the new text is none.",
                escape::line(key),
                mismatch.stored
            ))
            .help("Give a value of that type, or replace value and type: --set-json KEY JSON")
    })
}

/// Writes the value, unless somebody else changed or removed it meanwhile.
fn write(job: &Job, base: Document, key: &str, value: JsonText) -> Result<(), Error> {
    let mut edited = base.clone();
    edited.set(key, value);
    job.client.apply(&Change::Edit { base, edited }).map(drop)
}

/// Records that the value was rotated today.
fn record(metadata: &vdk_client::Job, key: &str, context: &Context) -> Result<(), Error> {
    let today = Day::today();
    let note = |done: Done| {
        let now = metadata_of(&done.before.document, key).ok().and_then(|one| one.expires);
        if let Some(day) = now.filter(|day| *day > today) {
            context.reporter.note(&format!(
                "it still expires on {day}: to change that, describe it with --expires"
            ));
        }
    };
    metadata.describe(key, |one| one.rotated_on(today)).map(note).map_err(|error| {
        Error::new(error.kind, "The rotation is not recorded.")
            .why(error.body.why)
            .consequences("The new value is stored, and the metadata does not have the day.")
            .help(format!(
                "{} Then run the same command with the same value: it records the day.",
                error.body.countermeasures
            ))
    })
}
