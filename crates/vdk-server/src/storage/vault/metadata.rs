//! The metadata of secrets, in a record beside theirs. Vault has no transaction over both: each write of
//! one of them is followed by a look at the other, so that of two writes at once at least one sees both.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use vdk_api::{Author, Document, Owner, metadata};

use super::record::{WriteBody, record};
use super::{Expected, Inner};
use crate::storage::StorageError;

/// Longest time for it: the write that it follows is stored.
const PATIENCE: Duration = Duration::from_secs(2);

impl Inner {
    /// Removes the metadata of keys that are not in the set, after a write by `author` to the set or to
    /// its metadata. If that fails, the next write does it, and readers do not see it until then.
    pub(super) async fn follow(self: &Arc<Self>, written: &Owner, author: &Author) {
        let set = match written.described() {
            Some(set) => set,
            None if written.is_job() => written.clone(),
            None => return,
        };
        let why = match timeout(PATIENCE, self.keep_only(&set, author)).await {
            Ok(Ok(())) => return,
            Ok(Err(fault)) => fault.to_string(),
            Err(_) => "no response in time".into(),
        };
        tracing::warn!(backend = "vault", "cannot check the metadata of the secrets: {why}");
    }

    async fn keep_only(self: &Arc<Self>, set: &Owner, author: &Author) -> Result<(), StorageError> {
        let (of_set, beside) = (record(set)?, record(&set.metadata())?);
        loop {
            let stored = self.read(&beside, None).await?;
            let Ok(mut document) = Document::parse(&stored.json) else { return Ok(()) };
            if document.is_empty() {
                return Ok(());
            }
            let now = self.read(&of_set, None).await?;
            let Ok(now) = Document::parse(&now.json) else { return Ok(()) };
            if !metadata::keep_only(&mut document, &now) {
                return Ok(());
            }
            let name = format!("{}/{}", set.team, set.job);
            let mut body = WriteBody::new(&name, &document.to_json());
            match self.write(&beside, &mut body, Expected::Version(stored.version)).await {
                Ok(version) => {
                    self.note_author(beside, version, author);
                    return Ok(());
                }
                Err(StorageError::Conflict { .. }) => {}
                Err(fault) => return Err(fault),
            }
        }
    }
}
