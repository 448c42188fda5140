//! Master keys in files: 64 hexadecimal digits and a line end, readable only by the owner.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use vdk_platform::{keep_owner, private_file, sync_folder};
use zeroize::Zeroizing;

use crate::{KeyError, MasterKey, STORE_FILE};

/// Name of the key file in the store's folder, used if there is no keyring.
pub const KEY_FILE: &str = "master.key";

/// Name of the next key's file during a rotation: [`next_to`] the key file.
pub(crate) const NEXT_KEY_FILE: &str = "master.key.new";

/// Reads the key in `path`; `None` if there is no such file. Rejects a file that others may read:
/// its key is no longer secret. Rejects anything but a regular file.
pub fn read_key_file(path: &Path) -> Result<Option<MasterKey>, KeyError> {
    read_opened(path, private_file::open_regular(path))
}

fn read_opened(path: &Path, opened: std::io::Result<File>) -> Result<Option<MasterKey>, KeyError> {
    let fail = |why: String| KeyError::File { path: path.into(), why };
    let file = match opened {
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
                "can be read by others (mode {:03o}); restrict it to its owner: chmod 600",
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

/// Reads the key in the file that the setting `named_by` names. The file must exist, and may be a
/// pipe.
pub fn read_named_key_file(path: &Path, named_by: &str) -> Result<MasterKey, KeyError> {
    read_opened(path, File::open(path))?.ok_or_else(|| KeyError::File {
        path: path.into(),
        why: format!("does not exist, but {named_by} names it"),
    })
}

/// Returns the key with fingerprint `id` from the key files of `folder`. If none has it, returns
/// another key that is there, or `None`.
pub fn find_key_file(folder: &Path, id: &str) -> Result<Option<MasterKey>, KeyError> {
    // In this order, the key is found at each moment of a rotation.
    let mut other = None;
    for name in [Some(NEXT_KEY_FILE.into()), Some(KEY_FILE.into()), set_aside(id)] {
        let Some(name) = name else { continue };
        match read_key_file(&folder.join(name))? {
            Some(key) if key.id() == id => return Ok(Some(key)),
            found => other = other.or(found),
        }
    }
    Ok(other)
}

/// Reads the key with fingerprint `id` in the file that the setting `named_by` names, or in the
/// file beside it in which a rotation has put the next key. Returns the named file's key otherwise.
pub fn find_named_key_file(path: &Path, named_by: &str, id: &str) -> Result<MasterKey, KeyError> {
    let named = read_named_key_file(path, named_by)?;
    if named.id() == id {
        return Ok(named);
    }
    let next = read_key_file(&next_to(path))?.filter(|next| next.id() == id);
    Ok(next.unwrap_or(named))
}

/// Returns the file beside the key file `path` in which processes look for the next key.
pub fn next_to(path: &Path) -> PathBuf {
    let mut next = path.as_os_str().to_owned();
    next.push(".new");
    next.into()
}

/// Writes the next key beside the key file of `folder`.
pub fn keep_next_key_file(folder: &Path, key: &MasterKey) -> Result<(), KeyError> {
    write_key_file(&folder.join(NEXT_KEY_FILE), key)
}

/// Replaces the key file of `folder` by the next key if that has the fingerprint `id`. Sets the old
/// key aside first, so that no key is lost on the way.
pub fn settle_key_file(folder: &Path, id: &str) -> Result<(), KeyError> {
    let (next, path) = (folder.join(NEXT_KEY_FILE), folder.join(KEY_FILE));
    let Some(key) = read_key_file(&next)? else { return Ok(()) };
    let place = if key.id() == id {
        if let Some(old) = read_key_file(&path)?.filter(|old| old.id() != id) {
            put_aside(folder, &old)?;
        }
        path
    } else {
        // Left by a rotation that ended before the store used it.
        folder.join(set_aside(&key.id()).unwrap_or_default())
    };
    let moved = fs::rename(&next, &place).and_then(|()| sync_folder(folder));
    moved
        .map_err(|error| KeyError::File { path: place, why: format!("cannot be created: {error}") })
}

/// Sets the key of `folder` aside unless it is `id`. The store's key is kept elsewhere now.
pub fn retire_key_file(folder: &Path, id: &str) -> Result<(), KeyError> {
    let path = folder.join(KEY_FILE);
    match read_key_file(&path)?.filter(|old| old.id() != id) {
        None => Ok(()),
        Some(old) => put_aside(folder, &old).and_then(|()| remove(&path)),
    }
}

/// Removes the key with fingerprint `id` that a rotation has set aside in `folder`.
pub fn forget_key_file(folder: &Path, id: &str) -> Result<(), KeyError> {
    set_aside(id).map_or(Ok(()), |name| remove(&folder.join(name)))
}

/// Returns the file in which a rotation sets the key `id` aside. Accepts only hexadecimal digits:
/// ids come from the store unauthenticated, and no other text may become part of a path.
pub fn set_aside(id: &str) -> Option<String> {
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| format!("master-{id}.key"))
}

fn put_aside(folder: &Path, key: &MasterKey) -> Result<(), KeyError> {
    let path = folder.join(set_aside(&key.id()).unwrap_or_default());
    match read_key_file(&path)? {
        Some(there) if there.id() == key.id() => Ok(()),
        _ => write_key_file(&path, key),
    }
}

fn remove(path: &Path) -> Result<(), KeyError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(KeyError::File { path: path.into(), why: format!("cannot be removed: {error}") })
        }
        _ => Ok(()),
    }
}

/// Writes `key` to a new file at `path`, with mode 0600 from the first byte. The file is durable
/// when this returns. Fails if the file exists, and leaves it as it is.
pub fn write_key_file(path: &Path, key: &MasterKey) -> Result<(), KeyError> {
    let fail = |why: String| KeyError::File { path: path.into(), why };
    // Processes must find the key in a file. Options that accept `-` for stdout say so.
    if path == Path::new("-") {
        return Err(fail(
            "is not a valid file name: - stands for standard output elsewhere".into(),
        ));
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
        ErrorKind::AlreadyExists => fail("exists already and was not changed".into()),
        _ => fail(format!("cannot be written: {error}")),
    })
}

/// Returns whether a key file belongs to the store in `folder`. Any other file stays with its
/// creator: an exported key is not given to the owner of the folder that it goes to.
fn is_of_store(folder: &Path, path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_name = name == KEY_FILE
        || name == NEXT_KEY_FILE
        || (name.starts_with("master-") && name.ends_with(".key"));
    let has_store = [STORE_FILE, "create.lock"].iter().any(|part| folder.join(part).exists());
    is_name && has_store
}
