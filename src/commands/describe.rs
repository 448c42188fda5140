//! `describe`: what is known of secrets beside their values, and changes of it.

use vdk_api::{Collection, Day, Document, Version, escape};
use vdk_client::metadata::metadata_of;
use vdk_client::{Error, ErrorKind, nearest};

use super::job::Job;
use crate::args::Beside;
use crate::args::describe::DescribeArgs;
use crate::args::key_values::WhichArgs;
use crate::context::Context;
use crate::error::Exit;
use crate::formats::{self, described};

/// Shows metadata, or changes that of a key.
pub fn run(args: &Beside<WhichArgs, DescribeArgs>, context: &Context) -> anyhow::Result<Exit> {
    let own = &args.own;
    let change = Fields::new(own)?;
    let job = Job::find(Collection::Secrets, &args.global, context)?;
    let set = job.client.read()?;
    if let Some(key) = &own.key {
        expect_key(&set.document, key, &job)?;
    }
    if own.history {
        let (metadata, _) = job.metadata(context)?;
        let versions = metadata.versions()?;
        let concerns = |version: &Version| {
            own.key
                .as_ref()
                .is_none_or(|key| version.changes.as_ref().is_some_and(|of| of.has(key)))
        };
        let versions: Vec<_> = versions.into_iter().filter(concerns).collect();
        formats::print(&formats::history(&versions, own.output.format()))?;
        return Ok(Exit::Done);
    }
    match (&own.key, change.is_any()) {
        (Some(key), true) => write(&job, key, &change, context),
        _ => show(&job, own, &set.document, context),
    }
}

/// The fields that options set; the empty text removes one.
struct Fields<'a> {
    description: Option<&'a str>,
    owner: Option<&'a str>,
    rotate_every: Option<Option<vdk_api::Days>>,
    expires: Option<Option<Day>>,
}

impl<'a> Fields<'a> {
    fn new(own: &'a DescribeArgs) -> Result<Self, Error> {
        let fields = Fields {
            description: own.description.as_deref(),
            owner: own.owner.as_deref(),
            rotate_every: parsed(own.rotate_every.as_deref(), "--rotate-every")?,
            expires: parsed(own.expires.as_deref(), "--expires")?,
        };
        let mut trial = vdk_api::KeyMetadata::default();
        fields.set(&mut trial);
        trial.check().map_err(|error| invalid(&format!("{error}")))?;
        Ok(fields)
    }

    fn is_any(&self) -> bool {
        self.description.is_some()
            || self.owner.is_some()
            || self.rotate_every.is_some()
            || self.expires.is_some()
    }

    fn set(&self, metadata: &mut vdk_api::KeyMetadata) {
        let text = |text: &str| (!text.trim().is_empty()).then(|| text.to_string());
        if let Some(description) = self.description {
            metadata.description = text(description);
        }
        if let Some(owner) = self.owner {
            metadata.owner = text(owner);
        }
        if let Some(every) = self.rotate_every {
            // The same time again does not put the day off.
            let is_same = metadata.rotate_every == every && metadata.since.is_some();
            if !is_same {
                metadata.since = every.map(|_| Day::today());
            }
            metadata.rotate_every = every;
        }
        if let Some(day) = self.expires {
            metadata.expires = day;
        }
    }
}

/// Parses the value of an option; the empty text is none.
fn parsed<T: std::str::FromStr<Err = vdk_api::MetadataError>>(
    text: Option<&str>,
    option: &str,
) -> Result<Option<Option<T>>, Error> {
    match text {
        None => Ok(None),
        Some("") => Ok(Some(None)),
        Some(text) => {
            let parsed = text.parse().map_err(|error| {
                invalid(&format!("{option}: {error}")).help(
                    "Days are written as 2027-01-31, times as 90d or 12w. '' removes a field.",
                )
            });
            parsed.map(|value| Some(Some(value)))
        }
    }
}

fn invalid(why: &str) -> Error {
    Error::usage("Cannot describe the key.").why(format!("{why}.")).help("Give a shorter text.")
}

/// Fails if `key` is not among the secrets.
pub fn expect_key(set: &Document, key: &str, job: &Job) -> Result<(), Error> {
    if set.get(key).is_some() {
        return Ok(());
    }
    if key.is_empty() {
        return Err(Error::usage("The key is empty.")
            .why("The usual cause is a variable that is not set.")
            .help("Name a key; --list shows them."));
    }
    let meant = nearest(key, set.keys());
    let meant = meant.map(|key| format!("Did you mean '{}'? ", escape::line(key)));
    Err(Error::new(ErrorKind::NotFound, "There is no such key.")
        .why(format!("There is no key '{}' among {}.", escape::line(key), job.described()))
        .help(format!("{}--list shows the keys.", meant.unwrap_or_default())))
}

fn write(job: &Job, key: &str, change: &Fields<'_>, context: &Context) -> anyhow::Result<Exit> {
    if let Some(Some(day)) = change.expires.filter(|day| day.is_some_and(|day| day < Day::today()))
    {
        context.reporter.warning(&format!("{day} has passed: the key counts as expired"));
    }
    let (metadata, _) = job.metadata(context)?;
    let done = metadata.describe(key, |one| change.set(one))?;
    context.reporter.note_on_terminal(|| match done.wrote {
        true => format!("described {} in {}", escape::line(key), metadata.service.place()),
        false => "nothing to change".into(),
    });
    Ok(Exit::Done)
}

fn show(job: &Job, own: &DescribeArgs, set: &Document, context: &Context) -> anyhow::Result<Exit> {
    let (_, metadata) = job.metadata(context)?;
    let versions = last_writes(job);
    let mut rows = Vec::new();
    for (key, value) in set.iter() {
        if own.key.as_deref().is_none_or(|wanted| wanted == key) {
            let metadata = metadata_of(&metadata.document, key)?;
            // It is there, so the last change of it was a write.
            let concerns = |of: &Version| of.changes.as_ref().is_some_and(|of| of.has(key));
            let updated = versions.iter().find(|of| concerns(of));
            let updated = updated.map(|version| (version.written_at.clone(), version.who.clone()));
            rows.push(described::Row { key, value, metadata, updated });
        }
    }
    let today = Day::today();
    formats::print(&match (own.output.is_json(), &own.key, rows.first()) {
        (true, Some(_), Some(row)) => described::json(row, today) + "\n",
        (true, ..) => {
            let objects: Vec<_> = rows.iter().map(|row| described::json(row, today)).collect();
            format!("[{}]\n", objects.join(", "))
        }
        (false, Some(_), Some(row)) => described::one(row, today),
        (false, ..) => described::all(&rows, today),
    })?;
    Ok(Exit::Done)
}

/// Returns the versions of the secrets, the newest first; none where they are not kept, or not for this
/// user.
fn last_writes(job: &Job) -> Vec<Version> {
    job.client.versions().unwrap_or_default()
}
