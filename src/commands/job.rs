//! The job that a command works on: its name, the storage of its key/values, and the checks and
//! messages around a write.

use std::time::Duration;

use clap::ArgMatches;
use secrecy::ExposeSecret;
use vdk_api::{Author, Collection, Name, Owner};
use vdk_platform::lock::Lock;
use vdk_platform::process::user_name;
use vdk_store::LocalKeys;

use super::text;
use crate::auth;
use crate::edit::{Edit, Fate, NewValue};
use crate::engine;
use crate::exit::{Exit, Failure};
use crate::http::{BaseUrl, Http};
use crate::lookalike;
use crate::output::quoted;
use crate::service::{LocalService, RestService, Service, Snapshot};
use crate::settings::{Found, Settings, Target};
use crate::suggest::nearest;
use crate::talk::Talk;
use crate::{paths, prompt};

/// One collection of a job's key/values, and the service that stores it.
pub struct Job {
    /// Secrets or properties.
    pub collection: Collection,
    /// The storage of the key/values.
    pub service: Box<dyn Service>,
    /// The collection, job and team, for messages.
    pub whose: String,
    owner: Owner,
    settings: Settings,
    target: Target,
    talk: Talk,
}

impl Job {
    /// Finds the job that flags or configuration name. Sends no request yet.
    pub fn find(collection: Collection, flags: &ArgMatches, talk: Talk) -> Result<Self, Failure> {
        let settings = Settings::new()?;
        let target = settings.target(text(flags, "rest-api-url"))?;
        let owner = owner(&settings, flags, talk)?;
        let insecure = flags.get_flag("allow-insecure-http");
        let service = service(&settings, &target, &owner, collection, insecure, talk)?;
        let whose = format!("the {collection} of job '{}' (team '{}')", owner.job, owner.team);
        Ok(Job { collection, service, whose, owner, settings, target, talk })
    }

    /// Writes with one writer at a time on this machine. After a change of everything it prints how
    /// to undo it.
    pub fn write(&self, edit: &Edit) -> Result<(), Failure> {
        let _lock = self.lock()?;
        let done = engine::write(&*self.service, edit, self.talk)?;
        self.warn_of_lookalikes(edit, &done.before);
        if !done.wrote {
            self.talk.note_on_terminal(|| "nothing to change: all of it is there already".into());
            return Ok(());
        }
        self.talk.note_on_terminal(|| summary(edit));
        self.tell_how_to_undo(edit, &done.before);
        Ok(())
    }

    /// Asks before everything is deleted or replaced.
    pub fn confirm(&self, edit: &Edit) -> Result<(), Failure> {
        const NAMED: usize = 5;
        if matches!(edit, Edit::Patch { .. }) {
            return Ok(());
        }
        let before = self.service.read()?;
        let change = edit.apply(&before.document, false).map_err(engine::edit_failure)?;
        let (place, whose) = (self.service.place(), &self.whose);
        let removed = change.keys(Fate::Removed);
        let named = |keys: &[&str]| match keys {
            [] => String::new(),
            keys => format!(" ({})", quoted(keys, NAMED)),
        };
        prompt::confirm(&if let Edit::Clear = edit {
            format!("Delete {whose} at {place}: all {} keys{}?", removed.len(), named(&removed))
        } else {
            let (changed, added) = (change.keys(Fate::Changed), change.keys(Fate::Added));
            format!(
                "Replace {whose} at {place}: {} keys deleted{}, {} changed{}, {} added{}?",
                removed.len(),
                named(&removed),
                changed.len(),
                named(&changed),
                added.len(),
                named(&added)
            )
        })
    }

    /// Says that nothing was ever stored, and suggests a similar name.
    pub fn tell_that_nothing_is_there(&self) {
        let meant = self.meant().map(|meant| format!("; did you mean {meant}?"));
        self.talk.note(&format!(
            "nothing was ever stored for {} at {}{}",
            self.whose,
            self.service.place(),
            meant.unwrap_or_default()
        ));
    }

    /// Returns the known job, or else team, that was most likely meant.
    pub fn meant(&self) -> Option<String> {
        let known = self.service.known();
        let in_team = known.iter().filter(|known| known.team == self.owner.team);
        let job = nearest(self.owner.job.as_str(), in_team.map(|known| known.job.as_str()));
        if let Some(job) = job {
            return Some(format!("job '{job}' (team '{}')", self.owner.team));
        }
        let teams = known.iter().map(|known| known.team.as_str());
        nearest(self.owner.team.as_str(), teams).map(|team| format!("team '{team}'"))
    }

    /// Asks before the first write of a job whose name is similar to another one.
    pub fn confirm_new(&self) -> Result<(), Failure> {
        if !matches!(self.target, Target::Local) || self.service.read()?.version != Some(0) {
            return Ok(());
        }
        let Some(meant) = self.meant() else { return Ok(()) };
        let (job, team) = (&self.owner.job, &self.owner.team);
        prompt::confirm(&format!(
            "Nothing is stored for job '{job}' (team '{team}') yet, and there is {meant}. Go on?"
        ))
    }

