//! Moves the wall clock of one program while it runs (libfaketime). The monotonic clock is
//! unchanged, as when the time of a machine is set.

use std::path::PathBuf;

pub const HOUR: i64 = 3600;
pub const TEN_YEARS: i64 = 10 * 365 * 24 * HOUR;

pub struct Clock {
    folder: tempfile::TempDir,
}

impl Clock {
    /// Creates a clock with the right time.
    pub fn new() -> Self {
        let clock = Clock { folder: tempfile::tempdir().unwrap() };
        clock.ahead(0);
        clock
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ahead")
    }

    /// Returns the environment of a program that uses this clock.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let library = std::env::var("VDK_TEST_FAKETIME");
        let library = library.unwrap_or_else(|_| panic!("no VDK_TEST_FAKETIME: run ./tests/run"));
        let file = self.file().display().to_string();
        let on = || "1".to_string();
        vec![
            ("LD_PRELOAD", library),
            ("FAKETIME_TIMESTAMP_FILE", file),
            ("FAKETIME_NO_CACHE", on()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", on()),
            ("NO_FAKE_STAT", on()),
        ]
    }

    /// Sets the clock this many seconds ahead of the machine's.
    pub fn ahead(&self, seconds: i64) {
        let (next, file) = (self.folder.path().join("next"), self.file());
        std::fs::write(&next, format!("{seconds:+}\n")).unwrap();
        std::fs::rename(next, file).unwrap();
    }
}
