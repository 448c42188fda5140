//! The output of a program on its way through vdk, which removes values from it.

use std::fs::File;
use std::io::{self, IsTerminal, PipeReader, Read, pipe};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use vdk_client::run::{Forms, Redactor};

use crate::terminal::streams::{write_stderr, write_stdout};

/// Time for which the beginning of a value is held back: the rest may come.
const HELD: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
/// Time for programs in the background that still write when the program has ended.
const AFTER: Duration = Duration::from_secs(2);
const CHUNK: usize = 256 * 1024;

/// The streams of which values are removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Standard output.
    pub stdout: bool,
    /// Standard error.
    pub stderr: bool,
    /// True if both are one open file: their order stays.
    pub is_one: bool,
}

impl Watched {
    /// Returns the streams that `--redact` names.
    pub fn new(redact: &str) -> Self {
        let is_one = is_same(&io::stdout(), &io::stderr());
        match redact {
            "never" => Watched::default(),
            "always" => Watched { stdout: true, stderr: true, is_one },
            _ => {
                let stderr = !io::stderr().is_terminal() && !is_null(&io::stderr());
                Watched { stdout: stderr && is_one, stderr, is_one }
            }
        }
    }

    /// Returns whether there is anything to watch.
    pub fn any(self) -> bool {
        self.stdout || self.stderr
    }
}

/// Returns whether two descriptors are the same file.
fn is_same(one: &impl AsFd, other: &impl AsFd) -> bool {
    let id = |stream: &dyn Fn() -> io::Result<File>| {
        stream()
            .and_then(|file| file.metadata())
            .map(|found| (found.dev(), found.ino(), found.rdev()))
    };
    let (one, other) = (id(&|| copy(one)), id(&|| copy(other)));
    one.is_ok() && one.ok() == other.ok()
}

fn is_null(stream: &impl AsFd) -> bool {
    let found = copy(stream).and_then(|file| file.metadata());
    let null = std::fs::metadata("/dev/null");
    found.is_ok_and(|found| {
        found.file_type().is_char_device() && null.is_ok_and(|null| null.rdev() == found.rdev())
    })
}

fn copy(stream: &impl AsFd) -> io::Result<File> {
    stream.as_fd().try_clone_to_owned().map(File::from)
}

/// The threads that pass output on.
pub struct Output {
    ended: Receiver<()>,
    running: usize,
}

/// Makes the standard output and error of the program, and starts the threads behind them.
pub fn watch(watched: Watched, forms: &Forms) -> io::Result<(Stdio, Stdio, Output)> {
    let (sender, ended) = channel();
    let mut output = Output { ended, running: 0 };
    let mut start = |write: fn(&[u8]) -> io::Result<()>| -> io::Result<OwnedFd> {
        let (reader, writer) = pipe()?;
        let redactor = Redactor::new(forms)
            .ok_or_else(|| io::Error::other("the values are too large to look for"))?;
        let sender = sender.clone();
        thread::Builder::new().spawn(move || {
            pass_on(reader, redactor, write);
            ended_now(&sender);
        })?;
        output.running += 1;
        Ok(writer.into())
    };
    let stderr = if watched.stderr { Some(start(write_stderr)?) } else { None };
    let stdout = match (&stderr, watched) {
        (_, Watched { stdout: false, .. }) => None,
        (Some(stderr), Watched { is_one: true, .. }) => Some(stderr.try_clone()?),
        _ => Some(start(write_stdout)?),
    };
    let stdio = |of: Option<OwnedFd>| of.map_or_else(Stdio::inherit, Stdio::from);
    Ok((stdio(stdout), stdio(stderr), output))
}

fn ended_now(sender: &Sender<()>) {
    let _ = sender.send(());
}

impl Output {
    /// Waits until everything is passed on, but not long for programs in the background.
    pub fn finish(self) {
        let deadline = Instant::now() + AFTER;
        for _ in 0..self.running {
            let left = deadline.saturating_duration_since(Instant::now());
            if let Err(RecvTimeoutError::Timeout) = self.ended.recv_timeout(left) {
                return;
            }
        }
    }
}

/// Passes a stream on until its end, or until its reader is gone. The pipe closes then, so that the
/// program notices.
fn pass_on(mut reader: PipeReader, mut redactor: Redactor, write: fn(&[u8]) -> io::Result<()>) {
    let (mut bytes, mut out) = (vec![0; CHUNK], Vec::with_capacity(CHUNK));
    loop {
        let is_ready = !redactor.holds() || has_more(&reader);
        let read = match is_ready {
            false => None,
            true => match reader.read(&mut bytes) {
                Ok(read) => Some(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => Some(0),
            },
        };
        out.clear();
        match read {
            Some(1..) => redactor.push(&bytes[..read.unwrap_or_default()], &mut out),
            _ => redactor.release(&mut out),
        }
        if write(&out).is_err() || read == Some(0) {
            return;
        }
    }
}

/// Returns whether there is something to read soon.
fn has_more(reader: &PipeReader) -> bool {
    let mut polled = [PollFd::new(reader, PollFlags::IN)];
    // An error shows in the read.
    !matches!(poll(&mut polled, Some(&HELD)), Ok(0))
}
