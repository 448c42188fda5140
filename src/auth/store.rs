//! Where a login is kept: the keyring, or a file of this user alone. `vdk-cred.json` always tells
//! which: without tokens in it, it says that they are in the keyring.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::credentials::Credentials;
use crate::exit::{Exit, Failure, NOTHING_CHANGED};
use crate::keyring::{self, KeyringError};
use crate::settings::{Settings, replace_private_file, variable};
use crate::talk::Talk;
use crate::{env_vars, paths};

/// What the file says where the login is in the keyring.
const IN_KEYRING: &str = "keyring";

/// A kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The operating system's keyring.
    Keyring,
    /// The file.
    File,
}

/// The place of one login.
pub struct CredentialStore {
    path: PathBuf,
    talk: Talk,
}

impl CredentialStore {
    /// That of the user's login.
    pub fn login(settings: &Settings, talk: Talk) -> Self {
        CredentialStore { path: settings.path(paths::CREDENTIALS), talk }
    }

    /// That of the login at the service that `vdk server` runs on this machine.
    pub fn own_server(settings: &Settings, talk: Talk) -> Self {
        CredentialStore { path: settings.path(paths::SERVER_CREDENTIALS), talk }
    }

    /// The file, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The login and where it is; `None` where nobody is logged in.
    pub fn load(&self) -> Result<Option<(Credentials, Place)>, Failure> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
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
            Err(error) => Err(self.locked(&in_words(error))),
        }
    }

    /// Keeps a new login, and tells where. The keyring is used where there is one, unless
    /// `VDK_CREDENTIAL_STORE` says otherwise.
    pub fn save_new(&self, credentials: &Credentials) -> Result<Place, Failure> {
        let choice = choice()?;
        if choice != Some(Place::File) {
            match self.save(credentials, Place::Keyring) {
                Ok(()) => return Ok(Place::Keyring),
                Err(NotSaved::Keyring(KeyringError::Absent)) if choice.is_none() => {
                    self.talk.note(&format!(
                        "there is no keyring here; the login is in {}, readable by you alone",
                        self.path.display()
                    ));
                }
                Err(error) => return Err(self.not_saved(error)),
            }
        }
        self.save(credentials, Place::File).map_err(|error| self.not_saved(error))?;
        Ok(Place::File)
    }

    /// Keeps a login that has changed where it was.
    pub fn save_again(&self, credentials: &Credentials, place: Place) -> Result<(), Failure> {
        self.save(credentials, place).map_err(|error| self.not_saved(error))
    }

    fn save(&self, credentials: &Credentials, place: Place) -> Result<(), NotSaved> {
        let text = credentials.to_json();
        let in_file = match place {
            Place::File => text,
            Place::Keyring => {
                keyring::set(&self.entry(), text).map_err(NotSaved::Keyring)?;
                let pointer = Credentials {
                    services: credentials.services.clone(),
                    store: Some(IN_KEYRING.into()),
                    ..Credentials::default()
                };
                pointer.to_json()
            }
        };
        replace_private_file(&self.path, in_file.as_bytes()).map_err(NotSaved::File)
    }

    /// Forgets the login everywhere.
    pub fn remove(&self) -> Result<(), Failure> {
        match keyring::delete(&self.entry()) {
            Ok(()) | Err(KeyringError::Absent) => {}
            // Without one in it there is nothing to forget.
            Err(_) if !self.is_in_keyring() => {}
            Err(error) => return Err(self.locked(&in_words(error))),
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(self.unusable(&error.to_string()))
            }
            _ => Ok(()),
        }
    }

    fn is_in_keyring(&self) -> bool {
        let found = fs::read(&self.path).ok().and_then(|bytes| Credentials::parse(&bytes).ok());
        found.is_some_and(|found| found.store.as_deref() == Some(IN_KEYRING))
    }

    /// The name of the entry in the keyring: one for each configuration folder.
    fn entry(&self) -> String {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        let name = self.path.file_stem().unwrap_or_default();
        format!("login {}", folder.join(name).display())
    }

    /// The Python vdk leaves its file open to everybody.
    fn tighten(&self) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&self.path).map_or(0o600, |found| found.permissions().mode());
            if mode & 0o077 != 0 {
                let done = fs::set_permissions(&self.path, fs::Permissions::from_mode(0o600));
                let what = if done.is_ok() { "; that was ended" } else { "" };
                self.talk.warning(&format!(
                    "{} could be read by other users of this machine{what}",
                    self.path.display()
                ));
            }
        }
    }

    fn not_saved(&self, error: NotSaved) -> Failure {
        match error {
            NotSaved::Keyring(error) => self.locked(&in_words(error)),
            NotSaved::File(error) => Failure::new(
                Exit::Cancelled,
                "The login cannot be kept.",
                format!("{}: {error}.", self.path.display()),
                "What was kept before is as it was.",
                "Make room, or the folder writable, and log in again.",
            ),
        }
    }

    fn locked(&self, why: &str) -> Failure {
        Failure::new(
            Exit::NotAllowed,
            "The keyring cannot be used.",
            format!("The login is kept in the keyring, and the keyring {why}."),
            NOTHING_CHANGED,
            format!(
                "Unlock it and try again; to keep the login in a file: {}=file vdk login",
                env_vars::CREDENTIAL_STORE
            ),
        )
    }

    fn unusable(&self, why: &str) -> Failure {
        Failure::new(
            Exit::NotAllowed,
            "The saved login cannot be used.",
            format!("{}: {why}.", self.path.display()),
            NOTHING_CHANGED,
            "Log in again with vdk login, or remove the file.",
        )
    }
}

enum NotSaved {
    Keyring(KeyringError),
    File(std::io::Error),
}

/// What `VDK_CREDENTIAL_STORE` says.
pub fn choice() -> Result<Option<Place>, Failure> {
    match variable(env_vars::CREDENTIAL_STORE)?.as_deref() {
        None => Ok(None),
        Some("keyring") => Ok(Some(Place::Keyring)),
        Some("file") => Ok(Some(Place::File)),
        Some(_) => Err(Failure::usage(
            "A setting is not valid.",
            format!("{}: keyring or file is expected.", env_vars::CREDENTIAL_STORE),
            "Correct the variable or unset it.",
        )),
    }
}

fn in_words(error: KeyringError) -> String {
    match error {
        KeyringError::Absent => "is not there: no session bus, or no Secret Service on it".into(),
        KeyringError::Failed(why) => why,
    }
}

/// A token of the environment.
pub fn given_token() -> Result<Option<secrecy::SecretString>, Failure> {
    let given = variable(env_vars::API_TOKEN)?.map(secrecy::SecretString::from);
    let is_text = |token: &secrecy::SecretString| {
        token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic())
    };
    match given {
        Some(token) if !is_text(&token) => Err(Failure::usage(
            "The API token is not valid.",
            format!("{} has characters in it that no token has.", env_vars::API_TOKEN),
            "Give it as it was shown, without quotes, spaces and line ends.",
        )),
        given => Ok(given),
    }
}
