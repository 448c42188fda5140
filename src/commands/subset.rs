//! The error of a command that takes a subset of the keys, and is given words that match none.

use vdk_api::escape;
use vdk_client::run::NoSuchKeys;
use vdk_client::{Error, ErrorKind, nearest};

use crate::formats::quoted;

/// Returns the error for `words`, of which none matches one of `keys`. `what` says what failed, and
/// `place` where the keys are, and `see` how to see them. The caller adds the consequences.
pub fn no_such_keys(
    what: &str,
    NoSuchKeys(words): &NoSuchKeys,
    keys: &[&str],
    place: &str,
    see: &str,
) -> Error {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let meant = words.iter().find_map(|word| nearest(word, keys.iter().copied()));
    let meant = meant.map(|key| format!("Did you mean '{}'? ", escape::line(key)));
    Error::new(ErrorKind::NotFound, what)
        .why(format!("There is no key {} in {place}.", quoted(&words, 5)))
        .help(format!("{}{see}", meant.unwrap_or_default()))
}
