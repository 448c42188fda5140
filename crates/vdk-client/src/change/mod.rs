//! A change to a job's key/values. It applies to any document and has no side effects, so that it
//! can be reapplied to another writer's result.

mod applied;
mod apply;
mod coerce;
mod edit;
#[cfg(test)]
mod proptests;

pub use applied::{Applied, KeyChange};
pub use apply::{Done, Prepared, edit_failure, write};
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
    /// Sets some keys, and removes some if they are there: what a program wants the result to be.
    Merge {
        /// Keys and new values.
        sets: Vec<(String, NewValue)>,
        /// Keys to remove.
        deletes: Vec<String>,
    },
    /// Removes everything.
    Clear,
    /// Replaces everything.
    Replace(Document),
    /// Takes in the keys of a file, or of another job.
    Import {
        /// Keys and new values, each key once.
        sets: Vec<(String, NewValue)>,
        /// What happens to keys that have another value already.
        existing: Existing,
        /// True to remove all keys that are not among `sets`.
        replace: bool,
    },
    /// Gives keys other names.
    Rename {
        /// The keys; no old and no new name occurs twice.
        names: Vec<Renamed>,
        /// What happens to a new name that has another value already.
        existing: Existing,
    },
    /// Removes keys that still have these values. Others stay.
    Remove(Vec<(String, JsonText)>),
    /// Makes the same changes, key by key, that an editor made.
    Edit {
        /// What the editor was given.
        base: Document,
        /// What came out.
        edited: Document,
    },
}

/// A key with another name, here or in another set.
#[derive(Clone, Debug)]
pub struct Renamed {
    /// The old name.
    pub key: String,
    /// The new name.
    pub name: String,
    /// The value that was read under the old name.
    pub value: JsonText,
}

/// What happens to a key that has another value already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// The whole change fails.
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
    /// Keys that somebody else changed, too.
    Both(Vec<String>),
    /// A key that occurs twice in the stored document: writing it back would lose one value.
    Duplicate(String),
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
            Change::Clear | Change::Remove(_) => Vec::new(),
            Change::Edit { base, edited } => edited
                .iter()
                .filter(|(key, value)| base.get(key).is_none_or(|old| !old.is_exactly(value)))
                .map(|(key, value)| (key, Some(value.kind())))
                .collect(),
            Change::Rename { names, .. } => {
                names.iter().map(|of| (of.name.as_str(), Some(of.value.kind()))).collect()
            }
            Change::Replace(document) => {
                document.iter().map(|(key, value)| (key, Some(value.kind()))).collect()
            }
            Change::Patch { sets, .. }
            | Change::Merge { sets, .. }
            | Change::Import { sets, .. } => {
                sets.iter().map(|(key, value)| (key.as_str(), value.kind())).collect()
            }
        }
    }

    /// Returns whether keys that it does not name are removed.
    pub fn is_of_all(&self) -> bool {
        match self {
            Change::Clear | Change::Replace(_) => true,
            Change::Patch { .. }
            | Change::Merge { .. }
            | Change::Rename { .. }
            | Change::Remove(_)
            | Change::Edit { .. } => false,
            Change::Import { replace, .. } => *replace,
        }
    }

    /// Applies the edit to `before`. `again`: an earlier try may have been stored, so keys to
    /// delete may be gone.
    pub fn apply(&self, before: &Document, again: bool) -> Result<Applied, ChangeError> {
        let (after, sets) = match self {
            Change::Clear => (Document::default(), Vec::new()),
            Change::Replace(document) => (document.clone(), document.shared_keys().collect()),
            Change::Patch { sets, deletes } => edit::patch(before, sets, deletes, again)?,
            Change::Merge { sets, deletes } => edit::patch(before, sets, deletes, true)?,
            Change::Import { sets, existing, replace } => {
                edit::import(before, sets, *existing, *replace)?
            }
            Change::Rename { names, existing } => edit::rename(before, names, *existing, again)?,
            Change::Remove(unchanged) => (edit::remove(before, unchanged)?, Vec::new()),
            Change::Edit { base, edited } => edit::merge(before, base, edited)?,
        };
        Ok(Applied::new(before.clone(), after, sets))
    }
}

impl NewValue {
    /// Returns the kind, if the stored value does not decide it.
    fn kind(&self) -> Option<Kind> {
        match self {
            NewValue::Text(_) => None,
            NewValue::Json(json) => Some(json.kind()),
        }
    }

    /// Returns whether `stored` is this value, as far as that shows without converting it.
    fn is_plainly(&self, stored: &JsonText) -> bool {
        matches!(self, NewValue::Text(text) if stored.is_plainly(text.expose_secret()))
    }

