//! A change to a job's key/values. It applies to any document and has no side effects, so that it
//! can be reapplied to another writer's result.

mod apply;
mod coerce;
#[cfg(test)]
mod proptests;

use std::collections::HashSet;

use crate::suggest::nearest;
pub use apply::{Done, edit_failure, write};
pub use coerce::{Mismatch, convert as coerce};
use secrecy::{ExposeSecret, SecretString};
use vdk_api::{Document, JsonText, Kind};

/// The change that one command makes, whichever flags it came from.
#[derive(Debug)]
pub enum Change {
    /// Sets some keys, deletes some, and keeps all others.
    Patch {
        /// Keys and new values; of two equal keys the last one wins.
        sets: Vec<(String, NewValue)>,
        /// Keys to remove, without duplicates.
        deletes: Vec<String>,
    },
    /// Removes everything.
    Clear,
    /// Replaces everything.
    Replace(Document),
    /// Takes in the keys of a file.
    Import {
        /// Keys and new values, each key once.
        sets: Vec<(String, NewValue)>,
        /// What happens to keys that have another value already.
        existing: Existing,
        /// True to remove all keys that are not among `sets`.
        replace: bool,
    },
}

/// What an import does with a key that has another value already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// The whole import fails.
    Refuse,
    /// The stored value stays.
    Keep,
    /// The new value replaces it.
    Overwrite,
}

/// A value as the user gave it.
#[derive(Clone, Debug)]
pub enum NewValue {
    /// Text, which takes the type of the stored value.
    Text(SecretString),
    /// A JSON value, stored as it is.
    Json(JsonText),
}

/// The reason why an edit cannot be applied.
#[derive(Debug, PartialEq, Eq)]
pub enum ChangeError {
    /// Keys to delete that do not exist.
    Missing {
        /// The keys.
        keys: Vec<String>,
        /// An existing key that may have been meant.
        meant: Option<String>,
    },
    /// Values that do not fit the type that is stored under their keys.
    Types(Vec<(String, Mismatch)>),
    /// Keys that have another value already.
    Exists(Vec<String>),
    /// A key that occurs twice in the stored document: writing it back would lose one value.
    Duplicate(String),
}

/// An applied edit: the new document and its differences.
#[derive(Debug)]
pub struct Applied {
    /// The document to write.
    pub after: Document,
    before: Document,
    sets: HashSet<String>,
}

/// The effect of a write on a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyChange {
    /// The key is new.
    Added,
    /// Its value differs.
    Changed,
    /// Its value is unchanged.
    Kept,
    /// The key is gone.
    Removed,
}

impl KeyChange {
    /// Returns the name in messages and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyChange::Added => "added",
            KeyChange::Changed => "changed",
            KeyChange::Kept => "kept",
            KeyChange::Removed => "removed",
        }
    }
}

impl Change {
    /// Sets one key to a text, which takes the type of the stored value.
    pub fn set(key: impl Into<String>, text: impl Into<SecretString>) -> Self {
        let sets = vec![(key.into(), NewValue::Text(text.into()))];
        Change::Patch { sets, deletes: Vec::new() }
    }

    /// Deletes one key.
    pub fn delete(key: impl Into<String>) -> Self {
        Change::Patch { sets: Vec::new(), deletes: vec![key.into()] }
    }

    /// Returns the keys that get a value, with its kind if the stored value does not decide it.
    pub fn sets(&self) -> Vec<(&str, Option<Kind>)> {
        match self {
            Change::Clear => Vec::new(),
            Change::Replace(document) => {
                document.iter().map(|(key, value)| (key, Some(value.kind()))).collect()
            }
            Change::Patch { sets, .. } | Change::Import { sets, .. } => {
                sets.iter().map(|(key, value)| (key.as_str(), value.kind())).collect()
            }
        }
    }

    /// Returns whether keys that it does not name are removed.
    pub fn is_of_all(&self) -> bool {
        match self {
            Change::Clear | Change::Replace(_) => true,
            Change::Patch { .. } => false,
            Change::Import { replace, .. } => *replace,
        }
    }

