//! The signals of the service. They are taken before anything slow begins, because the first process
//! of a container does not get a signal that it has not asked for.

use std::io;

#[cfg(unix)]
use rustix::process::Signal as Xfsz;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end the service.
pub struct EndSignals {
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    interrupt: Signal,
    /// A file has reached the limit of its size. Taken, so that the write fails and the service goes on.
    #[cfg(unix)]
    _file_size: Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

/// SIGHUP, which asks to open the audit log anew. Without a handler, it would end the service.
pub struct Hangup(#[cfg(unix)] Signal);

/// Takes the signals from now on, from within a runtime.
pub fn take() -> io::Result<(EndSignals, Hangup)> {
    #[cfg(unix)]
    return Ok((
        EndSignals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _file_size: signal(SignalKind::from_raw(Xfsz::XFSZ.as_raw()))?,
        },
        Hangup(signal(SignalKind::hangup())?),
    ));
    #[cfg(windows)]
    Ok((EndSignals { interrupt: tokio::signal::windows::ctrl_c()? }, Hangup()))
}

impl EndSignals {
    /// Waits for the next of these signals.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(windows)]
        self.interrupt.recv().await;
    }
}

impl Hangup {
    /// Waits for the next signal.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        self.0.recv().await;
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    }
}
