//! The replacement of a value under some keys of a job, as far as they still hold it.

mod trace;

use secrecy::{ExposeSecret, SecretString};
pub use trace::{Operation, Trace, Traced, TracedValue};
use vdk_api::{Collection, Owner};
use zeroize::Zeroizing;

use crate::change::{Change, coerce};
use crate::search::is_value;
use crate::{Client, Error, ErrorKind};

/// A value in place of another.
pub struct Replacement<'a> {
    /// The value that is replaced.
    pub old: &'a str,
    /// The new value.
    pub new: &'a SecretString,
    /// What marks the writes in the service's logs and in the history: 1 to 64 printable ASCII characters.
    pub op_id: &'a str,
}

/// What a replacement came to.
#[derive(Debug)]
pub struct Replaced {
    /// The keys that hold the new value now.
    pub keys: Vec<String>,
    /// Keys that held another value already, which stays.
    pub changed: Vec<String>,
    /// Keys that hold a number, which the new value is not, or not to the digit. They stay.
    pub mismatched: Vec<String>,
    /// The version before, if it has a number.
    pub version: Option<u64>,
}

impl Client {
    /// Replaces a value under `keys` of a job, in one write. The line ends of the stored value stay.
    /// Fails with a conflict, and changes nothing, if others keep writing.
    pub fn replace(
        &self,
        owner: &Owner,
        collection: Collection,
        keys: &[String],
        by: &Replacement,
    ) -> Result<Replaced, Error> {
        match self.replace_once(owner, collection, keys, by) {
            // A connection that is kept does not renew its login. Another one does.
            Err(error) if error.status == Some(401) => {
                self.disconnect();
                self.replace_once(owner, collection, keys, by)
            }
            // Somebody wrote one of the keys. What that is, another read tells.
            Err(error) if error.kind == ErrorKind::Conflict => {
                self.replace_once(owner, collection, keys, by)
            }
            done => done,
        }
    }

    fn replace_once(
        &self,
        owner: &Owner,
        collection: Collection,
        keys: &[String],
        by: &Replacement,
    ) -> Result<Replaced, Error> {
        let job = self.job_for(owner, collection, by.op_id.into())?;
        let base = job.read()?;
        let mut edited = base.document.clone();
        let mut replaced = Replaced {
            keys: Vec::new(),
            changed: Vec::new(),
            mismatched: Vec::new(),
            version: None,
        };
        let mut is_edited = false;
        for key in keys {
            let new = by.new.expose_secret();
            let Some(value) = base.document.get(key).filter(|value| is_value(value, by.old)) else {
                let is_done = base.document.get(key).is_some_and(|value| is_value(value, new));
                if is_done { &mut replaced.keys } else { &mut replaced.changed }.push(key.clone());
                continue;
            };
            let stored = value.to_text();
            let new = with_line_ends(stored.as_deref().map_or("", |text| text), new);
            match coerce(Some(value), &new) {
                // Digits that a number would lose are a part of the value.
                Ok(value) if stored.is_some() || value.expose() == new.as_str() => {
                    edited.set(key.as_str(), value);
                    is_edited = true;
                    replaced.keys.push(key.clone());
                }
                _ => replaced.mismatched.push(key.clone()),
            }
        }
        if is_edited {
            let done = job.apply(&Change::Edit { base: base.document, edited })?;
            // After a write in doubt, what is read for it already is the result.
            replaced.version = done.before.version.filter(|version| done.version != Some(*version));
        }
        Ok(replaced)
    }
}

/// Returns `new` with the line ends of the text that it replaces, and with one behind it if that has one.
fn with_line_ends(old: &str, new: &str) -> Zeroizing<String> {
    let end = if old.contains("\r\n") { "\r\n" } else { "\n" };
    if !old.contains('\n') {
        return Zeroizing::new(new.into());
    }
    let mut text = Zeroizing::new(new.lines().collect::<Vec<_>>().join(end));
    if old.ends_with('\n') {
        text.push_str(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_line_ends_of_what_is_replaced() {
        for (old, new, expected) in [
            ("old", "new", "new"),
            ("old", "a\r\nb\r\n", "a\r\nb\r\n"),
            ("old\n", "new", "new\n"),
            ("a\r\nb\r\n", "c\nd", "c\r\nd\r\n"),
            ("a\nb", "c\r\nd\r\n", "c\nd"),
        ] {
            assert_eq!(*with_line_ends(old, new), expected, "{old:?} {new:?}");
        }
    }
}
