//! Keeps the master key in a file that an operator gives, or beside the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::key_file::{
    KEY_FILE, find_key_file, find_named_key_file, keep_next_key_file, read_key_file,
    read_named_key_file, settle_key_file, write_key_file,
};
use super::{KeyPlace, MasterKey, MasterKeys};
use crate::KeyError;

/// Keeps the master key in a file: the one beside the store, or the one that the operator names.
#[derive(Clone)]
pub struct FileKeys {
    /// The operator's file, where one is named.
    given: Option<PathBuf>,
    /// The setting that names it, for errors.
    named_by: &'static str,
    note: fn(&Path),
}

impl FileKeys {
    /// Keeps the key in `given`, which the setting `named_by` names, or else beside the store. `note`
    /// is told the file of a key that was made, which has to be backed up.
    pub fn new(given: Option<PathBuf>, named_by: &'static str, note: fn(&Path)) -> Self {
        FileKeys { given, named_by, note }
    }

    /// Keeps the key beside the store, and tells nobody.
    pub const fn beside_store() -> Self {
        FileKeys { given: None, named_by: "", note: |_| () }
    }
}

impl MasterKeys for FileKeys {
    fn create(&self, folder: &Path) -> Result<(KeyPlace, MasterKey), KeyError> {
        if let Some(given) = &self.given {
            return Ok((KeyPlace::Given, read_named_key_file(given, self.named_by)?));
        }
        let path = folder.join(KEY_FILE);
        if let Some(key) = read_key_file(&path)? {
            return Ok((KeyPlace::File, key));
        }
        let key = MasterKey::generate()?;
        write_key_file(&path, &key)?;
        (self.note)(&path);
        Ok((KeyPlace::File, key))
    }

    fn load(&self, place: KeyPlace, id: &str, folder: &Path) -> Result<MasterKey, KeyError> {
        if let Some(given) = &self.given {
            return find_named_key_file(given, self.named_by, id);
        }
        find_key_file(folder, id)?.ok_or_else(|| KeyError::Missing {
            id: id.into(),
            place: format!("{} (the store was made with {place})", folder.join(KEY_FILE).display()),
        })
    }

    fn keep(
        &self,
        place: KeyPlace,
        key: &MasterKey,
        folder: &Path,
        file: Option<&Path>,
    ) -> Result<KeyPlace, KeyError> {
        match (&self.given, file) {
            (None, None) => keep_next_key_file(folder, key).map(|()| KeyPlace::File),
            (Some(_), Some(file)) => write_key_file(file, key).map(|()| KeyPlace::Given),
            (Some(_), None) => Err(KeyError::CannotKeep {
                place: KeyPlace::Given.to_string(),
                why: "name another file for it with --new-key-file".into(),
            }),
            (None, Some(_)) => Err(KeyError::CannotKeep {
                place: place.to_string(),
                why: format!("--new-key-file needs {}, which is not set", self.named_by),
            }),
        }
    }

    fn settle(&self, _: KeyPlace, id: &str, folder: &Path) -> Result<(), KeyError> {
        if self.given.is_some() { Ok(()) } else { settle_key_file(folder, id) }
    }

    fn shared(&self) -> Arc<dyn MasterKeys> {
        Arc::new(self.clone())
    }
}
