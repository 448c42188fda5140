//! The standard streams, which may be non-blocking: the mode belongs to the open file, which this
//! process shares with its parent, and Node.js sets it on what its children inherit. These
//! functions wait for a stream that is not ready, and leave the mode unchanged.

use std::io::{self, BufRead, ErrorKind, Read, StdinLock, Write};

/// Writes all of `bytes` to stdout.
pub fn write_stdout(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    write_all(&mut stdout, bytes, wait_for_stdout)
}

/// Writes all of `bytes` to stderr.
pub fn write_stderr(bytes: &[u8]) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    write_all(&mut stderr, bytes, wait_for_stderr)
}

fn write_all(
    stream: &mut impl Write,
    mut bytes: &[u8],
    wait: impl Fn() -> io::Result<()>,
) -> io::Result<()> {
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) => passed(error, &wait)?,
        }
    }
    loop {
        match stream.flush() {
            Ok(()) => return Ok(()),
            Err(error) => passed(error, &wait)?,
        }
    }
}

/// Waits until the stream is ready; returns any other error.
fn passed(error: io::Error, wait: impl Fn() -> io::Result<()>) -> io::Result<()> {
    match error.kind() {
        ErrorKind::Interrupted => Ok(()),
        ErrorKind::WouldBlock => wait(),
        _ => Err(error),
    }
}

/// Standard input; a read waits for data.
pub struct Input<R>(R);

/// Returns standard input with its buffer, which all readers of the process share.
pub fn stdin() -> Input<StdinLock<'static>> {
    Input(io::stdin().lock())
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) => passed(error, wait_for_stdin)?,
                read => return read,
            }
        }
    }
}

impl BufRead for Input<StdinLock<'static>> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.0.fill_buf() {
                // Asking again at the end of a terminal's input would wait again.
                Ok([]) => return Ok(&[]),
                Ok(_) => break,
                Err(error) => passed(error, wait_for_stdin)?,
            }
        }
        // Returns what is buffered already.
        self.0.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.0.consume(bytes);
    }
}

#[cfg(unix)]
fn wait_for_stdin() -> io::Result<()> {
    wait_for(&io::stdin(), rustix::event::PollFlags::IN)
}

#[cfg(unix)]
fn wait_for_stdout() -> io::Result<()> {
    wait_for(&io::stdout(), rustix::event::PollFlags::OUT)
}

#[cfg(unix)]
fn wait_for_stderr() -> io::Result<()> {
    wait_for(&io::stderr(), rustix::event::PollFlags::OUT)
}

#[cfg(unix)]
fn wait_for(stream: &impl std::os::fd::AsFd, events: rustix::event::PollFlags) -> io::Result<()> {
    let mut polled = [rustix::event::PollFd::new(stream, events)];
    match rustix::event::poll(&mut polled, None) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Such systems have no non-blocking mode.
#[cfg(not(unix))]
fn wait_for_stdin() -> io::Result<()> {
    Err(ErrorKind::WouldBlock.into())
}

#[cfg(not(unix))]
use wait_for_stdin as wait_for_stdout;
#[cfg(not(unix))]
use wait_for_stdin as wait_for_stderr;
