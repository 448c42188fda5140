//! The service's certificate and the authorities of clients, reloaded when their files change. A
//! file that cannot be read, or whose file system hangs, never stops requests.

mod client;
mod files;
mod leaf;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

pub use client::{client, client_config};
use files::Contents;
pub use files::TlsFiles;
use leaf::Leaf;
use rustls::ServerConfig;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Time after which a read of the files is reported as slow.
const SLOW: Duration = Duration::from_secs(5);

/// The files as last read.
pub struct Certificate {
    files: TlsFiles,
    now: RwLock<Loaded>,
    /// Lock of the task that reads the files; holds why their contents are not used.
    turn: Arc<Mutex<Option<String>>>,
    /// True if the operator asked for a reload that has not begun.
    is_asked: AtomicBool,
}

struct Loaded {
    config: Arc<ServerConfig>,
    digest: [u8; 32],
    leaf: Leaf,
    warnings: Vec<String>,
}

impl Certificate {
    /// Reads the files.
    pub fn read(files: TlsFiles) -> Result<Self, String> {
        let now = RwLock::new(files.contents()?.load()?);
        Ok(Certificate { files, now, turn: Arc::default(), is_asked: AtomicBool::default() })
    }

    /// Reads the files for a start that must not hang.
    pub async fn read_in_time(files: TlsFiles) -> Result<Self, String> {
        let path = files.chain.display().to_string();
        match timeout(SLOW, spawn_blocking(|| Certificate::read(files))).await {
            Ok(read) => read.map_err(|error| error.to_string())?,
            Err(_) => Err(format!(
                "timeout while reading {path} and the files with it: check that their file system \
                 responds"
            )),
        }
    }

    /// Warns of a certificate that clients will not accept, and of other defects of the files.
    pub fn warn(&self) {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(flaw) = now.leaf.flaw(SystemTime::now()) {
            tracing::warn!(
                file = %self.files.chain.display(),
                "clients will reject the service's certificate: {flaw}. Replace the file; it is \
                 reloaded without a restart"
            );
        }
        now.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    }

    /// Returns the configuration for a new connection.
    pub fn config(&self) -> Arc<ServerConfig> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).config.clone()
    }

    /// Returns the end of the certificate in seconds since 1970, if it can be read.
    pub fn end(&self) -> Option<i64> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).leaf.end()
    }

    /// Reloads the files in the background if their contents have changed, or if `is_asked`. A pair
    /// that does not match, as during a replacement, is rejected and checked again the next time.
    pub fn refresh(self: &Arc<Self>, is_asked: bool) {
        self.is_asked.fetch_or(is_asked, Ordering::Relaxed);
        // An earlier read may hang. If it does not, the next look begins where this one ends.
        let Ok(rejected) = self.turn.clone().try_lock_owned() else { return };
        let own = self.clone();
        tokio::spawn(async move { own.reload(rejected).await });
    }

    async fn reload(&self, mut rejected: OwnedMutexGuard<Option<String>>) {
        let is_asked = self.is_asked.swap(false, Ordering::Relaxed);
        let files = self.files.clone();
        let mut reading = spawn_blocking(move || files.contents());
        let read = match timeout(SLOW, &mut reading).await {
            Ok(read) => read,
            Err(_) => {
                tracing::warn!(
                    "reading the files of the certificate takes long: the old one stays in use, \
                     and changes are not noticed meanwhile"
                );
                reading.await
            }
        };
        let read = read.map_err(|error| error.to_string()).and_then(|read| read);
        match read.and_then(|contents| self.take(&contents, is_asked)) {
            Ok(()) => *rejected = None,
            Err(error) => {
                if is_asked || rejected.as_ref() != Some(&error) {
                    tracing::warn!(
                        "cannot use the changed certificate, the old one stays: {error}"
                    );
                }
                *rejected = Some(error);
            }
        }
    }

    /// Uses new contents of the files, unless clients would reject the new certificate.
    fn take(&self, contents: &Contents, is_asked: bool) -> Result<(), String> {
        let is_same = {
            let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
            now.digest == contents.digest()
        };
        if is_same && !is_asked {
            return Ok(());
        }
        let fresh = contents.load()?;
        {
            let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
            let flaw = fresh.leaf.flaw(SystemTime::now());
            // The authorities of clients may change beside a certificate that has expired.
            if let Some(flaw) = flaw.filter(|_| fresh.leaf != now.leaf) {
                return Err(format!("{}: {flaw}", self.files.chain.display()));
            }
            let lost = now.leaf.names_missing_in(&fresh.leaf);
            if !lost.is_empty() {
                tracing::warn!(
                    "the new certificate is not for {}, as the old one was: clients that use this \
                     name will reject it",
                    lost.join(", ")
                );
            }
        }
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        tracing::info!("reloaded the certificate");
        self.warn();
        Ok(())
    }
}
