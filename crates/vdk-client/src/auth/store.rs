//! Storage of a login: the keyring, or a file that only this user can read. `vdk-cred.json` always
//! says which: without tokens in it, it says that they are in the keyring.

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

impl CredentialStore {
    /// Returns the storage of the user's login.
    pub fn login(settings: &Settings, reports: &Reports) -> Self {
        let (path, locks) = (settings.path(paths::CREDENTIALS), settings.path(paths::LOCKS));
        CredentialStore { path, locks, reports: reports.clone() }
    }

    /// Returns the storage of the login at the `vdk server` on a port of this machine.
    pub fn own_server(settings: &Settings, port: u16, reports: &Reports) -> Self {
        let path = settings.path(&paths::server_credentials(port));
        CredentialStore { path, locks: settings.path(paths::LOCKS), reports: reports.clone() }
    }

    /// Keeps other processes from changing the login until the lock is dropped.
    pub fn lock(&self) -> Result<Lock, Error> {
        // The lock folder is that of this configuration, however its path is spelled.
        let name = login_lock(&self.path.file_name().unwrap_or_default().to_string_lossy());
        match Lock::acquire(&self.locks, &name, LOCK_TIMEOUT) {
            Ok(Some(lock)) => Ok(lock),
            Ok(None) => Err(self.busy("another process has held the lock for a minute")),
            Err(error) => Err(self.busy(&format!("{}: {error}", self.locks.display()))),
        }
    }

    fn busy(&self, why: &str) -> Error {
        Error::new(ErrorKind::Unavailable, "Cannot change or renew the login.")
            .why(format!("Cannot lock it: {why}."))
            .help("Try again. If it happens again, stop the other vdk processes.")
    }

    /// The file, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the login and says where it is; `None` if there is none.
    pub fn load(&self) -> Result<Option<(Credentials, Place)>, Error> {
        let bytes = match private_file::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.unusable(&error.to_string())),
        };
        if bytes.is_empty() {
            return Ok(None);
        }
        let found = Credentials::parse(&bytes).map_err(|why| self.unusable(why))?;
        if found.store.as_deref() != Some(IN_KEYRING) {
            if !found.is_login() {
                return Ok(None);
            }
            self.tighten();
            return Ok(Some((found, Place::File)));
        }
        match keyring::get(&self.entry()) {
            Ok(Some(text)) => {
                let kept = Credentials::parse(text.as_bytes()).map_err(|why| self.unusable(why))?;
                Ok(Some((kept, Place::Keyring)))
            }
            Ok(None) => Ok(None),
            Err(error) => Err(self.locked(&error.to_string())),
        }
    }

    /// Saves a new login and returns where. The keyring is used if there is one, unless
    /// `VDK_CREDENTIAL_STORE` says otherwise.
    pub fn save_new(&self, credentials: &Credentials) -> Result<Place, Error> {
        let choice = chosen_place()?;
        if choice != Some(Place::File) {
            match self.save(credentials, Place::Keyring) {
                Ok(()) => return Ok(Place::Keyring),
                Err(NotSaved::Keyring(KeyringError::Absent)) if choice.is_none() => {
                    self.reports.note(&Note::LoginInFile { file: self.path.clone() });
                }
                Err(error) => return Err(self.not_saved(error)),
            }
        }
        self.save(credentials, Place::File).map_err(|error| self.not_saved(error))?;
        Ok(Place::File)
    }

    /// Saves a changed login where it was.
    pub fn save_again(&self, credentials: &Credentials, place: Place) -> Result<(), Error> {
        self.save(credentials, place).map_err(|error| self.not_saved(error))
    }

    /// Returns the file's content if the login is in the keyring.
    fn pointer(&self) -> Option<Credentials> {
        let found = Credentials::parse(&private_file::read(&self.path).ok()?).ok()?;
        (found.store.as_deref() == Some(IN_KEYRING)).then_some(found)
    }

    fn save(&self, credentials: &Credentials, place: Place) -> Result<(), NotSaved> {
        let text = credentials.to_json();
        // A login that could not be read back is not saved.
        Credentials::parse(text.as_bytes()).map_err(|why| NotSaved::File(io::Error::other(why)))?;
        // The keyring entry is named after the folder, which has to exist.
        vdk_platform::make_folder(self.path.parent().unwrap_or(Path::new(".")))
            .map_err(NotSaved::File)?;
        let in_file = match place {
            Place::File => text,
            Place::Keyring => {
                keyring::set(&self.entry(), text).map_err(NotSaved::Keyring)?;
                let pointer = Credentials {
                    services: credentials.services.clone(),
                    store: Some(IN_KEYRING.into()),
                    // Unknown members stay in their place: in the keyring they may be secrets.
                    rest: self.pointer().map(|pointer| pointer.rest).unwrap_or_default(),
                    ..Credentials::default()
                };
                pointer.to_json()
            }
        };
        if place == Place::Keyring
            && private_file::read_regular(&self.path).is_ok_and(|now| *now == in_file.as_bytes())
        {
            return Ok(());
        }
        let was_in_keyring = place == Place::File && self.is_in_keyring();
        private_file::replace(&self.path, in_file.as_bytes()).map_err(NotSaved::File)?;
        if was_in_keyring && keyring::delete(&self.entry()).is_err() {
            self.reports.warning(&Warning::OldLoginInKeyring);
        }
        Ok(())
    }

    /// Removes the login everywhere.
    pub fn remove(&self) -> Result<(), Error> {
        match keyring::delete(&self.entry()) {
            Ok(()) | Err(KeyringError::Absent) => {}
            // Without a keyring login there is nothing to remove.
            Err(_) if !self.is_in_keyring() => {}
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
        let found = private_file::read_regular(&self.path)
            .ok()
            .and_then(|bytes| Credentials::parse(&bytes).ok());
        found.is_some_and(|found| found.store.as_deref() == Some(IN_KEYRING))
    }

    /// Returns the name of the keyring entry: one for each configuration folder.
    fn entry(&self) -> String {
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

    fn unusable(&self, why: &str) -> Error {
        Error::new(ErrorKind::NotAllowed, "Cannot use the saved login.")
            .why(format!("{}: {why}.", self.path.display()))
            .help("Log in again with vdk login, or remove the file.")
    }
}

enum NotSaved {
    Keyring(KeyringError),
    File(io::Error),
}
