//! Signals that end the process. They undo what has to be undone, and do not interrupt a step that
//! cannot be repeated: a login is lost if its refresh token is rotated and the new one not written.

#[cfg(not(unix))]
pub use elsewhere::hold;
#[cfg(unix)]
pub use unix::{Hooks, hold, is_ignored, leave_keys_to_child, leave_to_others, watch};

#[cfg(unix)]
mod unix {
    use std::io;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

    use signal_hook::consts::{
        SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2,
    };
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    /// The number of running steps that must not be interrupted.
    static STEPS: AtomicUsize = AtomicUsize::new(0);
    /// The signal that arrived during one.
    static CAME: Mutex<Option<i32>> = Mutex::new(None);
    static WATCH: OnceLock<bool> = OnceLock::new();
    /// True if signals that end the process are not handled here any more.
    static LEFT: AtomicBool = AtomicBool::new(false);

    /// True while Ctrl-C and Ctrl-\\ are for a child.
    static KEYS_LEFT: AtomicBool = AtomicBool::new(false);
    /// True after one of the two, set by the handler itself. The thread that acts on it may run only
    /// after the child has ended: the end of its time makes this false.
    static KEY_CAME: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

    static HOOKS: Mutex<Option<Hooks>> = Mutex::new(None);

    /// What signals call, in a thread of their own.
    #[derive(Clone, Copy)]
    pub struct Hooks {
        /// Before a signal ends the process.
        pub end: fn(),
        /// Before a signal stops the process.
        pub stop: fn(),
        /// After the process was continued.
        pub resume: fn(),
    }

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

    /// Makes signals call `hooks`.
    pub fn watch(hooks: Option<Hooks>) -> io::Result<()> {
        if hooks.is_some() {
            *HOOKS.lock().unwrap_or_else(PoisonError::into_inner) = hooks;
        }
        match WATCH.get_or_init(|| start().is_ok()) {
            true => Ok(()),
            false => Err(io::Error::other("signals cannot be watched")),
        }
    }

    fn start() -> io::Result<()> {
        // Ignored signals stay ignored, as under nohup or in the background of a script.
        let all = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT];
        let watched: Vec<_> = all.into_iter().filter(|signal| !is_ignored(*signal)).collect();
        // Before what wakes the thread: handlers run in this order.
        for key in watched.iter().copied().filter(is_key) {
            signal_hook::flag::register(key, KEY_CAME.clone())?;
        }
        let mut signals = Signals::new(watched)?;
        std::thread::Builder::new().spawn(move || {
            for signal in signals.forever() {
                match (signal, hooks()) {
                    (SIGCONT, hooks) => {
                        hooks.inspect(|hooks| (hooks.resume)());
                        continue;
                    }
                    (SIGTSTP, hooks) => {
                        hooks.inspect(|hooks| (hooks.stop)());
                        let _ = emulate_default_handler(signal);
                        continue;
                    }
                    _ => {}
                }
                if LEFT.load(Ordering::SeqCst) || (is_key(&signal) && !is_meant_for_this_process())
                {
                    continue;
                }
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

    fn is_key(signal: &i32) -> bool {
        matches!(*signal, SIGINT | SIGQUIT)
    }

    /// Takes a key that came. Returns false if it came while keys were left to a child.
    fn is_meant_for_this_process() -> bool {
        !KEYS_LEFT.load(Ordering::SeqCst) && KEY_CAME.swap(false, Ordering::SeqCst)
    }

    /// Leaves the signals that would end this process to other handlers.
    pub fn leave_to_others() {
        LEFT.store(true, Ordering::SeqCst);
    }

    /// Leaves Ctrl-C and Ctrl-\\ to a child until the value is dropped, as `system` does (POSIX).
    pub fn leave_keys_to_child() -> KeysLeft {
        let _ = watch(None);
        KEYS_LEFT.store(true, Ordering::SeqCst);
        KeysLeft(())
    }

    /// The keys that are left to a child, until it is dropped.
    pub struct KeysLeft(());

    impl Drop for KeysLeft {
        fn drop(&mut self) {
            KEY_CAME.store(false, Ordering::SeqCst);
            KEYS_LEFT.store(false, Ordering::SeqCst);
        }
    }

    /// Returns whether this process ignores `signal`, if the system reports it.
    pub fn is_ignored(signal: i32) -> bool {
        static IGNORED: OnceLock<u64> = OnceLock::new();
        let mask = *IGNORED.get_or_init(|| {
            let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
            let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
            mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
        });
        mask & 1 << (signal - 1) != 0
    }

    fn hooks() -> Option<Hooks> {
        *HOOKS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn came() -> std::sync::MutexGuard<'static, Option<i32>> {
        CAME.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(signal: i32) {
        hooks().inspect(|hooks| (hooks.end)());
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
