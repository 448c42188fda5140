//! Keeps the master key of a user's store: in a file that the user names, in the keyring, or without
//! a keyring in a file beside the store.

use std::path::Path;
use std::sync::Arc;

use vdk_platform::keyring::{self, KeyringError, Place, chosen_place};
use vdk_platform::{InvalidVariable, path_variable};
use zeroize::Zeroizing;

use super::file_keyring::FileKeyring;
use super::keeper::{KeyPlace, MasterKeys, Notice};
use super::key_file::KeyFile;
use super::master_key::MasterKey;
use crate::error::KeyError;
use crate::layout::KEY_FILE;

/// Variable that names a file with the master key.
pub const MASTER_KEY_FILE: &str = "VDK_MASTER_KEY_FILE";

/// Storage of master keys according to this machine and its user's settings.
#[derive(Clone)]
pub struct LocalKeys {
    files: FileKeyring,
    choice: Option<Place>,
    /// Only glances at the keyring.
    is_brief: bool,
}

impl LocalKeys {
    /// Reads `VDK_MASTER_KEY_FILE` and `VDK_CREDENTIAL_STORE`. `tell` receives notices.
    pub fn from_environment(
        tell: impl Fn(&Notice<'_>) + Send + Sync + 'static,
    ) -> Result<Self, InvalidVariable> {
        let (given, choice) = (path_variable(MASTER_KEY_FILE)?, chosen_place()?);
        let files = FileKeyring::new(given, MASTER_KEY_FILE, tell);
        Ok(LocalKeys { files, choice, is_brief: false })
    }

    /// Takes a key from the keyring only if that is unlocked and answers at once, so that nobody is asked,
    /// and none from a pipe.
    pub fn without_questions(self) -> Self {
        LocalKeys { is_brief: true, ..self }
    }

    /// Returns the user's own file for the master key.
    pub fn given(&self) -> Option<&KeyFile> {
        self.files.given()
    }

    /// Returns where the key with fingerprint `id` is after a rotation has replaced it in `place`.
    pub fn after_rotation(&self, place: KeyPlace, id: &str, folder: &Path) -> String {
        let file = self.files.replaced(folder, id);
        let file = file.path().display();
        match (self.given(), place) {
            (Some(_), _) => format!("{file} until you replace that file"),
            (None, KeyPlace::Keyring) => format!("{place}, as '{}'", entry(id)),
            _ => file.to_string(),
        }
    }

    /// Removes a key that a rotation has replaced.
    pub fn forget(&self, place: KeyPlace, id: &str, folder: &Path) -> Result<(), KeyError> {
        if place == KeyPlace::Keyring {
            match keyring::delete(&entry(id)) {
                Ok(()) | Err(KeyringError::Absent) => {}
                Err(error) => return Err(KeyError::Keyring(error.to_string())),
            }
        }
        self.files.forget(folder, id)
    }

    fn in_keyring(&self, id: &str) -> Result<Option<Zeroizing<String>>, KeyringError> {
        match self.is_brief {
            true => Ok(keyring::get_if_unlocked(&entry(id))),
            false => keyring::get(&entry(id)),
        }
    }

    /// Saves an imported key for the store in `folder` and returns where.
    pub fn import(
        &self,
        folder: &Path,
        place: KeyPlace,
        key: &MasterKey,
    ) -> Result<String, KeyError> {
        match place {
            KeyPlace::Keyring => match keyring::set(&entry(&key.id()), key.to_text()) {
                Ok(()) => Ok(place.to_string()),
                Err(error) => Err(KeyError::Keyring(error.to_string())),
            },
            KeyPlace::File | KeyPlace::Given => {
                Ok(self.files.import(folder, key)?.path().display().to_string())
            }
        }
    }
}

impl MasterKeys for LocalKeys {
    fn create(&self, folder: &Path) -> Result<(KeyPlace, MasterKey), KeyError> {
        if let Some(existing) = self.files.existing(folder)? {
            return Ok(existing);
        }
        let key = MasterKey::generate()?;
        if self.choice != Some(Place::File) {
            match keyring::set(&entry(&key.id()), key.to_text()) {
                Ok(()) => return Ok((KeyPlace::Keyring, key)),
                Err(KeyringError::Absent) if self.choice.is_none() => {}
                Err(error) => return Err(KeyError::Keyring(error.to_string())),
            }
        }
        Ok((self.files.save(folder, &key)?, key))
    }

    fn load(&self, place: KeyPlace, id: &str, folder: &Path) -> Result<MasterKey, KeyError> {
        let missing = |place: String| KeyError::Missing { id: id.into(), place };
        let path = folder.join(KEY_FILE);
        // What a pipe gives once is for a command.
        if self.is_brief && self.given().is_some_and(|file| !file.path().is_file()) {
            return Err(missing(format!("a regular file that {MASTER_KEY_FILE} names")));
        }
        let place = match (self.given(), place) {
            (None, KeyPlace::Keyring) => match self.in_keyring(id) {
                Ok(Some(text)) => {
                    return MasterKey::from_text(&text).ok_or_else(|| {
                        KeyError::Keyring("does not have a valid key under this name".into())
                    });
                }
                // A store that was moved to a machine whose keyring could not take the key.
                Ok(None) | Err(KeyringError::Absent) if path.exists() => place.to_string(),
                Ok(None) => return Err(missing(place.to_string())),
                Err(error) => return Err(KeyError::Keyring(error.to_string())),
            },
            // The operator's file is not set any more; there may be an imported key.
            (None, KeyPlace::Given) => format!("any file: {MASTER_KEY_FILE} is not set"),
            _ => path.display().to_string(),
        };
        self.files.find(folder, id)?.ok_or_else(|| missing(place))
    }

    fn keep(
        &self,
        place: KeyPlace,
        key: &MasterKey,
        folder: &Path,
        file: Option<&Path>,
    ) -> Result<KeyPlace, KeyError> {
        if self.given().is_some() {
            return self.files.keep(place, key, folder, file);
        }
        let in_keyring = match self.choice {
            Some(choice) => choice == Place::Keyring,
            None => place == KeyPlace::Keyring,
        };
        if in_keyring {
            let id = key.id();
            match keyring::set(&entry(&id), key.to_text()) {
                // Never encrypt with a key that cannot be read back.
                Ok(()) => match keyring::get(&entry(&id)) {
                    Ok(Some(text)) if *text == *key.to_text() => return Ok(KeyPlace::Keyring),
                    Ok(_) => {
                        return Err(KeyError::Keyring(
                            "did not return the key that was stored".into(),
                        ));
                    }
                    Err(error) => return Err(KeyError::Keyring(error.to_string())),
                },
                // Then the present key is in a file, whatever the store says.
                Err(KeyringError::Absent) if self.choice.is_none() => {}
                Err(error) => return Err(KeyError::Keyring(error.to_string())),
            }
        }
        self.files.keep(place, key, folder, file)
    }

    fn settle(&self, place: KeyPlace, id: &str, folder: &Path) -> Result<(), KeyError> {
        self.files.settle(place, id, folder)?;
        match (self.given(), place) {
            (None, KeyPlace::Keyring) => self.files.retire(folder, id),
            _ => Ok(()),
        }
    }

    fn tell(&self, notice: &Notice<'_>) {
        self.files.tell(notice);
    }

    fn shared(&self) -> Arc<dyn MasterKeys> {
        Arc::new(self.clone())
    }
}

/// Returns the user name of the key's keyring entry.
fn entry(id: &str) -> String {
    format!("master key {id}")
}
