//! An applied change: the new document, its differences, and whether it is stored.

use std::sync::Arc;

use vdk_api::{Document, JsonText};

/// An applied edit: the new document and its differences.
#[derive(Debug)]
pub struct Applied {
    /// The document to write.
    pub after: Document,
    before: Document,
    sets: Vec<Arc<str>>,
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

impl Applied {
    /// Puts together what a change does. `sets`: the keys that it sets.
    pub(super) fn new(before: Document, after: Document, sets: Vec<Arc<str>>) -> Self {
        Applied { after, before, sets }
    }

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
        // What has a key twice is mended by writing it.
        if self.before.duplicate().is_some() {
            return false;
        }
        if self.before.shares_all_with(&self.after) {
            return true;
        }
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
