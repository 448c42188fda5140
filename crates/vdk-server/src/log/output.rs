//! The thread that writes the log. Nothing waits for a reader of stderr: lines that find no room
//! are dropped and counted, and the log says how many when it goes on.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// Most lines that wait to be written.
const LINES: usize = 4096;
/// Most bytes of these lines.
const BYTES: usize = 4 * 1024 * 1024;
/// Longest time that the end of the process waits for the last lines.
const END: Duration = Duration::from_secs(1);

/// The way to the thread.
pub struct Output {
    lines: Sender<Vec<u8>>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    lines: AtomicUsize,
    bytes: AtomicUsize,
    dropped: AtomicU64,
}

impl Output {
    /// Starts the thread, which writes to `out`. `dropped` makes a line about so many dropped ones.
    pub fn start(
        out: impl Write + Send + 'static,
        dropped: impl Fn(u64) -> String + Send + 'static,
    ) -> io::Result<Self> {
        let (lines, received) = channel();
        let state = Arc::<State>::default();
        let shared = state.clone();
        Builder::new().name("log".into()).spawn(move || serve(out, &received, &shared, dropped))?;
        Ok(Output { lines, state })
    }

    /// Hands over a line, or drops it if too much waits.
    pub fn hand_over(&self, line: &[u8]) {
        let (lines, bytes) = (&self.state.lines, &self.state.bytes);
        if lines.load(Ordering::Relaxed) >= LINES || bytes.load(Ordering::Relaxed) >= BYTES {
            self.state.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        lines.fetch_add(1, Ordering::Relaxed);
        bytes.fetch_add(line.len(), Ordering::Relaxed);
        // The thread ends with the process.
        let _ = self.lines.send(line.to_vec());
    }

    /// Waits until all lines are written, if that is possible in time.
    pub fn flush(&self) {
        let deadline = Instant::now() + END;
        while self.state.lines.load(Ordering::Acquire) > 0 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn serve(
    mut out: impl Write,
    lines: &Receiver<Vec<u8>>,
    state: &State,
    dropped: impl Fn(u64) -> String,
) {
    for line in lines {
        let is_written = out.write_all(&line).and_then(|()| out.flush()).is_ok();
        if !is_written {
            state.dropped.fetch_add(1, Ordering::Relaxed);
        }
        let count = if is_written { state.dropped.swap(0, Ordering::Relaxed) } else { 0 };
        if count > 0 && out.write_all(dropped(count).as_bytes()).is_err() {
            state.dropped.fetch_add(count, Ordering::Relaxed);
        }
        state.bytes.fetch_sub(line.len(), Ordering::Relaxed);
        state.lines.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};

    use super::*;

    /// A reader that reads nothing until it is told to.
    #[derive(Clone, Default)]
    struct Reader(Arc<Pipe>);

    #[derive(Default)]
    struct Pipe {
        is_read: Mutex<bool>,
        begins: Condvar,
        text: Mutex<Vec<u8>>,
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let Pipe { is_read, begins, text } = &*self.0;
            drop(begins.wait_while(is_read.lock().unwrap(), |is_read| !*is_read).unwrap());
            text.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn drops_lines_that_nobody_reads_and_tells_how_many() {
        let reader = Reader::default();
        let output = Output::start(reader.clone(), |count| format!("{count} dropped\n")).unwrap();
        for n in 0..LINES + 10 {
            output.hand_over(format!("{n}\n").as_bytes());
        }
        *reader.0.is_read.lock().unwrap() = true;
        reader.0.begins.notify_all();
        while output.state.lines.load(Ordering::Acquire) > 0 {
            std::thread::yield_now();
        }
        let read = String::from_utf8(reader.0.text.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = read.lines().collect();
        assert_eq!(lines[..3], ["0", "10 dropped", "1"]);
        assert_eq!((lines.len(), lines[LINES]), (LINES + 1, &*(LINES - 1).to_string()));
    }

    #[test]
    fn bounds_the_bytes_that_wait() {
        let output = Output::start(Reader::default(), |_| String::new()).unwrap();
        let line = vec![b'x'; BYTES / 4];
        (0..100).for_each(|_| output.hand_over(&line));
        assert_eq!(output.state.lines.load(Ordering::Relaxed), 4);
    }
}
