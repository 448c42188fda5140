//! The client: one target, and the jobs in it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use vdk_api::{Author, Collection, Document, Name, Owner, Version, escape};
use vdk_platform::lock::Lock;
use vdk_platform::process::user_name;
use vdk_store::{LocalKeys, MasterKeys, Notice};

use crate::auth::{Logins, token_for};
use crate::change::{Change, Done, Prepared, write};
use crate::completion::{NameCache, Remembering};
use crate::config::{HttpSettings, Settings, Target, paths};
use crate::http::{BaseUrl, Http};
use crate::jobs::{self, JobSummary};
use crate::service::{LocalService, RestService, Service, Snapshot};
use crate::{Error, ErrorKind, Note, Reports, Warning};

/// Longest wait for another writer on this machine.
const LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// A Control Service, or the store of this machine. Several threads may use it.
pub struct Client {
    settings: Arc<Settings>,
    target: Target,
    insecure: bool,
    logins: Logins,
    keys: Option<Arc<dyn MasterKeys>>,
    remembers_names: bool,
    is_quick: bool,
    kept: Option<Mutex<Option<Connected>>>,
    reports: Reports,
}

/// A client for a service with its login, and whether that login has expired.
type Connected = (Http, bool);

impl Client {
    /// Opens `target`. Sends nothing, and reads no file yet.
    pub fn open(settings: impl Into<Arc<Settings>>, target: Target, reports: Reports) -> Self {
        let settings = settings.into();
        Client {
            settings,
            target,
            insecure: false,
            logins: Logins::All,
            keys: None,
            remembers_names: false,
            is_quick: false,
            kept: None,
            reports,
        }
    }

    /// Allows the login over plain http beyond this machine.
    pub fn allow_insecure_http(self, insecure: bool) -> Self {
        Client { insecure, ..self }
    }

    /// Uses only the login that was saved for this service: the environment is for another one.
    pub fn with_saved_login_only(self) -> Self {
        Client { logins: Logins::SavedFor, ..self }
    }

    /// Keeps the master key of the store on this machine in `keys`, in place of what the environment
    /// chooses (`VDK_MASTER_KEY_FILE`, `VDK_CREDENTIAL_STORE`).
    pub fn with_keys(self, keys: Arc<dyn MasterKeys>) -> Self {
        Client { keys: Some(keys), ..self }
    }

    /// Remembers the names that jobs of a service show, for completion.
    pub fn remembering_names(self, remembers_names: bool) -> Self {
        Client { remembers_names, ..self }
    }

    /// Asks a service once and for a moment, for what is nice to know.
    pub fn quick(self) -> Self {
        Client { is_quick: true, ..self }
    }

    /// Keeps the connection to a service, and the login there, from one job to the next.
    pub fn keeping_connection(self) -> Self {
        Client { kept: Some(Mutex::default()), ..self }
    }

