//! What the store needs from a keeper of master keys.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::master_key::MasterKey;
use crate::error::KeyError;

/// The place of a store's master key, which the store records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In the operating system's keyring.
    Keyring,
    /// In the file [`crate::KEY_FILE`] of the store's folder.
    File,
    /// In a file that the operator names at each start.
    Given,
}

impl KeyPlace {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            KeyPlace::Keyring => "keyring",
            KeyPlace::File => "file",
            KeyPlace::Given => "given",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [KeyPlace::Keyring, KeyPlace::File, KeyPlace::Given]
            .into_iter()
            .find(|place| place.as_str() == text)
    }
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeyPlace::Keyring => "the operating system's keyring",
            KeyPlace::File => "the key file beside the store",
            KeyPlace::Given => "a key file given by the operator",
        })
    }
}

/// Something that whoever runs the program should know.
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// A store was made, whose master key is in `key_file` and has to be backed up.
    StoreMade {
        /// The file.
        key_file: &'a Path,
    },
    /// A file or folder is, or was, in a state that the user should know of.
    State {
        /// The file or folder.
        path: &'a Path,
        /// The rest of the sentence.
        state: &'static str,
    },
}

/// A keeper of master keys. The store creates a second key only for a rotation.
pub trait MasterKeys: Send + Sync {
    /// Creates the key of a new store in `folder`, or takes the one that already lies there.
    /// Returns the place in which it is kept from now on.
    fn create(&self, folder: &Path) -> Result<(KeyPlace, MasterKey), KeyError>;

    /// Returns the key with fingerprint `id`, which [`MasterKeys::create`] or [`MasterKeys::keep`]
    /// put into `place`.
    fn load(&self, place: KeyPlace, id: &str, folder: &Path) -> Result<MasterKey, KeyError>;

    /// Stores `key`, the next one of the store in `folder`, beside the current one in `place`.
    /// Returns its place, which is the new `file` if an operator gives keys and names it. The key
    /// is durable when this returns, because the store is encrypted with it right after.
    fn keep(
        &self,
        place: KeyPlace,
        key: &MasterKey,
        folder: &Path,
        file: Option<&Path>,
    ) -> Result<KeyPlace, KeyError> {
        let _ = (key, folder, file);
        let place = place.to_string();
        Err(KeyError::CannotKeep { place, why: "nothing else can be stored there".into() })
    }

    /// Finishes [`MasterKeys::keep`]: makes `id` in `place` the key of the store in `folder`, and
    /// sets the key before it aside. Is called again if a process was killed before.
    fn settle(&self, place: KeyPlace, id: &str, folder: &Path) -> Result<(), KeyError> {
        let _ = (place, id, folder);
        Ok(())
    }

    /// Receives a notice.
    fn tell(&self, notice: &Notice<'_>) {
        let _ = notice;
    }

    /// Returns the same keeper for a store that stays open while others may rotate its keys.
    fn shared(&self) -> Arc<dyn MasterKeys>;
}
