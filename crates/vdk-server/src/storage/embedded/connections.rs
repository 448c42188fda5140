//! The connections to one store. While its disk is full, a store that nobody has open cannot be
//! opened as usual: it is then read without its logs, and opened as soon as there is room.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use vdk_store::{Address, MasterKeys, STORE_FILE, Store, StoreError, Stored};

use super::counting::Counting;
use super::writer::Writer;
use super::{PATIENCE, lock};

/// Interval of attempts to open a store while its disk is full.
const RETRY: Duration = Duration::from_millis(500);

/// Bytes of free disk from which writes are expected to have room again.
const ROOM: u64 = 1024 * 1024;

/// Connections to one store.
pub struct Connections {
    folder: PathBuf,
    keys: Arc<dyn MasterKeys>,
    largest: usize,
    open: OnceLock<Open>,
    tried: Mutex<Instant>,
    /// Whether the last write found the disk full.
    was_full: AtomicBool,
}

/// Open connections. A read takes microseconds, so a few serve all readers.
pub struct Open {
    _counting: Counting,
    readers: Vec<Mutex<Store>>,
    pub writer: Writer,
}

impl Connections {
    /// Opens the store, or creates it. If it exists and its disk is full, it is opened later.
    pub fn open(
        folder: PathBuf,
        keys: Arc<dyn MasterKeys>,
        largest: usize,
    ) -> Result<Self, StoreError> {
        let (open, tried) = (OnceLock::new(), Mutex::new(Instant::now()));
        let was_full = AtomicBool::new(false);
        let connections = Connections { folder, keys, largest, open, tried, was_full };
        let is_made = connections.folder.join(STORE_FILE).exists();
        match connections.connect() {
            Ok(open) => drop(connections.open.set(open)),
            Err(StoreError::Full) if is_made => tracing::error!(
                "the disk of the store is full: it can only be read until there is room"
            ),
            Err(error) => return Err(error),
        }
        Ok(connections)
    }

    /// Notes whether a write had room on the disk.
    pub fn note_room(&self, had_room: bool) {
        self.was_full.store(!had_room, Ordering::Relaxed);
    }

    /// Returns whether writes have room on the disk, as far as that is known.
    pub fn has_room(&self) -> bool {
        // Without this, nobody might be sent to write again.
        !self.was_full.load(Ordering::Relaxed) || free(&self.folder) >= ROOM
    }

    fn connect(&self) -> Result<Open, StoreError> {
        let open = || {
            Store::open_or_create(&self.folder, &*self.keys)
                .and_then(|store| store.with_bounds(self.largest, PATIENCE))
        };
        let mut store = open()?;
        // A migration may take a while, and nothing can be written before. If this fails, the writer tells why.
        let _ = store.hold_in_use();
        let (marked, is_marked) = channel();
        let writer = Writer::new(store, marked)
            .map_err(|source| StoreError::Io { path: self.folder.clone(), source })?;
        let parallel = std::thread::available_parallelism().map_or(2, usize::from).min(8);
        let readers =
            (0..parallel).map(|_| open().map(Mutex::new)).collect::<Result<_, StoreError>>()?;
        // It reads for long, and would keep the mark out of the store's file.
        let _counting = Counting::start(open()?, &self.folder, is_marked);
        Ok(Open { _counting, readers, writer })
    }

    /// Reads a document while the store cannot be opened as usual. Fails if the result is not certain:
    /// others may write as soon as there is room, which such a connection does not notice.
    pub fn read_on_full_disk(&self, address: &Address) -> Result<Stored, StoreError> {
        let before = self.stamp();
        let store = Store::open_to_read(&self.folder, &*self.keys)?.ok_or(StoreError::Full)?;
        let read = store.read(address)?;
        drop(store);
        if before.is_some() && before == self.stamp() { Ok(read) } else { Err(StoreError::Full) }
    }

    /// Returns the time and size of the store's file; `None` if its log is in use.
    fn stamp(&self) -> Option<(SystemTime, u64)> {
        let log = self.folder.join(format!("{STORE_FILE}-wal"));
        let is_unused = std::fs::metadata(log).map_or(true, |found| found.len() == 0);
        let found = std::fs::metadata(self.folder.join(STORE_FILE)).ok().filter(|_| is_unused)?;
        Some((found.modified().ok()?, found.len()))
    }

    /// Returns the open connections. Fails while the disk is full.
    pub fn get(&self) -> Result<&Open, StoreError> {
        if let Some(open) = self.open.get() {
            return Ok(open);
        }
        let mut tried = lock(&self.tried);
        if self.open.get().is_none() {
            if tried.elapsed() < RETRY {
                return Err(StoreError::Full);
            }
            *tried = Instant::now();
            let open = self.connect()?;
            tracing::info!("opened the store, as its disk has room again");
            return Ok(self.open.get_or_init(|| open));
        }
        self.open.get().ok_or(StoreError::Full)
    }
}

impl Open {
    /// Returns a free connection for a read.
    pub fn reader(&self) -> MutexGuard<'_, Store> {
        let free = self.readers.iter().find_map(|store| store.try_lock().ok());
        free.unwrap_or_else(|| {
            let any = fastrand::usize(..self.readers.len());
            self.readers[any].lock().unwrap_or_else(PoisonError::into_inner)
        })
    }
}

/// Returns the bytes that are free on the disk of `folder`; many if that is not known.
fn free(folder: &Path) -> u64 {
    #[cfg(unix)]
    if let Ok(disk) = rustix::fs::statvfs(folder) {
        return disk.f_bavail.saturating_mul(disk.f_frsize);
    }
    let _ = folder;
    u64::MAX
}
