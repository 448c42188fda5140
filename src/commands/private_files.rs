//! Values in files for a program or an editor: a private folder in memory, which is removed when it
//! ends. What a vdk that was killed left behind is removed by the next one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use vdk_platform::private_file;
use zeroize::Zeroizing;

use crate::terminal::reporter::TerminalReporter;

/// Beginnings of the names of folders: locked ones, those that are not locked yet, and those that are
/// kept.
const PREFIX: &str = "vdk-exec-";
const UNLOCKED: &str = ".vdk-exec-";
const KEPT: &str = "vdk-kept-";
const LOCK: &str = "lock";
/// Time for which a folder is kept.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// The files of one program. They are removed when the value is dropped.
pub struct Files {
    folder: PathBuf,
    /// The lock of the folder, held until the program ends.
    _lock: File,
    /// True if the folder stays.
    is_kept: bool,
}

impl Files {
    /// Makes a private folder, in memory if the system has a place for it.
    pub fn new(reporter: TerminalReporter) -> io::Result<Self> {
        let root = match places().into_iter().find(|place| private_file::is_in_memory(place)) {
            Some(place) => place,
            None => {
                let place = std::env::temp_dir();
                reporter.warning(&format!(
                    "no folder in memory found: the values are in files in {}, which may be on a \
                     disk, until the program ends",
                    place.display()
                ));
                place
            }
        };
        let unlocked = tempfile::Builder::new()
            .prefix(UNLOCKED)
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(&root)?;
        let lock = private(&unlocked.path().join(LOCK))?;
        lock.lock()?;
        // Only under this name is it taken for one that was left behind.
        let name = unlocked.path().file_name().unwrap_or_default().to_string_lossy();
        let folder = root.join(name.trim_start_matches('.'));
        fs::rename(unlocked.path(), &folder)?;
        drop(unlocked);
        Ok(Files { folder, _lock: lock, is_kept: false })
    }

    /// Writes a value, and returns the path of its file. The name is that of the key, as far as a
    /// file can have it.
    pub fn add(&self, key: &str, value: &str) -> io::Result<PathBuf> {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        let name: String = key.chars().take(64).map(plain).collect();
        let mut path = self.folder.join(&name);
        for again in 1.. {
            if !path.exists() && !name.trim_matches('.').is_empty() {
                break;
            }
            path = self.folder.join(format!("{again}-{name}"));
        }
        private(&path)?.write_all(value.as_bytes())?;
        Ok(path)
    }

    /// Writes a file, or replaces it in one step.
    pub fn put(&self, name: &str, value: &str) -> io::Result<PathBuf> {
        let (path, new) = (self.folder.join(name), self.folder.join(format!(".new-{name}")));
        let _ = fs::remove_file(&new);
        private(&new)?.write_all(value.as_bytes())?;
        fs::rename(new, &path)?;
        Ok(path)
    }

    /// Returns the path of a file.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Reads a file; `None` if there is none.
    pub fn read(&self, name: &str) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        match fs::read(self.folder.join(name)) {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Leaves the files to a later command, for a day. `of` says which one.
    pub fn keep(&mut self, of: &str) -> io::Result<()> {
        // Whatever fails now, the text stays.
        self.is_kept = true;
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        let kept = self.folder.with_file_name(name.replacen(PREFIX, KEPT, 1));
        fs::rename(&self.folder, &kept)?;
        self.folder = kept;
        self.put(OF, of).map(drop)
    }

    /// Returns the newest files that were kept for `of`. They stay until [`Files::remove`].
    pub fn kept(of: &str) -> Option<Self> {
        let is_it =
            |folder: &PathBuf| fs::read_to_string(folder.join(OF)).is_ok_and(|found| found == of);
        let newest =
            folders(&[KEPT]).filter(is_it).max_by_key(|folder| modified(&folder.join(OF)))?;
        let lock = File::open(newest.join(LOCK)).ok()?;
        lock.try_lock().ok()?;
        let files = Files { folder: newest, _lock: lock, is_kept: true };
        // Its day begins again, if there is room for that.
        let _ = files.put(OF, of);
        Some(files)
    }

    /// Removes the files, also those that were kept.
    pub fn remove(mut self) {
        self.is_kept = false;
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The file that says what is kept.
const OF: &str = "of";

fn modified(path: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(path).and_then(|found| found.modified()).ok()
}

impl Drop for Files {
    fn drop(&mut self) {
        if !self.is_kept {
            // What remains is removed by the next one.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Removes the folders of programs whose vdk was killed, and those that were kept for long.
pub fn remove_leftovers() {
    // The lock of a process ends with it.
    let is_left =
        |folder: &PathBuf| File::open(folder.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok());
    let is_over = |folder: &PathBuf| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with(KEPT) {
            return true;
        }
        let time = modified(&folder.join(OF)).or_else(|| modified(folder));
        let age = time.and_then(|time| time.elapsed().ok());
        age.is_some_and(|age| age > KEPT_FOR)
    };
    // Every exec reads these folders, which may be large: once.
    for folder in folders(&[PREFIX, KEPT]).filter(is_over).filter(is_left) {
        let _ = fs::remove_dir_all(folder);
    }
}

/// Returns this user's folders whose names begin with one of `prefixes`.
fn folders(prefixes: &'static [&'static str]) -> impl Iterator<Item = PathBuf> {
    let own = rustix::process::geteuid().as_raw();
    let roots = places().into_iter().chain([std::env::temp_dir()]);
    let entries = roots.flat_map(|root| fs::read_dir(root).into_iter().flatten().flatten());
    let is_ours = move |entry: &fs::DirEntry| {
        let name = entry.file_name();
        prefixes.iter().any(|prefix| name.as_encoded_bytes().starts_with(prefix.as_bytes()))
            && entry.metadata().is_ok_and(|found| found.is_dir() && found.uid() == own)
    };
    entries.filter(is_ours).map(|entry| entry.path())
}

/// Returns the folders that may be in memory.
fn places() -> Vec<PathBuf> {
    let of_user = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    of_user.into_iter().filter(|path| path.is_absolute()).chain(["/dev/shm".into()]).collect()
}
