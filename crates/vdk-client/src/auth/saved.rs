//! The saved logins of a user, one for each service. The first one is in `vdk-cred.json`, the only file
//! that the Python vdk reads; those at other services are files of the same format beside it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use vdk_platform::lock::Lock;
use vdk_platform::private_file;

use super::credentials::Credentials;
use super::store::{CredentialStore, Place, lock};
use crate::config::Settings;
use crate::config::paths;
use crate::{Error, ErrorKind, Reports, Warning};

/// The saved logins.
pub struct SavedLogins {
    main: PathBuf,
    folder: PathBuf,
    locks: PathBuf,
    reports: Reports,
}

/// What is saved for a service.
pub enum Selected {
    /// A login for it.
    Login(CredentialStore),
    /// A login for no service yet.
    Unbound(CredentialStore),
    /// Only logins for other services, with their origins; none if there is no login at all.
    Others(Vec<String>),
}

impl SavedLogins {
    /// Returns the logins in the configuration folder.
    pub fn new(settings: &Settings, reports: &Reports) -> Self {
        SavedLogins {
            main: settings.path(paths::CREDENTIALS),
            folder: settings.path(paths::LOGINS),
            locks: settings.path(paths::LOCKS),
            reports: reports.clone(),
        }
    }

    /// Returns the storage of every login, and that of the Python vdk even if there is none in it.
    pub fn all(&self) -> Result<Vec<CredentialStore>, Error> {
        let mut found = Vec::new();
        match std::fs::read_dir(&self.folder) {
            Ok(entries) => found.extend(entries.flatten().map(|entry| entry.path())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(self.unreadable(&error)),
        }
        found.retain(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".json") && !name.starts_with('.')
        });
        found.sort();
        Ok([self.main.clone()].into_iter().chain(found).map(|path| self.at(path)).collect())
    }

    /// Finds the login for the service at `origin`. A file that cannot be read is an error only if no
    /// other has the login.
    pub fn find(&self, origin: &str) -> Result<Selected, Error> {
        let is_for_it =
            |login: &Credentials| login.services.iter().any(|service| service == origin);
        let main = self.at(self.main.clone());
        if main.outline().is_ok_and(|login| login.as_ref().is_some_and(is_for_it)) {
            return Ok(Selected::Login(main));
        }
        let (mut unbound, mut others, mut broken) = (None, Vec::new(), None);
        for store in self.all()? {
            match store.outline() {
                Ok(None) => {}
                Ok(Some(login)) if is_for_it(&login) => return Ok(Selected::Login(store)),
                Ok(Some(login)) if login.services.is_empty() => {
                    unbound.get_or_insert(store);
                }
                Ok(Some(login)) => others.extend(login.services),
                Err(error) => {
                    broken.get_or_insert(error);
                }
            }
        }
        match (broken, unbound) {
            (Some(error), _) => Err(error),
            (None, Some(store)) => Ok(Selected::Unbound(store)),
            (None, None) => Ok(Selected::Others(others)),
        }
    }

    /// Returns the login that a command about logins means: that for `origin`, or else, unless the user
    /// has named the origin, the only one.
    pub fn chosen(
        &self,
        origin: Option<&str>,
        is_named: bool,
    ) -> Result<Option<CredentialStore>, Error> {
        match origin.map(|origin| self.find(origin)) {
            Some(Ok(Selected::Login(store) | Selected::Unbound(store))) => return Ok(Some(store)),
            Some(Err(error)) if is_named => return Err(error),
            Some(_) if is_named => return Ok(None),
            _ => {}
        }
        let mut saved = self.all()?;
        // One that cannot be read can be removed.
        saved.retain(|store| !matches!(store.outline(), Ok(None)));
        match saved.len() {
            0 | 1 => Ok(saved.pop()),
            _ => Err(self.several()),
        }
    }

    /// Returns the origins of all logins but the one in `store`.
    pub fn services_beside(&self, store: Option<&CredentialStore>) -> Vec<String> {
        let mut all = self.all().unwrap_or_default();
        all.retain(|other| store.is_none_or(|store| store.path() != other.path()));
        let outlines = all.iter().filter_map(|store| store.outline().ok().flatten());
        outlines.flat_map(|login| login.services).collect()
    }

    /// Returns whether the Python vdk reads the login in `store`, if it is in a file.
    pub fn is_main(&self, store: &CredentialStore) -> bool {
        *store.path() == self.main
    }

    /// Saves a new login in place of those that are for its services, or for none yet unless the user has
    /// named the service (`is_named`). Logins for other services stay. Returns where it is.
    pub fn save_new(
        &self,
        login: &Credentials,
        is_named: bool,
    ) -> Result<(CredentialStore, Place), Error> {
        let _lock = self.lock()?;
        let target = self.place_for(login, is_named)?;
        let locked = target.lock()?;
        let place = target.save_new(login)?;
        drop(locked);
        for store in self.all()?.iter().filter(|store| store.path() != target.path()) {
            // The new login is saved, so what is left of an older one is only told.
            if self.give_up(store, login, is_named).is_err() {
                self.reports.warning(&Warning::OldLoginInKeyring);
            }
        }
        self.remove_leftovers();
        Ok((target, place))
    }

    /// Keeps logins from being added, removed or given to other services until the lock is dropped. The
    /// lock of one login is taken after it.
    pub fn lock(&self) -> Result<Lock, Error> {
        lock(&self.locks, "logins")
    }

    /// Removes what killed processes left of logins that were never complete.
    pub fn remove_leftovers(&self) {
        private_file::remove_older(&self.folder.join("any"), ".", Duration::from_secs(60));
    }

    /// Returns where to save a login: in the file of the Python vdk unless another service's login is
    /// there. A login for no service yet replaces the only one.
    pub fn place_for(&self, login: &Credentials, is_named: bool) -> Result<CredentialStore, Error> {
        let mut all = self.all()?;
        if login.services.is_empty() {
            let is_saved = |store: &CredentialStore| !matches!(store.outline(), Ok(None));
            if all.iter().filter(|store| is_saved(store)).count() > 1 {
                return Err(self.several());
            }
            let only = all.iter().position(is_saved).unwrap_or(0);
            return Ok(all.swap_remove(only));
        }
        let is_replaced = |store: &CredentialStore| match store.outline() {
            Ok(Some(saved)) if saved.services.is_empty() => !is_named,
            Ok(Some(saved)) => saved.services == login.services,
            Ok(None) | Err(_) => self.is_main(store),
        };
        let found = all.into_iter().find(is_replaced);
        let new = || self.at(self.folder.join(format!("{:016x}.json", fastrand::u64(..))));
        Ok(found.unwrap_or_else(new))
    }

    /// Takes the services of a new login from an older one. One that is for no other is removed.
    fn give_up(
        &self,
        store: &CredentialStore,
        new: &Credentials,
        is_named: bool,
    ) -> Result<(), Error> {
        let _lock = store.lock()?;
        let Ok(Some(mut old)) = store.outline() else { return Ok(()) };
        if old.services.is_empty() {
            // The user who names a service says nothing of this one.
            return if is_named { Ok(()) } else { store.remove() };
        }
        let before = old.services.len();
        old.services.retain(|service| !new.services.contains(service));
        match old.services.len() {
            0 => store.remove().inspect_err(|_| {
                // What the keyring keeps must not be found for the service.
                let _ = std::fs::remove_file(store.path());
            }),
            left if left == before => Ok(()),
            _ => store.set_services(&old.services),
        }
    }

    fn several(&self) -> Error {
        let mut which = Vec::new();
        for store in self.all().unwrap_or_default() {
            match store.outline() {
                Ok(None) => {}
                Ok(Some(login)) if login.services.is_empty() => which.push("no service yet".into()),
                Ok(Some(login)) => which.extend(login.services),
                Err(_) => which.push(format!("an unknown service ({})", store.path().display())),
            }
        }
        Error::usage("More than one login is saved.")
            .why(format!("They are for {}.", which.join(" and ")))
            .help("Say which one is meant: --rest-api-url URL")
    }

    fn at(&self, path: PathBuf) -> CredentialStore {
        CredentialStore::at(path, self.locks.clone(), &self.reports)
    }

    fn unreadable(&self, error: &io::Error) -> Error {
        Error::new(ErrorKind::NotAllowed, "Cannot use the saved logins.")
            .why(format!("{}: {error}.", self.folder.display()))
            .help("Make the folder readable, or remove it and log in again with vdk login.")
    }
}
