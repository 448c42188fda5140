//! Connections: accepting them, limiting what one client can hold, and ending them.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

use crate::http::{Api, Peer};
use crate::metrics::Metrics;
use crate::server::activity::{HEAD, Observed, UNREAD};
use crate::server::admission::{Connections, Place};
use crate::server::error_body::ErrorBodyStream;
use crate::storage::Unread;
use crate::tls::Certificate;

/// Timeout of a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Longest time for a rejected client to read the reason.
const PARTING: Duration = Duration::from_secs(5);
/// Longest time for running requests of a connection that ends because its client reads nothing.
const LAST_REQUESTS: Duration = Duration::from_secs(5);
/// Interval of looks at them.
const LAST_LOOK: Duration = Duration::from_millis(50);
/// Longest time for running requests when the service ends.
const GRACE: Duration = Duration::from_secs(6);
/// Most bytes of all headers of a request. Every connection may have so many unfinished.
const HEAD_BYTES: u32 = 40 * 1024;

/// Most bytes of one HTTP/2 stream, and of a whole connection, that are accepted before they are
/// read (a window of RFC 9113, section 5.2). The storage's limits count those that were read.
const STREAM_BYTES: u32 = 128 * 1024;
const CONNECTION_BYTES: u32 = 1024 * 1024;

/// The parameters for serving connections.
pub struct Listening {
    /// The API that answers requests.
    pub api: Api,
    /// The certificate, if TLS is used.
    pub certificate: Option<Arc<Certificate>>,
    /// Most connections at once.
    pub max_connections: usize,
    /// Longest time between two requests of a connection.
    pub idle: Duration,
    /// The answers that wait until clients read them.
    pub unread: Arc<Unread>,
    /// The metrics that count connections.
    pub metrics: Arc<Metrics>,
}

/// Serves `listener` until `end`, then completes running requests.
pub async fn serve(listener: TcpListener, listening: Listening, end: impl Future<Output = ()>) {
    let descriptors = vdk_platform::process::most_open_files();
    let metrics = listening.metrics.clone();
    let connections = Connections::new(listening.max_connections, descriptors, metrics);
    let connections = Arc::new(connections);
    let graceful = GracefulShutdown::new();
    let listening = Arc::new(listening);
    let (serving, ended) = watch::channel(());
    tokio::pin!(end);
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut end => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // No file descriptors are left: others must end first.
                    connections.failed(&error);
                    sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let is_limited = !listening.api.is_proxy(peer.ip());
        let Some(place) = connections.admit(peer.ip(), is_limited).await else { continue };
        let (listening, watcher, ended) = (listening.clone(), graceful.watcher(), ended.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = connection(stream, peer, &listening, &place, watcher, ended) => {}
                () = place.leave() => {}
            }
        });
    }
    drop((listener, serving));
    if timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("timeout: requests that did not end in time are cut off");
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    listening: &Listening,
    place: &Place,
    watcher: Watcher,
    mut ended: watch::Receiver<()>,
) {
    bound(&stream);
    let Some(certificate) = &listening.certificate else {
        return exchange(stream, peer, listening, place, watcher).await;
    };
    let acceptor = TlsAcceptor::from(certificate.config());
    let handshake = async {
        match timeout(HANDSHAKE, acceptor.accept(stream).into_fallible()).await {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err((error, stream))) => {
                tracing::debug!(%peer, %error, "TLS handshake failed");
                let _ = timeout(PARTING, part(stream)).await;
            }
            Err(_) => tracing::debug!(%peer, "TLS handshake timed out"),
        }
        None
    };
    let stream = tokio::select! {
        stream = handshake => stream,
        // There is no request before the handshake.
        _ = ended.changed() => None,
    };
    if let Some(stream) = stream {
        exchange(stream, peer, listening, place, watcher).await;
    }
}

/// Lets a client read why it is rejected. It may have sent a request already, and closing over
/// unread data would discard the reason.
async fn part(mut stream: TcpStream) -> std::io::Result<()> {
    stream.shutdown().await?;
    copy(&mut stream, &mut sink()).await?;
    Ok(())
}

/// Sends responses at once, and lets the system cut off a client that reads nothing.
fn bound(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    {
        let milliseconds = u32::try_from(UNREAD.as_millis()).unwrap_or(u32::MAX);
        let _ = rustix::net::sockopt::set_tcp_user_timeout(stream, milliseconds);
    }
}

async fn exchange<S>(
    stream: S,
    peer: SocketAddr,
    listening: &Listening,
    place: &Place,
    watcher: Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = place.activity();
    activity.ready();
    let stream = Observed::new(stream, activity.clone());
    let from = Peer::from(peer);
    let requests = service_fn(|mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(from.clone());
        let api = listening.api.clone();
        let running = activity.begin(request.version() == hyper::Version::HTTP_2);
        let activity = activity.clone();
        async move {
            let _running = running;
            Ok::<_, Infallible>(activity.send(api.answer(request.map(Body::new)).await).await)
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // It would also end idle connections; the loop below limits both.
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEAD_BYTES)
        .initial_stream_window_size(STREAM_BYTES)
        .initial_connection_window_size(CONNECTION_BYTES)
        .max_send_buf_size(STREAM_BYTES as usize)
        .max_concurrent_streams(128)
        .keep_alive_interval(UNREAD)
        .keep_alive_timeout(HEAD);
    let connection = watcher
        .watch(builder.serve_connection(TokioIo::new(ErrorBodyStream::new(stream)), requests));
    tokio::pin!(connection);
    loop {
        // A head in pieces can only bring the end forward, and only a look shows it.
        let look = Instant::now() + HEAD;
        let end = activity.deadline(listening.idle);
        tokio::select! {
            result = &mut connection => {
                if let Err(error) = result {
                    tracing::debug!(%peer, %error, "connection failed");
                }
                return;
            }
            () = listening.unread.wanted() => {
                // Who reads nothing gives the room to others.
                if activity.reads_nothing() {
                    break;
                }
            }
            () = sleep_until(end.map_or(look, |end| end.min(look))) => {
                if activity.deadline(listening.idle).is_some_and(|end| end <= Instant::now()) {
                    break;
                }
            }
        }
    }
    // Over HTTP/2, other requests may run beside the answer that nobody reads.
    let deadline = Instant::now() + LAST_REQUESTS;
    while activity.is_running() && Instant::now() < deadline {
        // The last look is for the answer of the last one.
        if timeout(LAST_LOOK, &mut connection).await.is_ok() {
            return;
        }
    }
}
