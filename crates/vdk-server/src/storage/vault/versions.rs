//! The list of a record's versions. It names every version that has a number, also those that cannot
//! be read any longer: the newest of the list is the current one.

use std::cmp::Reverse;

use vdk_api::{Author, Document, Kept, VERSIONS_KEPT, Version, VersionState, tell_versions};

use super::record::{Metadata, MetadataVersion, milliseconds};
use super::{Inner, author_notes};
use crate::storage::{Reason, StorageError};

impl Inner {
    pub(super) async fn versions(&self, record: &str) -> Result<Vec<Version>, StorageError> {
        let answer = self.get(&self.metadata(record)).await?;
        if answer.is_absence() {
            return self.absent(Vec::new()).await;
        }
        if !answer.is_success() {
            return Err(answer.fault(false));
        }
        let failing = |why: &str| StorageError::Unavailable(Reason::Failing, why.into());
        let found: Metadata = serde_json::from_slice(&answer.body)
            .map_err(|_| failing("the response is not metadata of a KV version 2 store"))?;
        let mut authors = found.data.custom_metadata.unwrap_or_default();
        let pending = author_notes::patch(&self.notes.pending(record));
        for (key, note) in pending["custom_metadata"].as_object().into_iter().flatten() {
            if let Some(note) = note.as_str() {
                authors.insert(key.clone(), note.into());
            }
        }
        let mut numbers: Vec<(u64, MetadataVersion)> = found
            .data
            .versions
            .into_iter()
            .filter_map(|(number, version)| Some((number.parse().ok()?, version)))
            .collect();
        numbers.sort_by_key(|(number, _)| *number);
        let shown = usize::try_from(VERSIONS_KEPT).unwrap_or(usize::MAX);
        let (mut kept, mut gone) = (Vec::new(), Vec::new());
        for (version, metadata) in numbers.split_off(numbers.len().saturating_sub(shown)) {
            let written_at = milliseconds(&metadata.created_time);
            let author = author_notes::author(&authors, version);
            match self.document(record, version, &metadata).await? {
                Ok(document) => kept.push(Kept { version, written_at, author, document }),
                Err(state) => gone.push(unreadable(version, written_at, author, state)),
            }
        }
        let mut versions = tell_versions(kept);
        versions.extend(gone);
        versions.sort_by_key(|version| Reverse(version.version));
        Ok(versions)
    }

    /// Reads the document of a version, or returns why it cannot be read.
    async fn document(
        &self,
        record: &str,
        version: u64,
        metadata: &MetadataVersion,
    ) -> Result<Result<Document, VersionState>, StorageError> {
        if metadata.destroyed {
            return Ok(Err(VersionState::Destroyed));
        }
        match self.read(record, Some(version)).await {
            Ok(stored) => Ok(Document::parse(&stored.json).map_err(|_| VersionState::Unreadable)),
            Err(StorageError::NoSuchVersion) => Ok(Err(VersionState::Deleted)),
            Err(StorageError::Unreadable { .. }) => Ok(Err(VersionState::Unreadable)),
            Err(fault) => Err(fault),
        }
    }
}

fn unreadable(version: u64, written_at: u64, author: Author, state: VersionState) -> Version {
    Version { state: Some(state), ..Version::new(version, written_at, author, None) }
}
