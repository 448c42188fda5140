//! Shows on stderr what a command waits for, after one second.

use std::io::{IsTerminal, stderr};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use vdk_api::escape;

use crate::error::write_stderr;

/// Time before the message appears.
const QUIET: Duration = Duration::from_secs(1);

/// A wait that lasts until this is dropped.
pub struct Waiting(Option<(Sender<()>, JoinHandle<()>)>);

impl Waiting {
    /// Starts a wait for `what`. On a terminal the line is cleared at the end. Elsewhere it is
    /// written only if `always` is set.
    pub fn start(what: &str, always: bool) -> Self {
        let on_terminal = stderr().is_terminal();
        if !on_terminal && !always {
            return Waiting(None);
        }
        let line = format!("waiting for {} …", escape::line(what));
        let (end, ended) = channel();
        let telling = Builder::new().spawn(move || {
            if ended.recv_timeout(QUIET) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            if !on_terminal {
                return write_stderr(&format!("{line}\n"));
            }
            write_stderr(&line);
            let _ = ended.recv();
            write_stderr("\r\u{1b}[K");
        });
        // Without a thread the wait shows no message.
        Waiting(telling.ok().map(|thread| (end, thread)))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.0.take() {
            let _ = end.send(());
            // The next output comes after the line is cleared.
            let _ = thread.join();
        }
    }
}
