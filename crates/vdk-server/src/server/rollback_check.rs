//! Detection of a storage that is older than the audit log: after a backup was restored, or an
//! older copy took its place, it assigns versions again that clients have already seen.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::sleep;
use vdk_api::{Collection, Name, Owner};

use crate::audit::tail;
use crate::http::Service;
use crate::storage::{Backend, Bounded, StorageError};

/// Bytes at the end of the log that are compared.
const LOOKED_AT: u64 = 256 * 1024;
/// Interval of retries while a storage is unavailable.
const AWAY: Duration = Duration::from_secs(10);
/// Most documents that the warning names.
const NAMED: usize = 3;

/// The part of a log line that concerns a document.
#[derive(Deserialize)]
struct Line {
    operation: String,
    team: Option<String>,
    job: Option<String>,
    version: Option<u64>,
    status: u16,
}

type Versions = HashMap<(Collection, Owner), u64>;

/// Compares the storage with the end of the audit log, and warns if it is older.
pub async fn compare(service: Arc<Service>) {
    let Some(path) = service.audit.file().map(Path::to_path_buf) else { return };
    let told = tokio::task::spawn_blocking(move || last_versions(&path));
    let told = match told.await {
        Ok(Ok(told)) => told,
        Ok(Err(error)) => {
            tracing::warn!(%error, "cannot compare the audit log with the storage");
            return;
        }
        Err(_) => return,
    };
    let (secrets, properties): (Vec<_>, Vec<_>) =
        told.into_iter().partition(|((collection, _), _)| *collection == Collection::Secrets);
    tokio::join!(
        warn(service.secrets.as_ref(), secrets),
        warn(Some(&service.properties), properties)
    );
}

async fn warn(backend: Option<&Arc<Bounded>>, told: Vec<((Collection, Owner), u64)>) {
    let Some(backend) = backend else { return };
    let mut older = Vec::new();
    for ((collection, owner), version) in told {
        let stored = loop {
            match StorageError::version_of(backend.read(&owner).await) {
                Ok(version) => break Some(version),
                Err(StorageError::Unavailable(..)) => sleep(AWAY).await,
                // A client that reads it gets the error.
                Err(_) => break None,
            }
        };
        if let Some(stored) = stored.filter(|stored| *stored < version) {
            older.push(format!(
                "the {collection} of job '{}' (team '{}') are at version {stored}, but were at {version}",
                owner.job, owner.team
            ));
        }
    }
    if older.is_empty() {
        return;
    }
    let (count, named) = (older.len(), older[..older.len().min(NAMED)].join("; "));
    tracing::warn!(
        count,
        "the storage is older than the audit log: {named}. Was a backup restored, or is it another \
         storage? Later writes are lost, and their version numbers will be used again"
    );
}

/// Returns the highest versions of documents in the end of the log.
fn last_versions(path: &Path) -> io::Result<Versions> {
    let mut versions = Versions::new();
    for line in tail(path, LOOKED_AT)?.split(|byte| *byte == b'\n') {
        let Ok(line) = serde_json::from_slice::<Line>(line) else { continue };
        if let Some((document, version)) = document(&line) {
            let highest = versions.entry(document).or_default();
            *highest = version.max(*highest);
        }
    }
    Ok(versions)
}

/// Returns the document and the version that a line proves.
fn document(line: &Line) -> Option<((Collection, Owner), u64)> {
    let collection = [Collection::Secrets, Collection::Properties]
        .into_iter()
        .find(|collection| line.operation.split('.').next() == Some(collection.as_str()))?;
    let name = |name: &Option<String>| Name::new(name.as_deref()?).ok();
    let owner = Owner { team: name(&line.team)?, job: name(&line.job)? };
    let version = line.version.filter(|_| (200..300).contains(&line.status))?;
    Some(((collection, owner), version))
}
