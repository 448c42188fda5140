//! The errors of `exec` before the program starts. They name every key that does not fit at once.

use vdk_api::{Collection, escape};
use vdk_client::run::NoSuchKeys;
use vdk_client::{Error, ErrorKind};

use super::plan::Source;
use crate::args::shell_word;
use crate::commands::subset;
use crate::formats::quoted;

/// Returns an error after which the program was not started.
pub fn nothing_run(kind: ErrorKind, what: String, why: &str, help: &str) -> Error {
    Error::new(kind, what).why(why).consequences("Nothing was run.").help(help)
}

/// Returns the error for words that match no key.
pub fn no_such_keys(missing: &NoSuchKeys, sources: &[Source]) -> Error {
    let places: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    let keys: Vec<&str> = sources.iter().flat_map(|source| source.document.keys()).collect();
    let collection = sources.first().map_or(Collection::Secrets, |source| source.collection);
    let what = "Cannot pass a key that does not exist.";
    let see = format!("To see the keys: vdk {collection} --list");
    subset::no_such_keys(what, missing, &keys, &places.join(" or "), &see)
        .consequences("Nothing was run.")
}

/// Keys that a program cannot get, by reason.
#[derive(Default)]
pub struct Refused {
    /// Two keys with the same variable, which is the third.
    pub same: Vec<(String, String, String)>,
    /// The variable would be no name.
    pub invalid: Vec<String>,
    /// The variable makes programs run code.
    pub run_code: Vec<String>,
    /// The value has a NUL.
    pub nul: Vec<String>,
    /// The value is too long, and its bytes.
    pub too_long: Vec<(String, usize)>,
}

impl Refused {
    /// Returns the error that names all these keys, if there are any.
    pub fn into_result(self) -> Result<(), Error> {
        let (mut why, mut help) = (Vec::new(), Vec::new());
        let names = |keys: &[String]| {
            quoted(&keys.iter().map(String::as_str).collect::<Vec<_>>(), usize::MAX)
        };
        for (one, other, variable) in &self.same {
            why.push(format!(
                "'{}' and '{}' would both be {}",
                escape::line(one),
                escape::line(other),
                escape::line(variable)
            ));
        }
        if !self.same.is_empty() {
            help.push("Give one of them another variable with --map KEY=VAR.".to_string());
        }
        if !self.invalid.is_empty() {
            why.push(format!("{} would have no valid variable name", names(&self.invalid)));
            help.push("Name a variable with --map KEY=VAR.".into());
        }
        if let [first, ..] = self.run_code.as_slice() {
            why.push(format!(
                "{} would be a variable by which programs run other code, so whoever may write \
                 this value could run code here",
                names(&self.run_code)
            ));
            let first = word(first);
            help.push(format!(
                "Leave it out with --except {first}, rename it with --map {first}=OTHER, or pass \
                 it on purpose with --only."
            ));
        }
        if !self.nul.is_empty() {
            why.push(format!(
                "the value of {} has a NUL, which no variable holds",
                names(&self.nul)
            ));
        }
        for (key, bytes) in &self.too_long {
            why.push(format!(
                "the value of '{}' has {bytes} bytes, and a variable holds about 131,000",
                escape::line(key)
            ));
        }
        let large = self.nul.first().or(self.too_long.first().map(|(key, _)| key));
        if let Some(key) = large {
            help.push(format!("Pass it in a file with --file {}=VAR.", word(key)));
        }
        if why.is_empty() {
            return Ok(());
        }
        let mut why = why.join("; ") + ".";
        if let Some(first) = why.get(..1) {
            why.replace_range(..1, &first.to_uppercase());
        }
        Err(nothing_run(
            ErrorKind::Usage,
            "Cannot pass these keys to the program.".into(),
            &why,
            &help.join(" "),
        ))
    }
}

fn word(key: &str) -> String {
    shell_word(&escape::line(key))
}
