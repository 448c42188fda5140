//! Mounts a small disk, for tests of full and read-only disks. It needs root.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

/// A mounted disk. It is unmounted when dropped.
pub struct Disk {
    folder: Arc<TempDir>,
}

impl Disk {
    /// Mounts a disk of `size`, in the syntax of `mount`: `8m`.
    pub fn mount(size: &str) -> Self {
        let disk = Disk { folder: Arc::new(tempfile::tempdir().unwrap()) };
        disk.sh(&format!("mkdir disk && mount -t tmpfs -o size={size} tmpfs disk"));
        disk
    }

    /// Mounts a disk of `size` that can be frozen.
    pub fn with_file_system(size: &str) -> Self {
        let disk = Disk { folder: Arc::new(tempfile::tempdir().unwrap()) };
        disk.sh(&format!("mkdir disk && truncate -s {size} image && mkfs.ext4 -q image"));
        disk.sh("mount -o loop image disk");
        disk
    }

    /// Makes every write to the disk wait until the result is dropped.
    pub fn freeze(&self) -> Frozen<'_> {
        self.sh("fsfreeze --freeze disk");
        Frozen(self)
    }

    /// Returns the folder that contains the mount point `disk`.
    pub fn folder(&self) -> &Arc<TempDir> {
        &self.folder
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// Runs a script in the folder that contains the mount point.
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

/// A frozen disk.
pub struct Frozen<'a>(&'a Disk);

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        assert!(self.0.runs("fsfreeze --unfreeze disk") || std::thread::panicking(), "unfreeze");
    }
}
