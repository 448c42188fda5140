//! Writes to the embedded store. Those that come while others are made durable wait, and share the
//! next transaction, and with it one sync of the disk.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

use tokio::sync::oneshot;
use tokio::time::timeout;
use vdk_store::{Store, StoreError, Write};

use super::marking::Marking;
use super::{fault, lock};
use crate::storage::{PATIENCE, Reason, StorageError};

/// Most writes in one transaction.
const MOST: usize = 64;
/// Bytes of text from which a transaction takes no more: other processes wait for its end.
const ENOUGH: usize = 1024 * 1024;

type Done = Result<u64, StorageError>;

/// A waiting write and the sender for its result. It is empty once the write was taken or given up.
type Slot = Arc<Mutex<Option<(Write, oneshot::Sender<Done>)>>>;

/// The thread that writes, and the channel to it.
pub struct Writer {
    /// `None` only while the writer is dropped.
    waiting: Option<Sender<Slot>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts a thread that writes to `store`. First it tries to mark the store as in use, and
    /// drops `marked`.
    pub fn new(store: Store, marked: Sender<()>) -> io::Result<Self> {
        let (waiting, slots) = channel();
        let thread = Builder::new().name("writer".into());
        let thread = thread.spawn(move || serve(store, &slots, marked))?;
        Ok(Writer { waiting: Some(waiting), thread: Some(thread) })
    }

    /// Writes, and returns the new version. The write is completed even if the client disconnects.
    pub async fn write(&self, write: Write) -> Done {
        let (tell, mut told) = oneshot::channel();
        let slot = Arc::new(Mutex::new(Some((write, tell))));
        // If the thread is gone, no result comes: the wait ends in the timeout.
        let _ = self.waiting.as_ref().map(|waiting| waiting.send(slot.clone()));
        let done = match timeout(PATIENCE, &mut told).await {
            Ok(done) => done,
            Err(_) if lock(&slot).take().is_some() => {
                let why = "other writes held the store for too long";
                return Err(StorageError::Unavailable(Reason::Busy, why.into()));
            }
            Err(_) => told.await,
        };
        done.unwrap_or_else(|lost| Err(StorageError::Unknown(lost.to_string())))
    }
}

