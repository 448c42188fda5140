//! The assembly of the service from its settings, and its run until it ends.

mod activity;
mod admission;
mod check;
mod connection;
mod error_body;
mod listen;
mod memory;
mod rollback_check;
mod service_manager;
mod signals;
pub mod threads;
mod unmanaged_teams;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use check::check_files;
use listen::{bind, listen};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};
use vdk_api::{ALL_TEAMS, Author, Role};
use vdk_platform::process;
use vdk_store::MasterKeys;

use crate::audit::{Audit, Target};
use crate::auth::{Auth, NewToken, Scope, unix_time};
use crate::http::{Api, Service, most};
use crate::log;
use crate::metrics::Metrics;
use crate::server::connection::{Listening, serve};
use crate::server::rollback_check::compare;
use crate::server::signals::{EndSignals, Hangup};
use crate::server::unmanaged_teams::warn_of_unmanaged_teams;
use crate::settings::Settings;
use crate::storage::open::{OpenError, open_storage};
use crate::storage::{Backend, Bounded, Unread};
use crate::tls::Certificate;

/// The reason why the service did not start, or ended, for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ServeError(pub String);

impl From<OpenError> for ServeError {
    fn from(error: OpenError) -> Self {
        ServeError(error.to_string())
    }
}

/// Interval of checks of the certificate's files and of the memory in use.
const LOOK: Duration = Duration::from_secs(2);
/// Number of checks without a request after which there is no memory to return.
const QUIET: u32 = 6;
/// Lifetime of the login of this machine's user, in seconds, and the time between two looks at it.
const OWN_LIFE: i64 = 24 * 3600;
const OWN_CHECK: Duration = Duration::from_secs(60);
/// Timeout of requests without a client at the end.
const FINISH: Duration = Duration::from_secs(3);

/// Timeout at the end of threads that block.
const LEFT: Duration = Duration::from_secs(1);

/// Runs the service until SIGTERM or SIGINT. `keys` keeps the embedded store's master key. `own` is
/// the user who is logged in as the manager of all teams while it runs. `ready` gets the address
/// once the service listens, and the API token that was made for that user.
pub fn run(
    settings: Settings,
    keys: &dyn MasterKeys,
    own: Option<String>,
    ready: impl FnOnce(SocketAddr, Option<SecretString>),
) -> Result<(), ServeError> {
    log::start(settings.log_level).map_err(threads::failed)?;
    set_limits();
    let runtime = threads::for_service()?;
    let served = runtime.block_on(serve_until_end(settings, keys, own, ready));
    // A thread that waits for a disk does not hold the end.
    runtime.shutdown_timeout(LEFT);
    log::flush();
    served
}

async fn serve_until_end(
    settings: Settings,
    keys: &dyn MasterKeys,
    own: Option<String>,
    ready: impl FnOnce(SocketAddr, Option<SecretString>),
) -> Result<(), ServeError> {
    let signals = signals::take();
    let (mut end, hangup) =
        signals.map_err(|error| ServeError(format!("cannot handle signals: {error}")))?;
    let (own_address, insecure) = (settings.listen, settings.insecure);
    let (most, idle) = (settings.max_connections, settings.keep_alive);
    // Before anything is made that a busy port would leave behind.
    let socket = bind(own_address)?;
    let is_own = own.is_some();
    let parts = tokio::select! {
        parts = assemble_apart(settings, keys.shared(), is_own) => parts?,
        () = end.next() => {
            tracing::info!("ended before the start was complete");
            return Ok(());
        }
    };
    let listener = listen(socket, own_address)?;
    let address = listener.local_addr().map_err(|error| ServeError(error.to_string()))?;
    if parts.certificate.is_none() && !own_address.ip().is_loopback() {
        tracing::warn!(
            "{address} has no TLS (server.ssl.certificate): tokens and values can be read on \
             the network, unless a proxy in front encrypts them"
        );
    }
    if insecure && !own_address.ip().is_loopback() {
        tracing::warn!(
            "--insecure-no-authentication: every client of {address} can read and change \
             everything"
        );
    }
    tracing::info!(
        %address,
        tls = parts.certificate.is_some(),
        secrets = parts.service.secrets.as_ref().map_or("switched off", |backend| backend.name()),
        properties = parts.service.properties.name(),
        "listening"
    );
    let service = parts.service.clone();
    let made = match own.filter(|_| service.auth.enabled) {
        Some(user) => Some(log_in(&service.auth, user, address).await?),
        None => None,
    };
    let (id, token) = made.unzip();
    ready(address, token);
    service_manager::ready(address);
    let keeping = id.clone().map(|id| tokio::spawn(keep_login(service.clone(), id)));
    operate(parts, listener, (most, idle), !is_own, (end, hangup)).await;
    keeping.inspect(tokio::task::JoinHandle::abort);
    if let Some(id) = id {
        let author = Author { who: "vdk server".into(), op_id: "end".into() };
        if let Err(fault) = service.auth.tokens.revoke(&id, &author).await {
            tracing::warn!("cannot revoke the user's login: {fault}");
        }
    }
    Ok(())
}

