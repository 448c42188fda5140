//! Tests of `edit`: editors, private files, the question, other writers, and texts that are kept.

mod editors;
mod faults;

use tempfile::TempDir;
use vdk_testing::Home;

/// A home whose job has secrets, a folder in memory for the texts, and an editor.
struct Desk {
    home: Home,
    memory: TempDir,
}

impl Desk {
    /// `editor` is a script of `sh`; the file is `$1`.
    fn new(url: &str, json: &str, editor: &str) -> Self {
        let memory = tempfile::tempdir_in("/dev/shm").unwrap();
        let home = Home::at(url).with("XDG_RUNTIME_DIR", memory.path().to_str().unwrap());
        let path = home.program("my editor", &format!("#!/bin/sh\n{editor}\n"));
        let home = home.with("EDITOR", format!("'{path}'"));
        let words = ["secrets", "-n", "j", "-t", "t", "--overwrite-all", "-", "-y"];
        home.run_with(words, json).done();
        Desk { home, memory }
    }

    /// Returns the names of the private folders that are left.
    fn left(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.memory.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name.starts_with("vdk-") || name.starts_with(".vdk-"));
        names
    }
}
