//! A terminal that does not show what is typed, and is put back as it was whatever ends the prompt.
//!
//! rpassword shows its prompt before it hides what is typed, and on Ctrl-C it ends the process
//! before it has shown it again. Signals concern the whole process, and so does the state here.

#[cfg(not(unix))]
pub use elsewhere::{end_interrupted, terminal, throw_away_rest};
#[cfg(unix)]
pub use unix::{end_interrupted, terminal, throw_away_rest};

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io;
    use std::sync::{Mutex, MutexGuard, Once, PoisonError};
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::termios::{
        LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr,
    };
    use signal_hook::consts::{SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    /// The hushed terminal and how it was before.
    static HUSHED: Mutex<Option<(File, Termios)>> = Mutex::new(None);
    static WATCH: Once = Once::new();

    /// How long a prompt has to notice a signal by itself.
    const GRACE: Duration = Duration::from_millis(50);
    /// How long the pieces of a paste are apart at most.
    const PASTE: Duration = Duration::from_millis(30);

    /// Shows again what is typed when it is dropped.
    pub struct Hush(());

    /// Hushes the terminal that controls this process, until the value is dropped.
    pub fn terminal() -> io::Result<Hush> {
        let terminal = File::options().read(true).write(true).open("/dev/tty")?;
        let before = tcgetattr(&terminal)?;
        let mut signals = Ok(());
        WATCH.call_once(|| signals = watch());
        signals?;
        let mut silent = before.clone();
        // Without ISIG, Ctrl-C is a character that waits for the prompt to read it.
        silent
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        // Known to the watch before it happens: a signal in between finds what to restore.
        let mut state = hushed();
        let (terminal, _) = state.insert((terminal, before));
        tcsetattr(&*terminal, OptionalActions::Now, &silent)?;
        Ok(Hush(()))
    }

    impl Drop for Hush {
        fn drop(&mut self) {
            restore();
        }
    }

    /// Ends the process as SIGINT ends every other, so that a loop in a shell ends as well.
    pub fn end_interrupted() {
        let _ = emulate_default_handler(SIGINT);
    }

    /// Whether more came in with the line that a prompt has read, as when several lines are pasted.
    /// It is thrown away: the shell would run it as commands, and show it.
    pub fn throw_away_rest() -> bool {
        let guard = hushed();
        let Some((terminal, _)) = guard.as_ref() else { return false };
        let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(PASTE.subsec_nanos()) };
        let mut events = [PollFd::new(terminal, PollFlags::IN)];
        let mut more = false;
        // What is pasted comes in pieces.
        while matches!(poll(&mut events, Some(&wait)), Ok(1..)) {
            if tcflush(terminal, QueueSelector::IFlush).is_err() {
                break;
            }
            more = true;
        }
        more
    }

    fn hushed() -> MutexGuard<'static, Option<(File, Termios)>> {
        HUSHED.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn restore() {
        if let Some((terminal, before)) = hushed().take() {
            let _ = tcsetattr(&terminal, OptionalActions::Now, &before);
        }
    }

    /// From now on, whatever signal ends the process finds the terminal restored.
    fn watch() -> io::Result<()> {
        let mut signals =
            Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2])?;
        std::thread::spawn(move || {
            for signal in signals.forever() {
                // A prompt that raised the signal itself still has to undo its own settings.
                if hushed().is_some() {
                    std::thread::sleep(GRACE);
                }
                restore();
                let _ = emulate_default_handler(signal);
            }
        });
        Ok(())
    }
}

#[cfg(not(unix))]
mod elsewhere {
    /// rpassword does all of it there.
    pub fn terminal() -> std::io::Result<()> {
        Ok(())
    }

    /// Whatever is pasted there stays for the next prompt.
    pub fn throw_away_rest() -> bool {
        false
    }

    /// The caller's error ends the process.
    pub fn end_interrupted() {}
}
