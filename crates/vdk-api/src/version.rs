//! The versions of a job's key/values: their author, time and changed keys, never a value.

use std::collections::HashMap;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::Document;

/// The precondition of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Any version, or none.
    Any,
    /// Exactly this version; 0 for a document that was never written.
    Version(u64),
}

/// The author of a version, and the operation that wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The user or service account; empty if unknown.
    pub who: String,
    /// The id of the operation (`X-OPID`); empty if unknown.
    pub op_id: String,
}

/// One version of a job's key/values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Version {
    /// The version's number, counted from 1.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 9_223_372_036_854_775_807_i64))]
    pub version: u64,
    /// The time of the write: RFC 3339, UTC, to the millisecond.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    pub written_at: String,
    /// The author; null if unknown.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub who: Option<String>,
    /// The id of the operation (`X-OPID`) that wrote it; null if unknown.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub op_id: Option<String>,
    /// The keys it changed; null if the version before it is no longer kept.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub changes: Option<Changes>,
    /// The reason why it cannot be read; absent if it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<VersionState>,
}

/// The reason why a version that has a number cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum VersionState {
    /// It was deleted in the storage, where it can be restored.
    Deleted,
    /// It was deleted in the storage for good.
    Destroyed,
    /// Another program wrote it, and it is not a set of keys and values.
    #[serde(other)]
    Unreadable,
}

impl VersionState {
    /// Returns the name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            VersionState::Deleted => "deleted",
            VersionState::Destroyed => "destroyed",
            VersionState::Unreadable => "unreadable",
        }
    }
}

/// The versions of a job's key/values that are still kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Versions {
    /// The versions, newest first.
    pub versions: Vec<Version>,
}

/// The keys in which two documents differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Changes {
    /// Keys that are new.
    pub added: Vec<String>,
    /// Keys that have another value.
    pub changed: Vec<String>,
    /// Keys that were removed.
    pub removed: Vec<String>,
}

impl Changes {
    /// Returns whether `key` is among them.
    pub fn has(&self, key: &str) -> bool {
        let mut all = self.added.iter().chain(&self.changed).chain(&self.removed);
        all.any(|changed| changed == key)
    }

    /// Returns the keys in which `after` differs from `before`. Values are compared as text.
    pub fn between(before: &Document, after: &Document) -> Self {
        let old: HashMap<_, _> = before.iter().map(|(key, value)| (key, value.expose())).collect();
        let mut changes = Changes::default();
        for (key, value) in after.iter() {
            match old.get(key) {
                None => changes.added.push(key.into()),
                Some(old) if *old != value.expose() => changes.changed.push(key.into()),
                Some(_) => {}
            }
        }
        let gone = before.keys().filter(|key| after.get(key).is_none());
        changes.removed = gone.map(String::from).collect();
        changes
    }
}

/// A version as a storage engine keeps it.
#[derive(Debug)]
pub struct Kept {
    /// The version's number, counted from 1.
    pub version: u64,
    /// The time of the write, in milliseconds since 1970 (UTC).
    pub written_at: u64,
    /// The author of the version.
    pub author: Author,
    /// The keys and values.
    pub document: Document,
}

/// Converts kept versions, oldest first, to those of the API, newest first. The changes of a
/// version are known only if the one before it is kept too.
pub fn tell_versions(kept: impl IntoIterator<Item = Kept>) -> Vec<Version> {
    let mut versions = Vec::new();
    // Before the first version, there is no key.
    let mut before = (0, Document::default());
    for Kept { version, written_at, author, document } in kept {
        let changes = (before.0 + 1 == version).then(|| Changes::between(&before.1, &document));
        versions.push(Version::new(version, written_at, author, changes));
        before = (version, document);
    }
    versions.reverse();
    versions
}

impl Version {
    /// Makes a version that was written at `milliseconds` since 1970 (UTC).
    pub fn new(version: u64, milliseconds: u64, author: Author, changes: Option<Changes>) -> Self {
        let known = |text: String| Some(text).filter(|text| !text.is_empty());
        Version {
            version,
            written_at: timestamp(milliseconds),
            who: known(author.who),
            op_id: known(author.op_id),
            changes,
            state: None,
        }
    }
}

/// Returns a time in milliseconds since 1970 (UTC) as RFC 3339 has it.
pub fn timestamp(milliseconds: u64) -> String {
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(milliseconds)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_changed_keys_in_order_without_values() {
        let parse = |text| Document::parse(text).unwrap();
        let before = parse(r#"{"same":1,"other":"old","gone":null,"bye":0}"#);
        let after = parse(r#"{"new":"geheim","other":"neu","same":1}"#);
        let changes = Changes::between(&before, &after);
        assert_eq!(
            serde_json::to_string(&changes).unwrap(),
            r#"{"added":["new"],"changed":["other"],"removed":["gone","bye"]}"#
        );
    }

    #[test]
    fn lists_changes_only_when_the_previous_version_is_known() {
        let kept = |version: u64| {
            let document = Document::parse(&format!("{{\"n\":{version}}}")).unwrap();
            Kept { version, written_at: 0, author: Author::default(), document }
        };
        let listed = |versions: &[u64]| -> Vec<(u64, bool)> {
            let versions = tell_versions(versions.iter().map(|version| kept(*version)));
            versions.iter().map(|version| (version.version, version.changes.is_some())).collect()
        };
        assert_eq!(listed(&[1, 2]), [(2, true), (1, true)]);
        assert_eq!(listed(&[4, 5, 7]), [(7, false), (5, true), (4, false)]);
        assert_eq!(listed(&[]), []);
    }

    #[test]
    fn serializes_a_version_as_the_api_defines_it() {
        let author = Author { who: "ana".into(), op_id: String::new() };
        let version = Version::new(3, 1_700_000_000_123, author, None);
        let sent = r#"{"version":3,"writtenAt":"2023-11-14T22:13:20.123Z","who":"ana","opId":null,"changes":null}"#;
        assert_eq!(serde_json::to_string(&version).unwrap(), sent);
        let deleted = Version { state: Some(VersionState::Deleted), ..version };
        let with = |state: &str| sent.replace('}', &format!(",\"state\":\"{state}\"}}"));
        assert_eq!(serde_json::to_string(&deleted).unwrap(), with("deleted"));
        // A newer service may know other reasons.
        let parsed: Version = serde_json::from_str(&with("archived")).unwrap();
        assert_eq!(parsed.state, Some(VersionState::Unreadable));
    }
}
