//! The mark that the store is in use, set again and again until it is in the store's file: from then
//! on, a copy of the file without its log shows that its newest changes are missing.

use std::time::{Duration, Instant};

use vdk_store::Store;

/// Longest wait of the first attempt for others that read or write. Later ones do not wait: writes would.
const PATIENCE: Duration = Duration::from_secs(1);
/// Interval of attempts.
const RETRY: Duration = Duration::from_secs(1);
/// Attempts after which the log tells that the mark is not in the file yet.
const TELL: u32 = 5;

/// Attempts to mark a store as in use.
pub struct Marking {
    /// Time of the next attempt; `None` once the mark is in the file.
    next: Option<Instant>,
    /// Attempts so far.
    tries: u32,
}

impl Marking {
    /// Tries to mark `store`. That takes a second at most for others that write, and another one for
    /// others that read.
    pub fn start(store: &mut Store) -> Self {
        let mut marking = Marking { next: None, tries: 0 };
        match store.hold_in_use() {
            Ok(()) => marking.attempt(store, PATIENCE),
            // Each further attempt would wait for long.
            Err(error) => tell(&error.to_string(), "the service starts again"),
        }
        marking
    }

    /// Returns the time until the next attempt. It never comes once the mark is in the file.
    pub fn due(&self) -> Duration {
        self.next.map_or(Duration::MAX, |next| next.saturating_duration_since(Instant::now()))
    }

    /// Tries again to mark `store`, if it is time.
    pub fn again(&mut self, store: &mut Store) {
        if self.due().is_zero() {
            self.attempt(store, Duration::ZERO);
        }
    }

    fn attempt(&mut self, store: &mut Store, patience: Duration) {
        self.tries = self.tries.saturating_add(1);
        let is_marked = store.mark_in_use(patience);
        self.next = (!matches!(is_marked, Ok(true))).then(|| Instant::now() + RETRY);
        let why = match is_marked {
            Ok(true) if self.tries > TELL => {
                tracing::info!("the store is marked as in use in its file now");
                return;
            }
            Err(error) if self.tries == TELL => error.to_string(),
            Ok(false) if self.tries == TELL => "it is read or written for long".into(),
            _ => return,
        };
        tell(&why, "that is done, which is tried every second");
    }
}

fn tell(why: &str, until: &str) {
    tracing::warn!(
        "cannot mark the store as in use in its file ({why}): until {until}, a copy of the file without \
         its log does not show that its newest changes are missing"
    );
}