    /// Applies the edit to `before`. `again`: an earlier try may have been stored, so keys to
    /// delete may be gone.
    pub fn apply(&self, before: &Document, again: bool) -> Result<Applied, ChangeError> {
        let (after, sets) = match self {
            Change::Clear => (Document::default(), HashSet::new()),
            Change::Replace(document) => {
                (document.clone(), document.keys().map(String::from).collect())
            }
            Change::Patch { sets, deletes } => {
                let after = patch(before, sets, deletes, again)?;
                (after, sets.iter().map(|(key, _)| key.clone()).collect())
            }
            Change::Import { sets, existing, replace } => {
                import(before, sets, *existing, *replace)?
            }
        };
        Ok(Applied { after, before: before.clone(), sets })
    }
}

fn patch(
    before: &Document,
    sets: &[(String, NewValue)],
    deletes: &[String],
    again: bool,
) -> Result<Document, ChangeError> {
    let (mut after, mut mismatches) = (kept(before)?, Vec::new());
    for (key, value) in sets {
        match value.for_stored(before.get(key)) {
            Ok(json) => after.set(key.as_str(), json),
            Err(mismatch) => mismatches.push((key.clone(), mismatch)),
        }
    }
    if !mismatches.is_empty() {
        return Err(ChangeError::Types(mismatches));
    }
    let missing: Vec<_> = deletes.iter().filter(|key| before.get(key).is_none()).cloned().collect();
    if !missing.is_empty() && !again {
        let meant = missing.iter().find_map(|key| nearest(key, before.keys()));
        let meant = meant.map(String::from);
        return Err(ChangeError::Missing { keys: missing, meant });
    }
    let gone: HashSet<&str> = deletes.iter().map(String::as_str).collect();
    after.remove_all(|key| gone.contains(key));
    Ok(after)
}

/// Returns a document to change. One with a key twice would lose a value.
fn kept(before: &Document) -> Result<Document, ChangeError> {
    match before.duplicate() {
        Some(key) => Err(ChangeError::Duplicate(key.into())),
        None => Ok(before.clone()),
    }
}

/// Returns the new document, and the keys that are set.
fn import(
    before: &Document,
    sets: &[(String, NewValue)],
    existing: Existing,
    replace: bool,
) -> Result<(Document, HashSet<String>), ChangeError> {
    let mut after = if replace { Document::default() } else { kept(before)? };
    let (mut set, mut exists, mut mismatches) = (HashSet::new(), Vec::new(), Vec::new());
    for (key, value) in sets {
        let stored = before.get(key);
        if let (Some(stored), Existing::Keep) = (stored, existing) {
            after.set(key.as_str(), stored.clone());
            continue;
        }
        match value.for_stored(stored) {
            Err(mismatch) => mismatches.push((key.clone(), mismatch)),
            Ok(json)
                if existing == Existing::Refuse
                    && stored.is_some_and(|old| !old.is_exactly(&json)) =>
            {
                exists.push(key.clone());
            }
            Ok(json) => {
                after.set(key.as_str(), json);
                set.insert(key.clone());
            }
        }
    }
    if !mismatches.is_empty() {
        return Err(ChangeError::Types(mismatches));
    }
    if exists.is_empty() { Ok((after, set)) } else { Err(ChangeError::Exists(exists)) }
}

impl NewValue {
    /// Returns the kind, if the stored value does not decide it.
    fn kind(&self) -> Option<Kind> {
        match self {
            NewValue::Text(_) => None,
            NewValue::Json(json) => Some(json.kind()),
        }
    }

    /// Returns the value to store in place of `stored`.
    fn for_stored(&self, stored: Option<&JsonText>) -> Result<JsonText, Mismatch> {
        match self {
            NewValue::Json(json) => Ok(json.clone()),
            NewValue::Text(text) => coerce(stored, text.expose_secret()),
        }
    }
}

