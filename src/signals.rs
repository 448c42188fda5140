//! Signals that end the process: what has to be undone first is undone, and a step that cannot be
//! repeated is not cut in two. A refresh token that the provider has rotated, and whose successor was
//! not written yet, would be a login that is lost for good.

#[cfg(not(unix))]
pub use elsewhere::hold;
#[cfg(unix)]
pub use unix::{hold, watch};

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Mutex, OnceLock, PoisonError};

    use signal_hook::consts::{SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    /// How many steps run that are not to be cut.
    static STEPS: AtomicUsize = AtomicUsize::new(0);
    /// The signal that came during one.
    static CAME: Mutex<Option<i32>> = Mutex::new(None);
    static WATCH: OnceLock<bool> = OnceLock::new();

    /// What a signal finds to undo.
    static UNDO: Mutex<Option<fn()>> = Mutex::new(None);

    /// A step that is not cut, until it is dropped.
    pub struct Held(());

    /// Holds signals that end the process back until the value is dropped; a second Ctrl-C is obeyed
    /// at once. Without a thread for it they are not held back.
    pub fn hold() -> Held {
        STEPS.fetch_add(1, Ordering::SeqCst);
        let _ = watch(None);
        Held(())
    }

    impl Drop for Held {
        fn drop(&mut self) {
            if STEPS.fetch_sub(1, Ordering::SeqCst) == 1
                && let Some(signal) = came().take()
            {
                end(signal);
            }
        }
    }

    /// From now on a signal that ends the process calls `undo` first.
    pub fn watch(undo: Option<fn()>) -> io::Result<()> {
        if undo.is_some() {
            *UNDO.lock().unwrap_or_else(PoisonError::into_inner) = undo;
        }
        match WATCH.get_or_init(|| start().is_ok()) {
            true => Ok(()),
            false => Err(io::Error::other("signals cannot be watched")),
        }
    }

    fn start() -> io::Result<()> {
        // What is ignored, as by nohup or in the background of a script, stays ignored.
        let ignored = ignored();
        let all = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2];
        let watched = all.into_iter().filter(|signal| ignored & 1 << (signal - 1) == 0);
        let mut signals = Signals::new(watched)?;
        std::thread::Builder::new().spawn(move || {
            for signal in signals.forever() {
                let mut came = came();
                // Who presses Ctrl-C twice means it. A terminal that is closed hangs up twice.
                let is_meant = signal == SIGINT && *came == Some(SIGINT);
                if STEPS.load(Ordering::SeqCst) > 0 && !is_meant {
                    came.get_or_insert(signal);
                    continue;
                }
                drop(came);
                end(signal);
            }
        })?;
        Ok(())
    }

    /// The signals that this process ignores, a bit each, where the system tells.
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
    }

    fn came() -> std::sync::MutexGuard<'static, Option<i32>> {
        CAME.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(signal: i32) {
        let undo = *UNDO.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(undo) = undo {
            undo();
        }
        let _ = emulate_default_handler(signal);
    }
}

#[cfg(not(unix))]
mod elsewhere {
    /// Signals are not held back there.
    pub struct Held(());

    /// Does nothing there.
    pub fn hold() -> Held {
        Held(())
    }
}
