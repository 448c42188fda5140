//! Writes of the authors of a record's versions to its custom metadata, after the versions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use tokio::time::sleep;
use vdk_api::Author;

use super::client::Lost;
use super::record::Metadata;
use super::{Inner, JSON, author_notes};
use crate::storage::StorageError;

const MERGE_PATCH: &str = "application/merge-patch+json";
/// Time for which authors are collected before they are written.
const GATHER: Duration = Duration::from_millis(500);

impl Inner {
    /// Notes the author of a version, to be written in a moment.
    pub(super) fn note_author(self: &Arc<Self>, record: String, version: u64, author: &Author) {
        if self.notes.add(&record, version, author.clone()) {
            let inner = self.clone();
            tokio::spawn(async move { inner.write_notes(&record).await });
        }
    }

    /// Writes the authors of a record until none are left.
    async fn write_notes(&self, record: &str) {
        loop {
            sleep(GATHER).await;
            let authors = self.notes.pending(record);
            if let Err(fault) = self.write_authors(record, &authors).await {
                tracing::warn!(backend = "vault", "cannot store the authors of {record}: {fault}");
            }
            if !self.notes.written(record, &authors) {
                return;
            }
        }
    }

    async fn write_authors(
        &self,
        record: &str,
        authors: &BTreeMap<u64, Author>,
    ) -> Result<(), StorageError> {
        let _turn = self.note_writes.acquire().await;
        let path = self.metadata(record);
        let change = author_notes::patch(authors);
        if !self.no_patch.load(Ordering::Relaxed) {
            let text = Bytes::from(change.to_string());
            let sent = self.send(Method::PATCH, &path, Some((MERGE_PATCH, text))).await?;
            let answer = sent.map_err(Lost::read)?;
            match answer.status {
                200..=299 => return Ok(()),
                // A policy without the right to patch may have the right to update.
                403 | 405 => self.no_patch.store(true, Ordering::Relaxed),
                _ => return Err(answer.fault(false)),
            }
        }
        let found = self.get(&path).await?;
        let found: Metadata =
            serde_json::from_slice(&found.body).map_err(|_| found.fault(false))?;
        let now = found.data.custom_metadata.unwrap_or_default();
        let text = Bytes::from(author_notes::merged(&now, &change).to_string());
        let sent = self.send(Method::POST, &path, Some((JSON, text))).await?;
        let answer = sent.map_err(Lost::read)?;
        if answer.is_success() { Ok(()) } else { Err(answer.fault(false)) }
    }
}
