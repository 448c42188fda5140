//! Keys that look alike but differ: a letter of another script makes a new key, beside the one that
//! was meant.

use std::collections::{HashMap, HashSet};

use indexmap::IndexSet;
use unicode_normalization::UnicodeNormalization;
use vdk_api::{Document, is_harmful};
use vdk_client::change::Change;

include!(concat!(env!("OUT_DIR"), "/lookalikes.rs"));

/// Returns a warning if a key that `edit` adds to `before` looks like another one. Keys in ASCII
/// alone cost nothing.
pub fn warning(edit: &Change, before: &Document) -> Option<String> {
    let deletes = match edit {
        Change::Patch { deletes, .. } => deletes.as_slice(),
        Change::Import { replace: false, .. } | Change::Edit { .. } => &[],
        _ => return None,
    };
    let sets = edit.sets();
    if sets.iter().all(|(key, _)| key.is_ascii()) && before.keys().all(str::is_ascii) {
        return None;
    }
    let sets = sets.into_iter().map(|(key, _)| key);
    let new: IndexSet<&str> = sets.filter(|key| before.get(key).is_none()).collect();
    let new = Vec::from_iter(new);
    let deleted: HashSet<&str> = deletes.iter().map(String::as_str).collect();
    let found = pairs(&new, before.keys().filter(|key| !deleted.contains(key)));
    let (new, other) = found.first()?;
    let more = match found.len() {
        1 => String::new(),
        found => format!("; this also applies to {} more of the new keys", found - 1),
    };
    let (new, other) = (escaped(new), escaped(other));
    Some(format!("the new key '{new}' looks like '{other}' but is a different key{more}"))
}

/// Returns each `new` key that looks like one of `kept` or an earlier new one, with that one.
fn pairs<'a>(new: &[&'a str], kept: impl Iterator<Item = &'a str>) -> Vec<(&'a str, &'a str)> {
    let ascii_only = new.iter().all(|key| key.is_ascii());
    let kept = kept.filter(|key| !(ascii_only && key.is_ascii()));
    let mut alike: HashMap<String, Vec<&str>> =
        new.iter().map(|key| (looks(key), Vec::new())).collect();
    for key in kept {
        if let Some(keys) = alike.get_mut(&looks(key)) {
            keys.push(key);
        }
    }
    let mut found = Vec::new();
    for key in new {
        let others = alike.entry(looks(key)).or_default();
        let other = others.iter().find(|other| differ_beyond_ascii(key, other));
        found.extend(other.map(|other| (*key, *other)));
        others.push(key);
    }
    found
}

/// Returns true if two keys differ in more than `1` for `l`, or `rn` for `m`. Such pairs are
/// common, and their readers know the difference.
fn differ_beyond_ascii(one: &str, other: &str) -> bool {
    let as_ascii_looks = |key: &str| -> String {
        let looks = |c: char| looks_like(c).filter(|_| c.is_ascii());
        key.chars().map(|c| looks(c).map_or_else(|| c.to_string(), String::from)).collect()
    };
    as_ascii_looks(one) != as_ascii_looks(other)
}

/// Returns a key's skeleton (UTS #39, section 4), which keys that look alike share.
fn looks(key: &str) -> String {
    let mut looks = String::with_capacity(key.len());
    for c in key.nfd() {
        match looks_like(c) {
            Some(text) => looks.push_str(text),
            None => looks.push(c),
        }
    }
    looks.nfd().collect()
}

/// Returns what a character looks like, if not itself: an empty string if it is invisible.
fn looks_like(c: char) -> Option<&'static str> {
    let at = FROM.binary_search(&c).ok()?;
    let start = at.checked_sub(1).map_or(0, |before| ENDS[before]);
    TO.get(start.into()..ENDS[at].into())
}

/// Escapes every character beyond ASCII, so that a key shows what it is.
fn escaped(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 16);
    for c in key.chars() {
        match c {
            c if c.is_ascii() && !is_harmful(c) => out.push(c),
            c => out.extend(c.escape_unicode()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use vdk_api::JsonText;

    use super::*;
    use vdk_client::change::NewValue;

    fn warning_for(there: &[&str], sets: &[&str], deletes: &[&str]) -> Option<String> {
        let mut before = Document::default();
        for key in there {
            before.set(*key, JsonText::from_text("x"));
        }
        let value = || NewValue::Json(JsonText::from_text("y"));
        let sets = sets.iter().map(|key| (key.to_string(), value())).collect();
        let deletes = deletes.iter().map(|key| key.to_string()).collect();
        warning(&Change::Patch { sets, deletes }, &before)
    }

    #[test]
    fn warns_of_a_lookalike_key_with_its_code_points() {
        for (there, new, one, other) in [
            ("password", "p\u{430}ssword", "p\\u{430}ssword", "password"),
            ("p\u{430}ssword", "password", "password", "p\\u{430}ssword"),
            ("api", "\u{430}\u{440}\u{456}", "\\u{430}\\u{440}\\u{456}", "api"),
            ("token", "tok\u{200b}en", "tok\\u{200b}en", "token"),
            ("key", "\u{ff4b}ey", "\\u{ff4b}ey", "key"),
            ("gr\u{f6}\u{df}e", "gro\u{308}\u{df}e", "gro\\u{308}\\u{df}e", "gr\\u{f6}\\u{df}e"),
            ("1\u{43e}", "lo", "lo", "1\\u{43e}"),
        ] {
            let warning = warning_for(&["z", there, "\u{fc}"], &["other", new], &[]).unwrap();
            assert_eq!(
                warning,
                format!("the new key '{one}' looks like '{other}' but is a different key")
            );
        }
        let both = warning_for(&["z"], &["\u{430}", "a", "b\u{435}", "be"], &[]).unwrap();
        let words = "'a' looks like '\\u{430}' but is a different key; this also applies to 1 more";
        assert!(both.contains(words), "{both}");
    }

    #[test]
    fn computes_the_skeletons_of_uts_39() {
        let same = |text: &str| {
            let skeleton: String = unicode_security::skeleton(text).collect();
            assert_eq!(looks(text), skeleton, "{}", text.escape_unicode());
        };
        // The other code points are CJK ideographs or unassigned.
        let chars = ('\0'..'\u{30000}').chain('\u{e0000}'..='\u{e0fff}');
        chars.for_each(|c| same(c.encode_utf8(&mut [0; 4])));
        for text in
            ["", "p\u{430}ssw\u{3bf}rd", "a\u{301}\u{327}\u{ad}1\u{1ed9}", "\u{d55c}m\u{fb03}"]
        {
            same(text);
        }
    }

    #[test]
    fn ignores_ascii_lookalikes_and_equal_keys() {
        for (there, new) in [
            ("l", "1"),
            ("rn", "m"),
            ("gr\u{f6}\u{df}e1", "gr\u{f6}\u{df}el"),
            ("gr\u{f6}\u{df}e", "gr\u{f6}\u{df}e"),
            ("p\u{430}ssword", "p\u{430}ssword"),
            ("gr\u{f6}\u{df}e", "grosse"),
            ("\u{6f22}", "\u{5b57}"),
            ("Password", "p\u{430}ssword"),
        ] {
            assert_eq!(warning_for(&[there], &[new], &[]), None, "{there} {new}");
        }
        let gone = warning_for(&["password", "a"], &["p\u{430}ssword"], &["password"]);
        assert_eq!(gone, None, "it takes its place");
        assert_eq!(warning(&Change::Clear, &Document::default()), None);
    }
}
