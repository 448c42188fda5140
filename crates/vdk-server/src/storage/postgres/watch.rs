//! Watches what a server sends before it has authenticated us: a password is only for a server that
//! proves to know it, or that TLS verified. Finds the id of the server's process as well.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::socket::Socket;

/// The result of watching a server's first messages.
#[derive(Clone)]
pub struct Watch(Arc<Mutex<Startup>>);

/// The server's messages until it is ready, of which only the beginnings are kept.
struct Startup {
    /// True if the stream is encrypted to a verified server.
    is_verified: bool,
    /// The beginning of the current message: type, length, and a number.
    head: Vec<u8>,
    /// Bytes of the current message that are not needed.
    rest: usize,
    is_over: bool,
    process: Option<i32>,
}

impl Watch {
    /// Watches a new connection.
    pub fn new(is_verified: bool) -> Self {
        let (head, rest, is_over, process) = Default::default();
        Watch(Arc::new(Mutex::new(Startup { is_verified, head, rest, is_over, process })))
    }

    /// Returns the id that the server gave its process, for requests to cancel a statement.
    pub fn process(&self) -> Option<i32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).process
    }

    fn look(&self, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).look(bytes)
    }
}

impl Startup {
    /// Follows the messages. Fails when the server asks for a password that others could use.
    fn look(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes {
            if self.is_over {
                break;
            }
            if self.rest > 0 {
                self.rest -= 1;
                continue;
            }
            self.head.push(*byte);
            let number = |at: usize| -> Option<i32> {
                let bytes = self.head.get(at..at + 4)?;
                Some(i32::from_be_bytes(bytes.try_into().ok()?))
            };
            let Some(length) = number(1).and_then(|length| usize::try_from(length).ok()) else {
                continue;
            };
            let value = number(5);
            if length >= 8 && value.is_none() {
                continue;
            }
            match (self.head.first(), value) {
                (Some(b'R'), Some(3 | 5)) if !self.is_verified => {
                    return Err(io::Error::new(io::ErrorKind::PermissionDenied, IN_CLEAR));
                }
                (Some(b'K'), Some(process)) => self.process = Some(process),
                (Some(b'Z'), _) => self.is_over = true,
                _ => {}
            }
            self.rest = (length + 1).saturating_sub(self.head.len());
            self.head.clear();
        }
        Ok(())
    }
}

/// The reason why a server does not get the password.
const IN_CLEAR: &str = "the server asked for the password in clear text or as an MD5 hash, and the \
    connection has no TLS. The password was not sent. Let the server authenticate the role by \
    scram-sha-256, or use sslmode=verify-full";

/// A stream whose first messages are watched.
pub struct Watched<S> {
    inner: S,
    watch: Watch,
}

impl<S> Watched<S> {
    /// Watches `inner`.
    pub fn new(inner: S, watch: Watch) -> Self {
        Watched { inner, watch }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = read {
            self.watch.look(buffer.filled().get(before..).unwrap_or_default())?;
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Watched<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.inner.channel_binding()
    }
}

type Rustls = <MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect;
type RustlsStream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// Connects by TLS and watches what is inside.
pub struct WatchedTls {
    inner: Rustls,
    watch: Watch,
}

impl WatchedTls {
    /// Watches a connection to `host`.
    pub fn new(tls: &MakeRustlsConnect, host: &str, watch: Watch) -> Result<Self, io::Error> {
        let mut tls = tls.clone();
        let inner =
            MakeTlsConnect::<Socket>::make_tls_connect(&mut tls, host).map_err(io::Error::other)?;
        Ok(WatchedTls { inner, watch })
    }
}

impl TlsConnect<Socket> for WatchedTls {
    type Stream = Watched<RustlsStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Stream>> + Send>>;

    fn connect(self, stream: Socket) -> Self::Future {
        let WatchedTls { inner, watch } = self;
        Box::pin(async move { Ok(Watched::new(inner.connect(stream).await?, watch)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len() + 4).unwrap().to_be_bytes();
        [&[kind], &length[..], payload].concat()
    }

    #[test]
    fn finds_the_process_however_the_bytes_arrive() {
        let parameter = message(b'S', b"server_version\x0015\0");
        let key = message(b'K', &[0, 0, 1, 2, 9, 9, 9, 9]);
        let accepted = message(b'R', &[0, 0, 0, 0]);
        let row = message(b'K', &[9; 8]);
        let all = [accepted, parameter, key, message(b'Z', b"I"), row].concat();
        for size in 1..all.len() {
            let watch = Watch::new(false);
            all.chunks(size).for_each(|part| watch.look(part).unwrap());
            assert_eq!(watch.process(), Some(0x102), "{size} bytes at once");
        }
    }

    #[test]
    fn rejects_requests_for_a_password_that_others_could_use() {
        let md5 = message(b'R', &[0, 0, 0, 5, 1, 2, 3, 4]);
        for request in [message(b'R', &[0, 0, 0, 3]), md5] {
            for size in 1..=request.len() {
                let watch = Watch::new(false);
                assert!(request.chunks(size).any(|part| watch.look(part).is_err()), "{size}");
                assert!(Watch::new(true).look(&request).is_ok());
            }
        }
        let scram = message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0");
        assert!(Watch::new(false).look(&scram).is_ok());
    }
}
