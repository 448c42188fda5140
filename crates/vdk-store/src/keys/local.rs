//! Keeps the master key of a user's store: in a file that the user names, in the keyring, or without
//! a keyring in a file beside the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vdk_platform::keyring::{self, KeyringError, Place, chosen_place};
use vdk_platform::{InvalidVariable, path_variable};

use super::key_file::{
    KEY_FILE, find_key_file, find_named_key_file, forget_key_file, keep_next_key_file,
    read_key_file, read_named_key_file, retire_key_file, set_aside, settle_key_file,
    write_key_file,
};
use super::{KeyPlace, MasterKey, MasterKeys};
use crate::KeyError;

/// Variable that names a file with the master key.
pub const MASTER_KEY_FILE: &str = "VDK_MASTER_KEY_FILE";

/// Storage of master keys according to this machine and its user's settings.
#[derive(Clone)]
pub struct LocalKeys {
    given: Option<PathBuf>,
    choice: Option<Place>,
    note: Arc<dyn Fn(&Path) + Send + Sync>,
}

impl LocalKeys {
    /// Reads `VDK_MASTER_KEY_FILE` and `VDK_CREDENTIAL_STORE`. `note` is told if a key file is made
    /// that has to be backed up.
    pub fn from_environment(
        note: impl Fn(&Path) + Send + Sync + 'static,
    ) -> Result<Self, InvalidVariable> {
        let (given, choice) = (path_variable(MASTER_KEY_FILE)?, chosen_place()?);
        Ok(LocalKeys { given, choice, note: Arc::new(note) })
    }

    /// Returns the user's own file for the master key.
    pub fn given(&self) -> Option<&Path> {
        self.given.as_deref()
    }

    /// Returns where the key with fingerprint `id` is after a rotation has replaced it in `place`.
    pub fn after_rotation(&self, place: KeyPlace, id: &str, folder: &Path) -> String {
        match (&self.given, place) {
            (Some(given), _) => format!("{} until you replace that file", given.display()),
            (None, KeyPlace::Keyring) => format!("{place}, as '{}'", entry(id)),
            _ => folder.join(set_aside(id).unwrap_or_default()).display().to_string(),
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
        forget_key_file(folder, id)
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
                let mut path = folder.join(KEY_FILE);
                // Another copy's key stays: this one is found by its name.
                if path.exists() {
                    path = folder.join(set_aside(&key.id()).unwrap_or_default());
                }
                write_key_file(&path, key)?;
                Ok(path.display().to_string())
            }
        }
    }
}

impl MasterKeys for LocalKeys {
    fn create(&self, folder: &Path) -> Result<(KeyPlace, MasterKey), KeyError> {
        if let Some(given) = &self.given {
            let key = read_named_key_file(given, MASTER_KEY_FILE)?;
            return Ok((KeyPlace::Given, key));
        }
        let path = folder.join(KEY_FILE);
        if let Some(key) = read_key_file(&path)? {
            return Ok((KeyPlace::File, key));
        }
        let key = MasterKey::generate()?;
        if self.choice != Some(Place::File) {
            match keyring::set(&entry(&key.id()), key.to_text()) {
                Ok(()) => return Ok((KeyPlace::Keyring, key)),
                Err(KeyringError::Absent) if self.choice.is_none() => {}
                Err(error) => return Err(KeyError::Keyring(error.to_string())),
            }
        }
        write_key_file(&path, &key)?;
        (self.note)(&path);
        Ok((KeyPlace::File, key))
    }

    fn load(&self, place: KeyPlace, id: &str, folder: &Path) -> Result<MasterKey, KeyError> {
        if let Some(given) = &self.given {
            return find_named_key_file(given, MASTER_KEY_FILE, id);
        }
        let missing = |place: String| KeyError::Missing { id: id.into(), place };
        let path = folder.join(KEY_FILE);
        match place {
            KeyPlace::File => {
                find_key_file(folder, id)?.ok_or_else(|| missing(path.display().to_string()))
            }
            KeyPlace::Keyring => match keyring::get(&entry(id)) {
                Ok(Some(text)) => MasterKey::from_text(&text).ok_or_else(|| {
                    KeyError::Keyring("does not have a valid key under this name".into())
                }),
                // A store that was moved to a machine whose keyring could not take the key.
                Ok(None) | Err(KeyringError::Absent) if path.exists() => {
                    find_key_file(folder, id)?.ok_or_else(|| missing(place.to_string()))
                }
                Ok(None) => Err(missing(place.to_string())),
                Err(error) => Err(KeyError::Keyring(error.to_string())),
            },
            // The operator's file is not set any more; there may be an imported key.
            KeyPlace::Given => find_key_file(folder, id)?
                .ok_or_else(|| missing(format!("any file: {} is not set", MASTER_KEY_FILE))),
        }
    }

    fn keep(
        &self,
        place: KeyPlace,
        key: &MasterKey,
        folder: &Path,
        file: Option<&Path>,
    ) -> Result<KeyPlace, KeyError> {
        if let Some(given) = &self.given {
            let file = file.ok_or_else(|| KeyError::CannotKeep {
                place: given.display().to_string(),
                why: "name another file for it with --new-key-file".into(),
            })?;
            return write_key_file(file, key).map(|()| KeyPlace::Given);
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
        keep_next_key_file(folder, key).map(|()| KeyPlace::File)
    }

    fn settle(&self, place: KeyPlace, id: &str, folder: &Path) -> Result<(), KeyError> {
        if self.given.is_some() {
            return Ok(());
        }
        settle_key_file(folder, id)?;
        if place == KeyPlace::Keyring { retire_key_file(folder, id) } else { Ok(()) }
    }

    fn shared(&self) -> Arc<dyn MasterKeys> {
        Arc::new(self.clone())
    }
}

/// Returns the user name of the key's keyring entry.
fn entry(id: &str) -> String {
    format!("master key {id}")
}
