//! Documents: their versions, and the heads that name the current ones.

pub(crate) mod heads;
pub(crate) mod insert;
pub(crate) mod metadata;
pub(crate) mod sealed;
pub(crate) mod slot;
pub(crate) mod versions;

use vdk_api::{Author, Document};
use zeroize::Zeroizing;

use crate::error::StoreError;

/// A document as it was read.
#[derive(Debug)]
pub struct Stored {
    /// The keys and values; empty if the document was never written.
    pub document: Document,
    /// The version, counted from 1; 0 if the document was never written.
    pub version: u64,
}

/// A document as it was read, still text.
#[derive(Debug, Default)]
pub struct StoredText {
    /// One JSON object; `{}` if the document was never written.
    pub json: Zeroizing<String>,
    /// The version, counted from 1; 0 if the document was never written.
    pub version: u64,
    /// The author of the version.
    pub author: Author,
    /// The time of the write, in milliseconds since 1970 (UTC).
    pub written_at: u64,
}

/// Parses a document that was read.
pub(crate) fn parsed(text: StoredText) -> Result<Stored, StoreError> {
    let document = Document::parse(&text.json)
        .map_err(|_| StoreError::Damaged("it is not a valid document"))?;
    Ok(Stored { document, version: text.version })
}
