//! The chosen keys and the names under which they are exported.

use vdk_api::{Collection, Document, JsonText, escape};
use vdk_client::run::{Names, Naming};
use vdk_client::{Error, NOTHING_CHANGED};

use crate::args::export::ExportArgs;
use crate::commands::subset::no_such_keys;

/// Returns the names with their values. Fails if two keys would have one name, or one none.
pub fn named<'a>(
    document: &'a Document,
    args: &ExportArgs,
    collection: Collection,
    place: &str,
) -> Result<Vec<(String, &'a JsonText)>, Error> {
    let keys: Vec<&str> = document.keys().collect();
    let subset = args.subset.subset();
    let chosen = subset.choose(&keys).map_err(|missing| {
        no_such_keys("Cannot export a key that does not exist.", &missing, collection, &keys, place)
            .consequences(format!("Nothing was exported. {NOTHING_CHANGED}"))
    })?;
    let names = if args.names == "upper" { Names::Upper } else { Names::Keep };
    let naming = Naming { names, ..Naming::default() };
    let name = |key: &str| {
        let rest = args.strip_prefix.as_deref().and_then(|prefix| key.strip_prefix(prefix));
        let prefix = args.prefix.as_deref().unwrap_or_default();
        naming.variable(&format!("{prefix}{}", rest.unwrap_or(key)))
    };
    let (mut named, mut refused) = (Vec::with_capacity(chosen.len()), Vec::new());
    let mut taken = std::collections::HashMap::with_capacity(chosen.len());
    for key in chosen {
        let (name, shown) = (name(key), escape::line(key));
        if name.is_empty() && !key.is_empty() {
            refused.push(format!("'{shown}' would have no name"));
        } else if let Some(other) = taken.insert(name.clone(), key) {
            let (other, name) = (escape::line(other), escape::line(&name));
            refused.push(format!("'{other}' and '{shown}' would both be '{name}'"));
        }
        named.extend(document.get(key).map(|value| (name, value)));
    }
    if refused.is_empty() {
        return Ok(named);
    }
    Err(Error::usage("Cannot export these keys under one name each.")
        .why(format!("{}.", refused.join("; ")))
        .consequences(format!("Nothing was exported. {NOTHING_CHANGED}"))
        .help("Leave some out with --except, or change --names, --prefix or --strip-prefix."))
}
