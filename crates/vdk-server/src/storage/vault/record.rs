//! The records of the KV version 2 store: their paths, and the bodies of requests and responses.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde::Deserialize;
use vdk_api::json::quote;
use vdk_api::{METADATA_FOLDER, Owner, encode_segment};
use zeroize::Zeroizing;

use crate::storage::{Expected, StorageError};

/// The response to a read of a record.
#[derive(Deserialize)]
pub struct Read<'a> {
    #[serde(borrow)]
    pub data: Option<ReadData<'a>>,
}

/// The data of the requested version, and its number.
#[derive(Deserialize)]
pub struct ReadData<'a> {
    #[serde(borrow)]
    pub data: Option<&'a serde_json::value::RawValue>,
    pub metadata: Option<RecordVersion>,
}

/// The data in the original service's format.
#[derive(Deserialize)]
pub struct Record {
    #[serde(rename = "secretsJson")]
    pub secrets_json: Option<String>,
}

/// The number of a version.
#[derive(Deserialize)]
pub struct RecordVersion {
    pub version: u64,
}

/// The response to a write.
#[derive(Deserialize)]
pub struct Written {
    pub data: RecordVersion,
}

/// The response to a list of a folder.
#[derive(Deserialize)]
pub struct Names {
    pub data: NamesOf,
}

/// The names in a folder; those of folders end in a slash.
#[derive(Deserialize)]
pub struct NamesOf {
    pub keys: Vec<String>,
}

/// The response to a read of a record's metadata.
#[derive(Deserialize)]
pub struct Metadata {
    pub data: MetadataOf,
}

/// The versions of a record, and its custom metadata.
#[derive(Deserialize)]
pub struct MetadataOf {
    #[serde(default)]
    pub custom_metadata: Option<BTreeMap<String, String>>,
    pub versions: BTreeMap<String, MetadataVersion>,
}

/// Vault's metadata of a version.
#[derive(Deserialize)]
pub struct MetadataVersion {
    pub created_time: String,
    /// True if its data was deleted for good.
    #[serde(default)]
    pub destroyed: bool,
}

/// Returns the path of a job's record, below `data/` and `metadata/`.
pub fn record(owner: &Owner) -> Result<String, StorageError> {
    let segment = |name: &str| {
        // Vault trims white space at the end of a path, which is then another job's.
        if name.trim() == name {
            Ok(encode_segment(name))
        } else {
            Err(StorageError::Name(
                "Vault cannot store a name that begins or ends with white space.",
            ))
        }
    };
    let team = segment(owner.team.as_str())?;
    match owner.described() {
        Some(of) => Ok(format!("{team}/{METADATA_FOLDER}/{}", segment(of.job.as_str())?)),
        None => Ok(format!("{team}/{}", segment(owner.job.as_str())?)),
    }
}

/// The body of a write: the data in the original's format, and a replaceable precondition.
pub struct WriteBody {
    text: Arc<Zeroizing<String>>,
    /// Bytes of the data, which the precondition follows.
    data: usize,
}

/// Most bytes of the precondition.
const CONDITION: usize = 64;

impl WriteBody {
    /// Makes the body for the document of the job `name`.
    pub fn new(name: &str, json: &str) -> Self {
        // JSON text has control characters only between its tokens, and ours has none there.
        let escaped = json.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
        let room = json.len() + escaped + 2 * name.len() + CONDITION + 64;
        let mut text = Zeroizing::new(String::with_capacity(room));
        text.push_str("{\"data\":{\"jobName\":");
        quote(name, &mut text);
        text.push_str(",\"secretsJson\":");
        quote(json, &mut text);
        text.push('}');
        WriteBody { data: text.len(), text: Arc::new(text) }
    }

    /// Makes the body for a team's credentials, whose members are the data.
    pub fn plain(json: &str) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(json.len() + CONDITION + 16));
        text.push_str("{\"data\":");
        text.push_str(json);
        WriteBody { data: text.len(), text: Arc::new(text) }
    }

    /// Returns the bytes of a write with the precondition `expected`. Copies them only if an
    /// earlier request still holds them.
    pub fn on(&mut self, expected: Expected) -> Bytes {
        let text = Arc::make_mut(&mut self.text);
        text.truncate(self.data);
        if let Expected::Version(version) = expected {
            text.push_str(&format!(",\"options\":{{\"cas\":{version}}}"));
        }
        text.push('}');
        Bytes::from_owner(Shared(self.text.clone()))
    }
}

/// A text, seen as bytes.
struct Shared(Arc<Zeroizing<String>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Converts a small body that holds a secret to bytes that are zeroed when dropped.
pub fn bytes(text: Zeroizing<String>) -> Bytes {
    Bytes::from_owner(Shared(Arc::new(text)))
}

/// Returns whether a record holds a team's credentials.
pub fn is_plain(record: &str) -> bool {
    record.rsplit('/').next() == Some(vdk_api::RESERVED_JOB)
}

/// Converts a time of Vault (RFC 3339) to milliseconds since 1970.
pub fn milliseconds(time: &str) -> u64 {
    let time = humantime::parse_rfc3339(time).unwrap_or(SystemTime::UNIX_EPOCH);
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(0)
}
