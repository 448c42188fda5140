//! Property tests of edits for any key/values: keys that an edit does not name stay byte for byte,
//! and edits of different keys do not interfere.

use indexmap::IndexMap;
use proptest::prelude::*;
use vdk_api::{Document, JsonText};
use vdk_testing::any::{Members, cases, key, members, object, value};

use super::{Change, NewValue};

fn document(members: &Members) -> Document {
    Document::parse(&object(members)).unwrap()
}

/// An edit of some keys: a text, a JSON value, or `None` to delete the key.
type Changes = IndexMap<String, Option<(bool, String)>>;

fn changes() -> impl Strategy<Value = Changes> {
    let change = prop::option::weighted(0.7, (any::<bool>(), value()));
    prop::collection::vec((key(), change), 0..5).prop_map(|list| list.into_iter().collect())
}

fn edit(changes: &Changes) -> Change {
    let set = |(key, change): (&String, &Option<(bool, String)>)| {
        let (is_text, value) = change.as_ref()?;
        let value = match is_text {
            true => NewValue::Text(value.as_str().into()),
            false => NewValue::Json(JsonText::parse(value).unwrap()),
        };
        Some((key.clone(), value))
    };
    let gone = changes.iter().filter(|(_, change)| change.is_none());
    Change::Patch {
        sets: changes.iter().filter_map(set).collect(),
        deletes: gone.map(|(key, _)| key.clone()).collect(),
    }
}

/// Returns the document after an edit; `None` if it cannot be applied.
fn apply(edit: &Change, before: &Document) -> Option<Document> {
    edit.apply(before, true).ok().map(|change| change.after)
}

fn sorted(document: &Document) -> Vec<(String, String)> {
    let mut members: Vec<_> =
        document.iter().map(|(k, v)| (k.to_string(), v.expose().to_string())).collect();
    members.sort();
    members
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn setting_a_key_leaves_all_others_to_the_byte(mut members in members(4), text in any::<String>()) {
        members.retain(|(key, _)| key != "other");
        let one: Changes = [("other".to_string(), Some((true, text.clone())))].into();
        let after = apply(&edit(&one), &document(&members)).unwrap();
        members.push(("other".into(), JsonText::from_text(&text).expose().into()));
        prop_assert_eq!(&*after.to_json(), &object(&members));
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn an_edit_changes_only_the_keys_that_it_names(members in members(5), changes in changes()) {
        let before = document(&members);
        let Ok(change) = edit(&changes).apply(&before, true) else { return Ok(()) };
        let untouched = |document: &Document| {
            let members: Members = document.iter()
                .filter(|(key, _)| !changes.contains_key(*key))
                .map(|(k, v)| (k.to_string(), v.expose().to_string()))
                .collect();
            object(&members)
        };
        prop_assert_eq!(untouched(&change.after), untouched(&before));
        for (key, value) in &changes {
            let there = change.after.get(key);
            match value {
                None => prop_assert!(there.is_none()),
                Some((false, json)) => prop_assert_eq!(there.unwrap().expose(), json),
                // The type is that of the old value.
                Some((true, _)) => prop_assert!(there.is_some()),
            }
        }
    }

    #[test]
    fn edits_of_different_keys_commute(
        members in members(5), ours in changes(), mut theirs in changes(),
    ) {
        theirs.retain(|key, _| !ours.contains_key(key));
        let (ours, theirs) = (edit(&ours), edit(&theirs));
        let before = document(&members);
        let both = |first, second| apply(second, &apply(first, &before)?);
        let (one, two) = (both(&ours, &theirs), both(&theirs, &ours));
        prop_assert_eq!(one.as_ref().map(sorted), two.as_ref().map(sorted));
    }

    #[test]
    fn our_edit_on_top_of_theirs_keeps_both(
        members in members(5), ours in changes(), mut theirs in changes(),
    ) {
        theirs.retain(|key, _| !ours.contains_key(key));
        let before = document(&members);
        let Some(after_theirs) = apply(&edit(&theirs), &before) else { return Ok(()) };
        let ours = edit(&ours);
        let Ok(alone) = ours.apply(&before, true) else { return Ok(()) };
        let together = ours.apply(&after_theirs, true).unwrap();
        // The check for a stored write finds it beside later changes by others.
        prop_assert_eq!(alone.is_in(&alone.after), alone.is_in(&together.after));
        for key in theirs.keys() {
            let there = |document: &Document| document.get(key).map(|v| v.expose().to_string());
            prop_assert_eq!(there(&together.after), there(&after_theirs), "{}", key);
        }
        // Applying it twice is the same as once.
        let again = apply(&ours, &together.after);
        prop_assert_eq!(again.as_ref().map(sorted), Some(sorted(&together.after)));
    }
}
