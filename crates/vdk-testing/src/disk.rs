//! A small disk, for what happens when one is full. It takes root.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

/// A mounted disk; it is unmounted when it is dropped.
pub struct Disk {
    folder: Arc<TempDir>,
}

impl Disk {
    /// Mounts one of `size`, in mount's words: `8m`.
    pub fn mount(size: &str) -> Self {
        let disk = Disk { folder: Arc::new(tempfile::tempdir().unwrap()) };
        disk.sh(&format!("mkdir disk && mount -t tmpfs -o size={size} tmpfs disk"));
        disk
    }

    /// The folder that it is in, under the name `disk`.
    pub fn folder(&self) -> &Arc<TempDir> {
        &self.folder
    }

    /// Returns its mount point.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// Runs a script in the folder that it is in.
    pub fn sh(&self, script: &str) {
        assert!(self.runs(script), "{script}");
    }

    fn runs(&self, script: &str) -> bool {
        let mut sh = Command::new("sh");
        sh.args(["-c", script]).current_dir(self.folder.path()).status().unwrap().success()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        assert!(self.runs("umount disk") || std::thread::panicking(), "umount");
    }
}
