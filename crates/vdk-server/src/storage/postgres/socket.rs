//! Sockets to the hosts of the database.

use std::io;
#[cfg(unix)]
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

#[cfg(target_os = "linux")]
use crate::storage::PATIENCE;

/// A socket to the database.
pub enum Socket {
    /// To a host.
    Tcp(TcpStream),
    /// To a server of this machine.
    #[cfg(unix)]
    Unix(UnixStream),
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).poll_read(context, buffer),
            #[cfg(unix)]
            Socket::Unix(socket) => Pin::new(socket).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).poll_write(context, bytes),
            #[cfg(unix)]
            Socket::Unix(socket) => Pin::new(socket).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).poll_flush(context),
            #[cfg(unix)]
            Socket::Unix(socket) => Pin::new(socket).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).poll_shutdown(context),
            #[cfg(unix)]
            Socket::Unix(socket) => Pin::new(socket).poll_shutdown(context),
        }
    }
}

/// Connects to the socket in a folder, if the server behind it is run by whom it should be.
#[cfg(unix)]
pub async fn open_local(folder: &Path, port: u16, owner: Option<&str>) -> io::Result<Socket> {
    let socket = UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await?;
    super::peer::check(folder, socket.peer_cred()?.uid(), owner)?;
    Ok(Socket::Unix(socket))
}

/// Connects to the first address of a host that accepts it. `limit` is for all of them.
pub async fn open(host: &str, port: u16, limit: Duration) -> io::Result<Socket> {
    let addresses: Vec<_> = lookup_host((host, port)).await?.collect();
    let each = limit / u32::try_from(addresses.len().max(1)).unwrap_or(1);
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in addresses {
        match timeout(each, TcpStream::connect(address)).await {
            Ok(Ok(socket)) => {
                configure(&socket)?;
                return Ok(Socket::Tcp(socket));
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = io::Error::new(io::ErrorKind::TimedOut, "no response in time"),
        }
    }
    Err(last)
}

fn configure(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    #[cfg(unix)]
    rustix::net::sockopt::set_socket_keepalive(socket, true)?;
    #[cfg(target_os = "linux")]
    {
        let most = u32::try_from(PATIENCE.as_millis()).unwrap_or(u32::MAX);
        rustix::net::sockopt::set_tcp_user_timeout(socket, most)?;
    }
    Ok(())
}
