//! The sources of settings, by precedence: flags, the environment, the properties file, defaults.

use std::ffi::OsString;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::Duration;

use encoding_rs::UTF_8;
use java_properties::PropertiesIter;
use secrecy::SecretString;

use super::SettingsError;
use super::definitions::{SETTINGS, file_of};
use super::resolve::{Given, Layers, Value};
pub use super::spelling::Origin;
use super::spelling::{Meaning, meaning};
use crate::operand;

/// Largest file of a secret, in bytes.
const SECRET_BYTES: u64 = 64 * 1024;

/// Settings as given, by name.
#[derive(Default)]
pub struct Sources {
    layers: Layers,
    given: OnceLock<Result<Given, SettingsError>>,
}

impl Sources {
    /// Adds the environment.
    pub fn from_environment(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingsError> {
        let mut sources = Sources::default();
        for (variable, value) in variables {
            // All names of settings are ASCII.
            let Ok(variable) = variable.into_string() else { continue };
            match value.into_string() {
                Ok(value) => {
                    sources.layers.environment.insert(variable, value);
                }
                Err(_) if meaning(&variable, "?", Origin::Environment) == Meaning::Foreign => {}
                Err(_) => {
                    return Err(SettingsError(format!(
                        "the environment variable {variable} is not valid UTF-8"
                    )));
                }
            }
        }
        Ok(sources)
    }

    /// Adds a properties file.
    pub fn with_file(mut self, path: &Path) -> Result<Self, SettingsError> {
        self.layers.file_name = operand::name(path);
        let bytes = operand::read(path)
            .map_err(|error| SettingsError(format!("{}: {error}", self.layers.file_name)))?;
        self.with_bytes(bytes)
    }

    /// Adds the content of a properties file.
    pub fn with_bytes(mut self, bytes: Vec<u8>) -> Result<Self, SettingsError> {
        let file_name = self.layers.file_name.clone();
        let wrong = |why: String| SettingsError(format!("{file_name}: {why}"));
        let mut text =
            String::from_utf8(bytes).map_err(|_| wrong("it is not valid UTF-8".into()))?;
        // Windows puts a byte order mark before text; it is not part of the first name.
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        // The reader drops a last line that ends in a backslash without a line end.
        text.push('\n');
        let mut twice = None;
        let mut properties = PropertiesIter::new_with_encoding(text.as_bytes(), UTF_8);
        let read = properties.read_into(|name, value| {
            if self.layers.file.insert(name.clone(), value).is_some() {
                twice = Some(name);
            }
        });
        // The reader's own message could repeat a value.
        read.map_err(|error| {
            let at = error.line_number().map_or(String::new(), |line| format!(" (line {line})"));
            wrong(format!("invalid properties file{at}"))
        })?;
        match twice {
            Some(name) => Err(wrong(format!("{name} is set twice"))),
            None => Ok(self),
        }
    }

    /// Adds the value of a flag.
    pub fn with_flag(mut self, name: &str, value: Option<String>) -> Self {
        if let Some(value) = value {
            self.layers.flags.insert(name.into(), value);
        }
        self
    }

    /// Rejects names that are not settings, and values that contradict each other. Returns
    /// warnings.
    pub(super) fn check(&self) -> Result<&[String], SettingsError> {
        Ok(&self.given()?.warnings)
    }

    /// Returns the value in the properties file, with its placeholders.
    pub fn in_file(&self, name: &str) -> Option<String> {
        self.layers.file.get(name).cloned()
    }

    /// Returns a variable of the environment, unless it is empty.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.layers.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns the source of `name`.
    pub fn told(&self, name: &str) -> Origin {
        self.find(name).map_or(Origin::BuiltIn, |value| value.origin)
    }

    fn given(&self) -> Result<&Given, SettingsError> {
        self.given.get_or_init(|| self.layers.resolve()).as_ref().map_err(Clone::clone)
    }

    fn find(&self, name: &str) -> Option<&Value> {
        self.given().ok()?.values.get(name)
    }

    /// Returns a setting as text, or its default. An empty one is not set. [`Sources::check`] says
    /// whether all settings can be read.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let default = SETTINGS.iter().find(|setting| setting.name == name);
        let default = default.map(|setting| setting.default).filter(|text| !text.is_empty());
        self.find(name).map(|value| value.text.as_str()).or(default).map(String::from)
    }

