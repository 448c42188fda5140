//! The records of the KV version 2 store: their paths, and what is written to and read from them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde::Deserialize;
use vdk_api::json::quote;
use vdk_api::{Owner, encode_segment};
use zeroize::Zeroizing;

use crate::backend::{Expected, Fault};

/// The answer to a read of a record.
#[derive(Deserialize)]
pub struct Read<'a> {
    #[serde(borrow)]
    pub data: Option<ReadData<'a>>,
}

/// What is in it: the data of the version that was asked for, and which one it is.
#[derive(Deserialize)]
pub struct ReadData<'a> {
    #[serde(borrow)]
    pub data: Option<&'a serde_json::value::RawValue>,
    pub metadata: Option<RecordVersion>,
}

/// The data, as the original writes it.
#[derive(Deserialize)]
pub struct Record {
    #[serde(rename = "secretsJson")]
    pub secrets_json: Option<String>,
}

/// Which version.
#[derive(Deserialize)]
pub struct RecordVersion {
    pub version: u64,
}

/// The answer to a write.
#[derive(Deserialize)]
pub struct Written {
    pub data: RecordVersion,
}

/// The answer to a list of a folder.
#[derive(Deserialize)]
pub struct Names {
    pub data: NamesOf,
}

/// The names in it; those of folders end in a slash.
#[derive(Deserialize)]
pub struct NamesOf {
    pub keys: Vec<String>,
}

/// The answer to a read of a record's metadata.
#[derive(Deserialize)]
pub struct Metadata {
    pub data: MetadataOf,
}

/// Its versions, and what was noted beside them.
#[derive(Deserialize)]
pub struct MetadataOf {
    #[serde(default)]
    pub custom_metadata: Option<BTreeMap<String, String>>,
    pub versions: BTreeMap<String, MetadataVersion>,
}

/// What Vault knows of a version.
#[derive(Deserialize)]
pub struct MetadataVersion {
    pub created_time: String,
}

/// The record of a job, below `data/` and `metadata/`.
pub fn record(owner: &Owner) -> Result<String, Fault> {
    let segment = |name: &str| {
        // Vault cuts white space off the end of a path: it would be another job's.
        if name.trim() == name {
            Ok(encode_segment(name))
        } else {
            Err(Fault::Name("Vault has no place for a name with white space at its end."))
        }
    };
    Ok(format!("{}/{}", segment(owner.team.as_str())?, segment(owner.job.as_str())?))
}

/// The body of a write: the data, as the original has it, and the condition, which can be set anew.
pub struct WriteBody {
    text: Arc<Zeroizing<String>>,
    /// Bytes of the data; what follows is the condition.
    data: usize,
}

/// Bytes that the condition takes at most.
const CONDITION: usize = 64;

impl WriteBody {
    /// The body for the document of the job `name`.
    pub fn new(name: &str, json: &str) -> Self {
        // A JSON text has no control characters but those between its tokens, and none in ours.
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

    /// The body for a team's credentials: the members themselves.
    pub fn plain(json: &str) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(json.len() + CONDITION + 16));
        text.push_str("{\"data\":");
        text.push_str(json);
        WriteBody { data: text.len(), text: Arc::new(text) }
    }

    /// The bytes to send for a write on the condition `expected`. They are copied only if a request
    /// before still holds them.
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

/// A text as bytes.
struct Shared(Arc<Zeroizing<String>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// A small body that holds a secret, as bytes that are zeroed in the end.
pub fn bytes(text: Zeroizing<String>) -> Bytes {
    Bytes::from_owner(Shared(Arc::new(text)))
}

/// Whether a record holds a team's credentials.
pub fn is_plain(record: &str) -> bool {
    record.rsplit('/').next() == Some(vdk_api::RESERVED_JOB)
}

/// A time of Vault (RFC 3339) in milliseconds since 1970.
pub fn milliseconds(time: &str) -> u64 {
    let time = humantime::parse_rfc3339(time).unwrap_or(SystemTime::UNIX_EPOCH);
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(0)
}
