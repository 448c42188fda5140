//! One master key in a file: 64 hexadecimal digits and a line end, readable only by its owner.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use vdk_platform::{keep_owner, private_file, sync_folder};
use zeroize::Zeroizing;

use super::keeper::Notice;
use super::master_key::MasterKey;
use crate::error::KeyError;
use crate::layout::{CREATE_LOCK, KEY_FILE, NEXT_KEY_FILE, STORE_FILE};

/// Receives notices.
pub type Tell<'a> = &'a dyn Fn(&Notice<'_>);

/// A file with a master key, whether it exists or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile(PathBuf);

impl KeyFile {
    /// Names the file at `path`. Accesses nothing.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        KeyFile(path.into())
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the file beside this one in which processes look for the next key.
    pub fn next(&self) -> Self {
        let mut next = self.0.as_os_str().to_owned();
        next.push(".new");
        KeyFile(next.into())
    }

    /// Reads the key; `None` if there is no such file. Rejects a file that others may read, because
    /// its key is no longer secret, and a file that another user may have put there. Rejects
    /// anything but a regular file. `tell` receives a notice if permissions had to be removed.
    pub fn read(&self, tell: Tell<'_>) -> Result<Option<MasterKey>, KeyError> {
        self.read_opened(private_file::open_regular(&self.0), false, tell)
    }

    /// Reads the key in a file that must exist because the setting `setting` names it. The file may
    /// be a pipe.
    pub fn read_named(&self, setting: &str, tell: Tell<'_>) -> Result<MasterKey, KeyError> {
        let missing = || self.error(format!("does not exist, but {setting} names it"));
        self.read_opened(File::open(&self.0), true, tell)?.ok_or_else(missing)
    }

    fn read_opened(
        &self,
        opened: std::io::Result<File>,
        is_named: bool,
        tell: Tell<'_>,
    ) -> Result<Option<MasterKey>, KeyError> {
        let cannot = |error: std::io::Error| self.error(format!("cannot be read: {error}"));
        let file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(cannot(error)),
        };
        match private_file::restrict(&file, &self.0, is_named) {
            Ok(Some(state)) => tell(&Notice::State { path: &self.0, state }),
            Ok(None) => {}
            Err(error) => return Err(self.error(error.to_string())),
        }
        let mut text = Zeroizing::new(String::with_capacity(128));
        file.take(100).read_to_string(&mut text).map_err(cannot)?;
        match MasterKey::from_text(&text) {
            Some(key) => Ok(Some(key)),
            None => {
                Err(self.error("is not a master key: 64 hexadecimal digits are expected".into()))
            }
        }
    }

    /// Writes `key` to a new file, with mode 0600 from the first byte. The file is durable when this
    /// returns. Fails if the file exists, and leaves it as it is.
    pub fn create(&self, key: &MasterKey) -> Result<(), KeyError> {
        let path = &self.0;
        // Processes must find the key in a file. Options that accept `-` for stdout say so.
        if path == Path::new("-") {
            let why = "is not a valid file name: - stands for standard output elsewhere";
            return Err(self.error(why.into()));
        }
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(".key-").tempfile_in(folder)?;
            file.write_all(key.to_text().as_bytes())?;
            file.write_all(b"\n")?;
            if is_of_store(folder, path) {
                keep_owner(file.as_file(), path)?;
            }
            file.as_file().sync_all()?;
            file.persist_noclobber(path).map_err(|error| error.error)?;
            sync_folder(folder)
        };
        write().map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => self.error("exists already and was not changed".into()),
            _ => self.error(format!("cannot be written: {error}")),
        })
    }

    /// Gives this file the place of `other`, which is replaced.
    pub(crate) fn rename_to(&self, other: &KeyFile) -> Result<(), KeyError> {
        let folder = other.0.parent().unwrap_or(Path::new("."));
        let renamed = fs::rename(&self.0, &other.0).and_then(|()| sync_folder(folder));
        renamed.map_err(|error| other.error(format!("cannot be created: {error}")))
    }

    /// Removes the file if it exists.
    pub(crate) fn remove(&self) -> Result<(), KeyError> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(self.error(format!("cannot be removed: {error}")))
            }
            _ => Ok(()),
        }
    }

    fn error(&self, why: String) -> KeyError {
        KeyError::File { path: self.0.clone(), why }
    }
}

/// Returns whether a key file belongs to the store in `folder`. Any other file stays with its
/// creator: an exported key is not given to the owner of the folder that it goes to.
fn is_of_store(folder: &Path, path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_name = name == KEY_FILE
        || name == NEXT_KEY_FILE
        || (name.starts_with("master-") && name.ends_with(".key"));
    let has_store = [STORE_FILE, CREATE_LOCK].iter().any(|part| folder.join(part).exists());
    is_name && has_store
}
