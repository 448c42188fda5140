//! A child process that is run in place of this one: it gets the signals that others send, and this
//! process ends as it does.

use std::io;
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, getpid, kill_process, wait,
    waitid, waitpid,
};
use signal_hook::consts::{SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::emulate_default_handler;
use signal_hook::low_level::siginfo::{Cause, Origin};

use crate::{process, signals};

/// Time after the end of the child in which signals are taken as meant for it: one for the whole
/// group, as Ctrl-C is, comes at about the same time. This process has its own end to finish then.
const MEANT_FOR_CHILD: Duration = Duration::from_secs(1);

/// A running child.
pub struct Running {
    id: Pid,
    target: Arc<Mutex<Target>>,
}

/// Where signals go.
#[derive(Clone, Copy)]
enum Target {
    Child(Pid),
    /// To this process, as the child ended then: its id is another's now.
    Ended(Instant),
}

/// The end of a child.
#[derive(Clone, Copy, Debug)]
pub struct End(WaitStatus);

/// Starts `command`, and passes signals on to it from now on.
pub fn start(command: &mut Command) -> io::Result<Running> {
    let all = [SIGTERM, SIGHUP, SIGALRM, SIGUSR1, SIGUSR2, SIGWINCH, SIGINT, SIGQUIT];
    let watched = all.into_iter().filter(|signal| !signals::is_ignored(*signal));
    // Signals wait here until there is a child.
    let mut came = SignalsInfo::<WithOrigin>::new(watched)?;
    signals::leave_to_others();
    process::restore_core_limit();
    let child = command.spawn();
    process::harden();
    let id = Pid::from_child(&child?);
    let target = Arc::new(Mutex::new(Target::Child(id)));
    let passing = target.clone();
    thread::Builder::new().spawn(move || {
        for origin in came.forever() {
            let target = passing.lock().unwrap_or_else(PoisonError::into_inner);
            match *target {
                Target::Child(id) => {
                    if let Some(signal) = to_pass_on(&origin) {
                        // A child that has ended needs no signal.
                        let _ = kill_process(id, signal);
                    }
                }
                // The keys of the terminal went to the whole group.
                Target::Ended(at)
                    if at.elapsed() < MEANT_FOR_CHILD && to_pass_on(&origin).is_none() => {}
                Target::Ended(at) => {
                    drop(target);
                    thread::sleep(MEANT_FOR_CHILD.saturating_sub(at.elapsed()));
                    if origin.signal != SIGWINCH {
                        end_by(origin.signal);
                    }
                }
            }
        }
    })?;
    Ok(Running { id, target })
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
    /// Waits until the child ends; from then on, signals do what they would do without this module. As
    /// the first process of a container, reaps others meanwhile.
    pub fn wait(self) -> io::Result<End> {
        if getpid() == Pid::INIT { self.reap() } else { self.wait_for_it() }.map(End)
    }

    fn child_has_ended(&self) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = Target::Ended(Instant::now());
    }

    fn wait_for_it(&self) -> io::Result<WaitStatus> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(error) = waitid(WaitId::Pid(self.id), options) {
            if error != rustix::io::Errno::INTR {
                return Err(error.into());
            }
        }
        self.child_has_ended();
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
                Ok(Some((id, status))) if id == self.id => {
                    self.child_has_ended();
                    return Ok(status);
                }
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl End {
    /// Ends this process by the same signal, or returns the same exit code.
    pub fn pass_on(self) -> ExitCode {
        if let Some(signal) = self.0.terminating_signal() {
            end_by(signal);
        }
        let code = self.0.exit_status().and_then(|code| u8::try_from(code).ok());
        ExitCode::from(code.unwrap_or(u8::MAX))
    }
}

/// Ends this process by `signal`. The first process of a container is not ended by its own signals.
#[allow(clippy::exit, reason = "ends the process, from any thread")]
fn end_by(signal: i32) {
    if getpid() != Pid::INIT {
        let _ = emulate_default_handler(signal);
    }
    std::process::exit(signal.saturating_add(128));
}