    /// Returns the value to store in place of `stored`.
    fn for_stored(&self, stored: Option<&JsonText>) -> Result<JsonText, Mismatch> {
        match self {
            NewValue::Json(json) => Ok(json.clone()),
            NewValue::Text(text) => coerce(stored, text.expose_secret()),
        }
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
            (Existing::Keep, true, r#"{"same":"1","n":5,"other":"x","new":"1"}"#),
            (Existing::Overwrite, true, r#"{"same":"1","n":5,"other":"y","new":"1"}"#),
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
    fn renames_what_is_stored() {
        let before = document(r#"{"a":1.50,"b":"x","c":"y"}"#);
        let value = |key: &str| before.get(key).cloned().unwrap_or(JsonText::from_text("gone"));
        let rename = |names: &[(&str, &str)], existing| Change::Rename {
            names: names
                .iter()
                .map(|(key, name)| Renamed {
                    key: key.to_string(),
                    name: name.to_string(),
                    value: value(key),
                })
                .collect(),
            existing,
        };
        let after = |change: Change| change.apply(&before, false).map(|done| done.after.to_json());
        let swapped = after(rename(&[("a", "n"), ("b", "a")], Existing::Refuse));
        assert_eq!(*swapped.unwrap(), r#"{"c":"y","n":1.50,"a":"x"}"#);
        let exists = after(rename(&[("a", "b")], Existing::Refuse)).unwrap_err();
        assert_eq!(exists, ChangeError::Exists(vec!["b".into()]));
        let over = after(rename(&[("a", "b")], Existing::Overwrite));
        assert_eq!(*over.unwrap(), r#"{"b":1.50,"c":"y"}"#);
        let missing = after(rename(&[("d", "e")], Existing::Refuse)).unwrap_err();
        assert!(matches!(missing, ChangeError::Missing { .. }));
        let again = rename(&[("d", "b")], Existing::Refuse).apply(&before, true).unwrap();
        assert!(again.is_nothing());
        let again = |change: &Change, now: &str| {
            change.apply(&document(now), true).map(|done| done.after.to_json())
        };
        // Exchanged already, not yet, and changed by others since, so that nobody knows.
        let swap = rename(&[("a", "b"), ("b", "a")], Existing::Refuse);
        let done = r#"{"c":"y","b":1.50,"a":"x"}"#;
        assert_eq!(*again(&swap, done).unwrap(), done);
        assert_eq!(*again(&swap, r#"{"a":1.50,"b":"x"}"#).unwrap(), r#"{"b":1.50,"a":"x"}"#);
        let unknown = again(&swap, r#"{"c":"y","b":"theirs","a":"x"}"#).unwrap_err();
        assert!(matches!(unknown, ChangeError::Both(_)));
        // Not stored, and changed by others meanwhile: the newest value gets the new name.
        let plain = rename(&[("a", "n")], Existing::Refuse);
        assert_eq!(*again(&plain, r#"{"a":2.50}"#).unwrap(), r#"{"n":2.50}"#);
    }

    #[test]
    fn removes_only_what_is_unchanged() {
        let before = document(r#"{"a":1,"b":"x","c":"y"}"#);
        let was = |key: &str, json| (key.to_string(), JsonText::parse(json).unwrap());
        let change = Change::Remove(vec![was("a", "1"), was("b", "\"old\""), was("gone", "1")]);
        let applied = change.apply(&before, false).unwrap();
        assert_eq!(*applied.after.to_json(), r#"{"b":"x","c":"y"}"#);
        assert!(applied.is_in(&document(r#"{"b":1}"#)) && !applied.is_in(&before));
    }

    #[test]
    fn merges_an_edit_key_by_key() {
        let base = document(r#"{"a":1,"b":"x","c":[1],"gone":1}"#);
        let edited = document(r#"{"new":true,"a":2,"b":"x","c":[1]}"#);
        let edit = Change::Edit { base, edited };
        for (before, after) in [
            (r#"{"a":1,"b":"x","c":[1],"gone":1}"#, r#"{"a":2,"b":"x","c":[1],"new":true}"#),
            (r#"{"a":1,"b":"theirs","gone":1}"#, r#"{"a":2,"b":"theirs","new":true}"#),
            (r#"{"new":true,"a":2,"d":1}"#, r#"{"new":true,"a":2,"d":1}"#),
        ] {
            let applied = edit.apply(&document(before), false).unwrap();
            assert_eq!(*applied.after.to_json(), after);
        }
        let both = edit.apply(&document(r#"{"a":3,"new":1,"gone":2}"#), false).unwrap_err();
        let keys = ["new", "a", "gone"].map(String::from);
        assert_eq!(both, ChangeError::Both(keys.into()));
    }

    #[test]
    fn accepts_missing_keys_when_applied_again() {
        let edit = set(&[("a", "1")], &["old"]);
        assert!(edit.apply(&document("{}"), true).is_ok());
    }
}