/// Makes the HTTP API that `settings` describe, from within a runtime, for callers that deliver
/// requests without a socket.
pub async fn api(settings: Settings, keys: &dyn MasterKeys) -> Result<Api, ServeError> {
    assemble(settings, keys, false).await.map(|parts| Api::new(parts.service))
}

/// Makes a new token for the user of this machine, in place of one that was left behind. Another
/// program on the same port may have received that one meanwhile.
async fn log_in(
    auth: &Auth,
    user: String,
    address: SocketAddr,
) -> Result<(String, SecretString), ServeError> {
    let author = Author { who: user.clone(), op_id: "vdk server".into() };
    let scope = Some(Scope { team: ALL_TEAMS.into(), role: Role::Manager });
    let purpose = Some(format!("vdk server at {address}"));
    let new = NewToken { user, scope, life: Some(OWN_LIFE), purpose };
    let made = auth.tokens.create(&new, &author).await;
    let made =
        made.map_err(|fault| ServeError(format!("cannot create the user's login: {fault}")))?;
    made.map_err(|why| ServeError(format!("cannot create the user's login: {why}")))
}

/// Prolongs the login of this machine's user while the service runs. One that was killed leaves a
/// login that soon ends.
async fn keep_login(service: Arc<Service>, id: String) {
    let author = Author { who: "vdk server".into(), op_id: "prolong".into() };
    let mut made = unix_time();
    loop {
        sleep(OWN_CHECK).await;
        // Not a timer: the machine may have slept.
        if unix_time() - made < OWN_LIFE / 4 {
            continue;
        }
        match service.auth.tokens.prolong(&id, OWN_LIFE, &author).await {
            Ok(true) => made = unix_time(),
            Ok(false) => return,
            Err(fault) => tracing::warn!("cannot prolong the user's login: {fault}"),
        }
    }
}

/// A service that is ready to run.
struct Parts {
    service: Arc<Service>,
    certificate: Option<Arc<Certificate>>,
}

/// Assembles the parts in a thread of its own: opening a store may block, and signals are handled
/// meanwhile. If the result is dropped, the work ends as soon as it does not block.
async fn assemble_apart(
    settings: Settings,
    keys: Arc<dyn MasterKeys>,
    is_own: bool,
) -> Result<Parts, ServeError> {
    let runtime = Handle::current();
    let (mut tell, told) = oneshot::channel();
    spawn_blocking(move || {
        runtime.block_on(async move {
            tokio::select! {
                parts = assemble(settings, &*keys, is_own) => drop(tell.send(parts)),
                () = tell.closed() => {}
            }
        });
    });
    told.await.map_err(|_| ServeError("the start panicked, which is a bug".into()))?
}

/// Assembles the parts. If `is_own`, one user of this machine runs it and manages all teams.
async fn assemble(
    mut settings: Settings,
    keys: &dyn MasterKeys,
    is_own: bool,
) -> Result<Parts, ServeError> {
    // It counts from the start.
    let metrics = Arc::new(Metrics::default());
    let certificate = match settings.tls.clone() {
        Some(files) => {
            let certificate = Certificate::read_in_time(files).await.map_err(ServeError)?;
            certificate.warn();
            Some(Arc::new(certificate))
        }
        None => None,
    };
    let (secrets, properties) = open_storage(&mut settings, keys).await?;
    let audit_key = settings.audit_key.as_ref().map(|key| key.expose_secret().as_bytes());
    let audit = Audit::open(settings.audit.clone(), audit_key).map_err(|error| {
        let Target::File(path) = &settings.audit else { return ServeError(error.to_string()) };
        ServeError(format!("cannot open the audit log {}: {error}", path.display()))
    })?;
    warn_of_doors(&settings, secrets.is_some());
    settings.access.claimable.get_or_insert(!is_own);
    let largest = settings.limits.secrets.max(settings.limits.properties);
    let unread = Arc::new(Unread::new(largest));
    let bounded = |storage, limit| {
        Arc::new(Bounded::new(storage, most(limit), unread.clone(), metrics.storage()))
    };
    let all_secrets = secrets.clone().map(|storage| bounded(storage, settings.limits.secrets));
    let all_properties = bounded(properties.clone(), settings.limits.properties);
    let storages = std::iter::once(&all_properties).chain(&all_secrets);
    let storages = storages.map(|storage| storage.clone() as _).collect();
    // Documents that are not secret are with the properties: they are served while Vault is sealed.
    let auth = Auth::new(settings.access, settings.security, properties, secrets, storages)
        .map_err(|why| ServeError(format!("cannot set up authentication: {why}")))?;
    let service = Arc::new(Service {
        secrets: all_secrets,
        properties: all_properties,
        auth,
        limits: settings.limits,
        audit,
        metrics,
        python_versions: settings.python_versions.clone(),
        ends: AtomicBool::new(false),
        unread,
        running: Arc::default(),
        certificate: certificate.clone(),
        is_loopback: settings.listen.ip().is_loopback(),
    });
    Ok(Parts { service, certificate })
}

