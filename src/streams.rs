//! The standard streams, which may be in non-blocking mode: the mode belongs to the open file, which
//! this process shares with whoever started it, and Node.js sets it on what its children inherit.
//! A stream that is not ready is waited for, and the mode stays as it is.

use std::io::{self, BufRead, ErrorKind, Read, Stdin, StdinLock, Write};

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

/// Waits until a stream that was not ready is; any other error comes back.
fn passed(error: io::Error, wait: impl Fn() -> io::Result<()>) -> io::Result<()> {
    match error.kind() {
        ErrorKind::Interrupted => Ok(()),
        ErrorKind::WouldBlock => wait(),
        _ => Err(error),
    }
}

/// Standard input; reading it waits for what comes.
pub struct Input<R>(R);

/// Standard input with what of it is read already, which all readers of the process share.
pub fn stdin() -> Input<StdinLock<'static>> {
    Input(io::stdin().lock())
}

/// Standard input for a thread of its own.
pub fn unlocked_stdin() -> Input<Stdin> {
    Input(io::stdin())
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
                // At the end of a terminal's input, to ask again is to wait again.
                Ok([]) => return Ok(&[]),
                Ok(_) => break,
                Err(error) => passed(error, wait_for_stdin)?,
            }
        }
        // It gives what is there already.
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

/// There is no such mode there.
#[cfg(not(unix))]
fn wait_for_stdin() -> io::Result<()> {
    Err(ErrorKind::WouldBlock.into())
}

#[cfg(not(unix))]
use wait_for_stdin as wait_for_stdout;
#[cfg(not(unix))]
use wait_for_stdin as wait_for_stderr;
