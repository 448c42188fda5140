//! `vdk secrets` and `vdk properties`: one implementation.

use std::time::Duration;

use clap::ArgMatches;
use secrecy::ExposeSecret;
use vdk_api::{Collection, Document, DocumentError, JsonText, Kind, Name, Owner};

use super::text;
use crate::auth::{self, Login};
use crate::edit::{Edit, Fate, NewValue};
use crate::engine;
use crate::exit::{Exit, Failure};
use crate::http::{BaseUrl, Http};
use crate::master_key::LocalKeys;
use crate::operation::{Operation, Request, Selection, Source};
use crate::output::{self, Format};
use crate::service::{JobLock, LocalService, RestService, Service, Snapshot};
use crate::settings::{Found, Settings, Target};
use crate::talk::Talk;
use crate::{paths, prompt, sanitize};

/// Runs the command on one of the two collections.
pub fn run(collection: Collection, flags: &ArgMatches, talk: Talk) -> anyhow::Result<Exit> {
    let operation = Operation::from_flags(flags)?;
    let settings = Settings::new()?;
    let target = settings.target(text(flags, "rest-api-url"))?;
    let owner = owner(&settings, flags, talk)?;
    let service = service(&settings, &target, &owner, collection, talk)?;
    let whose = format!("the {collection} of job '{}' (team '{}')", owner.job, owner.team);
    match operation {
        Operation::Read { what, format } => read(&*service, &what, format, &whose, talk),
        Operation::Write { what, dry_run, yes, format } => {
            let edit = resolve(what, collection)?;
            if dry_run {
                let before = service.read()?;
                let change = edit.apply(&before.document, false).map_err(engine::edit_failure)?;
                output::print(&output::dry_run(&change, format))?;
                return Ok(Exit::Done);
            }
            if !yes && prompt::can_ask() {
                confirm(&*service, &edit, &whose)?;
            }
            warn_of_what_jobs_refuse(&edit, collection, talk);
            let _lock = lock(&settings, &*service, &target, &whose, talk)?;
            let before = engine::write(&*service, &edit, talk)?;
            tell_how_to_undo(&edit, before.version, talk);
            Ok(Exit::Done)
        }
    }
}

