//! Writes to the embedded store. Whoever comes while others are made durable waits, and shares the
//! next transaction with all that wait: one sync of the disk is for all of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use vdk_store::{Store, StoreError, Write};

use super::{fault, lock};
use crate::backend::{Fault, PATIENCE, Reason};

/// Most writes in one transaction.
const MOST: usize = 64;
/// Bytes of text after which a transaction takes no more: other processes wait for its end.
const ENOUGH: usize = 1024 * 1024;

type Done = Result<u64, Fault>;

/// The connection that writes, and what waits for it.
pub struct Writer {
    store: Mutex<Store>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    writes: VecDeque<Slot>,
    /// Whether a thread takes them.
    is_served: bool,
}

/// A write that waits; empty once it was taken, or nobody wants it any more.
type Slot = Arc<Mutex<Option<(Write, oneshot::Sender<Done>)>>>;

impl Writer {
    /// Writes by `store`.
    pub fn new(store: Store) -> Self {
        Writer { store: Mutex::new(store), waiting: Mutex::default() }
    }

    /// Writes, and gives the new version. Where the client goes away meanwhile, it is finished all
    /// the same.
    pub async fn write(self: &Arc<Self>, write: Write) -> Done {
        let (tell, mut told) = oneshot::channel();
        let slot = Arc::new(Mutex::new(Some((write, tell))));
        let is_served = {
            let mut waiting = lock(&self.waiting);
            waiting.writes.push_back(slot.clone());
            std::mem::replace(&mut waiting.is_served, true)
        };
        if !is_served {
            let writer = self.clone();
            spawn_blocking(move || writer.serve());
        }
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

    /// Takes what waits until nothing does.
    fn serve(&self) {
        let _stopped = Stopped(self);
        while let Some((writes, tell)) = self.take() {
            let mut store = lock(&self.store);
            let done = match <[Write; 1]>::try_from(writes) {
                Ok([only]) => vec![store.write_one(only).map_err(fault)],
                Err(writes) => together(&mut store, writes),
            };
            // Nobody may wait for it any more.
            tell.into_iter().zip(done).for_each(|(tell, done)| drop(tell.send(done)));
        }
    }

    /// The next writes that go together, and who wants to know of each; `None` where none waits.
    fn take(&self) -> Option<(Vec<Write>, Vec<oneshot::Sender<Done>>)> {
        let mut waiting = lock(&self.waiting);
        let (mut writes, mut tell, mut bytes) = (Vec::new(), Vec::new(), 0);
        while writes.len() < MOST && bytes < ENOUGH {
            let Some(slot) = waiting.writes.pop_front() else { break };
            if let Some((write, teller)) = lock(&slot).take() {
                bytes += write.json.len();
                writes.push(write);
                tell.push(teller);
            }
        }
        waiting.is_served = !writes.is_empty();
        waiting.is_served.then_some((writes, tell))
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
        Err(_) => writes.into_iter().map(|one| store.write_one(one).map_err(fault)).collect(),
    }
}

/// After a panic, the next write begins anew; those that were taken are told that they are lost.
struct Stopped<'a>(&'a Writer);

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(&self.0.waiting).is_served = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use vdk_api::{Author, Collection, Name, Owner};
    use vdk_store::{Address, Expected, STORE_FILE};
    use zeroize::Zeroizing;

    use super::*;
    use crate::backend::FileKeys;

    fn write(job: &str, json: &str, expected: Expected) -> Write {
        let owner = Owner { team: Name::new("t").unwrap(), job: Name::new(job).unwrap() };
        let address = Address { collection: Collection::Secrets, owner };
        let json = Zeroizing::new(json.to_string());
        Write { address, json, expected, author: Author::default() }
    }

    #[test]
    fn what_waits_goes_together_up_to_a_bound_without_what_nobody_wants_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let keys = FileKeys { given: None };
        let writer = Writer::new(Store::open_or_create(folder.path(), &keys).unwrap());
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(ENOUGH / 2));
        let small = std::iter::repeat_n("{}", MOST + 2);
        for text in small.chain([large.as_str(); 3]) {
            let slot = (write("j", text, Expected::Any), oneshot::channel().0);
            lock(&writer.waiting).writes.push_back(Arc::new(Mutex::new(Some(slot))));
        }
        lock(&lock(&writer.waiting).writes[0]).take();
        let taken = || writer.take().map(|(writes, tell)| (writes.len(), tell.len()));
        assert_eq!(
            [taken(), taken(), taken(), taken()],
            [Some((64, 64)), Some((3, 3)), Some((1, 1)), None]
        );
        assert!(!lock(&writer.waiting).is_served);
    }

    #[test]
    fn one_that_fails_the_database_fails_alone() {
        let folder = tempfile::tempdir().unwrap();
        let keys = FileKeys { given: None };
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