    /// Makes other writers on this machine wait for this write.
    fn lock(&self) -> Result<Option<Lock>, Failure> {
        const PATIENCE: Duration = Duration::from_secs(60);
        let folder = self.settings.path(paths::LOCKS);
        let name = format!("{}\n{}", self.service.place(), self.whose);
        match Lock::acquire(&folder, &name, PATIENCE) {
            Ok(Some(lock)) => Ok(Some(lock)),
            Ok(None) => Err(Failure::new(
                Exit::Conflict,
                "Another command is still writing.",
                format!(
                    "It has held the lock in {} for {} s.",
                    folder.display(),
                    PATIENCE.as_secs()
                ),
                crate::exit::NOTHING_CHANGED,
                "Run the command again when the other has finished.",
            )),
            Err(error) => {
                // The embedded store has its own locks.
                if let Target::Service(_) = self.target {
                    let folder = folder.display();
                    self.talk.warning(&format!(
                        "no lock in {folder} ({error}): a write that runs at the same time may be lost"
                    ));
                }
                Ok(None)
            }
        }
    }

    /// Warns if a new key looks like another one.
    pub fn warn_of_lookalikes(&self, edit: &Edit, before: &Snapshot) {
        if let Some(warning) = lookalike::warning(edit, &before.document) {
            self.talk.warning(&warning);
        }
    }

    /// Prints how to return to the version before a change of everything.
    fn tell_how_to_undo(&self, edit: &Edit, before: &Snapshot) {
        let (Edit::Clear | Edit::Replace(_), Some(version)) = (edit, before.version) else {
            return;
        };
        let is_kept = || {
            let kept = self.service.versions();
            kept.is_ok_and(|kept| kept.iter().any(|one| one.version == version))
        };
        if version > 0 && is_kept() {
            let place = match &self.target {
                Target::Local => crate::settings::LOCAL.to_string(),
                Target::Service(base) => base.to_string(),
            };
            self.talk.note(&format!(
                "what was there is kept as version {version}; this brings it back: vdk {} rollback \
                 {version} -n {} -t {} -u {}",
                self.collection,
                shell_word(self.owner.job.as_str()),
                shell_word(self.owner.team.as_str()),
                shell_word(&place)
            ));
        }
    }
}

/// Describes what was set and deleted, without values.
fn summary(edit: &Edit) -> String {
    const NAMED: usize = 5;
    let list = |verb: &str, each: Vec<String>| {
        let more = each.len().saturating_sub(NAMED);
        let named = each.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!named.is_empty()).then(|| format!("{verb} {named}{more}"))
    };
    let size = |value: &NewValue| match value {
        NewValue::Text(text) => match text.expose_secret().chars().count() {
            1 => "1 character".to_string(),
            count => format!("{count} characters"),
        },
        NewValue::Json(json) => json.kind().to_string(),
    };
    let told = match edit {
        Edit::Patch { sets, deletes } => {
            let sets = sets.iter().map(|(key, value)| format!("{key} ({})", size(value)));
            [list("set", sets.collect()), list("deleted", deletes.clone())]
        }
        Edit::Clear => [Some("deleted all keys".into()), None],
        Edit::Replace(document) => [Some(format!("wrote {} keys", document.len())), None],
    };
    told.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Quotes `text` as one word of a POSIX shell.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.into();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Returns the job and its team from flags or configuration; otherwise asks the user.
fn owner(settings: &Settings, flags: &ArgMatches, talk: Talk) -> Result<Owner, Failure> {
    let job_flag = text(flags, "name");
    let (job, job_origin) = known(settings.job(job_flag)?, "job", "Job Name", "--name", talk)?;
    let (team, team_origin) =
        known(settings.team(text(flags, "team"))?, "team", "Job Team", "--team", talk)?;
    if job_flag.is_none() {
        talk.note(&format!("job '{job}' ({job_origin}) of team '{team}' ({team_origin})"));
    } else if text(flags, "team").is_none() {
        talk.note(&format!("team '{team}' ({team_origin})"));
    }
    Ok(Owner { team, job })
}

/// Returns the configured name, or asks the user for it.
pub fn known(
    found: Option<Found<Name>>,
    what: &'static str,
    question: &str,
    flag: &str,
    talk: Talk,
) -> Result<Found<Name>, Failure> {
    if let Some((name, origin)) = found {
        let text = name.as_str();
        if text.trim() != text {
            talk.warning(&format!(
                "the {what} name '{text}' from {origin} begins or ends with a blank, which makes it \
                 another one than '{}'",
                text.trim()
            ));
        }
        return Ok((name, origin));
    }
    let answer = if prompt::has_terminal() { prompt::ask(&format!("{question}: "))? } else { None };
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
    insecure: bool,
    talk: Talk,
) -> Result<Box<dyn Service>, Failure> {
    match target {
        Target::Local => {
            let folder = settings.path(paths::LOCAL_STORE);
            let author = Author { who: user_name(), op_id: settings.op_id()? };
            let keys = local_keys(talk)?;
            Ok(Box::new(LocalService::new(folder, keys, owner.clone(), collection, author)))
        }
        Target::Service(base) => {
            let (http, login_expired) = connect(settings, base, insecure, talk)?;
            Ok(Box::new(RestService::new(http, owner, collection, login_expired)))
        }
    }
}

/// Creates the client for a service with its login, and says whether that login has expired.
/// `insecure` allows the login over plain http.
pub fn connect(
    settings: &Settings,
    base: &BaseUrl,
    insecure: bool,
    talk: Talk,
) -> Result<(Http, bool), Failure> {
    let shown = auth::token_for(settings, base, insecure, talk)?;
    let login = (shown.token, shown.renewal, shown.pinned);
    let http = Http::new(base.clone(), settings.http()?, login, talk)?;
    Ok((http, shown.expired))
}

/// Returns the storage of master keys that this user and machine chose.
pub fn local_keys(talk: Talk) -> Result<LocalKeys, Failure> {
    Ok(LocalKeys::from_environment(move |text| talk.note(text))?)
}
