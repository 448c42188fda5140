//! A child process that is run in place of this one: it gets the signals that others send, and this
//! process ends as it does.

use std::io;
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, getpid, kill_process, wait,
    waitid, waitpid,
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::iterator::{Handle, SignalsInfo};
use signal_hook::low_level::emulate_default_handler;
use signal_hook::low_level::siginfo::{Cause, Origin};

use crate::{process, signals};

/// A running child.
pub struct Running {
    id: Pid,
    /// The child, until it is waited for: its id is another's then.
    target: Arc<Mutex<Option<Pid>>>,
    signals: Handle,
}

/// The end of a child.
#[derive(Clone, Copy, Debug)]
pub struct End(WaitStatus);

/// Starts `command`, and passes signals on to it from now on.
pub fn start(command: &mut Command) -> io::Result<Running> {
    let all = [SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGINT, SIGQUIT];
    let watched = all.into_iter().filter(|signal| !signals::is_ignored(*signal));
    // Signals wait here until there is a child.
    let mut came = SignalsInfo::<WithOrigin>::new(watched)?;
    signals::leave_to_others();
    let handle = came.handle();
    process::restore_core_limit();
    let child = command.spawn();
    process::harden();
    let id = Pid::from_child(&child?);
    let target = Arc::new(Mutex::new(Some(id)));
    let passing = target.clone();
    std::thread::Builder::new().spawn(move || {
        for origin in came.forever() {
            let target = passing.lock().unwrap_or_else(PoisonError::into_inner);
            if let (Some(id), Some(signal)) = (*target, to_pass_on(&origin)) {
                // A child that has ended needs no signal.
                let _ = kill_process(id, signal);
            }
        }
    })?;
    Ok(Running { id, target, signals: handle })
}

/// Returns the signal to send to the child. The terminal sends its own to the whole group, of which
/// the child is one.
fn to_pass_on(origin: &Origin) -> Option<Signal> {
    let is_key = matches!(origin.signal, SIGINT | SIGQUIT);
    if is_key && origin.cause == Cause::Kernel {
        return None;
    }
    Signal::from_named_raw(origin.signal)
}

impl Running {
    /// Waits until the child ends. As the first process of a container, reaps others meanwhile.
    pub fn wait(self) -> io::Result<End> {
        let status = if getpid() == Pid::INIT { self.reap() } else { self.wait_for_it() };
        self.signals.close();
        status.map(End)
    }

    fn wait_for_it(&self) -> io::Result<WaitStatus> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(error) = waitid(WaitId::Pid(self.id), options) {
            if error != rustix::io::Errno::INTR {
                return Err(error.into());
            }
        }
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = None;
        loop {
            match waitpid(Some(self.id), WaitOptions::empty()) {
                Ok(Some((_, status))) => return Ok(status),
                Ok(None) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn reap(&self) -> io::Result<WaitStatus> {
        loop {
            match wait(WaitOptions::empty()) {
                Ok(Some((id, status))) if id == self.id => return Ok(status),
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl End {
    /// Ends this process by the same signal, or returns the same exit code.
    pub fn pass_on(self) -> ExitCode {
        let Some(signal) = self.0.terminating_signal() else {
            let code = self.0.exit_status().and_then(|code| u8::try_from(code).ok());
            return ExitCode::from(code.unwrap_or(u8::MAX));
        };
        if getpid() != Pid::INIT {
            let _ = emulate_default_handler(signal);
        }
        // The first process of a container is not ended by its own signals.
        ExitCode::from(u8::try_from(signal).unwrap_or(u8::MAX).saturating_add(128))
    }
}