    /// Forgets the connection that is kept. The login of the next job is found or renewed anew.
    pub fn disconnect(&self) {
        if let Some(kept) = &self.kept {
            kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }

    /// Returns the settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the target.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Returns the secrets or properties of a job. The login for a service is found, or renewed.
    pub fn job(&self, owner: &Owner, collection: Collection) -> Result<Job, Error> {
        self.job_for(owner, collection, self.settings.op_id()?)
    }

    /// Returns the secrets or properties of a job, as [`Client::job`] does. `op_id`, 1 to 64 printable
    /// ASCII characters, marks what is done to them in the service's logs and in the history.
    pub fn job_for(
        &self,
        owner: &Owner,
        collection: Collection,
        op_id: String,
    ) -> Result<Job, Error> {
        let mut service = self.service(owner, collection, op_id)?;
        if self.remembers_names && matches!(self.target, Target::Service(_)) {
            let (inner, cache) = (service, NameCache::of(&self.settings));
            service = Box::new(Remembering { inner, cache, owner: owner.clone(), collection });
        }
        Ok(self.job_in(service, format!("the {}", described(owner, collection))))
    }

    /// Returns the metadata of a job's secrets, in the place that keeps the secrets. It is read and
    /// written as they are, and not every service has it.
    pub fn metadata(&self, owner: &Owner) -> Result<Job, Error> {
        let service = self.metadata_service(owner, self.settings.op_id()?)?;
        let what = described(owner, Collection::Secrets);
        Ok(self.job_in(service, format!("the metadata of the {what}")))
    }

    fn local(
        &self,
        owner: &Owner,
        collection: Collection,
        op_id: String,
    ) -> Result<Box<dyn Service>, Error> {
        let folder = self.settings.path(paths::LOCAL_STORE);
        let author = Author { who: user_name(), op_id };
        let (keys, owner) = (self.keys()?, owner.clone());
        Ok(Box::new(LocalService::new(folder, keys, owner, collection, author)))
    }

    pub(crate) fn metadata_service(
        &self,
        owner: &Owner,
        op_id: String,
    ) -> Result<Box<dyn Service>, Error> {
        match &self.target {
            Target::Local => self.local(&owner.metadata(), Collection::Secrets, op_id),
            Target::Service(base) => {
                let (http, login_expired) = self.connect(base, op_id)?;
                Ok(Box::new(RestService::of_metadata(http, owner, login_expired)))
            }
        }
    }

    /// Returns the job whose key/values are in `service`. `name` is for messages.
    pub(crate) fn job_in(&self, service: Box<dyn Service>, name: String) -> Job {
        Job {
            service,
            name,
            locks: self.settings.path(paths::LOCKS),
            is_local: matches!(self.target, Target::Local),
            reports: self.reports.clone(),
        }
    }

    /// Returns the storage of a job's secrets or properties, whose names are not remembered.
    pub(crate) fn service(
        &self,
        owner: &Owner,
        collection: Collection,
        op_id: String,
    ) -> Result<Box<dyn Service>, Error> {
        match &self.target {
            // A service refuses it by itself.
            Target::Local if !owner.is_job() => Err(reserved(owner)),
            Target::Local => self.local(owner, collection, op_id),
            Target::Service(base) => {
                let (http, login_expired) = self.connect(base, op_id)?;
                Ok(Box::new(RestService::new(http, owner, collection, login_expired)))
            }
        }
    }

    /// Returns the jobs of `team` that have secrets or properties, or had some, sorted. Of those at a
    /// service, only the names are known.
    pub fn jobs(&self, team: &Name) -> Result<Vec<JobSummary>, Error> {
        let base = match &self.target {
            Target::Local => {
                let folder = self.settings.path(paths::LOCAL_STORE);
                return jobs::stored(&folder, &*self.keys()?, team);
            }
            Target::Service(base) => base,
        };
        let (http, login_expired) = self.connect(base, self.settings.op_id()?)?;
        let found = jobs::asked(&http, login_expired, team)?;
        if self.remembers_names {
            let is_name = |job: &&str| Name::new((*job).to_string()).is_ok();
            let names: Vec<_> = found.iter().map(|job| job.job.as_str()).filter(is_name).collect();
            NameCache::of(&self.settings).remember_jobs(&base.to_string(), team.as_str(), &names);
        }
        Ok(found)
    }

    fn keys(&self) -> Result<Arc<dyn MasterKeys>, Error> {
        match &self.keys {
            Some(keys) => Ok(keys.clone()),
            None => Ok(local_keys(&self.reports)?.shared()),
        }
    }

    fn connect(&self, base: &BaseUrl, op_id: String) -> Result<Connected, Error> {
        let connect = |op_id| {
            let settings = &self.settings;
            let how = How { logins: self.logins, insecure: self.insecure, is_quick: self.is_quick };
            connect_with(how, settings, base, op_id, &self.reports)
        };
        let Some(kept) = &self.kept else { return connect(op_id) };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((http, login_expired)) = &*kept {
            return Ok((http.for_another_command(op_id), *login_expired));
        }
        let (http, login_expired) = connect(op_id.clone())?;
        *kept = Some((http.for_another_command(op_id), login_expired));
        Ok((http, login_expired))
    }
}

/// The secrets or properties of one job, for one operation or a few: its retries and the renewal of its
/// login are counted. Several threads may use it.
pub struct Job {
    /// The storage.
    pub service: Box<dyn Service>,
    /// The collection, job and team, for messages.
    pub name: String,
    locks: std::path::PathBuf,
    is_local: bool,
    reports: Reports,
}

impl Job {
    /// Reads the current set. That of a job without any is empty.
    pub fn read(&self) -> Result<Snapshot, Error> {
        self.service.read()
    }

    /// Makes a change: reads, edits, and writes on the condition that nobody wrote in between. Other
    /// writers on this machine wait.
    pub fn apply(&self, change: &Change) -> Result<Done, Error> {
        self.apply_prepared(change, None)
    }

