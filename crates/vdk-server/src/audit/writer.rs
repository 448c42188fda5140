//! The thread that writes the audit log. No request waits for the disk or for a reader of standard
//! output: it hands its line to this thread, and is refused if the line is not written in time.

use std::future::poll_fn;
use std::io;
use std::mem::{replace, take};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::thread::Builder;
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot;
use tokio::task::block_in_place;
use tokio::time::timeout;

use super::entry::Entry;
use super::health::{Health, Level, NotWritten};
use super::output::{Line, Output};
use super::pace::{Pace, Turn};
use super::strangers::Strangers;

/// Longest time that a request waits for its line.
const WAIT: Duration = Duration::from_secs(4);
/// Longest time that the end of the service waits for the last lines.
const END: Duration = Duration::from_secs(1);
/// Interval of looks after the output.
const LOOK: Duration = Duration::from_secs(2);
/// That interval while the output does not work.
const RETRY: Duration = Duration::from_millis(200);
/// Most lines in one write.
const BATCH: usize = 256;
/// Status in the line of a request that was refused for the log's sake.
const REFUSED: u16 = 503;

type Told = Result<(), NotWritten>;

/// The sender for the result of a line. The line goes back with it: memory is cheap to free where it was
/// taken.
type Tell = oneshot::Sender<(Told, Box<Entry>)>;

/// What the thread is to do.
enum Message {
    /// Writes lines, and tells the requests that wait for them.
    Lines(Vec<Waiting>),
    /// Opens the output anew.
    Reopen(oneshot::Sender<io::Result<()>>),
    /// Tells when everything before is done, and how many bytes could not be written.
    Flush(oneshot::Sender<usize>),
}

/// A line that a request waits for, or nobody.
struct Waiting {
    line: Line,
    tell: Option<Tell>,
}

/// The thread, and the way to it. The thread ends after this is dropped.
pub struct Writer {
    messages: Sender<Message>,
    gathered: Mutex<Vec<Waiting>>,
    output: Arc<Mutex<Output>>,
    health: Arc<Health>,
    pace: Pace,
}

/// Hands all gathered lines to the thread when it is dropped, also if its request ends before.
struct Gathering<'a>(&'a Writer);

impl Drop for Gathering<'_> {
    fn drop(&mut self) {
        // Sent under the lock, so that no message that is to come behind these lines overtakes them.
        let mut gathered = lock(&self.0.gathered);
        if !gathered.is_empty() {
            // If the thread is gone, the requests are refused: nothing is told.
            let _ = self.0.messages.send(Message::Lines(take(&mut gathered)));
        }
    }
}

impl Writer {
    /// Starts the thread. Lines about unknown clients that it cannot write go back to `strangers`.
    pub fn new(output: Output, health: Arc<Health>, strangers: Arc<Strangers>) -> io::Result<Self> {
        let (messages, received) = channel();
        let output = Arc::new(Mutex::new(output));
        let thread =
            Thread { output: output.clone(), health: health.clone(), strangers, holds_back: false };
        Builder::new().name("audit".into()).spawn(move || thread.serve(&received))?;
        Ok(Writer { messages, gathered: Mutex::default(), output, health, pace: Pace::default() })
    }

    /// Writes a line. If it `must` be written, because the request has already been carried out, it
    /// is kept until it is written, also if this fails.
    pub async fn write(&self, entry: Box<Entry>, must: bool) -> Told {
        if !must {
            self.health.check(false)?;
        }
        let turn = self.pace.begin();
        if let Some(mut output) = self.free_file(&turn) {
            // If the disk is stuck, another thread takes the place of this one in the runtime, and
            // only this request waits.
            let error = block_in_place(|| output.write(&mut [Line { entry, must }]).1);
            return error.map_or(Ok(()), Err);
        }
        // Declared first, so that a request that ends here is seen to wait no more before its line is sent.
        let gathering;
        let (tell, told) = oneshot::channel();
        gathering = self.gather(Line { entry, must }, Some(tell));
        if gathering.is_some() {
            give_way().await;
        }
        drop(gathering);
        let told = timeout(WAIT, told).await;
        self.pace.end(&turn);
        match told {
            Ok(Ok((told, _entry))) => told,
            Ok(Err(_)) | Err(_) => Err(NotWritten::Stuck),
        }
    }

