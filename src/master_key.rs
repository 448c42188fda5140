//! Where the master key of the embedded store is kept: in a file that the user names, in the
//! keyring, or, where there is none, in a file beside the store.

use std::path::{Path, PathBuf};

use vdk_store::{
    KEY_FILE, KeyError, KeyPlace, MasterKey, MasterKeys, read_key_file, read_named_key_file,
    write_key_file,
};

use crate::env_vars;
use crate::exit::Failure;
use crate::keyring::{self, KeyringError};
use crate::settings::variable;
use crate::talk::Talk;

/// Keeps master keys as this machine and its user allow.
pub struct LocalKeys {
    given: Option<PathBuf>,
    choice: Option<KeyPlace>,
    talk: Talk,
}

impl LocalKeys {
    /// Reads `VDK_MASTER_KEY_FILE` and `VDK_CREDENTIAL_STORE`.
    pub fn new(talk: Talk) -> Result<Self, Failure> {
        let given = variable(env_vars::MASTER_KEY_FILE)?.map(PathBuf::from);
        let choice = match variable(env_vars::CREDENTIAL_STORE)?.as_deref() {
            None => None,
            Some("keyring") => Some(KeyPlace::Keyring),
            Some("file") => Some(KeyPlace::File),
            Some(_) => {
                return Err(Failure::usage(
                    "A setting is not valid.",
                    format!("{}: keyring or file is expected.", env_vars::CREDENTIAL_STORE),
                    "Correct the variable or unset it.",
                ));
            }
        };
        Ok(LocalKeys { given, choice, talk })
    }

    /// Keeps an imported key for the store in `folder` and says where.
    pub fn keep(
        &self,
        folder: &Path,
        place: KeyPlace,
        key: &MasterKey,
    ) -> Result<String, KeyError> {
        match place {
            KeyPlace::Keyring => match keyring::set(&entry(&key.id()), key.to_text()) {
                Ok(()) => Ok(place.to_string()),
                Err(error) => Err(in_words(error)),
            },
            KeyPlace::File | KeyPlace::Given => {
                let path = folder.join(KEY_FILE);
                write_key_file(&path, key)?;
                Ok(path.display().to_string())
            }
        }
    }

    fn given(&self) -> Option<Result<MasterKey, KeyError>> {
        let path = self.given.as_ref()?;
        Some(read_named_key_file(path, env_vars::MASTER_KEY_FILE))
    }
}

impl MasterKeys for LocalKeys {
    fn create(&self, folder: &Path) -> Result<(KeyPlace, MasterKey), KeyError> {
        if let Some(given) = self.given() {
            return Ok((KeyPlace::Given, given?));
        }
        let path = folder.join(KEY_FILE);
        if let Some(key) = read_key_file(&path)? {
            return Ok((KeyPlace::File, key));
        }
        let key = MasterKey::generate()?;
        if self.choice != Some(KeyPlace::File) {
            match keyring::set(&entry(&key.id()), key.to_text()) {
                Ok(()) => return Ok((KeyPlace::Keyring, key)),
                Err(KeyringError::Absent) if self.choice.is_none() => {}
                Err(error) => return Err(in_words(error)),
            }
        }
        write_key_file(&path, &key)?;
        self.talk.note(&format!(
            "a new encrypted store was made; its master key is in {}: back it up",
            path.display()
        ));
        Ok((KeyPlace::File, key))
    }

    fn load(&self, place: KeyPlace, id: &str, folder: &Path) -> Result<MasterKey, KeyError> {
        if let Some(given) = self.given() {
            return given;
        }
        let missing = |place: String| KeyError::Missing { id: id.into(), place };
        let path = folder.join(KEY_FILE);
        match place {
            KeyPlace::File => {
                read_key_file(&path)?.ok_or_else(|| missing(path.display().to_string()))
            }
            KeyPlace::Keyring => match keyring::get(&entry(id)) {
                Ok(Some(text)) => MasterKey::from_text(&text)
                    .ok_or_else(|| KeyError::Keyring("holds something else under its name".into())),
                // A store that was moved to a machine whose keyring cannot take the key.
                Ok(None) | Err(KeyringError::Absent) if path.exists() => {
                    read_key_file(&path)?.ok_or_else(|| missing(place.to_string()))
                }
                Ok(None) => Err(missing(place.to_string())),
                Err(error) => Err(in_words(error)),
            },
            // The operator's file is not named any more; an imported key may be there.
            KeyPlace::Given => read_key_file(&path)?.ok_or_else(|| {
                missing(format!("any file: {} is not set", env_vars::MASTER_KEY_FILE))
            }),
        }
    }
}

/// The user name of the key's entry in the keyring.
fn entry(id: &str) -> String {
    format!("master key {id}")
}

fn in_words(error: KeyringError) -> KeyError {
    KeyError::Keyring(match error {
        KeyringError::Absent => "is not there: no session bus, or no Secret Service on it".into(),
        KeyringError::Failed(why) => why,
    })
}
