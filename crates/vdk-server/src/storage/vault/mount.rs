//! The version of the KV store at the mount. Version 1 takes the requests of version 2, but ignores
//! preconditions and keeps no versions: a write there could replace what others wrote. Nothing is
//! written before the mount is known to be version 2, as far as Vault lets the service know it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use serde::Deserialize;
use tokio::time::sleep;

use super::client::{Answer, Lost};
use super::record::{WriteBody, Written};
use super::{Inner, JSON, OWN_RECORD};
use crate::storage::{Expected, Reason, StorageError};

/// Interval of the checks at the start, until one succeeds.
const AGAIN: Duration = Duration::from_secs(10);
/// A version that no record reaches.
const NEVER_REACHED: u64 = 2_147_483_647;

/// The mount, and what is known of it.
pub struct Mount {
    /// Its path, encoded.
    pub path: String,
    /// True if it is version 2, false if it is not; `None` before an answer shows it.
    is_versioned: Mutex<Option<bool>>,
}

/// The response about a mount, of which every token with a right in it may read this much.
#[derive(Deserialize)]
struct Told {
    data: ToldOf,
}

#[derive(Deserialize)]
struct ToldOf {
    r#type: String,
    options: Option<Options>,
}

#[derive(Deserialize)]
struct Options {
    version: Option<String>,
}

impl Mount {
    /// Makes a mount at an encoded path, of which nothing is known.
    pub fn new(path: String) -> Self {
        Mount { path, is_versioned: Mutex::default() }
    }

    /// Returns whether the mount is known to be version 2.
    pub fn is_versioned(&self) -> bool {
        self.known() == Some(true)
    }

    /// Records that an answer showed the version.
    pub fn learn(&self, is_versioned: Option<bool>) {
        *self.is_versioned.lock().unwrap_or_else(PoisonError::into_inner) = is_versioned;
    }

    /// Returns the error for a version 1 mount.
    pub fn unversioned(&self) -> StorageError {
        let path = &self.path;
        StorageError::Unavailable(
            Reason::Unversioned,
            format!(
                "at {path}, Vault ignores the conditions of writes. The service \
                 reads and writes nothing there. Make it version 2, such as by vault kv \
                 enable-versioning {path}, or set vdk.vault.kvstore to a version 2 mount"
            ),
        )
    }

    fn known(&self) -> Option<bool> {
        *self.is_versioned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Fails if the mount is version 1. If Vault does not let the service know, this succeeds, and
    /// the answers to reads and writes show it.
    pub(super) async fn check_mount(&self) -> Result<(), StorageError> {
        // A record with a version proves it. This also replaces a token that expired.
        if self.read_record(OWN_RECORD, None).await?.version > 0 {
            return Ok(());
        }
        let found = match self.told_version().await? {
            Some(told) => Some(told),
            None if self.mount.is_versioned() => Some(true),
            None => self.probed_version().await?,
        };
        if found.is_some() {
            self.mount.learn(found);
        }
        match self.mount.known() {
            Some(false) => Err(self.mount.unversioned()),
            _ => Ok(()),
        }
    }

    /// Returns `nothing` if an answer that there is nothing can be believed: that of a version 1
    /// mount says nothing about records of version 2.
    pub(super) async fn absent<T>(&self, nothing: T) -> Result<T, StorageError> {
        if !self.mount.is_versioned() {
            self.check_mount().await?;
        }
        Ok(nothing)
    }

    /// Warns of a version 1 mount at the start, as soon as Vault can be asked.
    pub(super) async fn warn_of_mount(&self) {
        let mut is_first = true;
        loop {
            let Err(fault) = self.check_mount().await else { return };
            let is_known = matches!(fault, StorageError::Unavailable(Reason::Unversioned, _));
            if is_known || is_first {
                tracing::warn!(backend = "vault", "cannot serve secrets: {fault}");
            }
            if is_known {
                return;
            }
            is_first = false;
            sleep(AGAIN).await;
        }
    }

    /// Returns the version that Vault itself reports; `None` if the policy hides it.
    async fn told_version(&self) -> Result<Option<bool>, StorageError> {
        let path = format!("sys/internal/ui/mounts/{}", self.mount.path);
        let token = self.tokens.get().await?;
        // A refusal must not replace the token, which has just served a request.
        let sent = self.http.send(Method::GET, &path, Some(&token.secret), None).await;
        let answer = sent.map_err(Lost::read)?;
        match answer.status {
            200..=299 => {}
            400 | 403 | 404 if answer.said().is_some() => return Ok(None),
            _ => return Err(answer.fault(false)),
        }
        let Ok(Told { data: ToldOf { r#type: kind, options } }) =
            serde_json::from_slice::<Told>(&answer.body)
        else {
            let why = "the response about the mount is not Vault's".to_string();
            return Err(StorageError::Unavailable(Reason::Failing, why));
        };
        if !matches!(kind.as_str(), "kv" | "generic") {
            return Err(StorageError::Denied(format!(
                "the mount {} in Vault has the type {kind}. Set vdk.vault.kvstore to a KV version 2 \
                 mount",
                self.mount.path
            )));
        }
        // A mount without a version is version 1.
        let version = options.and_then(|options| options.version);
        Ok(Some(version.as_deref() == Some("2")))
    }

    /// Returns the version that the answer to a write with a false condition shows. Version 2 rejects
    /// it. Version 1 stores it: at the path of a record of the service that was absent, where it
    /// replaces nothing, and shows the version to later reads.
    async fn probed_version(&self) -> Result<Option<bool>, StorageError> {
        let body = WriteBody::plain("{}").on(Expected::Version(NEVER_REACHED));
        let body: (&'static str, Bytes) = (JSON, body);
        let sent = self.send(Method::POST, &self.data(OWN_RECORD), Some(body)).await?;
        let answer = sent.map_err(Lost::read)?;
        Ok(match answer.status {
            200..=299 => Some(has_version(&answer)),
            400 if answer.is_conflict() => Some(true),
            400 | 403 | 404 | 405 if answer.said().is_some() => None,
            _ => return Err(answer.fault(false)),
        })
    }
}

fn has_version(answer: &Answer) -> bool {
    serde_json::from_slice::<Written>(&answer.body).is_ok()
}