    /// Parses a setting that has a default.
    pub(super) fn parsed<T: FromStr>(
        &self,
        name: &str,
        expected: &str,
    ) -> Result<T, SettingsError> {
        self.check()?;
        let text = self.text(name).unwrap_or_default();
        text.trim().parse().map_err(|_| self.invalid(name, expected))
    }

    /// Parses a number from `low` to `high`.
    pub(super) fn within<T>(&self, name: &str, low: T, high: T) -> Result<T, SettingsError>
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let expected = format!("a number from {low} to {high} is expected");
        let number: T = self.parsed(name, &expected)?;
        if (low..=high).contains(&number) { Ok(number) } else { Err(self.invalid(name, &expected)) }
    }

    /// Parses a time within `range`. As in Spring, a number without a unit is in milliseconds.
    pub(super) fn duration(
        &self,
        name: &str,
        range: RangeInclusive<Duration>,
    ) -> Result<Duration, SettingsError> {
        let text = self.text(name).unwrap_or_default();
        let milliseconds = text.trim().parse().map(Duration::from_millis);
        let time = milliseconds.ok().or_else(|| humantime::parse_duration(text.trim()).ok());
        time.filter(|time| range.contains(time)).ok_or_else(|| {
            let [low, high] =
                [range.start(), range.end()].map(|end| humantime::format_duration(*end));
            self.invalid(name, &format!("a time from {low} to {high} is expected, such as 75s"))
        })
    }

    /// Parses a setting that is true or false.
    pub(super) fn truth(&self, name: &str) -> Result<Option<bool>, SettingsError> {
        self.check()?;
        match self.text(name).map(|text| text.trim().to_ascii_lowercase()).as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(self.invalid(name, "true or false is expected")),
        }
    }

    /// Parses a comma-separated list; empty if it is not set.
    pub(super) fn list(&self, name: &str) -> Result<Vec<String>, SettingsError> {
        self.check()?;
        let Some(text) = self.text(name) else { return Ok(Vec::new()) };
        let each = text.split(',').map(|one| one.trim().to_string());
        let list: Vec<_> = each.filter(|one| !one.is_empty()).collect();
        if list.is_empty() {
            return Err(self.invalid(name, "a comma-separated list is expected, or nothing"));
        }
        Ok(list)
    }

    /// Returns a secret setting: its value, or the content of the file that is named for it.
    pub(super) fn secret(&self, name: &str) -> Result<Option<SecretString>, SettingsError> {
        self.check()?;
        let file = file_of(name);
        match (self.text(name), self.text(&file)) {
            (Some(_), Some(_)) => {
                Err(SettingsError(format!("{name} and {file} are both set. Remove one of them")))
            }
            (Some(value), None) => Ok(Some(value.into())),
            (None, Some(path)) => {
                read_secret(Path::new(&path)).map(Some).map_err(|why| self.invalid(&file, &why))
            }
            (None, None) => Ok(None),
        }
    }

    /// Returns the error for an invalid `name`, with the source of the setting.
    pub(super) fn invalid(&self, name: &str, why: &str) -> SettingsError {
        let place = match self.find(name) {
            None => String::new(),
            Some(value) => match value.origin {
                Origin::Flag => " (command line)".to_string(),
                Origin::Environment => format!(" (environment, {})", value.spelled),
                Origin::File if value.spelled == name => format!(" ({})", self.layers.file_name),
                Origin::File => format!(" ({}, {})", self.layers.file_name, value.spelled),
                Origin::BuiltIn => String::new(),
            },
        };
        SettingsError(format!("{name}{place}: {why}"))
    }
}

fn read_secret(path: &Path) -> Result<SecretString, String> {
    use std::io::Read;
    let mut text = zeroize::Zeroizing::new(String::new());
    std::fs::File::open(path)
        .and_then(|file| vdk_platform::private_file::refuse_open_to_all(&file).map(|()| file))
        .and_then(|file| file.take(SECRET_BYTES).read_to_string(&mut text))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(format!("{} is empty", path.display())),
        text => Ok(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_escapes_and_continued_lines() {
        for (file, value) in [
            ("a=b", "b"),
            ("a : ä€\u{1f600}\n", "ä€\u{1f600}"),
            ("a=x\\é\\:\\\\€", "xé:\\€"),
            ("a=\\u00e4\\n", "ä\n"),
            ("a=b\\\n  c\\", "bc"),
        ] {
            let read = Sources::default().with_bytes(file.into()).unwrap();
            assert_eq!(read.layers.file.get("a").map(String::as_str), Some(value), "{file}");
        }
    }
}
