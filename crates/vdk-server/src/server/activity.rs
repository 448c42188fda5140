//! What a connection is doing, and until when it may do that. A connection that holds a descriptor
//! and memory without doing anything is closed, or gives its place to another.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// Timeout of a request's head, and of the wait for the first request.
pub const HEAD: Duration = Duration::from_secs(10);

/// The state of a connection.
pub struct Activity(Mutex<State>);

struct State {
    /// The end of the last request; before the first one, the start of the connection.
    since: Instant,
    had_request: bool,
    running: usize,
    /// The arrival of the first bytes after the last request, over HTTP/1.
    head: Option<Instant>,
    is_http2: bool,
}

/// The order in which connections give their places to others: those without a request first, then
/// the longest idle.
pub type Idle = (bool, Instant);

impl Activity {
    /// Starts with a connection that is open and had no request.
    pub fn new() -> Self {
        Activity(Mutex::new(State {
            since: Instant::now(),
            had_request: false,
            running: 0,
            head: None,
            is_http2: false,
        }))
    }

    /// Records that the first request may come, as after a TLS handshake.
    pub fn ready(&self) {
        self.lock().since = Instant::now();
    }

    /// Records that a request has begun. It ends when the result is dropped.
    pub fn begin(self: &Arc<Self>, is_http2: bool) -> Running {
        let mut state = self.lock();
        state.had_request = true;
        state.is_http2 = is_http2;
        state.running += 1;
        state.head = None;
        Running(self.clone())
    }

    /// Returns the time at which the connection ends unless something happens; `None` while a
    /// request runs. `idle` is the longest time between two requests.
    pub fn deadline(&self, idle: Duration) -> Option<Instant> {
        let state = self.lock();
        match (state.running, state.had_request, state.head) {
            (1.., _, _) => None,
            (0, false, _) => Some(state.since + HEAD),
            (0, true, None) => Some(state.since + idle),
            // A head in pieces does not extend its own time, nor that between requests.
            (0, true, Some(head)) => Some(head + HEAD),
        }
    }

    /// Returns the place of an idle connection in the order of leaving.
    pub fn idle(&self) -> Option<Idle> {
        let state = self.lock();
        (state.running == 0).then_some((state.had_request, state.since))
    }

    fn received(&self) {
        let mut state = self.lock();
        if state.running == 0 && state.had_request && !state.is_http2 {
            state.head.get_or_insert_with(Instant::now);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running request.
pub struct Running(Arc<Activity>);

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.running -= 1;
        state.since = Instant::now();
    }
}

/// A stream that records when bytes arrive.
pub struct Observed<S> {
    stream: S,
    activity: Arc<Activity>,
}

impl<S> Observed<S> {
    /// Wraps `stream`.
    pub fn new(stream: S, activity: Arc<Activity>) -> Self {
        Observed { stream, activity }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Observed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.activity.received();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Observed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_secs(75);

    #[tokio::test(start_paused = true)]
    async fn limits_each_kind_of_silence() {
        let (activity, start) = (Arc::new(Activity::new()), Instant::now());
        let after = |seconds| Some(start + Duration::from_secs(seconds));
        activity.received();
        assert_eq!(activity.deadline(IDLE), after(10), "the first request");
        assert_eq!(activity.idle(), Some((false, start)));
        let running = activity.begin(false);
        assert_eq!((activity.deadline(IDLE), activity.idle()), (None, None));
        tokio::time::advance(Duration::from_secs(30)).await;
        drop(running);
        assert_eq!(activity.deadline(IDLE), after(105), "the next request");
        tokio::time::advance(Duration::from_secs(20)).await;
        activity.received();
        tokio::time::advance(Duration::from_secs(5)).await;
        activity.received();
        assert_eq!(activity.deadline(IDLE), after(60), "the rest of a head");
        drop(activity.begin(true));
        activity.received();
        assert_eq!(activity.deadline(IDLE), after(130), "HTTP/2 sends more than requests");
    }
}
