//! Ownership of files that root makes in another user's folder, as `sudo -E` does. They are given
//! to that user, who could not use the store or the login otherwise.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Result, Write};
use std::path::Path;

/// Creates `folder` and its missing parents, accessible only to their owner.
pub fn make_folder(folder: &Path) -> Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(Path::new("."));
    make_folder(parent)?;
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        // Another process created it meanwhile.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
        #[cfg(unix)]
        Ok(()) => {
            // A strict umask takes the owner's permissions away as well.
            use std::os::unix::fs::PermissionsExt;
            if fs::symlink_metadata(folder)?.permissions().mode() & 0o700 != 0o700 {
                forgiven(fs::set_permissions(folder, fs::Permissions::from_mode(0o700)))?;
            }
            give_folder(folder)?;
            hide_from_git(folder)
        }
        #[cfg(not(unix))]
        Ok(()) => hide_from_git(folder),
    }
}

/// Name of the configuration folder, below the user's home or another folder.
pub const CONFIG_FOLDER: &str = ".vdk.internal";

/// Keeps git from adding a configuration folder that lies in a work tree: it has keys and logins.
fn hide_from_git(folder: &Path) -> Result<()> {
    let is_ours = folder.file_name().is_some_and(|name| name == CONFIG_FOLDER);
    let is_in_work_tree = |folder: &Path| -> Result<bool> {
        let folder = std::path::absolute(folder)?;
        Ok(folder.ancestors().any(|above| above.join(".git").exists()))
    };
    if !is_ours || !is_in_work_tree(folder)? {
        return Ok(());
    }
    let path = folder.join(".gitignore");
    match OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(mut file) => {
            file.write_all(b"*\n")?;
            keep_owner(&file, &path)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Returns whether `folder` belongs to this user, and not everybody can write to it.
pub fn is_own(folder: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let own = rustix::process::geteuid().as_raw();
        fs::metadata(folder).is_ok_and(|found| found.uid() == own && found.mode() & 0o002 == 0)
    }
    #[cfg(not(unix))]
    {
        folder.is_dir()
    }
}

#[cfg(unix)]
fn give_folder(folder: &Path) -> Result<()> {
    match owner_to_give(&fs::symlink_metadata(folder)?, &folder_of(folder)?) {
        Some((user, group)) => forgiven(std::os::unix::fs::lchown(folder, Some(user), Some(group))),
        None => Ok(()),
    }
}

/// Gives `file`, which this process has just made elsewhere, to the owner of the file that it will
/// replace at `path`. If there is none, gives it to the owner of the folder there.
pub fn keep_owner(file: &File, path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        let before = match fs::symlink_metadata(path) {
            Ok(found) if found.is_file() => found,
            _ => folder_of(path)?,
        };
        give(file, &before)?;
    }
    #[cfg(not(unix))]
    let _ = (file, path);
    Ok(())
}

/// Opens a lock file, and creates it if it does not exist. Gives only a new file away: an existing
/// one may be a link to a file of root's.
pub fn open_lock(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    match options.clone().create_new(true).open(path) {
        Ok(file) => {
            #[cfg(unix)]
            give(&file, &folder_of(path)?)?;
            Ok(file)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            options.create(true).truncate(false).open(path)
        }
        Err(error) => Err(error),
    }
}

/// Makes a rename or a new name in `folder` durable.
pub fn sync_folder(folder: &Path) -> Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = fs::metadata(folder)?;
    Ok(())
}

/// Returns the error of an access to `path`, with the owner of the file or folder if another user's
/// ownership explains it.
pub fn denied(path: &Path, error: &std::io::Error) -> String {
    #[cfg(unix)]
    if error.kind() == ErrorKind::PermissionDenied
        && let Some(found) = path.ancestors().find_map(|path| fs::metadata(path).ok())
    {
        use std::os::unix::fs::MetadataExt;
        let own = rustix::process::geteuid().as_raw();
        match found.uid() {
            owner if owner == own => {}
            0 => return format!("{error}; it belongs to root, you are user {own}"),
            owner => return format!("{error}; it belongs to user {owner}, you are user {own}"),
        }
    }
    let _ = path;
    error.to_string()
}

#[cfg(unix)]
fn folder_of(path: &Path) -> Result<Metadata> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs::metadata(folder.unwrap_or(Path::new(".")))
}

#[cfg(unix)]
fn give(file: &File, before: &Metadata) -> Result<()> {
    match owner_to_give(&file.metadata()?, before) {
        Some((user, group)) => forgiven(std::os::unix::fs::fchown(file, Some(user), Some(group))),
        None => Ok(()),
    }
}

/// Ignores a refused chown: root in a container may not give files away, or not to unknown users.
#[cfg(unix)]
fn forgiven(given: Result<()>) -> Result<()> {
    match given {
        Err(error)
            if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::InvalidInput) =>
        {
            Ok(())
        }
        given => given,
    }
}

/// Returns the user and group to which a file of root's must be given.
#[cfg(unix)]
fn owner_to_give(made: &Metadata, before: &Metadata) -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    (made.uid() == 0 && before.uid() != 0).then(|| (before.uid(), before.gid()))
}
