//! Storage of one login: the keyring, or a file that only this user can read. The file always says
//! which: without tokens in it, it names the entry of the keyring that they are in.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use vdk_api::login_lock;
pub use vdk_platform::keyring::Place;
use vdk_platform::keyring::{self, KeyringError, chosen_place};
use vdk_platform::lock::Lock;
use vdk_platform::private_file;

use super::credentials::Credentials;
use crate::Reports;
use crate::config::Settings;
use crate::config::env_vars;
use crate::config::paths;
use crate::{Error, ErrorKind, Note, Warning};

/// Value of `store` in the file if the login is in the keyring.
const IN_KEYRING: &str = "keyring";

/// Longest wait for another process that uses the same login.
const LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// The storage of one login.
pub struct CredentialStore {
    path: PathBuf,
    locks: PathBuf,
    reports: Reports,
}

/// What is known of a login.
pub enum Saved {
    /// There is none.
    Nothing,
    /// The file names an entry of the keyring, and there is no such entry.
    Missing(Error),
    /// It is in this place.
    Login(Box<Credentials>, Place),
}

impl CredentialStore {
    /// Returns the storage of the login in the file at `path`.
    pub(super) fn at(path: PathBuf, locks: PathBuf, reports: &Reports) -> Self {
        CredentialStore { path, locks, reports: reports.clone() }
    }

    /// Returns the storage of the login at the `vdk server` on a port of this machine.
    pub fn own_server(settings: &Settings, port: u16, reports: &Reports) -> Self {
        let path = settings.path(&paths::server_credentials(port));
        CredentialStore::at(path, settings.path(paths::LOCKS), reports)
    }

    /// Keeps other processes from changing the login until the lock is dropped.
    pub fn lock(&self) -> Result<Lock, Error> {
        // The lock folder is that of this configuration, however its path is spelled.
        let file = self.path.file_name().unwrap_or_default().to_string_lossy();
        lock(&self.locks, &login_lock(&file))
    }