/// Waits until the store is closed: the last one to close it removes its log.
impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.waiting.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn serve(mut store: Store, slots: &Receiver<Slot>, marked: Sender<()>) {
    // Reads need not wait for this: only what is written from now on can be missing in a copy.
    let mut marking = Marking::start(&mut store);
    drop(marked);
    loop {
        match slots.recv_timeout(marking.due()) {
            Ok(first) => serve_with(&mut store, first, slots),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        marking.again(&mut store);
    }
}

/// Writes `first` together with those that wait.
fn serve_with(store: &mut Store, first: Slot, slots: &Receiver<Slot>) {
    let (writes, tell) = gather(std::iter::once(first).chain(slots.try_iter()));
    // After a panic, the waiting requests learn that the outcome is unknown.
    if let Ok(done) = catch_unwind(AssertUnwindSafe(|| write_all(store, writes))) {
        // The receiver may be gone.
        tell.into_iter().zip(done).for_each(|(tell, done)| drop(tell.send(done)));
    }
}

/// Takes the next writes that share a transaction, and the senders for their results.
fn gather(slots: impl Iterator<Item = Slot>) -> (Vec<Write>, Vec<oneshot::Sender<Done>>) {
    let (mut writes, mut tell, mut bytes) = (Vec::new(), Vec::new(), 0);
    for slot in slots {
        if let Some((write, teller)) = lock(&slot).take() {
            bytes += write.json.len();
            writes.push(write);
            tell.push(teller);
        }
        if writes.len() >= MOST || bytes >= ENOUGH {
            break;
        }
    }
    (writes, tell)
}

fn write_all(store: &mut Store, writes: Vec<Write>) -> Vec<Done> {
    match <[Write; 1]>::try_from(writes) {
        Ok([only]) => vec![store.write_one(only).map_err(fault)],
        Err(writes) => together(store, writes),
    }
}

/// Writes all in one transaction, or each by itself if one of them makes that fail.
fn together(store: &mut Store, writes: Vec<Write>) -> Vec<Done> {
    match store.write_together(&writes) {
        Ok(done) => done.into_iter().map(|one| one.map_err(fault)).collect(),
        Err(error @ (StoreError::Uncertain(_) | StoreError::Busy)) => {
            let fault = fault(error);
            writes.iter().map(|_| Err(fault.clone())).collect()
        }
        Err(_) => {
            // If one has waited for the store in vain, the others do not wait in turn.
            let mut busy = None;
            let mut write = |one| match &busy {
                Some(fault) => Err(StorageError::clone(fault)),
                None => store.write_one(one).map_err(|error| {
                    let is_busy = matches!(error, StoreError::Busy);
                    let fault = fault(error);
                    busy = is_busy.then(|| fault.clone());
                    fault
                }),
            };
            writes.into_iter().map(&mut write).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use vdk_api::{Author, Collection, Name, Owner};
    use vdk_store::{Address, Expected, STORE_FILE};
    use zeroize::Zeroizing;

    use super::*;
    use vdk_store::FileKeyring;

    fn write(job: &str, json: &str, expected: Expected) -> Write {
        let owner = Owner { team: Name::new("t").unwrap(), job: Name::new(job).unwrap() };
        let address = Address { collection: Collection::Secrets, owner };
        let json = Zeroizing::new(json.to_string());
        Write { address, json, expected, author: Author::default() }
    }

    #[test]
    fn batches_waiting_writes_up_to_a_limit_without_cancelled_ones() {
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(ENOUGH / 2));
        let small = std::iter::repeat_n("{}", MOST + 2);
        let slots: Vec<Slot> = small
            .chain([large.as_str(); 3])
            .map(|text| (write("j", text, Expected::Any), oneshot::channel().0))
            .map(|slot| Arc::new(Mutex::new(Some(slot))))
            .collect();
        lock(&slots[0]).take();
        let mut slots = slots.into_iter();
        for expected in [64, 3, 1, 0] {
            let (writes, tell) = gather(slots.by_ref());
            assert_eq!((writes.len(), tell.len()), (expected, expected));
        }
    }

    #[test]
    fn closes_the_store_when_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let keys = FileKeyring::beside_store();
        let store = Store::open_or_create(folder.path(), &keys).unwrap();
        let writer = Writer::new(store, channel().0).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let one = |job| writer.write(write(job, "{}", Expected::Version(0)));
            assert_eq!(tokio::join!(one("a"), one("b")), (Ok(1), Ok(1)));
        });
        drop(writer);
        // SQLite removes the log when the store is closed.
        assert!(!folder.path().join("store.db-wal").exists());
    }

    #[test]
    fn marks_the_store_once_others_have_let_go() {
        for hold in ["BEGIN IMMEDIATE", "BEGIN; SELECT * FROM store"] {
            let folder = tempfile::tempdir().unwrap();
            let keys = FileKeyring::beside_store();
            let store = Store::open_or_create(folder.path(), &keys).unwrap();
            let path = folder.path().join(STORE_FILE);
            let other = rusqlite::Connection::open(&path).unwrap();
            other.execute_batch(hold).unwrap();
            let (marked, is_tried) = channel();
            let _writer = Writer::new(store, marked).unwrap();
            is_tried.recv().unwrap_err();
            let is_noticed = || {
                let copy = tempfile::tempdir().unwrap();
                for name in [STORE_FILE, "master.key"] {
                    std::fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
                }
                matches!(Store::open(copy.path(), &keys), Err(StoreError::LogMissing { .. }))
            };
            assert!(!is_noticed(), "{hold}");
            other.execute_batch("COMMIT").unwrap();
            let started = std::time::Instant::now();
            while !is_noticed() {
                assert!(started.elapsed().as_secs() < 20, "{hold}");
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        }
    }

    #[test]
    fn fails_only_the_write_that_the_database_rejects() {
        let folder = tempfile::tempdir().unwrap();
        let keys = FileKeyring::beside_store();
        let mut store = Store::open_or_create(folder.path(), &keys).unwrap();
        store.write_one(write("odd", "{}", Expected::Any)).unwrap();
        let behind = rusqlite::Connection::open(folder.path().join(STORE_FILE)).unwrap();
        let row =
            "INSERT INTO versions SELECT collection, team, job, 2, written_at, sealed, data_key
                   FROM versions";
        behind.execute_batch(row).unwrap();
        let all = ["a", "odd", "b"].map(|job| write(job, "{}", Expected::Any));
        let done = together(&mut store, all.to_vec());
        assert!(
            matches!(done[..], [Ok(1), Err(StorageError::Unavailable(Reason::Failing, _)), Ok(1)]),
            "{done:?}"
        );
    }
}
