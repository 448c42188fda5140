//! Writes to the embedded store. Whoever comes while others are made durable waits, and shares the
//! next transaction with all that wait: one sync of the disk is for all of them.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

use tokio::sync::oneshot;
use tokio::time::timeout;
use vdk_store::{Store, StoreError, Write};

use super::{fault, lock};
use crate::backend::{Fault, PATIENCE, Reason};

/// Most writes in one transaction.
const MOST: usize = 64;
/// Bytes of text after which a transaction takes no more: other processes wait for its end.
const ENOUGH: usize = 1024 * 1024;

type Done = Result<u64, Fault>;

/// A write that waits, and who wants to know of it; empty once it was taken, or nobody wants it any
/// more.
type Slot = Arc<Mutex<Option<(Write, oneshot::Sender<Done>)>>>;

/// The thread that writes, and the way to it.
pub struct Writer {
    /// There until the end.
    waiting: Option<Sender<Slot>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Writes by `store`.
    pub fn new(store: Store) -> io::Result<Self> {
        let (waiting, slots) = channel();
        let thread = Builder::new().name("writer".into()).spawn(move || serve(store, &slots))?;
        Ok(Writer { waiting: Some(waiting), thread: Some(thread) })
    }

    /// Writes, and gives the new version. Where the client goes away meanwhile, it is finished all
    /// the same.
    pub async fn write(&self, write: Write) -> Done {
        let (tell, mut told) = oneshot::channel();
        let slot = Arc::new(Mutex::new(Some((write, tell))));
        // Without the thread, nobody will tell.
        let _ = self.waiting.as_ref().map(|waiting| waiting.send(slot.clone()));
        let done = match timeout(PATIENCE, &mut told).await {
            Ok(done) => done,
            Err(_) if lock(&slot).take().is_some() => {
                let why = "other writes held the store for too long";
                return Err(Fault::Away(Reason::Busy, why.into()));
            }
            Err(_) => told.await,
        };
        done.unwrap_or_else(|lost| Err(Fault::Unknown(lost.to_string())))
    }
}

/// Waits until the store is closed: the last to close it takes its log away.
impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.waiting.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn serve(mut store: Store, slots: &Receiver<Slot>) {
    while let Ok(first) = slots.recv() {
        let (writes, tell) = gather(std::iter::once(first).chain(slots.try_iter()));
        // Whom a panic leaves untold learns that the outcome is not known.
        if let Ok(done) = catch_unwind(AssertUnwindSafe(|| write_all(&mut store, writes))) {
            // Nobody may wait for it any more.
            tell.into_iter().zip(done).for_each(|(tell, done)| drop(tell.send(done)));
        }
    }
}

/// The next writes that go together, and who wants to know of each.
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

/// Writes all at once, or each by itself where one of them keeps the others from it.
fn together(store: &mut Store, writes: Vec<Write>) -> Vec<Done> {
    match store.write_together(&writes) {
        Ok(done) => done.into_iter().map(|one| one.map_err(fault)).collect(),
        Err(error @ (StoreError::Uncertain(_) | StoreError::Busy)) => {
            let fault = fault(error);
            writes.iter().map(|_| Err(fault.clone())).collect()
        }
        Err(_) => {
            // Who waited for the store in vain does not let the others do so in turn.
            let mut busy = None;
            let mut write = |one| match &busy {
                Some(fault) => Err(Fault::clone(fault)),
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
    use vdk_store::FileKeys;

    fn write(job: &str, json: &str, expected: Expected) -> Write {
        let owner = Owner { team: Name::new("t").unwrap(), job: Name::new(job).unwrap() };
        let address = Address { collection: Collection::Secrets, owner };
        let json = Zeroizing::new(json.to_string());
        Write { address, json, expected, author: Author::default() }
    }

    #[test]
    fn what_waits_goes_together_up_to_a_bound_without_what_nobody_wants_any_more() {
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
    fn its_end_closes_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let keys = FileKeys::beside_store();
        let writer = Writer::new(Store::open_or_create(folder.path(), &keys).unwrap()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let one = |job| writer.write(write(job, "{}", Expected::Version(0)));
            assert_eq!(tokio::join!(one("a"), one("b")), (Ok(1), Ok(1)));
        });
        drop(writer);
        // It has closed the store.
        assert!(!folder.path().join("store.db-wal").exists());
    }

    #[test]
    fn one_that_fails_the_database_fails_alone() {
        let folder = tempfile::tempdir().unwrap();
        let keys = FileKeys::beside_store();
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
            matches!(done[..], [Ok(1), Err(Fault::Away(Reason::Failing, _)), Ok(1)]),
            "{done:?}"
        );
    }
}
