//! Keeps master keys in files: in the one that an operator names, or beside the store. A rotation
//! puts the next key beside the current one and sets the old one aside, so that the key of the store
//! is in one of these files at each moment.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::keeper::{KeyPlace, MasterKeys, Notice};
use super::key_file::KeyFile;
use super::master_key::MasterKey;
use crate::error::KeyError;
use crate::layout::{KEY_FILE, NEXT_KEY_FILE};

/// A receiver of notices.
type Notices = dyn Fn(&Notice<'_>) + Send + Sync;

/// Keeps master keys in files.
#[derive(Clone)]
pub struct FileKeyring {
    given: Option<KeyFile>,
    /// The setting that names the operator's file, for errors.
    setting: &'static str,
    tell: Option<Arc<Notices>>,
}

impl FileKeyring {
    /// Keeps the key in `given`, which the setting `setting` names, or else beside the store.
    /// `tell` receives notices.
    pub fn new(
        given: Option<PathBuf>,
        setting: &'static str,
        tell: impl Fn(&Notice<'_>) + Send + Sync + 'static,
    ) -> Self {
        FileKeyring { given: given.map(KeyFile::at), setting, tell: Some(Arc::new(tell)) }
    }

    /// Keeps the key beside the store, and tells nobody.
    pub const fn beside_store() -> Self {
        FileKeyring { given: None, setting: "", tell: None }
    }

    /// Returns the file that the operator names.
    pub fn given(&self) -> Option<&KeyFile> {
        self.given.as_ref()
    }

    /// Returns the file that has the key `id` after a rotation has replaced it.
    pub fn replaced(&self, folder: &Path, id: &str) -> KeyFile {
        self.given.clone().or_else(|| set_aside(folder, id)).unwrap_or_else(|| current(folder))
    }

    /// Removes the key with fingerprint `id` that a rotation has set aside in `folder`.
    pub fn forget(&self, folder: &Path, id: &str) -> Result<(), KeyError> {
        set_aside(folder, id).map_or(Ok(()), |file| file.remove())
    }

    /// Saves `key`, which opens the store in `folder`, beside it. Returns the file. The key of
    /// another copy stays: then this one is found by its name.
    pub fn import(&self, folder: &Path, key: &MasterKey) -> Result<KeyFile, KeyError> {
        let aside =
            if current(folder).path().exists() { set_aside(folder, &key.id()) } else { None };
        let file = aside.unwrap_or_else(|| current(folder));
        file.create(key).map(|()| file)
    }

    /// Returns the operator's key, or the key that lies beside the store; `None` if none does.
    pub(super) fn existing(
        &self,
        folder: &Path,
    ) -> Result<Option<(KeyPlace, MasterKey)>, KeyError> {
        if let Some(given) = &self.given {
            return Ok(Some((
                KeyPlace::Given,
                given.read_named(self.setting, &|notice| self.tell(notice))?,
            )));
        }
        Ok(self.read(&current(folder))?.map(|key| (KeyPlace::File, key)))
    }

    /// Saves `key` as that of a new store in `folder`.
    pub(super) fn save(&self, folder: &Path, key: &MasterKey) -> Result<KeyPlace, KeyError> {
        let file = current(folder);
        file.create(key)?;
        self.tell(&Notice::StoreMade { key_file: file.path() });
        Ok(KeyPlace::File)
    }

    /// Returns the key with fingerprint `id`. If no file has it, returns another key that is there,
    /// or `None`.
    pub(super) fn find(&self, folder: &Path, id: &str) -> Result<Option<MasterKey>, KeyError> {
        let mut other = None;
        // In this order, the key is found at each moment of a rotation.
        let files = match &self.given {
            Some(given) => {
                let named = given.read_named(self.setting, &|notice| self.tell(notice))?;
                if named.id() == id {
                    return Ok(Some(named));
                }
                other = Some(named);
                [Some(given.next()), None, None]
            }
            None => [Some(next(folder)), Some(current(folder)), set_aside(folder, id)],
        };
        for file in files.into_iter().flatten() {
            match self.read(&file)? {
                Some(key) if key.id() == id => return Ok(Some(key)),
                found => other = other.or(found),
            }
        }
        Ok(other)
    }

    /// Sets the key of `folder` aside unless it is `id`. The store's key is kept elsewhere now.
    pub(super) fn retire(&self, folder: &Path, id: &str) -> Result<(), KeyError> {
        let file = current(folder);
        match self.read(&file)?.filter(|old| old.id() != id) {
            None => Ok(()),
            Some(old) => self.put_aside(folder, &old).and_then(|()| file.remove()),
        }
    }

    fn read(&self, file: &KeyFile) -> Result<Option<MasterKey>, KeyError> {
        file.read(&|notice| self.tell(notice))
    }

    fn put_aside(&self, folder: &Path, key: &MasterKey) -> Result<(), KeyError> {
        let Some(file) = set_aside(folder, &key.id()) else { return Ok(()) };
        match self.read(&file)? {
            Some(there) if there.id() == key.id() => Ok(()),
            _ => file.create(key),
        }
    }
}

impl MasterKeys for FileKeyring {
    fn create(&self, folder: &Path) -> Result<(KeyPlace, MasterKey), KeyError> {
        if let Some(existing) = self.existing(folder)? {
            return Ok(existing);
        }
        let key = MasterKey::generate()?;
        Ok((self.save(folder, &key)?, key))
    }

    fn load(&self, place: KeyPlace, id: &str, folder: &Path) -> Result<MasterKey, KeyError> {
        self.find(folder, id)?.ok_or_else(|| KeyError::Missing {
            id: id.into(),
            place: format!(
                "{} (the store was made with {place})",
                current(folder).path().display()
            ),
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
            (None, None) => next(folder).create(key).map(|()| KeyPlace::File),
            (Some(_), Some(file)) => KeyFile::at(file).create(key).map(|()| KeyPlace::Given),
            (Some(given), None) => Err(KeyError::CannotKeep {
                place: given.path().display().to_string(),
                why: "name another file for it with --new-key-file".into(),
            }),
            (None, Some(_)) => Err(KeyError::CannotKeep {
                place: place.to_string(),
                why: format!("--new-key-file needs {}, which is not set", self.setting),
            }),
        }
    }

    /// Replaces the key file of `folder` by the next key if that has the fingerprint `id`. Sets the
    /// old key aside first, so that no key is lost on the way.
    fn settle(&self, _: KeyPlace, id: &str, folder: &Path) -> Result<(), KeyError> {
        if self.given.is_some() {
            return Ok(());
        }
        let (next, current) = (next(folder), current(folder));
        let Some(key) = self.read(&next)? else { return Ok(()) };
        if key.id() == id {
            if let Some(old) = self.read(&current)?.filter(|old| old.id() != id) {
                self.put_aside(folder, &old)?;
            }
            return next.rename_to(&current);
        }
        // Left by a rotation that ended before the store used it.
        set_aside(folder, &key.id()).map_or(Ok(()), |aside| next.rename_to(&aside))
    }

    fn tell(&self, notice: &Notice<'_>) {
        if let Some(tell) = &self.tell {
            tell(notice);
        }
    }

    fn shared(&self) -> Arc<dyn MasterKeys> {
        Arc::new(self.clone())
    }
}

fn current(folder: &Path) -> KeyFile {
    KeyFile::at(folder.join(KEY_FILE))
}

fn next(folder: &Path) -> KeyFile {
    KeyFile::at(folder.join(NEXT_KEY_FILE))
}

/// Returns the file in which a rotation sets the key `id` aside. Accepts only hexadecimal digits:
/// ids come from the store unauthenticated, and no other text may become part of a path.
fn set_aside(folder: &Path, id: &str) -> Option<KeyFile> {
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| KeyFile::at(folder.join(format!("master-{id}.key"))))
}