    /// The file, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what the file says, which is all of the login or only where it is and what it is for;
    /// `None` if there is no login.
    pub fn outline(&self) -> Result<Option<Credentials>, Error> {
        let bytes = match private_file::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.unusable(&error.to_string())),
        };
        if bytes.is_empty() {
            return Ok(None);
        }
        let found = Credentials::parse(&bytes).map_err(|why| self.unusable(why))?;
        Ok(Some(found).filter(|found| is_pointer(found) || found.is_login()))
    }

    /// Reads the login and says where it is; `None` if there is none.
    pub fn load(&self) -> Result<Option<(Credentials, Place)>, Error> {
        match self.look()? {
            Saved::Nothing => Ok(None),
            Saved::Missing(error) => Err(error),
            Saved::Login(credentials, place) => Ok(Some((*credentials, place))),
        }
    }

    /// Reads the login, and tells one that the keyring has lost from none.
    pub fn look(&self) -> Result<Saved, Error> {
        let Some(found) = self.outline()? else { return Ok(Saved::Nothing) };
        if !is_pointer(&found) {
            self.tighten();
            return Ok(Saved::Login(Box::new(found), Place::File));
        }
        let entry = self.entry(&found);
        match keyring::get(&entry) {
            Ok(Some(text)) => {
                let kept = Credentials::parse(text.as_bytes()).map_err(|why| self.unusable(why))?;
                // The file says what it is for, also while the keyring cannot be changed.
                let kept = Credentials { services: found.services, ..kept };
                Ok(Saved::Login(Box::new(kept), Place::Keyring))
            }
            Ok(None) => Ok(Saved::Missing(self.missing(&entry, found.entry.is_none()))),
            Err(error) => Err(self.locked(&error.to_string())),
        }
    }

    /// Saves a new login and returns where. The keyring is used if there is one, unless
    /// `VDK_CREDENTIAL_STORE` says otherwise.
    pub fn save_new(&self, credentials: &Credentials) -> Result<Place, Error> {
        let choice = chosen_place()?;
        if choice != Some(Place::File) {
            match self.save(credentials, Place::Keyring, true) {
                Ok(()) => return Ok(Place::Keyring),
                Err(NotSaved::Keyring(KeyringError::Absent)) if choice.is_none() => {
                    self.reports.note(&Note::LoginInFile { file: self.path.clone() });
                }
                Err(error) => return Err(self.not_saved(error)),
            }
        }
        self.save(credentials, Place::File, true).map_err(|error| self.not_saved(error))?;
        Ok(Place::File)
    }

    /// Saves a changed login where it was.
    pub fn save_again(&self, credentials: &Credentials, place: Place) -> Result<(), Error> {
        self.save(credentials, place, false).map_err(|error| self.not_saved(error))
    }

    /// Changes what the login is for.
    pub fn set_services(&self, services: &[String]) -> Result<(), Error> {
        let Some(mut found) = self.outline()? else { return Ok(()) };
        found.services = services.to_vec();
        private_file::replace(&self.path, found.to_json().as_bytes())
            .map_err(|error| self.not_saved(NotSaved::File(error)))
    }

    /// Returns the file's content if the login is in the keyring.
    fn pointer(&self) -> Option<Credentials> {
        Credentials::parse(&private_file::read_regular(&self.path).ok()?).ok().filter(is_pointer)
    }

    fn save(&self, credentials: &Credentials, place: Place, is_new: bool) -> Result<(), NotSaved> {
        let text = credentials.to_json();
        // A login that could not be read back is not saved.
        Credentials::parse(text.as_bytes()).map_err(|why| NotSaved::File(io::Error::other(why)))?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        vdk_platform::make_folder(folder).map_err(NotSaved::File)?;
        let before = self.pointer();
        let old_entry = before.as_ref().map(|before| self.entry(before));
        let (in_file, entry) = match place {
            Place::File => (text, None),
            Place::Keyring => {
                let before = before.unwrap_or_default();
                // The entry is found wherever the folder is moved to. A new login has another one: a
                // copy of the folder may use the old.
                let id = before.entry.filter(|_| !is_new);
                let id = id.unwrap_or_else(|| format!("{:016x}", fastrand::u64(..)));
                let pointer = Credentials {
                    services: credentials.services.clone(),
                    store: Some(IN_KEYRING.into()),
                    entry: Some(id),
                    // Unknown members stay in their place: in the keyring they may be secrets.
                    rest: before.rest,
                    ..Credentials::default()
                };
                let entry = self.entry(&pointer);
                keyring::set(&entry, text).map_err(NotSaved::Keyring)?;
                (pointer.to_json(), Some(entry))
            }
        };
        let is_saved = place == Place::Keyring
            && private_file::read_regular(&self.path).is_ok_and(|now| *now == in_file.as_bytes());
        if !is_saved {
            private_file::replace(&self.path, in_file.as_bytes()).map_err(|error| {
                // Nothing would lead to a new entry.
                if let Some(entry) = entry.as_ref().filter(|new| old_entry.as_ref() != Some(new)) {
                    let _ = keyring::delete(entry);
                }
                NotSaved::File(error)
            })?;
        }
        if let Some(old) = old_entry.filter(|old| entry.as_ref() != Some(old))
            && keyring::delete(&old).is_err()
        {
            self.reports.warning(&Warning::OldLoginInKeyring);
        }
        Ok(())
    }

    /// Removes the login everywhere.
    pub fn remove(&self) -> Result<(), Error> {
        let pointer = self.pointer();
        match keyring::delete(&self.entry(&pointer.clone().unwrap_or_default())) {
            Ok(()) | Err(KeyringError::Absent) => {}
            // Without a keyring login there is nothing to remove.
            Err(_) if pointer.is_none() => {}
            Err(error) => return Err(self.locked(&error.to_string())),
        }
        private_file::remove_leftovers(&self.path);
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(self.unusable(&error.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// Returns true if the file says that the login is in the keyring.
    pub fn is_in_keyring(&self) -> bool {
        self.pointer().is_some()
    }

    /// Returns the name of the keyring entry. Earlier versions named it after the file's path.
    fn entry(&self, pointer: &Credentials) -> String {
        if let Some(id) = &pointer.entry {
            return format!("login {id}");
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        let name = self.path.file_stem().unwrap_or_default();
        format!("login {}", folder.join(name).display())
    }

    /// Restricts the file to this user: the Python vdk leaves it open to everybody.
    fn tighten(&self) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&self.path).map_or(0o600, |found| found.permissions().mode());
            if mode & 0o077 != 0 {
                let done = fs::set_permissions(&self.path, fs::Permissions::from_mode(0o600));
                let (file, closed) = (self.path.clone(), done.is_ok());
                self.reports.warning(&Warning::LoginWasReadable { file, closed });
            }
        }
    }

    fn not_saved(&self, error: NotSaved) -> Error {
        match error {
            NotSaved::Keyring(error) => self.locked(&error.to_string()),
            NotSaved::File(error) => Error::new(ErrorKind::Cancelled, "Cannot save the login.")
                .why(format!("{}: {error}.", self.path.display()))
                .consequences("An existing login is unchanged.")
                .help("Free space on the disk or make the folder writable, and log in again."),
        }
    }

    fn locked(&self, why: &str) -> Error {
        Error::new(ErrorKind::NotAllowed, "Cannot use the keyring.")
            .why(format!("The login belongs in the keyring, but the keyring {why}."))
            .help(format!(
                "Unlock it and try again. To save the login in a file: {}=file vdk login",
                env_vars::CREDENTIAL_STORE
            ))
    }

    fn missing(&self, entry: &str, is_named_after_path: bool) -> Error {
        let moved = match is_named_after_path {
            true => {
                " An earlier version named the entry after the path of the folder, which may have moved."
            }
            false => "",
        };
        Error::new(ErrorKind::NotAllowed, "The saved login is missing.")
            .why(format!(
                "{} says that it is in the keyring, which has no entry '{entry}'.{moved}",
                self.path.display()
            ))
            .help("Log in again: vdk login")
    }

    fn unusable(&self, why: &str) -> Error {
        Error::new(ErrorKind::NotAllowed, "Cannot use the saved login.")
            .why(format!("{}: {why}.", self.path.display()))
            .help("Log in again with vdk login, or remove the file.")
    }
}

/// Takes the lock `name` of logins in the folder `locks`.
pub fn lock(locks: &Path, name: &str) -> Result<Lock, Error> {
    let failed = |why: String, help: &str| {
        Err(Error::new(ErrorKind::Unavailable, "Cannot change or renew the login.")
            .why(why)
            .help(help))
    };
    match Lock::acquire(locks, name, LOCK_TIMEOUT) {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => failed(
            "Another process has held its lock for a minute.".into(),
            "Try again. If it happens again, stop the other vdk processes.",
        ),
        Err(error) => failed(
            format!(
                "Cannot lock it: {}: {}.",
                locks.display(),
                vdk_platform::denied(locks, &error)
            ),
            "Make the folder yours and writable, and try again.",
        ),
    }
}

/// Returns true if a file only says that the login is in the keyring.
fn is_pointer(found: &Credentials) -> bool {
    found.store.as_deref() == Some(IN_KEYRING)
}

enum NotSaved {
    Keyring(KeyringError),
    File(io::Error),
}
