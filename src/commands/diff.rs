//! `diff`: what differs between the key/values of two jobs, or of a job and its version or a file.

use secrecy::ExposeSecret;
use vdk_api::{Collection, Document, JsonText};
use vdk_client::Error;
use vdk_client::change::{NewValue, coerce};

use super::file::{name, read};
use super::job::Job;
use super::versions::{number, read_kept};
use crate::args::Beside;
use crate::args::key_values::WhichArgs;
use crate::args::transfer::DiffArgs;
use crate::context::Context;
use crate::error::Exit;
use crate::formats;
use crate::formats::diff::{self, Difference, JobSide, Side};
use crate::terminal::input::Input;

/// Compares two sides.
pub fn run(
    collection: Collection,
    args: &Beside<WhichArgs, DiffArgs>,
    context: &Context,
) -> anyhow::Result<Exit> {
    let own = &args.own;
    check(own)?;
    let version = own.to_version.as_deref().map(number).transpose()?;
    let job = Job::find(collection, &args.global, context)?;
    let here = job.client.service.read()?;
    let (there, other) = match &own.to_file {
        Some(file) => {
            let input = Input::new(file);
            let values = read(&input, &own.file, collection)?;
            (as_stored(values, &here.document), Side::File(name(&input)))
        }
        None => {
            let other = job.other(&own.other, context)?;
            let (document, number) = match version {
                Some(number) => (read_kept(&other, number)?, Some(number)),
                None => {
                    let read = other.client.service.read()?;
                    if read.version == Some(0) {
                        other.tell_that_nothing_is_there();
                    }
                    (read.document, read.version)
                }
            };
            (document, side(&other, number))
        }
    };
    let sides = [side(&job, here.version), other];
    let (differences, same) = compare(&here.document, &there);
    let text = match own.output.is_json() {
        true => diff::json(&sides, &differences, &same, own.show_secrets),
        false => diff::table(&sides, &differences, own.show_secrets),
    };
    formats::print(&text)?;
    if !own.output.is_json() {
        let (count, is) = match same.len() {
            1 => ("1 key".to_string(), "is"),
            count => (format!("{count} keys"), "are"),
        };
        context.reporter.note(&format!("{count} {is} the same"));
    }
    Ok(if own.exit_code && !differences.is_empty() { Exit::Cancelled } else { Exit::Done })
}

/// Refuses no other side, and two of them.
fn check(args: &DiffArgs) -> Result<(), Error> {
    let of_job = args.other.is_given() || args.to_version.is_some();
    match (of_job, args.to_file.is_some()) {
        (false, false) => Err(Error::usage("Invalid arguments")
            .why("diff needs another side.")
            .help("Give --to-name, --to-team, --to-url, --to-version or --to-file.")),
        (true, true) => Err(Error::usage("Invalid arguments")
            .why("--to-file is the whole other side: it has no job and no version.")
            .help("Leave out --to-file, or the other options.")),
        (true, false) if args.file.is_given() => Err(Error::usage("Invalid arguments")
            .why("-f and --literal say how a file is read, and none is given.")
            .help("Leave them out, or name the file with --to-file.")),
        _ => Ok(()),
    }
}

fn side(job: &Job, version: Option<u64>) -> Side {
    Side::Job(JobSide {
        team: job.owner().team.to_string(),
        job: job.owner().job.to_string(),
        place: job.place(),
        collection: job.collection,
        version,
    })
}

/// Returns the document that an import of these values would make, with the types that are stored.
fn as_stored(values: Vec<(String, NewValue)>, stored: &Document) -> Document {
    let each = values.into_iter().map(|(key, value)| {
        let value = match value {
            NewValue::Json(json) => json,
            NewValue::Text(text) => coerce(stored.get(&key), text.expose_secret())
                .unwrap_or_else(|_| JsonText::from_text(text.expose_secret())),
        };
        (key, value)
    });
    each.collect()
}

/// Returns the keys that differ, sorted, and those that are the same.
fn compare<'a>(here: &'a Document, there: &'a Document) -> (Vec<Difference<'a>>, Vec<&'a str>) {
    let (mut differences, mut same) = (Vec::new(), Vec::new());
    for (key, value) in here.iter() {
        let other = there.get(key);
        match other.is_some_and(|other| other.is_exactly(value)) {
            true => same.push(key),
            false => differences.push(Difference { key, here: Some(value), there: other }),
        }
    }
    let added = there.iter().filter(|(key, _)| here.get(key).is_none());
    differences.extend(added.map(|(key, value)| Difference {
        key,
        here: None,
        there: Some(value),
    }));
    differences.sort_by_key(|difference| difference.key);
    (differences, same)
}
