//! `rotate`: replaces the value of a secret that exists, and records the day.
//!
//! What is under way is noted in the metadata before the value is written, so that the same command
//! completes it after an interruption.

use secrecy::{ExposeSecret, SecretString};
use vdk_api::{Collection, Day, Document, JsonText, KeyMetadata, escape};
use vdk_client::change::{Change, coerce};
use vdk_client::metadata::metadata_of;
use vdk_client::service::Snapshot;
use vdk_client::{Error, ErrorKind};

use super::describe::expect_key;
use super::generate::Generate;
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
    let (own, key) = (&args.own, args.own.key.as_str());
    let generate = own
        .generate
        .as_deref()
        .map(|length| Generate::new(length, own.alphabet.as_deref(), "--generate"));
    let generate = generate.transpose()?;
    let job = Job::find(Collection::Secrets, &args.global, context)?;
    let set = job.client.read()?;
    expect_key(&set.document, key, &job)?;
    let (metadata, described) = job.metadata(context)?;
    let before = metadata_of(&described.document, key)?;
    let old = set.document.get(key).cloned().unwrap_or_else(|| JsonText::from_text(""));
    let new = match generate {
        Some(_) if has_written(&job, &set, key, &before) == Some(true) => {
            record(&metadata, key)?;
            context.reporter.note(&format!(
                "an interrupted command has generated the value of '{}' that is stored; it stays, and \
                 its rotation is recorded now",
                escape::line(key)
            ));
            return Ok(Exit::Done);
        }
        Some(generate) => generate.value()?,
        None => given(own, key)?,
    };
    let value = stored_as(&old, &new, key)?;
    if value.is_exactly(&old) {
        if !own.same && !completes(&job, &set, key, &before) {
            return Err(Error::usage("Cannot rotate the key.")
                .why(format!("The new value of '{}' is the one that is stored.", escape::line(key)))
                .help("Give a new value. To record a rotation that was made elsewhere: --same")
                .into());
        }
    } else {
        metadata.describe(key, |one| one.rotating = Some(set.version.unwrap_or(0)))?;
        write(&job, set.document, key, value)?;
    }
    record(&metadata, key)?;
    let characters = new.expose_secret().chars().count();
    context
        .reporter
        .note_on_terminal(|| format!("rotated {} ({characters} characters)", escape::line(key)));
    if own.print {
        formats::print(&zeroize::Zeroizing::new(format!("{}\n", new.expose_secret())))?;
    }
    Ok(Exit::Done)
}

/// Returns whether the stored value may be that of a rotation that was interrupted.
fn completes(job: &Job, set: &Snapshot, key: &str, metadata: &KeyMetadata) -> bool {
    metadata.rotating.is_some() && has_written(job, set, key, metadata) != Some(false)
}

/// Returns whether a rotation that was interrupted has written its value: it differs from that of the
/// version at which the rotation began. `None` if that is not known.
fn has_written(job: &Job, set: &Snapshot, key: &str, metadata: &KeyMetadata) -> Option<bool> {
    let (from, now) = (metadata.rotating?, set.version?);
    if now <= from {
        return Some(false);
    }
    let then = job.client.read_version(from).ok()?;
    Some(!then.get(key)?.is_exactly(set.document.get(key)?))
}

/// Reads the new value: from a file, a prompt that asks twice, or a line of stdin.
fn given(own: &RotateArgs, key: &str) -> Result<SecretString, Error> {
    let shown = escape::line(key);
    if let Some(file) = &own.file {
        let empty = "A rotation needs a value. An empty one can be set: --set KEY ''";
        let purpose = format!("the new value of '{shown}'");
        return Ok(read_text(&Input::new(file), &purpose, empty)?.as_str().into());
    }
    let value = prompt::secret_value(key)?;
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
fn record(metadata: &vdk_client::Job, key: &str) -> Result<(), Error> {
    let today = Day::today();
    metadata.describe(key, |one| one.rotated_on(today)).map(drop).map_err(|error| {
        Error::new(ErrorKind::Unavailable, "The rotation is not recorded.")
            .why(error.body.why)
            .consequences("The new value is stored, and the metadata does not have the day.")
            .help("Run the same command with the same value again: it records the rotation.")
    })
}
