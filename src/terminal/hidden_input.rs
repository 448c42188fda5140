//! Lines from the controlling terminal. A hidden line is not echoed and is checked byte by byte.
//! The terminal is restored, whatever ends the prompt.
//!
//! rpassword edits the hidden line, but reads through a reader of ours. By itself it shows the
//! prompt before it turns the echo off, drops unknown bytes, and ends the process on Ctrl-C before
//! it restores the terminal. Signals concern the whole process, and so does the state here.

#[cfg(not(unix))]
pub use elsewhere::{PLACE, end_interrupted, hidden_line, is_in_foreground, line, stop_asking};
#[cfg(unix)]
pub use unix::{PLACE, end_interrupted, hidden_line, is_in_foreground, line, stop_asking};
use zeroize::Zeroizing;

/// A line that was typed at a hidden prompt.
pub struct HiddenLine {
    /// The line, without its end.
    pub text: Zeroizing<String>,
    /// The reason why the text is not what was typed, if so.
    pub refused: Option<&'static str>,
    /// True if more lines came with it, as in a paste; they were discarded.
    pub is_followed: bool,
}

#[cfg(unix)]
mod unix {
    use std::cell::Cell;
    use std::collections::VecDeque;
    use std::fs::File;
    use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
    use std::os::unix::fs::OpenOptionsExt;
    use std::rc::Rc;
    use std::sync::{Mutex, MutexGuard, PoisonError};
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::OFlags;
    use rustix::process::getpgrp;
    use rustix::termios::{
        LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr,
        tcgetpgrp, tcsetattr,
    };
    use signal_hook::consts::SIGINT;
    use signal_hook::low_level::emulate_default_handler;
    use zeroize::Zeroizing;

    use super::HiddenLine;
    use vdk_platform::signals::{self, Hooks};

    /// The device for questions.
    pub const PLACE: &str = "/dev/tty";

    /// The running prompt.
    static HIDING: Mutex<Option<Prompt>> = Mutex::new(None);

    /// A prompt on a terminal whose echo is off.
    struct Prompt {
        terminal: File,
        text: String,
        /// The settings of the terminal before, and those without echo.
        before: Termios,
        hidden: Termios,
        /// True while a signal stops the process.
        is_stopped: bool,
    }

