//! Makes connections to the database: which host, the login, and the checks before the first use.
//! Few logins run at once, and rarely after failures, as databases lock accounts.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tokio_postgres::config::{Host, LoadBalanceHosts};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connection::Connection;
use super::failure::{is_ended, not_sent, standby, words};
use super::socket::{self, Socket};
use super::watch::{Watch, Watched, WatchedTls};
use crate::settings::{Database, DatabaseTls, is_local};
use crate::storage::{Reason, StorageError};
use crate::tls::client_config;

/// Longest time for a connection, all hosts together.
pub const LONGEST: Duration = Duration::from_secs(3);
/// Most logins at once.
const TURNS: usize = 2;
/// Time to wait before the next login after so many refusals in a row.
const AFTER_REFUSALS: [Duration; 4] = [
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(900),
];

/// Connects to the database in the settings.
pub struct Connector {
    config: Config,
    hosts: Vec<(Host, u16)>,
    socket_owner: Option<String>,
    tls: Option<MakeRustlsConnect>,
    /// The host that took the last connection.
    preferred: AtomicUsize,
    turns: Semaphore,
    logins: Mutex<Logins>,
    accepts_logins: AtomicBool,
    /// Connections made before are not used again.
    stale_before: RwLock<Instant>,
}

#[derive(Default)]
struct Logins {
    refused: usize,
    not_before: Option<Instant>,
}

impl Logins {
    /// Notes a refusal. Returns the time until the next login.
    fn refuse(&mut self) -> Duration {
        let now = Instant::now();
        match self.not_before {
            // Another login at the same time was refused as well.
            Some(from) if from > now => from - now,
            _ => {
                let wait = AFTER_REFUSALS[self.refused.min(AFTER_REFUSALS.len() - 1)];
                self.refused += 1;
                self.not_before = Some(now + wait);
                wait
            }
        }
    }
}

/// The reason why there is no new connection.
#[derive(Debug)]
pub enum ConnectError {
    /// The server refuses this role a further session. Those that it has may go on.
    NoFurther(StorageError),
    /// The server ended the session before it was of use.
    Ended(StorageError),
    /// Anything else.
    Failed(StorageError),
}

impl ConnectError {
    /// Returns whether no server answered.
    fn is_silence(&self) -> bool {
        matches!(self, ConnectError::Failed(StorageError::Unavailable(Reason::Unreachable, _)))
    }

    /// Returns the fault.
    pub fn fault(self) -> StorageError {
        match self {
            ConnectError::NoFurther(fault)
            | ConnectError::Ended(fault)
            | ConnectError::Failed(fault) => fault,
        }
    }
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        ConnectError::Failed(match error.kind() {
            io::ErrorKind::PermissionDenied => StorageError::Denied(error.to_string()),
            _ => StorageError::Unavailable(Reason::Unreachable, format!("no connection: {error}")),
        })
    }
}

impl From<tokio_postgres::Error> for ConnectError {
    fn from(error: tokio_postgres::Error) -> Self {
        let fault = not_sent(&error);
        if is_ended(&error) {
            return ConnectError::Ended(fault);
        }
        if let Some(code) = error.code() {
            let is_refused = *code == SqlState::TOO_MANY_CONNECTIONS || is_login(code);
            return match is_refused {
                true => ConnectError::NoFurther(fault),
                false => ConnectError::Failed(fault),
            };
        }
        let cause = std::error::Error::source(&error);
        match cause.map(|cause| cause.downcast_ref::<io::Error>()) {
            Some(Some(error)) if error.kind() == io::ErrorKind::PermissionDenied => {
                ConnectError::Failed(StorageError::Denied(error.to_string()))
            }
            // The server did not authenticate us, or itself.
            Some(None) => ConnectError::Failed(StorageError::Denied(words(&error))),
            _ => ConnectError::Failed(fault),
        }
    }
}

fn unreachable(why: &str) -> ConnectError {
    ConnectError::Failed(StorageError::Unavailable(Reason::Unreachable, why.into()))
}

/// Returns whether the server refused the role or its password.
fn is_login(code: &SqlState) -> bool {
    code.code().starts_with("28")
}

impl Connector {
    /// Prepares connections to the database in `settings`.
    pub fn new(settings: Database) -> Result<Self, String> {
        let Database { config, tls, ca, socket_owner, .. } = settings;
        let tls = match tls {
            DatabaseTls::None => None,
            DatabaseTls::Verified => {
                Some(MakeRustlsConnect::new(client_config(true, ca.as_deref())?))
            }
        };
        let ports = config.get_ports();
        let port = |n: usize| ports.get(n).or(ports.first()).copied().unwrap_or(5432);
        let hosts: Vec<_> = config
            .get_hosts()
            .iter()
            .enumerate()
            .map(|(n, host)| (host.clone(), port(n)))
            .collect();
        if tls.is_none() {
            for (host, _) in &hosts {
                if let Host::Tcp(host) = host
                    && !is_local(host)
                {
                    tracing::warn!(
                        backend = "postgresql",
                        host,
                        "the connection to the database has no TLS: everybody on the way can read \
                         and change what is stored. Remove sslmode=disable"
                    );
                }
            }
        }
        let (preferred, logins) = Default::default();
        let (accepts_logins, stale_before) = (AtomicBool::new(true), RwLock::new(Instant::now()));
        Ok(Connector {
            config,
            hosts,
            socket_owner,
            tls,
            preferred,
            turns: Semaphore::new(TURNS),
            logins,
            accepts_logins,
            stale_before,
        })
    }

