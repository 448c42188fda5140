//! The place of the open file. SQLite goes on with a file that was moved or removed, and what is
//! written then is lost.

use std::path::PathBuf;

use crate::error::StoreError;

/// The file that has the store's name, as it was when the store was opened.
#[derive(Default)]
pub(crate) struct Place {
    /// The path; `None` if nothing can be written.
    path: Option<PathBuf>,
    /// Device and number of the file, where the file system does not change them.
    id: Option<(u64, u64)>,
}

impl Place {
    /// Notes the file at `path`. `is_steady`: whether it keeps its number as long as it is there.
    pub fn of(path: PathBuf, is_steady: bool) -> Self {
        let id = id(&path).ok().flatten().filter(|_| is_steady);
        Place { path: Some(path), id }
    }

    /// Fails if the file does not have its name any more.
    pub fn check(&self) -> Result<(), StoreError> {
        let Some(path) = &self.path else { return Ok(()) };
        let is_there = match (id(path), self.id) {
            (Ok(Some(now)), Some(then)) => now == then,
            (Err(error), _) => error.kind() != std::io::ErrorKind::NotFound,
            _ => true,
        };
        if is_there { Ok(()) } else { Err(StoreError::Moved { path: path.clone() }) }
    }
}

#[cfg(unix)]
fn id(path: &std::path::Path) -> std::io::Result<Option<(u64, u64)>> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map(|found| Some((found.dev(), found.ino())))
}

#[cfg(not(unix))]
fn id(path: &std::path::Path) -> std::io::Result<Option<(u64, u64)>> {
    std::fs::metadata(path).map(|_| None)
}
