//! What a connection is doing, and until when it may do that. A connection that holds a descriptor
//! and memory without doing anything is closed, or gives its place to another.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::response::Response;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::storage::SMALL;

/// Timeout of a request's head, and of the wait for the first request.
pub const HEAD: Duration = Duration::from_secs(10);
/// Longest time for which a client may leave sent data unread.
pub const UNREAD: Duration = Duration::from_secs(20);
/// That time if others find no room for what they ask for, or no place for their connection.
pub const UNREAD_BY_FEW: Duration = Duration::from_secs(5);
/// Bytes of an answer that a client has to read in a second, beyond that time.
const SLOWEST: u64 = 32 * 1024;
/// Bytes of a write that may be without any of an answer, as HTTP/2 answers each PING.
const FEW: usize = 512;

/// The state of a connection.
pub struct Activity(Mutex<State>);

struct State {
    /// The end of the last request; before the first one, the start of the connection.
    since: Instant,
    had_request: bool,
    running: usize,
    /// The answers that are being sent.
    sending: Vec<Sent>,
    /// When the client took more than a few bytes the last time.
    took: Instant,
    /// The arrival of the first bytes after the last request, over HTTP/1.
    head: Option<Instant>,
    is_http2: bool,
}

/// An answer that is being sent.
#[derive(Clone, Copy, PartialEq)]
struct Sent {
    since: Instant,
    /// When it must be read at the latest.
    end: Instant,
    /// Its bytes.
    size: u64,
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
            sending: Vec::new(),
            took: Instant::now(),
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

    /// Returns the answer with a body that counts as work of the connection until all of it is sent.
    /// Small ones are left out over HTTP/1: they are sent at once.
    pub async fn send(self: &Arc<Self>, response: Response) -> Response {
        let size = response.body().size_hint().exact().unwrap_or(u64::MAX);
        if size == 0 || (size <= SMALL as u64 && !self.lock().is_http2) {
            return response;
        }
        let (head, body) = response.into_parts();
        // The body is in memory already, so this waits for nothing and cannot fail.
        let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let since = Instant::now();
        let mut state = self.lock();
        // All of them share the way to the client.
        let all = state.sending.iter().fold(size, |all, sent| all.saturating_add(sent.size));
        let sent = Sent { since, end: since + time_for(all), size };
        state.sending.push(sent);
        drop(state);
        let sending = Sending { bytes, sent, activity: self.clone() };
        Response::from_parts(head, Body::from(Bytes::from_owner(sending)))
    }

    /// Returns the time at which the connection ends unless something happens; `None` while a
    /// request runs. `idle` is the longest time between two requests.
    pub fn deadline(&self, idle: Duration) -> Option<Instant> {
        let state = self.lock();
        let unread = state.end();
        if unread.is_some() || state.running > 0 {
            return unread;
        }
        match (state.had_request, state.head) {
            (false, _) => Some(state.since + HEAD),
            (true, None) => Some(state.since + idle),
            // A head in pieces does not extend its own time, nor that between requests.
            (true, Some(head)) => Some(head + HEAD),
        }
    }

    /// Returns whether a request runs.
    pub fn is_running(&self) -> bool {
        self.lock().running > 0
    }

    /// Returns whether the client reads nothing of an answer that others would have room for.
    pub fn reads_nothing(&self) -> bool {
        self.lock().reads_nothing()
    }

    /// Returns the place of an idle connection in the order of leaving.
    pub fn idle(&self) -> Option<Idle> {
        let state = self.lock();
        let is_sending = !state.sending.is_empty() && !state.reads_nothing();
        let is_idle = state.running == 0 && !is_sending;
        is_idle.then_some((state.had_request, state.since))
    }

    fn sent(&self, bytes: usize) {
        if bytes > FEW {
            self.lock().took = Instant::now();
        }
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

impl State {
    /// Returns when the connection ends if an answer is not read; `None` if none is being sent.
    fn end(&self) -> Option<Instant> {
        // All of them share the way to the client, also those that came later.
        let all = self.sending.iter().fold(0, |all: u64, sent| all.saturating_add(sent.size));
        self.sending.iter().map(|sent| sent.end.max(sent.since + time_for(all))).min()
    }

    fn reads_nothing(&self) -> bool {
        let since = self.sending.iter().map(|sent| sent.since).min();
        since.is_some_and(|since| since.max(self.took).elapsed() >= UNREAD_BY_FEW)
    }
}

/// Returns the longest time for so many bytes of answers.
fn time_for(bytes: u64) -> Duration {
    UNREAD + Duration::from_secs(bytes / SLOWEST)
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

/// The bytes of an answer that is being sent.
struct Sending {
    bytes: Bytes,
    sent: Sent,
    activity: Arc<Activity>,
}

impl AsRef<[u8]> for Sending {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let mut state = self.activity.lock();
        if let Some(at) = state.sending.iter().position(|sent| *sent == self.sent) {
            state.sending.swap_remove(at);
        }
        state.since = Instant::now();
        // What has come of the next head waited for this answer.
        state.head = state.head.map(|_| state.since);
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
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.activity.sent(taken(&polled));
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.activity.sent(taken(&polled));
        polled
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

/// Returns how many bytes were written.
fn taken(polled: &Poll<std::io::Result<usize>>) -> usize {
    match polled {
        Poll::Ready(Ok(bytes)) => *bytes,
        _ => 0,
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
        let small = activity.send(Response::new(Body::from(vec![0; SMALL]))).await;
        assert_eq!((activity.deadline(IDLE), activity.idle().is_some()), (after(60), true));
        drop(activity.begin(true));
        activity.received();
        assert_eq!(activity.deadline(IDLE), after(130), "HTTP/2 sends more than requests");
        let large = activity.send(Response::new(Body::from(vec![0; 320 * 1024]))).await;
        assert_eq!(
            (activity.deadline(IDLE), activity.idle()),
            (after(85), None),
            "an unread answer"
        );
        let running = activity.begin(true);
        assert_eq!(activity.deadline(IDLE), after(85), "an unread answer beside a request");
        drop((small, running));
        let second = activity.send(Response::new(Body::from(vec![0; 320 * 1024]))).await;
        tokio::time::advance(UNREAD_BY_FEW).await;
        activity.sent(FEW + 1);
        assert_eq!((activity.idle(), activity.reads_nothing()), (None, false), "it is read");
        activity.sent(FEW);
        tokio::time::advance(UNREAD_BY_FEW).await;
        assert!(activity.idle().is_some() && activity.reads_nothing(), "nobody reads");
        drop(large);
        assert_eq!(activity.deadline(IDLE), after(95), "the second of two takes as long as both");
        let large = second;
        let frame = to_bytes(large.into_body(), usize::MAX).await.unwrap();
        let part = frame.slice(1..2);
        drop(frame);
        assert_eq!(activity.deadline(IDLE), after(95), "a part of it is not sent");
        drop(part);
        assert_eq!(activity.deadline(IDLE), after(140), "all of it is sent");
    }
}
