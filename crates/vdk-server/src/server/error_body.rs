//! Adds the four-part error body to the bare 4xx responses that hyper sends by itself for malformed
//! requests.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use vdk_api::ErrorBody;

/// A connection on which bare 4xx responses get a body.
pub struct ErrorBodyStream<S> {
    stream: S,
    /// Bytes that must be written before anything else; `written` of them are.
    instead: Vec<u8>,
    written: usize,
}

impl<S> ErrorBodyStream<S> {
    /// Wraps `stream`.
    pub fn new(stream: S) -> Self {
        ErrorBodyStream { stream, instead: Vec::new(), written: 0 }
    }
}

/// Returns the replacement for `answer` if that is an error of hyper's own: each of the service's
/// has an op id or a body.
fn in_full(answer: &[u8]) -> Option<Vec<u8>> {
    const BARE: &str = "content-length: 0\r\n";
    let status = answer.strip_prefix(b"HTTP/1.1 4")?;
    let head = std::str::from_utf8(answer).ok()?;
    if !head.ends_with("\r\n\r\n") || !head.contains(BARE) || head.contains("\r\nx-opid: ") {
        return None;
    }
    let why = match status.get(..2)? {
        b"14" => "The URL is too long.",
        b"31" => "The headers are too large.",
        _ => "The request violates HTTP (RFC 9110, RFC 9112).",
    };
    let body = ErrorBody::new(
        "Cannot read the request.",
        why,
        "Nothing was changed.",
        "Correct the request; /docs describes the API.",
    );
    let body = serde_json::to_string(&body).ok()?;
    let headers = format!(
        "content-length: {}\r\ncontent-type: application/json\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\n",
        body.len()
    );
    Some((head.replacen(BARE, &headers, 1) + &body).into_bytes())
}

impl<S: AsyncWrite + Unpin> ErrorBodyStream<S> {
    fn poll_instead(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.instead.len() {
            let left = &self.instead[self.written..];
            match ready!(Pin::new(&mut self.stream).poll_write(context, left))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                bytes => self.written += bytes,
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Replaces `answer` if needed; it then counts as written.
    fn replaces(&mut self, answer: &[u8]) -> bool {
        let Some(instead) = in_full(answer) else { return false };
        (self.instead, self.written) = (instead, 0);
        true
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ErrorBodyStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        answer: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_instead(context))?;
        if self.replaces(answer) {
            return Poll::Ready(Ok(answer.len()));
        }
        Pin::new(&mut self.stream).poll_write(context, answer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        answers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_instead(context))?;
        if let [answer] = answers
            && self.replaces(answer)
        {
            return Poll::Ready(Ok(answer.len()));
        }
        Pin::new(&mut self.stream).poll_write_vectored(context, answers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_instead(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_instead(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ErrorBodyStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::in_full;

    #[test]
    fn adds_a_body_only_to_bare_responses_of_the_library() {
        let bare = "HTTP/1.1 431 X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let told = String::from_utf8(in_full(bare.as_bytes()).unwrap()).unwrap();
        let (head, body) = told.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{head}");
        assert!(body.contains("too large"), "{body}");
        for other in [
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 404 X\r\ncontent-length: 0\r\nx-opid: 1\r\n\r\n",
            "HTTP/1.1 404 X\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 404 X\r\ncontent-le",
        ] {
            assert_eq!(in_full(other.as_bytes()), None, "{other}");
        }
    }
}