impl Applied {
    /// Returns each key and its effect, in the new document's order, removed keys last.
    pub fn key_changes(&self) -> impl Iterator<Item = (&str, KeyChange)> {
        let written = self.after.iter().map(|(key, value)| {
            let key_change = match self.before.get(key) {
                None => KeyChange::Added,
                Some(old) if old.is_exactly(value) => KeyChange::Kept,
                Some(_) => KeyChange::Changed,
            };
            (key, key_change)
        });
        written.chain(self.removed().map(|key| (key, KeyChange::Removed)))
    }

    fn removed(&self) -> impl Iterator<Item = &str> {
        self.before.keys().filter(|key| self.after.get(key).is_none())
    }

    /// Returns true if the document stays the same: the same keys in the same order, with values that
    /// are equal to the digit.
    pub fn is_nothing(&self) -> bool {
        let same = |(old, new): ((&str, &JsonText), (&str, &JsonText))| {
            old.0 == new.0 && old.1.is_exactly(new.1)
        };
        self.before.len() == self.after.len() && self.before.iter().zip(self.after.iter()).all(same)
    }

    /// Returns the keys with the effect `key_change`.
    pub fn keys(&self, key_change: KeyChange) -> Vec<&str> {
        self.key_changes().filter(|(_, found)| *found == key_change).map(|(key, _)| key).collect()
    }

