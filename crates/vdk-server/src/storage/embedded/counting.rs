//! Counts the documents of a store when it is opened, in a thread because there may be very many,
//! and logs it if some were removed with all their versions.

use std::path::Path;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;
use std::time::Duration;

use vdk_store::Store;

/// A count, which is broken off when it is dropped: SQLite removes the log of a store only when
/// nobody else has it open.
pub struct Counting {
    thread: Option<JoinHandle<()>>,
    interrupt: Box<dyn Fn() + Send + Sync>,
}

impl Counting {
    /// Starts to count the documents in `store`, which is in `folder`, as soon as nobody can send to `begin`.
    pub fn start(store: Store, folder: &Path, begin: Receiver<()>) -> Self {
        let (interrupt, folder) = (Box::new(store.interrupter()), folder.to_path_buf());
        let thread = std::thread::Builder::new().name("count".into());
        // Without the thread, the next backup tells.
        let thread = thread.spawn(move || {
            let _ = begin.recv();
            count(&store, &folder);
        });
        let thread = thread.ok();
        Counting { thread, interrupt }
    }
}

fn count(store: &Store, folder: &Path) {
    if let Ok(findings) = store.count()
        && !findings.is_whole()
    {
        tracing::error!(
            folder = %folder.display(),
            "the store is not whole: {}. Their jobs read as never written. Write what is missing \
             again if you have it. To accept the loss, run vdk-control-service backup, move the \
             store away, and restore the backup with --accept-loss",
            findings.losses()
        );
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        // An interrupt has no effect between two statements.
        while self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            (self.interrupt)();
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