/// Warns of settings that are allowed but permit more than an operator may expect.
fn warn_of_doors(settings: &Settings, has_secrets: bool) {
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    let rules = &settings.access;
    let is_open =
        rules.audiences.is_empty() && rules.roles.is_empty() && rules.custom_claim.is_none();
    if settings.security && !rules.issuers.is_empty() && is_open {
        tracing::warn!(
            "every token of the configured issuers is accepted, also if it was issued for another \
             application: set spring.security.oauth2.resourceserver.jwt.audiences"
        );
    }
    if settings.security && !has_secrets {
        tracing::warn!(
            "the keys of the service's own tokens are in the properties' storage, because secrets \
             are switched off: everyone who can read it can create tokens"
        );
    }
}

async fn operate(
    parts: Parts,
    listener: TcpListener,
    (max_connections, idle): (usize, Duration),
    looks_for_managers: bool,
    (mut end, hangup): (EndSignals, Hangup),
) {
    let Parts { service, certificate } = parts;
    let upkeep = tokio::spawn(upkeep(service.clone(), certificate.clone(), hangup));
    let comparison = tokio::spawn(compare(service.clone()));
    let issuers = tokio::spawn({
        let service = service.clone();
        async move { service.auth.try_issuers().await }
    });
    let managers = tokio::spawn({
        let service = service.clone();
        async move {
            if looks_for_managers {
                warn_of_unmanaged_teams(service).await;
            }
        }
    });
    let watchdog = tokio::spawn(service_manager::watchdog());
    let listening = Listening {
        api: Api::new(service.clone()),
        certificate,
        max_connections,
        idle,
        unread: service.unread.clone(),
        metrics: service.metrics.clone(),
    };
    let ending = service.clone();
    let end = async move {
        end.next().await;
        ending.ends.store(true, Ordering::Relaxed);
        tracing::info!("ending: running requests are completed first");
        service_manager::stopping();
    };
    serve(listener, listening, end).await;
    for task in [upkeep, comparison, issuers, managers, watchdog] {
        task.abort();
        // It has dropped the store then.
        let _ = task.await;
    }
    // A request whose client is gone has no connection to wait for.
    let deadline = Instant::now() + FINISH;
    while Arc::strong_count(&service.running) > 1 && Instant::now() < deadline {
        sleep(Duration::from_millis(5)).await;
    }
    if let Some(secrets) = &service.secrets {
        secrets.finish().await;
    }
    service.properties.finish().await;
    service.audit.finish().await;
    tracing::info!("ended");
}

/// Reloads a changed certificate, returns free memory, and reopens the audit log on SIGHUP.
async fn upkeep(service: Arc<Service>, certificate: Option<Arc<Certificate>>, mut hangup: Hangup) {
    // What the start has freed goes back as well.
    let mut looks = 2;
    loop {
        let hung_up = timeout(LOOK, hangup.next()).await.is_ok();
        service.audit.sum_up();
        let all = service.secrets.iter().chain([&service.properties]);
        let waits = service.unread.has_any();
        let used = all.fold(waits, |used, storage| storage.was_used() | used);
        // A request holds its memory for seconds.
        looks = if used { QUIET } else { looks.saturating_sub(1) };
        if looks > 0 {
            // It takes a while, and must not block the runtime.
            let _ = spawn_blocking(memory::give_back).await;
        }
        if let Some(certificate) = &certificate {
            certificate.refresh(hung_up);
        }
        if hung_up {
            service_manager::reloading();
            match service.audit.reopen().await {
                Ok(()) => tracing::info!("reopened the audit log"),
                Err(error) => {
                    tracing::error!(%error, "cannot reopen the audit log, the old one stays open");
                }
            }
            service_manager::reloaded();
        }
    }
}

/// Sets what the system allows the process: more files, as every connection is one, and no look into
/// its memory.
pub fn set_limits() {
    memory::share_heaps();
    process::allow_all_files();
    process::harden();
}