    impl Prompt {
        /// Turns the echo off again, if somebody turned it on while the process was stopped, and
        /// repeats the prompt. Discards what was typed meanwhile: it was shown.
        fn hide_again(&mut self) {
            let now = tcgetattr(&self.terminal);
            if now.is_ok_and(|now| now.local_modes.contains(LocalModes::ECHO)) {
                let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.hidden);
                let _ = self.terminal.write_all(self.text.as_bytes());
            }
        }
    }

    /// Time that a prompt has to notice a signal by itself.
    const GRACE: Duration = Duration::from_millis(50);
    /// Longest gap between the pieces of a paste.
    const PASTE: Duration = Duration::from_millis(30);

    fn open() -> io::Result<File> {
        File::options().read(true).write(true).open(PLACE)
    }

    /// Opens the terminal for reads that do not wait. The mode belongs to this open file alone.
    fn open_non_blocking() -> io::Result<File> {
        let non_blocking = OFlags::NONBLOCK.bits().cast_signed();
        File::options().read(true).custom_flags(non_blocking).open(PLACE)
    }

    fn is_passing(error: &io::Error) -> bool {
        matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
    }

    /// Asks for a line. Input typed before the question appeared is discarded. `None` at the end of
    /// the input.
    pub fn line(question: &str) -> io::Result<Option<String>> {
        let mut terminal = open()?;
        tcflush(&terminal, QueueSelector::IFlush)?;
        terminal.write_all(question.as_bytes())?;
        let mut answer = Vec::new();
        BufReader::new(&terminal).read_until(b'\n', &mut answer)?;
        if answer.is_empty() {
            terminal.write_all(b"\n")?;
            return Ok(None);
        }
        let text = String::from_utf8(answer);
        text.map(Some).map_err(|_| io::Error::other("the answer is not UTF-8 text"))
    }

    /// Asks for a line that is not echoed.
    pub fn hidden_line(prompt: &str) -> io::Result<HiddenLine> {
        let hiding = hide(prompt)?;
        let refused = Rc::new(Cell::new(None));
        let reader = Checked {
            terminal: open_non_blocking()?,
            ready: VecDeque::new(),
            refused: refused.clone(),
        };
        let config =
            rpassword::ConfigBuilder::new().input_reader(reader).output_writer(open()?).build();
        let line = rpassword::prompt_password_with_config(prompt, config).map(Zeroizing::new);
        let mut terminal = open()?;
        let is_followed = {
            let state = self::hiding();
            if state.is_none() {
                // Another thread ended the prompt: what is typed now is for others.
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            throw_away_rest(&terminal)
        };
        drop(hiding);
        terminal.write_all(b"\n")?;
        line.map(|text| HiddenLine { text, refused: refused.get(), is_followed })
    }

    /// The input of rpassword, without bytes that it would drop or misread; those are recorded.
    struct Checked {
        terminal: File,
        /// Checked bytes that rpassword has not read yet; later input is not checked yet.
        ready: VecDeque<u8>,
        refused: Rc<Cell<Option<&'static str>>>,
    }

    impl Read for Checked {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some(first) = buffer.first_mut() else { return Ok(0) };
            while self.ready.is_empty() {
                let Some(byte) = self.byte()? else { return Ok(0) };
                self.check(byte)?;
            }
            *first = self.ready.pop_front().unwrap_or_default();
            Ok(1)
        }
    }

    impl Checked {
        fn byte(&mut self) -> io::Result<Option<u8>> {
            let mut byte = [0];
            loop {
                let _ = poll(&mut [PollFd::new(&self.terminal, PollFlags::IN)], None);
                // Input after the end of the prompt is for the shell, which may be waiting already.
                let mut state = hiding();
                let Some(prompt) = &mut *state else { return Ok(None) };
                if prompt.is_stopped {
                    drop(state);
                    std::thread::sleep(GRACE);
                    continue;
                }
                prompt.hide_again();
                match self.terminal.read(&mut byte) {
                    Ok(0) => return Ok(None),
                    Ok(_) => return Ok(Some(byte[0])),
                    Err(error) if is_passing(&error) => {}
                    Err(error) => return Err(error),
                }
            }
        }

        /// Checks the character that begins with `first`, and passes it to rpassword.
        fn check(&mut self, first: u8) -> io::Result<()> {
            const CLEAR: u8 = 0x15;
            match first {
                b'\n' | b'\r' | 0x03 | 0x04 | 0x08 | 0x17 | 0x7f => self.ready.push_back(first),
                CLEAR => {
                    self.refused.set(None);
                    self.ready.push_back(first);
                }
                0x1b => self.refused.set(Some(
                    "It contains an escape character, as arrow keys and some pastes send it",
                )),
                b'\t' => {
                    self.refused.set(Some("It contains a tab, which a prompt does not accept"))
                }
                ..b' ' => self.refused.set(Some("It contains a control character")),
                _ => return self.character(first),
            }
            Ok(())
        }

        fn character(&mut self, first: u8) -> io::Result<()> {
            let length = match first {
                ..0x80 => 1,
                0xc2..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xf4 => 4,
                _ => 0,
            };
            let mut bytes = vec![first];
            while bytes.len() < length {
                match self.byte()? {
                    Some(byte @ 0x80..=0xbf) => bytes.push(byte),
                    // This byte belongs to the next character.
                    Some(other) => {
                        self.refused.set(Some(NOT_UTF8));
                        return self.check(other);
                    }
                    None => break,
                }
            }
            match std::str::from_utf8(&bytes) {
                Ok(text) if text.contains(char::is_control) => {
                    self.refused.set(Some("It contains a control character"));
                }
                Ok(_) => self.ready.extend(&bytes),
                Err(_) => self.refused.set(Some(NOT_UTF8)),
            }
            Ok(())
        }
    }

    const NOT_UTF8: &str = "It is not UTF-8; set the terminal to UTF-8";

    /// Restores the echo when it is dropped.
    struct Hiding(());

    /// Turns the echo off, and discards what was typed before.
    fn hide(prompt: &str) -> io::Result<Hiding> {
        let terminal = open()?;
        let before = tcgetattr(&terminal)?;
        signals::watch(Some(Hooks { end: restore_after_grace, stop: show, resume: go_on }))?;
        let mut hidden = before.clone();
        // Without ISIG, Ctrl-C is a character that waits for the prompt to read it.
        hidden
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        hidden.special_codes[SpecialCodeIndex::VMIN] = 1;
        hidden.special_codes[SpecialCodeIndex::VTIME] = 0;
        // Saved before the change: a signal in between finds what to restore.
        let mut state = hiding();
        let text = prompt.into();
        let is_stopped = false;
        let prompt = state.insert(Prompt { terminal, text, before, hidden, is_stopped });
        tcsetattr(&prompt.terminal, OptionalActions::Flush, &prompt.hidden)?;
        Ok(Hiding(()))
    }

    impl Drop for Hiding {
        fn drop(&mut self) {
            restore();
        }
    }

    /// Ends the process by SIGINT's default action, so that a shell loop ends as well.
    pub fn end_interrupted() {
        let _ = emulate_default_handler(SIGINT);
    }

    /// Discards input behind the line that a prompt has read, as when several lines are pasted: the
    /// shell would run and show it. Returns true if there was any.
    fn throw_away_rest(terminal: &File) -> bool {
        let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(PASTE.subsec_nanos()) };
        let mut events = [PollFd::new(terminal, PollFlags::IN)];
        let mut more = false;
        // A paste arrives in pieces.
        while matches!(poll(&mut events, Some(&wait)), Ok(1..)) {
            if tcflush(terminal, QueueSelector::IFlush).is_err() {
                break;
            }
            more = true;
        }
        more
    }

    /// Returns true if stdin is a terminal that this process may read: one in the background would be
    /// stopped.
    pub fn is_in_foreground() -> bool {
        let stdin = io::stdin();
        stdin.is_terminal() && tcgetpgrp(&stdin).is_ok_and(|group| group == getpgrp())
    }

    /// Ends a prompt that another thread still waits at, and discards what was typed.
    pub fn stop_asking() {
        if let Some(mut prompt) = hiding().take() {
            throw_away_rest(&prompt.terminal);
            let _ = tcsetattr(&prompt.terminal, OptionalActions::Flush, &prompt.before);
            let _ = prompt.terminal.write_all(b"\n");
        }
    }

    fn hiding() -> MutexGuard<'static, Option<Prompt>> {
        HIDING.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn restore() {
        if let Some(prompt) = hiding().take() {
            let _ = tcsetattr(&prompt.terminal, OptionalActions::Now, &prompt.before);
        }
    }

    /// Restores the terminal for the shell while the process is stopped.
    fn show() {
        if let Some(prompt) = &mut *hiding() {
            prompt.is_stopped = true;
            let _ = tcsetattr(&prompt.terminal, OptionalActions::Now, &prompt.before);
        }
    }

    /// Goes on with the prompt after the process was stopped.
    fn go_on() {
        if let Some(prompt) = &mut *hiding() {
            prompt.is_stopped = false;
            prompt.hide_again();
        }
    }

    /// Restores the terminal before a signal ends the process.
    fn restore_after_grace() {
        // A prompt that raised the signal itself still has to undo its own settings.
        if hiding().is_some() {
            std::thread::sleep(GRACE);
        }
        restore();
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use std::io::{self, BufRead, IsTerminal, Write};

    use zeroize::Zeroizing;

    use super::HiddenLine;

    /// The console, as messages name it.
    pub const PLACE: &str = "the console";

    /// Asks for a line; `None` at the end of the input.
    pub fn line(question: &str) -> io::Result<Option<String>> {
        io::stderr().write_all(question.as_bytes())?;
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer)?;
        Ok((read > 0).then_some(answer))
    }

    /// Asks for a line that is not echoed, entirely by rpassword. Anything pasted behind it stays
    /// for the next prompt.
    pub fn hidden_line(prompt: &str) -> io::Result<HiddenLine> {
        let text = Zeroizing::new(rpassword::prompt_password(prompt)?);
        Ok(HiddenLine { text, refused: None, is_followed: false })
    }

    /// Does nothing: the caller's error ends the process.
    pub fn end_interrupted() {}

    /// Returns true if stdin is a terminal.
    pub fn is_in_foreground() -> bool {
        io::stdin().is_terminal()
    }

    /// Does nothing: the end of the process restores the console.
    pub fn stop_asking() {}
}