    /// Makes a change that was prepared, as [`Job::apply`] does. The store of this machine compares what
    /// was read for it in the transaction of the write. From a service it is read again, while other
    /// writers on this machine wait: some send entity tags and ignore the condition.
    pub fn apply_prepared(
        &self,
        change: &Change,
        prepared: Option<Prepared>,
    ) -> Result<Done, Error> {
        let _lock = self.lock()?;
        let prepared = prepared.filter(|_| self.is_local);
        write(&*self.service, change, prepared, &self.reports)
    }

    /// Returns the versions that are kept, the newest first.
    pub fn versions(&self) -> Result<Vec<Version>, Error> {
        self.service.versions()
    }

    /// Reads a version that is kept.
    pub fn read_version(&self, version: u64) -> Result<Document, Error> {
        self.service.read_version(version)
    }

    /// Writes an older version as the newest.
    pub fn roll_back(&self, version: u64) -> Result<Done, Error> {
        self.apply(&Change::Replace(self.read_version(version)?))
    }

    fn lock(&self) -> Result<Option<Lock>, Error> {
        let name = format!("{}\n{}", self.service.place(), self.name);
        match Lock::acquire(&self.locks, &name, LOCK_TIMEOUT) {
            Ok(Some(lock)) => Ok(Some(lock)),
            Ok(None) => Err(still_writing(&self.locks)),
            // The embedded store has locks of its own.
            Err(_) if self.is_local => Ok(None),
            Err(error) => {
                let (folder, why) = (self.locks.clone(), error.to_string());
                self.reports.warning(&Warning::NotLocked { folder, why });
                Ok(None)
            }
        }
    }
}

fn reserved(owner: &Owner) -> Error {
    Error::usage("Invalid job name.")
        .why(format!(
            "'{}' (team '{}') is reserved: what a Control Service or vdk itself keeps is stored there.",
            escape::line(owner.job.as_str()),
            escape::line(owner.team.as_str())
        ))
        .help("Give another name.")
}

fn described(owner: &Owner, collection: Collection) -> String {
    format!("{collection} of job '{}' (team '{}')", owner.job, owner.team)
}

fn still_writing(folder: &Path) -> Error {
    Error::new(ErrorKind::Conflict, "Another command is still writing.")
        .why(format!(
            "It has held the lock in {} for {} s.",
            folder.display(),
            LOCK_TIMEOUT.as_secs()
        ))
        .help("Run the command again when the other has finished.")
}

/// Creates the HTTP client for a service with its login, and says whether that login has expired.
/// `insecure` allows the login over plain http.
pub fn connect(
    settings: &Settings,
    base: &BaseUrl,
    insecure: bool,
    reports: &Reports,
) -> Result<(Http, bool), Error> {
    let how = How { logins: Logins::All, insecure, is_quick: false };
    connect_with(how, settings, base, settings.op_id()?, reports)
}

/// How a client connects.
struct How {
    logins: Logins,
    insecure: bool,
    is_quick: bool,
}

fn connect_with(
    how: How,
    settings: &Settings,
    base: &BaseUrl,
    op_id: String,
    reports: &Reports,
) -> Result<Connected, Error> {
    const MOMENT: Duration = Duration::from_secs(2);
    let session = token_for(how.logins, settings, base, how.insecure, reports)?;
    let login = (session.token, session.renewal, session.pinned);
    let mut with = HttpSettings { op_id, ..settings.http()? };
    if how.is_quick {
        (with.connect_timeout, with.timeout) = (MOMENT, MOMENT);
        (with.total_retries, with.connect_retries, with.read_retries) = (0, 0, 0);
    }
    let http = Http::new(base.clone(), with, login, reports)?;
    Ok((http, session.expired))
}

/// Returns the storage of master keys that this user and machine chose.
pub fn local_keys(reports: &Reports) -> Result<LocalKeys, Error> {
    let reports = reports.clone();
    Ok(LocalKeys::from_environment(move |notice| match *notice {
        Notice::StoreMade { key_file } => {
            reports.note(&Note::StoreMade { key_file: key_file.into() });
        }
        Notice::State { path, state } => {
            reports.warning(&Warning::OpenFolder { folder: path.into(), state });
        }
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lets_threads_share_a_client_and_its_jobs() {
        fn is_shared<T: Send + Sync>() {}
        is_shared::<Client>();
        is_shared::<Job>();
    }
}
