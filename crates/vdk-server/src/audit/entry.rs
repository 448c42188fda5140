//! One line of the audit log: what it holds, and its text.

use std::time::SystemTime;

use serde::Serialize;

/// The record of a request, completed while the request runs.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The time of the request: RFC 3339, UTC.
    pub time: String,
    /// The id of the operation.
    pub op_id: String,
    /// The client: a user, a service account, or `anonymous`.
    pub who: String,
    /// The address that the request came from.
    pub from: String,
    /// The origin of the request according to a proxy. A client can forge it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarded_for: Option<String>,
    /// The method of the request.
    pub method: String,
    /// The requested operation: collection and verb, or `none`.
    pub operation: &'static str,
    /// The team, if the request names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The job, if the request names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// The grantee whose access was granted or revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grantee: Option<String>,
    /// The role that was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The names of the keys that were read or written, or their HMACs: a JSON array.
    #[serde(skip)]
    pub keys: Option<String>,
    /// The number of keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_count: Option<usize>,
    /// The version that was read or written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The status of the response.
    pub status: u16,
    /// The number of requests, if the line sums up those of an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The address under which the request is counted, if its client did not identify itself.
    #[serde(skip)]
    pub stranger: Option<String>,
}

impl Entry {
    /// Returns the line as a JSON object that no reader and no terminal misunderstands.
    pub fn json(&self) -> Vec<u8> {
        // Serializing strings and numbers to memory does not fail.
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        if let Some(keys) = &self.keys {
            line.pop();
            line.extend_from_slice(b",\"keys\":");
            line.extend_from_slice(keys.as_bytes());
            line.push(b'}');
        }
        harmless(line)
    }

    /// Returns about how many bytes the line has.
    pub fn size(&self) -> usize {
        const OTHERS: usize = 512;
        OTHERS + self.keys.as_ref().map_or(0, String::len)
    }
}

/// Escapes the characters of a JSON line that end a line for some readers, act on a terminal, or
/// reorder text. JSON allows them unescaped.
pub fn harmless(line: Vec<u8>) -> Vec<u8> {
    match std::str::from_utf8(&line) {
        Ok(text) if !text.is_ascii() || text.contains('\u{7f}') => {
            let mut escaped = String::with_capacity(text.len() + 16);
            for c in text.chars() {
                if vdk_api::is_harmful(c) {
                    let units = &mut [0; 2];
                    c.encode_utf16(units).iter().for_each(|unit| {
                        escaped.push_str(&format!("\\u{unit:04x}"));
                    });
                } else {
                    escaped.push(c);
                }
            }
            escaped.into_bytes()
        }
        _ => line,
    }
}

/// Returns the current time as an entry holds it.
pub fn now() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}