    /// Returns the output if it is a file that a line can be written to at once, without the thread.
    fn free_file(&self, turn: &Turn) -> Option<MutexGuard<'_, Output>> {
        let runtime = Handle::try_current().ok().filter(|_| self.pace.is_at_once(turn))?;
        let output = self.output.try_lock().ok()?;
        (runtime.runtime_flavor() == RuntimeFlavor::MultiThread && output.is_file())
            .then_some(output)
    }

    /// Hands over a line that nobody waits for.
    pub fn hand_over(&self, entry: Box<Entry>) {
        drop(self.gather(Line { entry, must: false }, None));
    }

    /// Adds a line to those that go to the thread together. Whoever adds the first one hands them over.
    fn gather(&self, line: Line, tell: Option<Tell>) -> Option<Gathering<'_>> {
        self.health.waits(line.entry.size());
        let mut gathered = lock(&self.gathered);
        gathered.push(Waiting { line, tell });
        (gathered.len() == 1).then(|| Gathering(self))
    }

    /// Opens the output anew.
    pub async fn reopen(&self) -> io::Result<()> {
        drop(Gathering(self));
        let (tell, told) = oneshot::channel();
        let _ = self.messages.send(Message::Reopen(tell));
        let stuck = || io::Error::from(io::ErrorKind::TimedOut);
        timeout(WAIT, told).await.map_err(|_| stuck())?.map_err(|_| stuck())?
    }

    /// Waits until all lines are written, if that is possible in time.
    pub async fn finish(&self) {
        drop(Gathering(self));
        let (tell, told) = oneshot::channel();
        let _ = self.messages.send(Message::Flush(tell));
        match timeout(END, told).await {
            Ok(Ok(0)) => {}
            Ok(Ok(bytes)) => {
                tracing::error!(bytes, "the last lines of the audit log could not be written");
            }
            _ => tracing::error!("the last lines of the audit log could not be written in time"),
        }
    }
}

struct Thread {
    output: Arc<Mutex<Output>>,
    health: Arc<Health>,
    strangers: Arc<Strangers>,
    /// True while lines about unknown clients wait for disk space.
    holds_back: bool,
}

impl Thread {
    fn serve(mut self, messages: &Receiver<Message>) {
        let mut looked = Instant::now();
        loop {
            let interval = if self.health.level() == Level::Good { LOOK } else { RETRY };
            match messages.recv_timeout(interval.saturating_sub(looked.elapsed())) {
                Ok(first) => self.work(std::iter::once(first).chain(messages.try_iter())),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if looked.elapsed() >= interval {
                lock(&self.output).look();
                looked = Instant::now();
            }
        }
    }

    /// Writes lines together up to a limit, or up to another message.
    fn work(&mut self, messages: impl Iterator<Item = Message>) {
        let (mut waiting, mut taken) = (Vec::new(), 0);
        for message in messages {
            match message {
                Message::Lines(lines) => {
                    for line in lines {
                        taken += 1;
                        waiting.push(line);
                        if waiting.len() == BATCH {
                            self.write(take(&mut waiting));
                        }
                    }
                }
                Message::Reopen(done) => {
                    self.write(take(&mut waiting));
                    let _ = done.send(lock(&self.output).reopen());
                }
                Message::Flush(done) => {
                    self.write(take(&mut waiting));
                    let _ = done.send(lock(&self.output).owed());
                }
            }
            if taken >= BATCH {
                break;
            }
        }
        self.write(waiting);
    }

    fn write(&mut self, mut waiting: Vec<Waiting>) {
        for Waiting { line, tell } in &mut waiting {
            // The client got an error, as its request waited in vain.
            if !line.must && tell.as_ref().is_some_and(oneshot::Sender::is_closed) {
                line.entry.status = REFUSED;
            }
        }
        let sums = waiting.extract_if(.., |one| one.line.entry.count.is_some());
        let sums: Vec<Waiting> = sums.collect();
        let (mut lines, tell): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|one| (one.line, one.tell)).unzip();
        let (written, error) = match lines.is_empty() {
            true => (0, None),
            false => lock(&self.output).write(&mut lines),
        };
        for (n, (line, tell)) in lines.into_iter().zip(tell).enumerate() {
            let told = match &error {
                Some(error) if n >= written => Err(error.clone()),
                _ => Ok(()),
            };
            self.health.is_done(line.entry.size());
            // The request may be gone.
            let _ = tell.map(|tell| tell.send((told, line.entry)));
        }
        for Waiting { line, .. } in sums {
            self.health.is_done(line.entry.size());
            self.sum_up(line.entry);
        }
    }

    /// Writes a line about unknown clients, unless the disk is nearly full.
    fn sum_up(&mut self, entry: Box<Entry>) {
        let mut line = [Line { entry, must: false }];
        let mut output = lock(&self.output);
        let is_written = output.has_room_for_strangers() && output.write(&mut line).1.is_none();
        drop(output);
        if !is_written {
            if !self.holds_back {
                tracing::warn!(
                    "the disk of the audit log is nearly full: requests without a valid token \
                     are counted, and logged when there is room"
                );
            }
            let [line] = line;
            self.strangers.back(*line.entry, Instant::now());
        }
        self.holds_back = !is_written;
    }
}

/// Lets the runtime's thread do whatever else it has to do now. If it is stuck there, another thread goes on
/// here, other than after Tokio's `yield_now`.
async fn give_way() {
    let mut has_given = false;
    poll_fn(|context| match replace(&mut has_given, true) {
        true => Poll::Ready(()),
        false => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
