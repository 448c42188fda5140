//! The output of a program on its way through vdk, which removes values from it.

use std::fs::File;
use std::io::{self, IsTerminal, PipeReader, PipeWriter, Read, pipe};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::process::Stdio;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionread;
use vdk_client::run::{Forms, Redactor};

use crate::terminal::streams::{write_stderr, write_stdout};

/// Time for which the beginning of a value is held back: the rest may come.
const HELD: Duration = Duration::from_millis(100);
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
    threads: Vec<JoinHandle<()>>,
    /// Closed when the program has ended.
    running: PipeWriter,
}

/// Makes the standard output and error of the program, and starts the threads behind them.
pub fn watch(watched: Watched, forms: &Forms) -> io::Result<(Stdio, Stdio, Output)> {
    let (ended, running) = pipe()?;
    let mut threads = Vec::new();
    let mut start = |write: fn(&[u8]) -> io::Result<()>| -> io::Result<OwnedFd> {
        let (reader, writer) = pipe()?;
        let redactor = Redactor::new(forms)
            .ok_or_else(|| io::Error::other("the values are too large to look for"))?;
        let input = Input { reader, ended: ended.try_clone()?, rest: None };
        threads.push(thread::Builder::new().spawn(move || pass_on(input, redactor, write))?);
        Ok(writer.into())
    };
    let stderr = if watched.stderr { Some(start(write_stderr)?) } else { None };
    let stdout = match (&stderr, watched) {
        (_, Watched { stdout: false, .. }) => None,
        (Some(stderr), Watched { is_one: true, .. }) => Some(stderr.try_clone()?),
        _ => Some(start(write_stdout)?),
    };
    let stdio = |of: Option<OwnedFd>| of.map_or_else(Stdio::inherit, Stdio::from);
    Ok((stdio(stdout), stdio(stderr), Output { threads, running }))
}

impl Output {
    /// Waits until all that the program wrote is passed on, however slow the readers are, but not
    /// long for programs that it left in the background.
    pub fn finish(self) {
        drop(self.running);
        for thread in self.threads {
            // A thread that panicked has told so.
            let _ = thread.join();
        }
    }
}

/// What comes of a stream of the program.
enum Next {
    Bytes(usize),
    /// Nothing came for [`HELD`].
    Pause,
    End,
}

/// A stream of the program.
struct Input {
    reader: PipeReader,
    /// At its end when the program has ended.
    ended: PipeReader,
    /// What may still be read after that.
    rest: Option<Rest>,
}

/// The output that is left when the program has ended. Others may still write.
struct Rest {
    /// Bytes that were there then.
    bytes: u64,
    /// The time until which more is waited for.
    until: Instant,
}

impl Input {
    /// Waits for bytes; `holds` tells that others are held back until they come.
    fn next(&mut self, bytes: &mut [u8], holds: bool) -> Next {
        match self.wait(holds) {
            Ok(true) => {}
            Ok(false) if holds => return Next::Pause,
            Ok(false) | Err(_) => return Next::End,
        }
        loop {
            match self.reader.read(bytes) {
                Ok(0) => return Next::End,
                Ok(read) => {
                    if let Some(rest) = &mut self.rest {
                        rest.bytes = rest.bytes.saturating_sub(u64::try_from(read).unwrap_or(0));
                    }
                    return Next::Bytes(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Next::End,
            }
        }
    }

    /// Returns whether there is something to read.
    fn wait(&mut self, holds: bool) -> io::Result<bool> {
        let held = holds.then_some(HELD);
        if self.rest.is_none() {
            let mut both = [&self.reader, &self.ended].map(|of| PollFd::new(of, PollFlags::IN));
            wait_for(&mut both, held)?;
            let [is_ready, has_ended] = both.map(|of| !of.revents().is_empty());
            if !has_ended {
                return Ok(is_ready);
            }
        }
        let bytes = ioctl_fionread(&self.reader)?;
        let rest = self.rest.get_or_insert_with(|| Rest { bytes, until: Instant::now() + AFTER });
        let left = rest.until.saturating_duration_since(Instant::now());
        if left.is_zero() && rest.bytes == 0 {
            return Ok(false);
        }
        let mut one = [PollFd::new(&self.reader, PollFlags::IN)];
        wait_for(&mut one, Some(held.map_or(left, |held| held.min(left))))?;
        Ok(!one[0].revents().is_empty())
    }
}

/// Waits until a descriptor is ready, at most for `time`.
fn wait_for(polled: &mut [PollFd], time: Option<Duration>) -> io::Result<()> {
    let time = time.map(|time| Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    });
    while let Err(error) = poll(polled, time.as_ref()) {
        if error != rustix::io::Errno::INTR {
            return Err(error.into());
        }
    }
    Ok(())
}

/// Passes a stream on until its end, or until its reader is gone. The pipe closes then, so that the
/// program notices.
fn pass_on(mut input: Input, mut redactor: Redactor, write: fn(&[u8]) -> io::Result<()>) {
    let (mut bytes, mut out) = (vec![0; CHUNK], Vec::with_capacity(CHUNK));
    loop {
        let next = input.next(&mut bytes, redactor.holds());
        out.clear();
        match next {
            Next::Bytes(read) => redactor.push(&bytes[..read], &mut out),
            Next::Pause | Next::End => redactor.release(&mut out),
        }
        if write(&out).is_err() || matches!(next, Next::End) {
            return;
        }
    }
}