fn read(
    service: &dyn Service,
    what: &Selection,
    format: Format,
    whose: &str,
    talk: Talk,
) -> anyhow::Result<Exit> {
    let Snapshot { document, version, .. } = service.read()?;
    if version == Some(0) {
        talk.note(&format!("nothing was ever stored for {whose} at {}", service.place()));
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
        // The original's formats keep its exit code; who uses the others counts on the value.
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
    output::print(&output::members(&found, format)?)?;
    Ok(Exit::Done)
}

/// The job and its team, from wherever they are known; the user is asked at last.
fn owner(settings: &Settings, flags: &ArgMatches, talk: Talk) -> Result<Owner, Failure> {
    let job_flag = text(flags, "name");
    let (job, job_origin) = known(settings.job(job_flag)?, "job", "Job Name", "--name")?;
    let (team, team_origin) =
        known(settings.team(text(flags, "team"))?, "team", "Job Team", "--team")?;
    if job_flag.is_none() {
        talk.note(&format!("job '{job}' ({job_origin}) of team '{team}' ({team_origin})"));
    }
    Ok(Owner { team, job })
}

/// What was found, or what the user answers.
pub fn known(
    found: Option<Found<Name>>,
    what: &'static str,
    question: &str,
    flag: &str,
) -> Result<Found<Name>, Failure> {
    if let Some(found) = found {
        return Ok(found);
    }
    let answer = if prompt::can_ask() { prompt::ask(&format!("{question}: "))? } else { None };
    match answer {
        Some(answer) => crate::settings::checked_name(what, &answer, "the prompt"),
        None => Err(Failure::usage(
            format!("The {what} is not known."),
            match what {
                "team" => format!(
                    "{flag} was not given, no config.ini here names it in [owner], and no default \
                     is saved."
                ),
                _ => format!("{flag} was not given, and no config.ini of a data job is here."),
            },
            match what {
                "team" => format!("Give {flag}, or save a default: vdk set-default -t TEAM"),
                _ => format!("Give {flag}, or run the command in the folder of the data job."),
            },
        )),
    }
}

fn service(
    settings: &Settings,
    target: &Target,
    owner: &Owner,
    collection: Collection,
    talk: Talk,
) -> Result<Box<dyn Service>, Failure> {
    match target {
        Target::Local => {
            let folder = settings.path(paths::LOCAL_STORE);
            let keys = LocalKeys::new(talk)?;
            Ok(Box::new(LocalService::new(folder, keys, owner.clone(), collection)))
        }
        Target::Service(base) => {
            let (http, login_expired) = connect(settings, base, talk)?;
            Ok(Box::new(RestService::new(http, owner, collection, login_expired)))
        }
    }
}

/// The way to a service with the saved login, and whether that login has expired.
pub fn connect(settings: &Settings, base: &BaseUrl, talk: Talk) -> Result<(Http, bool), Failure> {
    let (token, expired) = match auth::login(&settings.path(paths::CREDENTIALS))? {
        Login::Token(token) => (Some(token), false),
        Login::Expired => (None, true),
        Login::None => (None, false),
    };
    Ok((Http::new(base.clone(), settings.http()?, token, talk)?, expired))
}

/// Reads the values that the command line only points to.
fn resolve(request: Request, collection: Collection) -> Result<Edit, Failure> {
    match request {
        Request::Clear => Ok(Edit::Clear),
        Request::Replace(input) => {
            let text = prompt::read_text(&input, &format!("the new {collection}"))?;
            let refuse = |why: String| {
                Failure::usage(
                    format!("The new {collection} are not valid."),
                    format!("One JSON object with keys and values is expected, but {why}."),
                    "Correct the file, for example {\"key\": \"value\"}.",
                )
            };
            let document = Document::parse(&text).map_err(|error| refuse(error.to_string()))?;
            match document.duplicate() {
                Some(key) => {
                    let key = sanitize::line(key);
                    Err(refuse(format!("the key '{key}' stands twice, and only one can be kept")))
                }
                None => Ok(Edit::Replace(document)),
            }
        }
        Request::Patch { sets, deletes } => {
            let sets = sets
                .into_iter()
                .map(|(key, source)| value(&key, source).map(|value| (key, value)))
                .collect::<Result<_, _>>()?;
            Ok(Edit::Patch { sets, deletes })
        }
    }
}

fn value(key: &str, source: Source) -> Result<NewValue, Failure> {
    match source {
        Source::Text(text) => Ok(NewValue::Text(text)),
        Source::Prompt => prompt::secret_value(key).map(NewValue::Text),
        Source::File(input) => {
            let text =
                prompt::read_text(&input, &format!("the value of '{}'", sanitize::line(key)))?;
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

/// Asks before everything is deleted or replaced.
fn confirm(service: &dyn Service, edit: &Edit, whose: &str) -> Result<(), Failure> {
    if matches!(edit, Edit::Patch { .. }) {
        return Ok(());
    }
    let before = service.read()?;
    let change = edit.apply(&before.document, false).map_err(engine::edit_failure)?;
    let count = |wanted: Fate| change.fates().filter(|(_, fate)| *fate == wanted).count();
    let (place, removed) = (service.place(), count(Fate::Removed));
    prompt::confirm(&if let Edit::Clear = edit {
        format!("Delete {whose} at {place}: all {removed} keys?")
    } else {
        let (changed, added) = (count(Fate::Changed), count(Fate::Added));
        format!(
            "Replace {whose} at {place}: {removed} keys deleted, {changed} changed, {added} added?"
        )
    })
}

/// What a running job reads but cannot write back: the VDK runtime refuses keys with white space
/// in them and booleans.
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

/// Others on this machine wait while this write runs.
fn lock(
    settings: &Settings,
    service: &dyn Service,
    target: &Target,
    whose: &str,
    talk: Talk,
) -> Result<Option<JobLock>, Failure> {
    const PATIENCE: Duration = Duration::from_secs(60);
    let folder = settings.path(paths::LOCKS);
    let name = format!("{}\n{whose}", service.place());
    match JobLock::acquire(&folder, &name, PATIENCE) {
        Ok(Some(lock)) => Ok(Some(lock)),
        Ok(None) => Err(Failure::new(
            Exit::Conflict,
            "Another command is still writing.",
            format!("It has held the lock in {} for {} s.", folder.display(), PATIENCE.as_secs()),
            crate::exit::NOTHING_CHANGED,
            "Run the command again when the other has finished.",
        )),
        Err(error) => {
            // The embedded store has locks of its own.
            if let Target::Service(_) = target {
                let folder = folder.display();
                talk.warning(&format!(
                    "no lock in {folder} ({error}): a write that runs at the same time may be lost"
                ));
            }
            Ok(None)
        }
    }
}

fn tell_how_to_undo(edit: &Edit, version: Option<u64>, talk: Talk) {
    if let (Edit::Clear | Edit::Replace(_), Some(version)) = (edit, version)
        && version > 0
    {
        talk.note(&format!(
            "what was there is kept as version {version}, until {} newer ones are written",
            vdk_api::VERSIONS_KEPT - 1
        ));
    }
}