    /// Returns true if `now` shows that this change was stored: set keys have their new values,
    /// removed keys are gone. Keys that others added do not count.
    pub fn is_in(&self, now: &Document) -> bool {
        let set = self.sets.iter().all(|key| {
            let (Some(ours), Some(there)) = (self.after.get(key), now.get(key)) else {
                return false;
            };
            // A service may reformat a value. But the exact old text is the old value, however
            // little the new one differs.
            let old = self.before.get(key).filter(|old| !old.is_exactly(ours));
            old.is_none_or(|old| old.expose() != there.expose()) && ours.same_as(there)
        });
        set && self.removed().all(|key| now.get(key).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(json: &str) -> Document {
        Document::parse(json).unwrap()
    }

    fn set(pairs: &[(&str, &str)], deletes: &[&str]) -> Change {
        let text = |value: &str| NewValue::Text(SecretString::from(value));
        Change::Patch {
            sets: pairs.iter().map(|(k, v)| (k.to_string(), text(v))).collect(),
            deletes: deletes.iter().map(|k| k.to_string()).collect(),
        }
    }

    #[test]
    fn keeps_other_members_to_the_byte() {
        let before = document(r#"{"z":1.50,"n":1,"a":[1E400],"old":null}"#);
        let change = set(&[("n", "2"), ("new", "x")], &["old"]).apply(&before, false).unwrap();
        assert_eq!(*change.after.to_json(), r#"{"z":1.50,"n":2,"a":[1E400],"new":"x"}"#);
        let key_changes: Vec<_> =
            change.key_changes().map(|(key, key_change)| (key, key_change.as_str())).collect();
        assert_eq!(
            key_changes,
            [("z", "kept"), ("n", "changed"), ("a", "kept"), ("new", "added"), ("old", "removed")]
        );
    }

    #[test]
    fn names_all_keys_that_cannot_be_changed() {
        let before = document(r#"{"n":1,"b":true,"s":"x"}"#);
        let types = set(&[("n", "x"), ("s", "y"), ("b", "1")], &[]).apply(&before, false);
        let Err(ChangeError::Types(named)) = types else { panic!("{types:?}") };
        assert_eq!(named.iter().map(|(k, _)| k.as_str()).collect::<Vec<_>>(), ["n", "b"]);
        let missing = set(&[("a", "1")], &["p", "s", "q"]).apply(&before, false).unwrap_err();
        let keys = vec!["p".into(), "q".into()];
        assert_eq!(missing, ChangeError::Missing { keys, meant: None });
        let twice = set(&[("a", "1")], &[]).apply(&document(r#"{"k":1,"k":2}"#), false);
        assert_eq!(twice.unwrap_err(), ChangeError::Duplicate("k".into()));
        assert!(Change::Clear.apply(&document(r#"{"k":1,"k":2}"#), false).is_ok());
    }

    #[test]
    fn imports_keys_as_far_as_stored_ones_allow() {
        let before = document(r#"{"same":"1","n":5,"other":"x","rest":true}"#);
        let text = |value: &str| NewValue::Text(SecretString::from(value));
        let sets = [("new", "1"), ("same", "1"), ("n", "5"), ("other", "y")];
        let sets: Vec<_> = sets.iter().map(|(key, value)| (key.to_string(), text(value))).collect();
        let import = |existing, replace| Change::Import { sets: sets.clone(), existing, replace };
        let exists = import(Existing::Refuse, false).apply(&before, false).unwrap_err();
        assert_eq!(exists, ChangeError::Exists(vec!["other".into()]));
        for (existing, replace, after) in [
            (Existing::Keep, false, r#"{"same":"1","n":5,"other":"x","rest":true,"new":"1"}"#),
            (Existing::Overwrite, false, r#"{"same":"1","n":5,"other":"y","rest":true,"new":"1"}"#),
            (Existing::Keep, true, r#"{"new":"1","same":"1","n":5,"other":"x"}"#),
            (Existing::Overwrite, true, r#"{"new":"1","same":"1","n":5,"other":"y"}"#),
        ] {
            let applied = import(existing, replace).apply(&before, false).unwrap();
            assert_eq!(*applied.after.to_json(), after);
        }
        let wrong = Change::Import {
            sets: vec![("n".into(), text("x"))],
            existing: Existing::Refuse,
            replace: false,
        };
        assert!(matches!(wrong.apply(&before, false), Err(ChangeError::Types(_))));
    }

    #[test]
    fn recognizes_a_stored_change_beside_others() {
        let before = document(r#"{"keep":1,"old":1}"#);
        let change = set(&[("a", "1"), ("keep", "1")], &["old"]).apply(&before, false).unwrap();
        assert!(change.is_in(&document(r#"{"a":"1","keep":1.0,"other":2}"#)));
        for now in [
            r#"{"keep":1,"old":1}"#,
            r#"{"a":"1","keep":1,"old":1}"#,
            r#"{"a":"2","keep":1}"#,
            r#"{"a":"1","keep":2}"#,
        ] {
            assert!(!change.is_in(&document(now)), "{now}");
        }
        let before = document(r#"{"n":9007199254740992,"o":{"a":1,"b":null}}"#);
        let json = NewValue::Json(JsonText::parse(r#"{"a":1}"#).unwrap());
        let same = JsonText::parse(r#"{ "b" : null, "a" : 1 }"#).unwrap();
        let same =
            Change::Patch { sets: vec![("o".into(), NewValue::Json(same))], deletes: vec![] };
        assert!(same.apply(&before, false).unwrap().is_in(&before), "written another way");
        for edit in [
            set(&[("n", "9007199254740993")], &[]),
            Change::Patch { sets: vec![("o".into(), json)], deletes: vec![] },
        ] {
            assert!(!edit.apply(&before, false).unwrap().is_in(&before), "{edit:?}");
        }
        let before = document(r#"{"keep":1,"old":1}"#);
        let cleared = Change::Clear.apply(&before, false).unwrap();
        assert!(cleared.is_in(&document(r#"{"later":1}"#)));
        assert!(!cleared.is_in(&before));
    }

    #[test]
    fn counts_equal_values_as_unchanged_however_they_are_written() {
        let before = document(r#"{"o":{"a": 1,"b":"x"},"n":1.0}"#);
        let json = |text: &str| NewValue::Json(JsonText::parse(text).unwrap());
        let set = |key: &str, text: &str| Change::Patch {
            sets: vec![(key.into(), json(text))],
            deletes: vec![],
        };
        let same = set("o", r#"{"a":1, "b":"\u0078"}"#).apply(&before, false).unwrap();
        assert!(same.is_nothing() && same.keys(KeyChange::Changed).is_empty());
        let digits = set("n", "1.00").apply(&before, false).unwrap();
        assert!(!digits.is_nothing() && digits.keys(KeyChange::Changed) == ["n"]);
    }

    #[test]
    fn accepts_missing_keys_when_applied_again() {
        let edit = set(&[("a", "1")], &["old"]);
        assert!(edit.apply(&document("{}"), true).is_ok());
    }
}
