//! Prompts on a Unix terminal, which signals may stop, continue or end.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::process::{Signal, getpgid, getpgrp, getppid, getsid, kill_current_process_group};
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
    /// True if what was typed before a stop has to be cleared: it cannot be seen.
    is_stale: bool,
}

/// True after the last prompt of the process.
static IS_OVER: AtomicBool = AtomicBool::new(false);

impl Prompt {
    /// Turns the echo off again, if somebody turned it on while the process was stopped, and
    /// repeats the prompt. Discards what was typed meanwhile: it was shown.
    fn hide_again(&mut self) {
        let now = tcgetattr(&self.terminal);
        if now.is_ok_and(|now| now.local_modes.contains(LocalModes::ECHO)) {
            let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.hidden);
            let _ = self.terminal.write_all(self.text.as_bytes());
            self.is_stale = true;
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
    let line = rpassword::prompt_password_with_config("", config).map(Zeroizing::new);
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
            wait_for_input(&self.terminal, None);
            // Input after the end of the prompt is for the shell, which may be waiting already.
            let mut state = hiding();
            let Some(prompt) = &mut *state else { return Ok(None) };
            if prompt.is_stopped {
                drop(state);
                std::thread::sleep(GRACE);
                continue;
            }
            prompt.hide_again();
            if std::mem::take(&mut prompt.is_stale) {
                return Ok(Some(CLEAR));
            }
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
        const SUSPEND: u8 = 0x1a;
        match first {
            // What the terminal would do by itself with ISIG.
            SUSPEND if can_be_continued() => {
                kill_current_process_group(Signal::TSTP)?;
            }
            b'\n' | b'\r' | 0x03 | 0x04 | 0x08 | 0x17 | 0x7f => self.ready.push_back(first),
            CLEAR => {
                self.refused.set(None);
                self.ready.push_back(first);
            }
            0x1b => self.refused.set(Some(
                "It contains an escape character, as arrow keys and some pastes send it",
            )),
            b'\t' => self.refused.set(Some("It contains a tab, which a prompt does not accept")),
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

/// Returns true if a shell with job control started this process. A stopped process without one
/// (an orphaned process group) would stay stopped.
fn can_be_continued() -> bool {
    let Some(parent) = getppid() else { return false };
    let is_of_session = getsid(Some(parent)).ok() == getsid(None).ok();
    is_of_session && getpgid(Some(parent)).is_ok_and(|group| group != getpgrp())
}

/// Clears the line (Ctrl-U).
const CLEAR: u8 = 0x15;

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
    if IS_OVER.load(Ordering::Relaxed) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let (text, is_stopped, is_stale) = (prompt.into(), false, false);
    let prompt = Prompt { terminal, text, before, hidden, is_stopped, is_stale };
    let prompt = state.insert(prompt);
    tcsetattr(&prompt.terminal, OptionalActions::Flush, &prompt.hidden)?;
    prompt.terminal.write_all(prompt.text.as_bytes())?;
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
    let mut more = false;
    // A paste arrives in pieces.
    while wait_for_input(terminal, Some(&wait)) {
        if tcflush(terminal, QueueSelector::IFlush).is_err() {
            break;
        }
        more = true;
    }
    more
}

/// Waits for input, not longer than `limit`; false if there is none.
fn wait_for_input(terminal: &File, limit: Option<&Timespec>) -> bool {
    let mut events = [PollFd::new(terminal, PollFlags::IN)];
    match poll(&mut events, limit) {
        Ok(1..) if events[0].revents().contains(PollFlags::IN) => true,
        // Some systems cannot poll terminals.
        Ok(1..) => {
            std::thread::sleep(PASTE);
            false
        }
        _ => false,
    }
}

/// Returns true if stdin is a terminal that this process may read: one in the background would be
/// stopped.
pub fn is_in_foreground() -> bool {
    let stdin = io::stdin();
    stdin.is_terminal() && tcgetpgrp(&stdin).is_ok_and(|group| group == getpgrp())
}

/// Ends a prompt that another thread still waits at, or is about to show, and discards what was
/// typed.
pub fn stop_asking() {
    let mut state = hiding();
    IS_OVER.store(true, Ordering::Relaxed);
    if let Some(mut prompt) = state.take() {
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
