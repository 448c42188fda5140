//! Keys that a format cannot express, grouped by reason, so that one error names all of them.

use vdk_client::NOTHING_CHANGED;
use vdk_client::{Error, ErrorKind};

use super::quoted;

/// Keys by the reason why they cannot be written.
#[derive(Default)]
pub struct Refusals<'a>(Vec<(&'static str, Vec<&'a str>)>);

impl<'a> Refusals<'a> {
    /// Adds a key.
    pub fn add(&mut self, key: &'a str, why: &'static str) {
        match self.0.iter_mut().find(|(known, _)| *known == why) {
            Some((_, keys)) => keys.push(key),
            None => self.0.push((why, vec![key])),
        }
    }

    /// Returns the error that names all keys, if there are any.
    pub fn into_result(self) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let each = self.0.iter().map(|(why, keys)| format!("{}: {why}", quoted(keys, usize::MAX)));
        Err(Error::new(ErrorKind::Usage, "Cannot print these keys in this format.")
            .why(format!("{}.", each.collect::<Vec<_>>().join("; ")))
            .consequences(format!("Nothing was printed. {NOTHING_CHANGED}"))
            .help("Use -o json, or print the other keys with --get."))
    }
}
