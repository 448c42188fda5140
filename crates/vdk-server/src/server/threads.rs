//! The runtimes of the service and of its commands. A runtime panics if it needs a thread and the
//! system allows no more, so a few are tried out first.

use std::io;
use std::sync::mpsc::channel;
use std::thread::{Builder, available_parallelism};
use std::time::Duration;

use tokio::runtime::{Builder as RuntimeBuilder, Runtime};

use super::ServeError;

/// Threads that are needed beside those of the runtime: for both logs, for writes to the store, and
/// for work that blocks.
const OTHERS: usize = 5;

/// Makes the runtime of the service, or explains why no threads can be started.
pub fn for_service() -> Result<Runtime, ServeError> {
    // The other half is for the system's own work on connections, and for a storage on this
    // machine: one more thread only wakes and waits more.
    let threads = available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1));
    try_out(threads + OTHERS).map_err(failed)?;
    let mut runtime = RuntimeBuilder::new_multi_thread();
    runtime.worker_threads(threads).enable_all().build().map_err(failed)
}

/// Makes the runtime of a command.
pub fn for_command() -> Result<Runtime, ServeError> {
    try_out(OTHERS).map_err(failed)?;
    RuntimeBuilder::new_current_thread().enable_all().build().map_err(failed)
}

/// Explains that a thread cannot be started.
pub fn failed(error: io::Error) -> ServeError {
    ServeError(format!(
        "cannot start threads: {error}. Allow this user or container more processes: ulimit -u, \
         TasksMax of systemd, or the container's limit of pids"
    ))
}

/// Starts that many threads at once, and ends them.
fn try_out(count: usize) -> io::Result<()> {
    let mut threads = Vec::new();
    let mut result = Ok(());
    for _ in 0..count {
        let (hold, held) = channel::<()>();
        match Builder::new().spawn(move || held.recv_timeout(Duration::from_secs(10)).is_ok()) {
            Ok(thread) => threads.push((hold, thread)),
            Err(error) => {
                result = Err(error);
                break;
            }
        }
    }
    for (hold, thread) in threads {
        drop(hold);
        let _ = thread.join();
    }
    result
}
