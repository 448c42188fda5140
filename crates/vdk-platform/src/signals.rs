//! Signals that end the process. They undo what has to be undone, and do not interrupt a step that
//! cannot be repeated: a login is lost if its refresh token is rotated and the new one not written.

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

    /// The number of running steps that must not be interrupted.
    static STEPS: AtomicUsize = AtomicUsize::new(0);
    /// The signal that arrived during one.
    static CAME: Mutex<Option<i32>> = Mutex::new(None);
    static WATCH: OnceLock<bool> = OnceLock::new();

    /// The function that a signal calls before it ends the process.
    static UNDO: Mutex<Option<fn()>> = Mutex::new(None);

    /// A step that signals do not interrupt, until it is dropped.
    pub struct Held(());

    /// Holds back signals that end the process until the value is dropped. A second Ctrl-C ends it
    /// at once. If no thread can start, signals are not held back.
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

    /// Makes a signal that ends the process call `undo` first.
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
        // Ignored signals stay ignored, as under nohup or in the background of a script.
        let ignored = ignored();
        let all = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2];
        let watched = all.into_iter().filter(|signal| ignored & 1 << (signal - 1) == 0);
        let mut signals = Signals::new(watched)?;
        std::thread::Builder::new().spawn(move || {
            for signal in signals.forever() {
                let mut came = came();
                // A second Ctrl-C is deliberate. A closing terminal sends SIGHUP twice.
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

    /// Returns the ignored signals, one bit each, if the system reports them.
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
    /// A placeholder: signals are not held back.
    pub struct Held(());

    /// Does nothing.
    pub fn hold() -> Held {
        Held(())
    }
}
