//! Reads of a record that its waiting requests share. A read from Vault costs far more than a copy
//! of its result. A request that comes during a read shares the next one, which begins only later,
//! so that no data is older than the request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

/// The reads that run or wait, by record.
pub struct Together<T>(Mutex<HashMap<String, Arc<Line<T>>>>);

struct Line<T> {
    /// Lock of the read that runs.
    turn: tokio::sync::Mutex<()>,
    /// The read that has not begun.
    next: Mutex<Arc<OnceCell<T>>>,
}

impl<T: Clone> Together<T> {
    /// Makes an instance without reads.
    pub fn new() -> Self {
        Together(Mutex::default())
    }

    /// Returns the result of `read`, or of the same call by another that waits for `record`.
    pub async fn read(&self, record: &str, read: impl Future<Output = T>) -> T {
        let seat = self.seat(record);
        let Some(line) = &seat.line else { return read.await };
        let mine = lock(&line.next).clone();
        let shared = mine.get_or_init(|| async {
            let _turn = line.turn.lock().await;
            *lock(&line.next) = Arc::default();
            read.await
        });
        shared.await.clone()
    }

    fn seat<'a>(&'a self, record: &'a str) -> Seat<'a, T> {
        let mut lines = lock(&self.0);
        let line = match lines.get(record) {
            Some(line) => line.clone(),
            None => {
                let (turn, next) = (tokio::sync::Mutex::default(), Mutex::default());
                let line = Arc::new(Line { turn, next });
                lines.insert(record.into(), line.clone());
                line
            }
        };
        Seat { together: self, record, line: Some(line) }
    }
}

/// A place in the line of a record. The line is removed when the last one leaves it.
struct Seat<'a, T> {
    together: &'a Together<T>,
    record: &'a str,
    line: Option<Arc<Line<T>>>,
}

impl<T> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        let mut lines = lock(&self.together.0);
        // Places are taken and left under this lock: the one reference left is the map's own.
        drop(self.line.take());
        if lines.get(self.record).is_some_and(|line| Arc::strong_count(line) == 1) {
            lines.remove(self.record);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn shares_only_reads_that_begin_after_the_request() {
        let together = Arc::new(Together::new());
        let (clock, reads) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let tasks: Vec<_> = (0..64)
            .map(|_| {
                let (together, clock, reads) = (together.clone(), clock.clone(), reads.clone());
                tokio::spawn(async move {
                    for _ in 0..200 {
                        let asked = clock.fetch_add(1, Ordering::SeqCst);
                        let read = async {
                            reads.fetch_add(1, Ordering::SeqCst);
                            let began = clock.fetch_add(1, Ordering::SeqCst);
                            tokio::task::yield_now().await;
                            began
                        };
                        assert!(together.read("t/j", read).await > asked);
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let reads = reads.load(Ordering::SeqCst);
        // How many come together is up to the machine.
        assert!(reads < 64 * 200 * 9 / 10, "{reads} reads were shared");
        assert!(lock(&together.0).is_empty(), "nothing is left behind");
    }

    #[tokio::test]
    async fn serves_other_waiters_when_a_reader_is_cancelled() {
        let together = Arc::new(Together::new());
        let (other, another) = (together.clone(), together.clone());
        let gone = tokio::spawn(async move { other.read("t/j", std::future::pending()).await });
        tokio::task::yield_now().await;
        let waits = tokio::spawn(async move { another.read("t/j", async { 7 }).await });
        tokio::task::yield_now().await;
        gone.abort();
        assert_eq!(waits.await.unwrap(), 7);
        assert!(gone.await.is_err() && lock(&together.0).is_empty(), "nothing is left behind");
    }
}
