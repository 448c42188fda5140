//! The keys that a command takes from one place to another, and their names there.

use std::collections::HashMap;

use vdk_api::escape;
use vdk_client::{Error, NOTHING_CHANGED};

use super::subset::no_such_keys;
use crate::args::subset::{RenamingArgs, SubsetArgs};

/// What is done with the keys, for messages.
pub struct Purpose<'a> {
    /// `export` or `import`.
    pub verb: &'static str,
    /// Where the keys are.
    pub place: &'a str,
    /// How to see them.
    pub see: String,
}

/// Returns the chosen keys, each behind its new name. Fails if two would have one name, or one none.
pub fn named<'a>(
    keys: &[&'a str],
    subset: &SubsetArgs,
    renaming: &RenamingArgs,
    purpose: &Purpose<'_>,
) -> Result<Vec<(String, &'a str)>, Error> {
    let verb = purpose.verb;
    let nothing_done = format!("Nothing was {verb}ed. {NOTHING_CHANGED}");
    let chosen = subset.subset().choose(keys).map_err(|missing| {
        let what = format!("Cannot {verb} a key that does not exist.");
        no_such_keys(&what, &missing, keys, purpose.place, &purpose.see)
            .consequences(nothing_done.as_str())
    })?;
    let named: Vec<_> = chosen.into_iter().map(|key| (renaming.name(key), key)).collect();
    if named.iter().all(|(name, key)| name == key) {
        return Ok(named);
    }
    let (mut taken, mut refused) = (HashMap::with_capacity(named.len()), Vec::new());
    for (name, key) in &named {
        let shown = escape::line(key);
        if name.is_empty() && !key.is_empty() {
            refused.push(format!("'{shown}' would have no name"));
        } else if let Some(other) = taken.insert(name, key) {
            let (other, name) = (escape::line(other), escape::line(name));
            refused.push(format!("'{other}' and '{shown}' would both be '{name}'"));
        }
    }
    if refused.is_empty() {
        return Ok(named);
    }
    Err(Error::usage(format!("Cannot {verb} these keys under one name each."))
        .why(format!("{}.", refused.join("; ")))
        .consequences(nothing_done)
        .help("Leave some out with --except, or change --names, --prefix or --strip-prefix."))
}
