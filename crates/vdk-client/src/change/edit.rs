//! What each kind of change makes of a document. All return the new one, and the keys that they set.

use std::collections::HashSet;
use std::sync::Arc;

use vdk_api::{Document, JsonText};

use super::{ChangeError, Existing, NewValue, Renamed};
use crate::suggest::nearest;

type Edited = Result<(Document, Vec<Arc<str>>), ChangeError>;

/// Sets some keys and deletes others.
pub fn patch(
    before: &Document,
    sets: &[(String, NewValue)],
    deletes: &[String],
    again: bool,
) -> Edited {
    let (mut after, mut set, mut mismatches) = (kept(before)?, Vec::new(), Vec::new());
    for (key, value) in sets {
        match value.for_stored(before.get(key)) {
            Ok(json) => set.push(after.set(key.as_str(), json)),
            Err(mismatch) => mismatches.push((key.clone(), mismatch)),
        }
    }
    if !mismatches.is_empty() {
        return Err(ChangeError::Types(mismatches));
    }
    let missing = deletes.iter().filter(|key| before.get(key).is_none());
    if !again {
        all_there(before, missing)?;
    }
    let gone: HashSet<&str> = deletes.iter().map(String::as_str).collect();
    after.remove_all(|key| gone.contains(key));
    Ok((after, set))
}

fn all_there<'a>(
    before: &Document,
    missing: impl Iterator<Item = &'a String>,
) -> Result<(), ChangeError> {
    let keys: Vec<String> = missing.cloned().collect();
    if keys.is_empty() {
        return Ok(());
    }
    let meant = keys.iter().find_map(|key| nearest(key, before.keys())).map(String::from);
    Err(ChangeError::Missing { keys, meant })
}

/// Returns a document to change. One with a key twice would lose a value.
fn kept(before: &Document) -> Result<Document, ChangeError> {
    match before.duplicate() {
        Some(key) => Err(ChangeError::Duplicate(key.into())),
        None => Ok(before.clone()),
    }
}

/// Takes in keys, as far as stored ones allow it.
pub fn import(
    before: &Document,
    sets: &[(String, NewValue)],
    existing: Existing,
    replace: bool,
) -> Edited {
    let mut after = if replace { before.clone() } else { kept(before)? };
    if replace {
        let names: HashSet<&str> = sets.iter().map(|(key, _)| key.as_str()).collect();
        after.remove_all(|key| !names.contains(key));
    }
    let (mut set, mut exists, mut mismatches) = (Vec::new(), Vec::new(), Vec::new());
    for (at, (key, value)) in sets.iter().enumerate() {
        // Files often have the order of what was made of them.
        let found = before.get_shared_near(at, key);
        let stored = found.map(|(_, stored)| stored);
        if stored.is_some() && existing == Existing::Keep {
            continue;
        }
        if let Some((key, _)) = found.filter(|(_, stored)| value.is_plainly(stored)) {
            set.push(key.clone());
            continue;
        }
        match value.for_stored(stored) {
            Err(mismatch) => mismatches.push((key.clone(), mismatch)),
            // However it is written.
            Ok(json) => match found.filter(|(_, old)| old.is_exactly(&json)) {
                Some((key, _)) => set.push(key.clone()),
                None if stored.is_some() && existing == Existing::Refuse => {
                    exists.push(key.clone())
                }
                None => set.push(after.set(key.as_str(), json)),
            },
        }
    }
    if !mismatches.is_empty() {
        return Err(ChangeError::Types(mismatches));
    }
    if exists.is_empty() { Ok((after, set)) } else { Err(ChangeError::Exists(exists)) }
}

/// Gives keys other names. All old ones go before the first new one comes. `again`: an earlier try may
/// have been stored. A key that was renamed already is not renamed again; one of which that is not
/// known fails.
pub fn rename(before: &Document, names: &[Renamed], existing: Existing, again: bool) -> Edited {
    let mut after = kept(before)?;
    let missing = names.iter().filter(|of| before.get(&of.key).is_none());
    if !again {
        all_there(before, missing.map(|of| &of.key))?;
    }
    let has =
        |key: &str, value: &JsonText| before.get(key).is_some_and(|now| now.is_exactly(value));
    let (mut left, mut both) = (Vec::new(), Vec::new());
    for of in names {
        if before.get(&of.key).is_none() {
            continue;
        }
        match before.get(&of.name) {
            Some(_) if again && !has(&of.key, &of.value) => {
                if !has(&of.name, &of.value) {
                    both.push(of.key.clone());
                }
            }
            _ => left.push(of),
        }
    }
    if !both.is_empty() {
        return Err(ChangeError::Both(both));
    }
    let old: HashSet<&str> = left.iter().map(|of| of.key.as_str()).collect();
    after.remove_all(|key| old.contains(key));
    let (mut set, mut exists) = (Vec::new(), Vec::new());
    for Renamed { key, name, .. } in left {
        let Some(value) = before.get(key) else { continue };
        match (after.get(name), existing) {
            // Keeping the stored value would lose the other.
            (Some(stored), Existing::Refuse | Existing::Keep) if !stored.is_exactly(value) => {
                exists.push(name.clone());
            }
            _ => set.push(after.set(name.as_str(), value.clone())),
        }
    }
    if exists.is_empty() { Ok((after, set)) } else { Err(ChangeError::Exists(exists)) }
}

/// Removes keys that still have their value.
pub fn remove(
    before: &Document,
    unchanged: &[(String, JsonText)],
) -> Result<Document, ChangeError> {
    let mut after = kept(before)?;
    let is_unchanged =
        |(key, was): &&(String, JsonText)| before.get(key).is_some_and(|now| now.is_exactly(was));
    let gone: HashSet<&str> =
        unchanged.iter().filter(is_unchanged).map(|(key, _)| key.as_str()).collect();
    after.remove_all(|key| gone.contains(key));
    Ok(after)
}

/// Makes the changes between `base` and `edited`, as far as nobody else changed the same keys.
pub fn merge(before: &Document, base: &Document, edited: &Document) -> Edited {
    let mut after = kept(before)?;
    let is_same = |one: Option<&JsonText>, other: Option<&JsonText>| match (one, other) {
        (Some(one), Some(other)) => one.is_exactly(other),
        (one, other) => one.is_none() && other.is_none(),
    };
    let (mut set, mut gone, mut both) = (Vec::new(), HashSet::new(), Vec::new());
    let removed = base.keys().filter(|key| edited.get(key).is_none());
    for key in edited.keys().chain(removed) {
        let (was, new, now) = (base.get(key), edited.get(key), before.get(key));
        if is_same(was, new) || is_same(now, new) {
            continue;
        }
        match new {
            _ if !is_same(was, now) => both.push(key.to_string()),
            None => drop(gone.insert(key)),
            Some(value) => set.push(after.set(key, value.clone())),
        }
    }
    after.remove_all(|key| gone.contains(key));
    if both.is_empty() { Ok((after, set)) } else { Err(ChangeError::Both(both)) }
}
