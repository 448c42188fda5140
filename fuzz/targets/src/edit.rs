//! Edits and the keeping of types, against a model: what is set is there, what is deleted is not,
//! all else is as it was to the byte, and edits of different keys do not mind their order.

use arbitrary::Arbitrary;
use vdk_api::{Document, JsonText, Kind};
use vdk_client::change::{Applied, Change, NewValue, coerce};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// JSON texts; what is none stands for a string.
    before: Vec<(&'a str, &'a str)>,
    sets: Vec<(&'a str, &'a str)>,
    deletes: Vec<&'a str>,
    again: bool,
    text: &'a str,
}

/// Keys that are set, and keys that are deleted.
type Step = (Vec<(String, JsonText)>, Vec<String>);

fuzz_target!(|input: Input<'_>| {
    let value = |text: &str| JsonText::parse(text).unwrap_or_else(|_| JsonText::from_text(text));
    let mut before = Document::default();
    for (key, text) in &input.before {
        before.set(*key, value(text));
        typed(&value(text), input.text);
    }
    let sets: Vec<_> = input.sets.iter().map(|(k, text)| (k.to_string(), value(text))).collect();
    let is_set = |key: &str| sets.iter().any(|(set, _)| set == key);
    let mut deletes: Vec<String> = Vec::new();
    for key in input.deletes {
        if !is_set(key) && !deletes.iter().any(|there| there == key) {
            deletes.push(key.into());
        }
    }
    // Whatever is written is read by a parser.
    let before = Document::parse(&before.to_json()).unwrap();
    let Some(edited) = edit(&before, &sets, &deletes, input.again) else {
        assert!(!input.again && deletes.iter().any(|key| before.get(key).is_none()));
        return;
    };
    assert_eq!(pairs(&edited.after), model(&before, &sets, &deletes));
    let changes: Vec<_> = edited.key_changes().map(|(key, change)| (key, change.as_str())).collect();
    for (key, change) in &changes {
        let (old, new) = (before.get(key), edited.after.get(key));
        let expected = match (old, new) {
            (None, Some(_)) => "added",
            (Some(_), None) => "removed",
            (Some(old), Some(new)) if old.expose() == new.expose() => "kept",
            _ => "changed",
        };
        assert_eq!(*change, expected, "{key}");
    }
    // A value that is only written otherwise may look like the old one; all else is found again.
    let told_apart = sets.iter().all(|(key, _)| {
        let new = edited.after.get(key);
        before.get(key).zip(new).is_none_or(|(old, new)| old.expose() != new.expose())
    });
    assert!(edited.is_in(&edited.after) || !told_apart || has_lone_surrogates(&edited.after));
    in_any_order(&before, &sets, &deletes);
});

/// Sets and deletes keys of `before`; `None` if that is not possible.
fn edit(
    before: &Document,
    sets: &[(String, JsonText)],
    deletes: &[String],
    again: bool,
) -> Option<Applied> {
    let sets = sets.iter().map(|(key, value)| (key.clone(), NewValue::Json(value.clone())));
    let change = Change::Patch { sets: sets.collect(), deletes: deletes.to_vec() };
    change.apply(before, again).ok()
}

fn pairs(document: &Document) -> Vec<(String, String)> {
    document.iter().map(|(key, value)| (key.to_string(), value.expose().to_string())).collect()
}

fn model(
    before: &Document,
    sets: &[(String, JsonText)],
    deletes: &[String],
) -> Vec<(String, String)> {
    let mut members = pairs(before);
    for (key, value) in sets {
        match members.iter_mut().find(|(there, _)| there == key) {
            Some((_, there)) => *there = value.expose().into(),
            None => members.push((key.clone(), value.expose().into())),
        }
    }
    members.retain(|(key, _)| !deletes.contains(key));
    members
}

/// Each key in an edit of its own, from the first to the last and from the last to the first.
fn in_any_order(before: &Document, sets: &[(String, JsonText)], deletes: &[String]) {
    let mut steps: Vec<Step> = Vec::new();
    for (key, _) in sets {
        // What is set twice is in one edit, as in one command.
        let own: Vec<_> = sets.iter().filter(|(k, _)| k == key).cloned().collect();
        if !steps.iter().any(|(sets, _)| sets.first().is_some_and(|(k, _)| k == key)) {
            steps.push((own, vec![]));
        }
    }
    steps.extend(deletes.iter().map(|key| (vec![], vec![key.clone()])));
    let apply = |document: Document, step: &(Vec<(String, JsonText)>, Vec<String>)| {
        edit(&document, &step.0, &step.1, true).map_or(document, |edited| edited.after)
    };
    let sorted = |document: Document| {
        let mut pairs = pairs(&document);
        pairs.sort();
        pairs
    };
    let forth = steps.iter().fold(before.clone(), apply);
    let back = steps.iter().rev().fold(before.clone(), apply);
    assert_eq!(sorted(forth), sorted(back));
}

fn has_lone_surrogates(document: &Document) -> bool {
    document
        .iter()
        .any(|(_, value)| serde_json::from_str::<serde_json::Value>(value.expose()).is_err())
}

/// The text of `--set` where `stored` is stored.
fn typed(stored: &JsonText, text: &str) {
    let Some(new) = coerce(Some(stored), text).ok() else {
        assert!(!matches!(stored.kind(), Kind::String | Kind::Null), "any text is a string");
        let number = text.trim().parse::<i64>().is_ok();
        let numeric = matches!(stored.kind(), Kind::Integer | Kind::Float);
        assert!(!(number && numeric), "{text} is a number");
        return;
    };
    match stored.kind() {
        Kind::String | Kind::Null => {
            assert_eq!(new.to_text().as_deref().map(String::as_str), Some(text))
        }
        kind => assert_eq!(new.kind(), kind),
    }
    assert!(JsonText::parse(new.expose()).is_ok());
    // What Rust reads as a number is the same number.
    let plain = text.trim();
    match stored.kind() {
        Kind::Integer => {
            if let Ok(number) = plain.parse::<i128>() {
                assert_eq!(new.expose(), number.to_string());
            }
        }
        Kind::Float => {
            if let Ok(number) = plain.parse::<f64>() {
                assert_eq!(new.expose().parse::<f64>().map(f64::to_bits), Ok(number.to_bits()));
            }
        }
        Kind::Boolean => assert!(new.expose().eq_ignore_ascii_case(text)),
        Kind::Array | Kind::Object => panic!("a container cannot be had from text"),
        Kind::String | Kind::Null => {}
    }
}