    /// Gives up all connections, as one that was made at `made` leads to a server that ends or was
    /// replaced. Does nothing if that is known.
    pub fn give_up(&self, made: Instant) {
        let mut stale = self.stale_before.write().unwrap_or_else(PoisonError::into_inner);
        if made >= *stale {
            *stale = Instant::now();
        }
    }

    /// Returns whether a connection may be used again.
    pub fn is_usable(&self, connection: &Connection) -> bool {
        let stale = *self.stale_before.read().unwrap_or_else(PoisonError::into_inner);
        connection.made >= stale
            && connection.is_usable(self.accepts_logins.load(Ordering::Relaxed))
    }

    fn logins(&self) -> MutexGuard<'_, Logins> {
        self.logins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self) -> Result<Connection, ConnectError> {
        let count = self.hosts.len().max(1);
        let first = match self.config.get_load_balance_hosts() {
            LoadBalanceHosts::Random => fastrand::usize(..count),
            _ => self.preferred.load(Ordering::Relaxed),
        };
        let limit = LONGEST / u32::try_from(count).unwrap_or(1);
        let (mut told, mut is_any_silent) = (unreachable("no host is set"), false);
        for n in 0..self.hosts.len() {
            let n = (first + n) % count;
            let Some((host, port)) = self.hosts.get(n) else { continue };
            match timeout(limit, self.connect_to(host, *port)).await {
                Ok(Ok(connection)) => {
                    self.preferred.store(n, Ordering::Relaxed);
                    return Ok(connection);
                }
                Ok(Err(ConnectError::NoFurther(fault))) => {
                    return Err(ConnectError::NoFurther(fault));
                }
                failed => {
                    let timeout = |_| Err(unreachable("timeout while connecting"));
                    let Err(error) = failed.unwrap_or_else(timeout) else { continue };
                    is_any_silent |= error.is_silence();
                    // What a server says tells more than the silence of others.
                    if told.is_silence() || !error.is_silence() {
                        told = error;
                    }
                }
            }
        }
        match told {
            // The silent one may be the primary, and be back soon.
            ConnectError::Failed(StorageError::Denied(why)) if is_any_silent => {
                Err(ConnectError::Failed(StorageError::Unavailable(Reason::Failing, why)))
            }
            told => Err(told),
        }
    }

    async fn connect_to(&self, host: &Host, port: u16) -> Result<Connection, ConnectError> {
        let limit = self.config.get_connect_timeout().copied().unwrap_or(LONGEST);
        let watch = Watch::new(self.tls.is_some());
        let (socket, name): (Socket, &str) = match host {
            Host::Tcp(host) => (socket::open(host, port, limit).await?, host),
            #[cfg(unix)]
            Host::Unix(folder) => {
                (socket::open_local(folder, port, self.socket_owner.as_deref()).await?, "")
            }
        };
        let (client, task) = match &self.tls {
            None => {
                let socket = Watched::new(socket, watch.clone());
                let (client, connection) = self.config.connect_raw(socket, NoTls).await?;
                (client, tokio::spawn(serve(connection)))
            }
            Some(tls) => {
                let tls = WatchedTls::new(tls, name, watch.clone())?;
                let (client, connection) = self.config.connect_raw(socket, tls).await?;
                (client, tokio::spawn(serve(connection)))
            }
        };
        let connection = Connection::new(client, task, watch.process()).await?;
        if self.hosts.len() > 1 {
            let takes_writes = connection.takes_writes().await?;
            if !takes_writes {
                return Err(ConnectError::Failed(standby()));
            }
        }
        Ok(connection)
    }
}

/// Serves a connection until it ends. A request that meets its end reports it.
async fn serve(connection: impl Future<Output = Result<(), tokio_postgres::Error>>) {
    if let Err(error) = connection.await {
        tracing::debug!(backend = "postgresql", "a connection ended: {}", words(&error));
    }
}

impl Manager for Connector {
    type Type = Connection;
    type Error = ConnectError;

    async fn create(&self) -> Result<Connection, ConnectError> {
        let _turn = self.turns.acquire().await;
        if self.logins().not_before.is_some_and(|from| Instant::now() < from) {
            let why = "the database refused the login; the next attempt waits";
            return Err(ConnectError::NoFurther(StorageError::Denied(why.into())));
        }
        let made = self.connect().await;
        let mut logins = self.logins();
        match made {
            Err(ConnectError::NoFurther(StorageError::Denied(why))) => {
                let wait = logins.refuse();
                self.accepts_logins.store(false, Ordering::Relaxed);
                Err(ConnectError::NoFurther(StorageError::Denied(format!(
                    "the database refused the login: {why}; the next attempt is in {} s",
                    wait.as_secs_f64().ceil()
                ))))
            }
            made => {
                if made.is_ok() {
                    *logins = Logins::default();
                    self.accepts_logins.store(true, Ordering::Relaxed);
                }
                made
            }
        }
    }

    async fn recycle(&self, it: &mut Connection, _: &Metrics) -> RecycleResult<ConnectError> {
        match self.is_usable(it) {
            true => Ok(()),
            false => Err(RecycleError::message("the connection is not used again")),
        }
    }
}
