//! The job that a command works on: which one it is, where its key/values are kept, and what goes
//! with writing them.

use std::time::Duration;

use clap::ArgMatches;
use vdk_api::{Author, Collection, Name, Owner};

use super::text;
use crate::auth;
use crate::edit::{Edit, Fate};
use crate::engine;
use crate::exit::{Exit, Failure};
use crate::http::{BaseUrl, Http};
use crate::lock::Lock;
use crate::lookalike;
use crate::master_key::LocalKeys;
use crate::service::{LocalService, RestService, Service, Snapshot};
use crate::settings::{Found, Settings, Target};
use crate::talk::Talk;
use crate::{paths, prompt};

/// A job's key/values of one collection, and the way to them.
pub struct Job {
    /// Secrets or properties.
    pub collection: Collection,
    /// Where they are kept.
    pub service: Box<dyn Service>,
    /// Whose they are, for the user.
    pub whose: String,
    settings: Settings,
    target: Target,
    talk: Talk,
}

impl Job {
    /// The job that the flags, or what is configured, name. Nothing is asked of it yet.
    pub fn find(collection: Collection, flags: &ArgMatches, talk: Talk) -> Result<Self, Failure> {
        let settings = Settings::new()?;
        let target = settings.target(text(flags, "rest-api-url"))?;
        let owner = owner(&settings, flags, talk)?;
        let insecure = flags.get_flag("allow-insecure-http");
        let service = service(&settings, &target, &owner, collection, insecure, talk)?;
        let whose = format!("the {collection} of job '{}' (team '{}')", owner.job, owner.team);
        Ok(Job { collection, service, whose, settings, target, talk })
    }

    /// Writes as the engine does, one writer at a time on this machine, and tells how to undo a
    /// change of everything.
    pub fn write(&self, edit: &Edit) -> Result<(), Failure> {
        let _lock = self.lock()?;
        let before = engine::write(&*self.service, edit, self.talk)?;
        self.warn_of_lookalikes(edit, &before);
        self.tell_how_to_undo(edit, &before);
        Ok(())
    }

    /// Asks before everything is deleted or replaced.
    pub fn confirm(&self, edit: &Edit) -> Result<(), Failure> {
        if matches!(edit, Edit::Patch { .. }) {
            return Ok(());
        }
        let before = self.service.read()?;
        let change = edit.apply(&before.document, false).map_err(engine::edit_failure)?;
        let count = |wanted: Fate| change.fates().filter(|(_, fate)| *fate == wanted).count();
        let (place, whose) = (self.service.place(), &self.whose);
        let removed = count(Fate::Removed);
        prompt::confirm(&if let Edit::Clear = edit {
            format!("Delete {whose} at {place}: all {removed} keys?")
        } else {
            let (changed, added) = (count(Fate::Changed), count(Fate::Added));
            format!(
                "Replace {whose} at {place}: {removed} keys deleted, {changed} changed, {added} added?"
            )
        })
    }

    /// Others on this machine wait while this write runs.
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
                // The embedded store has locks of its own.
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

    /// Tells where a key is not the one that it seems to be.
    pub fn warn_of_lookalikes(&self, edit: &Edit, before: &Snapshot) {
        if let Some(warning) = lookalike::warning(edit, &before.document) {
            self.talk.warning(&warning);
        }
    }

    /// Names the version that a change of everything can be taken back to.
    fn tell_how_to_undo(&self, edit: &Edit, before: &Snapshot) {
        let (Edit::Clear | Edit::Replace(_), Some(version)) = (edit, before.version) else {
            return;
        };
        let is_kept = || {
            let kept = self.service.versions();
            kept.is_ok_and(|kept| kept.iter().any(|one| one.version == version))
        };
        if version > 0 && is_kept() {
            self.talk.note(&format!(
                "what was there is kept as version {version}; vdk {} rollback {version} brings it back",
                self.collection
            ));
        }
    }
}

/// The job and its team, from wherever they are known; the user is asked at last.
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

/// What was found, or what the user answers.
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
            let author = Author { who: user(), op_id: settings.op_id()? };
            let keys = LocalKeys::new(talk)?;
            Ok(Box::new(LocalService::new(folder, keys, owner.clone(), collection, author)))
        }
        Target::Service(base) => {
            let (http, login_expired) = connect(settings, base, insecure, talk)?;
            Ok(Box::new(RestService::new(http, owner, collection, login_expired)))
        }
    }
}

/// The way to a service with the login for it, and whether that login has expired. `insecure`: the
/// login may travel by plain http.
pub fn connect(
    settings: &Settings,
    base: &BaseUrl,
    insecure: bool,
    talk: Talk,
) -> Result<(Http, bool), Failure> {
    let shown = auth::token_for(settings, base, insecure, talk)?;
    let http = Http::new(base.clone(), settings.http()?, shown.token, shown.renewal, talk)?;
    Ok((http, shown.expired))
}

/// Who writes to the store of this machine: the user's name, or number where it has none.
pub fn user() -> String {
    let named =
        ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    #[cfg(unix)]
    let number = format!("uid {}", rustix::process::getuid().as_raw());
    #[cfg(not(unix))]
    let number = String::new();
    named.filter(|name| !name.is_empty()).unwrap_or(number)
}
