//! The author and operation of each version. The KV store has no field for them, so they go to the
//! custom metadata of the record, under `vdk-<last digit of the version>`.
//!
//! They are written a moment after the version, for several versions of one record at once, so that
//! writers do not wait. `history` of this service shows them at once, that of another a moment
//! later. They are lost if the service is killed in between. The audit log does not depend on them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use vdk_api::{Author, VERSIONS_KEPT};

/// Most bytes of an author and of an operation in JSON. Vault allows 512 bytes an entry; the rest of
/// a note has up to 57.
const WHO: usize = 320;
const OP_ID: usize = 130;

/// Authors that are not in Vault yet, by the path of the record.
#[derive(Default)]
pub struct Notes(Mutex<HashMap<String, BTreeMap<u64, Author>>>);

impl Notes {
    /// Adds an author. Returns true if no task writes this record's notes yet: the caller must.
    pub fn add(&self, record: &str, version: u64, author: Author) -> bool {
        let mut all = self.lock();
        let is_first = !all.contains_key(record);
        let of_record = all.entry(record.into()).or_default();
        of_record.insert(version, author);
        // Of many at once, only the last are still shown when they are written.
        if of_record.len() as u64 > VERSIONS_KEPT {
            of_record.pop_first();
        }
        is_first
    }

    /// Returns the authors of a record that must still be written. Keeps them until
    /// [`Notes::written`].
    pub fn pending(&self, record: &str) -> BTreeMap<u64, Author> {
        self.lock().get(record).cloned().unwrap_or_default()
    }

    /// Removes authors that are in Vault now. Returns true if others came meanwhile.
    pub fn written(&self, record: &str, written: &BTreeMap<u64, Author>) -> bool {
        let mut all = self.lock();
        let Some(left) = all.get_mut(record) else { return false };
        left.retain(|version, _| !written.contains_key(version));
        if left.is_empty() {
            all.remove(record);
            return false;
        }
        true
    }

    /// Returns whether all authors are written.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, BTreeMap<u64, Author>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the JSON merge patch (RFC 7396) that adds `authors` to the custom metadata.
pub fn patch(authors: &BTreeMap<u64, Author>) -> Value {
    let mut change = Map::new();
    for (version, author) in authors {
        let note = Note {
            version: *version,
            who: short(&author.who, WHO),
            op_id: short(&author.op_id, OP_ID),
        };
        change.insert(key(*version), serde_json::to_string(&note).unwrap_or_default().into());
    }
    json!({"custom_metadata": change})
}

/// Returns the start of a text that has at most `bytes` in JSON.
fn short(text: &str, bytes: usize) -> String {
    let mut left = bytes;
    let fits = |character: &char| {
        let escaped = serde_json::to_string(character).map_or(usize::MAX, |json| json.len() - 2);
        left.checked_sub(escaped).map(|now| left = now).is_some()
    };
    text.chars().take_while(fits).collect()
}

/// Returns the custom metadata with `change` in it, for a Vault that accepts only the whole.
pub fn merged(now: &BTreeMap<String, String>, change: &Value) -> Value {
    let mut all: BTreeMap<String, Value> =
        now.iter().map(|(key, value)| (key.clone(), Value::from(value.clone()))).collect();
    for (key, value) in change["custom_metadata"].as_object().into_iter().flatten() {
        all.insert(key.clone(), value.clone());
    }
    json!({"custom_metadata": all})
}

/// Returns the author of a version in the custom metadata.
pub fn author(metadata: &BTreeMap<String, String>, version: u64) -> Author {
    let note = metadata.get(&key(version)).and_then(|note| serde_json::from_str::<Note>(note).ok());
    let note = note.filter(|note| note.version == version);
    note.map(|note| Author { who: note.who, op_id: note.op_id }).unwrap_or_default()
}

/// An entry of the custom metadata.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Note {
    version: u64,
    who: String,
    op_id: String,
}

/// Reuses entries: there are never more of them than versions that the history shows.
fn key(version: u64) -> String {
    format!("vdk-{}", version % VERSIONS_KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_every_note_into_an_entry() {
        for (who, op_id) in
            [("😀".repeat(120), "\"".repeat(64)), ("\u{1}".repeat(400), "é".repeat(99))]
        {
            let author = Author { who, op_id };
            let change = patch(&BTreeMap::from([(u64::MAX, author.clone())]));
            let entry = change["custom_metadata"][key(u64::MAX)].as_str().unwrap();
            assert!(entry.len() <= 512, "{} bytes", entry.len());
            let note: Note = serde_json::from_str(entry).unwrap();
            assert!(author.who.starts_with(&note.who) && author.op_id.starts_with(&note.op_id));
            assert!(note.who.chars().count() >= 50 && note.op_id.chars().count() >= 64);
        }
    }

    #[test]
    fn keeps_notes_by_version_and_drops_old_ones() {
        let notes = Notes::default();
        let author = |who: &str| Author { who: who.into(), op_id: "o".into() };
        assert!(notes.add("t/j", 40, author("ana")));
        assert!(!notes.add("t/j", 41, author("bob")));
        assert!(notes.add("t/k", 1, author("eve")));
        let pending = notes.pending("t/j");
        let change = patch(&pending);
        let own = BTreeMap::from([("vdk-1".into(), "old".into()), ("team".into(), "x".into())]);
        let all = merged(&own, &change);
        let metadata: BTreeMap<String, String> =
            serde_json::from_value(all["custom_metadata"].clone()).unwrap();
        assert_eq!(metadata.keys().collect::<Vec<_>>(), ["team", "vdk-0", "vdk-1"]);
        assert_eq!(super::author(&metadata, 41), author("bob"));
        assert_eq!(super::author(&metadata, 31), Author::default(), "its place was taken");
        notes.add("t/j", 42, author("ana"));
        assert!(notes.written("t/j", &pending));
        assert!(!notes.written("t/j", &notes.pending("t/j")));
        assert_eq!(notes.pending("t/k").len(), 1);
    }
}
