//! Master keys in files: 64 hexadecimal digits and a line end, readable by the owner alone.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use zeroize::Zeroizing;

use crate::{KeyError, MasterKey};

/// Name of the key file in the store's folder, where there is no keyring.
pub const KEY_FILE: &str = "master.key";

/// Reads the key in `path`; `None` where there is no such file. A file that others may read is
/// refused: its key is no secret any more.
pub fn read_key_file(path: &Path) -> Result<Option<MasterKey>, KeyError> {
    let fail = |why: String| KeyError::File { path: path.into(), why };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(format!("cannot be read: {error}"))),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().map_err(|e| fail(e.to_string()))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(fail(format!(
                "can be read by others (mode {:03o}); make it yours alone: chmod 600",
                mode & 0o777
            )));
        }
    }
    let mut text = Zeroizing::new(String::with_capacity(128));
    file.take(100)
        .read_to_string(&mut text)
        .map_err(|error| fail(format!("cannot be read: {error}")))?;
    match MasterKey::from_text(&text) {
        Some(key) => Ok(Some(key)),
        None => Err(fail("is not a master key: 64 hexadecimal digits are expected".into())),
    }
}

/// Reads the key in the file that the setting `named_by` names: it has to be there.
pub fn read_named_key_file(path: &Path, named_by: &str) -> Result<MasterKey, KeyError> {
    read_key_file(path)?.ok_or_else(|| KeyError::File {
        path: path.into(),
        why: format!("is not there, and {named_by} names it"),
    })
}

/// Writes `key` to a new file at `path`, mode 0600 from the first byte, durable when this
/// returns. An existing file is left as it is and is an error.
pub fn write_key_file(path: &Path, key: &MasterKey) -> Result<(), KeyError> {
    let fail = |why: String| KeyError::File { path: path.into(), why };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".key-").tempfile_in(folder)?;
        file.write_all(key.to_text().as_bytes())?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        sync_folder(folder)
    };
    write().map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => fail("exists already and is left as it is".into()),
        _ => fail(format!("cannot be written: {error}")),
    })
}

/// Makes a rename or a new name in `folder` durable.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = fs::metadata(folder)?;
    Ok(())
}
