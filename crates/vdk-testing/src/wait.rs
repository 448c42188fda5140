//! Waits for events in other processes and threads.

use std::time::{Duration, Instant};

/// Polls until `is_so` returns true. The limit only ends a test that would hang.
#[track_caller]
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
