//! The sources of settings, by precedence: flags, the environment, the properties file, defaults.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use encoding_rs::UTF_8;
use java_properties::PropertiesIter;
use secrecy::SecretString;

use super::SettingsError;
use super::definitions::{SETTINGS, Setting, file_of, variable};
use crate::operand;

/// Largest file of a secret, in bytes.
const SECRET_BYTES: u64 = 64 * 1024;

/// Settings as given, by name.
#[derive(Default)]
pub struct Sources {
    flags: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
    file_name: String,
}

/// The source of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// The environment.
    Environment,
    /// The properties file.
    File,
    /// The default, as the setting is not set.
    BuiltIn,
}

impl Sources {
    /// Reads the environment variables that are settings.
    pub fn from_environment(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingsError> {
        let mut sources = Sources::default();
        for (variable, value) in variables {
            // All names of settings are ASCII.
            let Ok(variable) = variable.into_string() else { continue };
            match name_of(&variable) {
                Some(name) => {
                    let value = value.into_string().map_err(|_| {
                        SettingsError(format!(
                            "the environment variable {variable} is not valid UTF-8"
                        ))
                    })?;
                    sources.environment.insert(name, value);
                }
                None if is_ours(&variable) => {
                    return Err(SettingsError(format!(
                        "unknown environment variable {variable}: no setting has this name. --help \
                         lists all settings"
                    )));
                }
                None => {}
            }
        }
        Ok(sources)
    }

    /// Adds a properties file.
    pub fn with_file(mut self, path: &Path) -> Result<Self, SettingsError> {
        self.file_name = operand::name(path);
        let bytes = operand::read(path)
            .map_err(|error| SettingsError(format!("{}: {error}", self.file_name)))?;
        self.with_bytes(bytes)
    }

    /// Adds the content of a properties file.
    pub fn with_bytes(mut self, bytes: Vec<u8>) -> Result<Self, SettingsError> {
        let file_name = self.file_name.clone();
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
            if self.file.insert(name.clone(), value).is_some() {
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
            self.flags.insert(name.into(), value);
        }
        self
    }

    /// Rejects names in the file that are not settings.
    pub(super) fn refuse_unknown(&self) -> Result<(), SettingsError> {
        let known = |name: &str| {
            SETTINGS.iter().any(|setting| {
                setting.name == name || (setting.secret && file_of(setting.name) == name)
            })
        };
        let unknown: Vec<_> = self.file.keys().filter(|name| !known(name)).cloned().collect();
        if unknown.is_empty() {
            return Ok(());
        }
        Err(SettingsError(format!(
            "{}: unknown settings: {}. Remove them; --help lists all settings",
            self.file_name,
            unknown.join(", ")
        )))
    }

    /// Returns the value in the properties file.
    pub fn in_file(&self, name: &str) -> Option<String> {
        self.file.get(name).cloned()
    }

    /// Returns the source of `name`.
    pub fn told(&self, name: &str) -> Origin {
        self.find(name).0
    }

    fn find(&self, name: &str) -> (Origin, Option<&String>) {
        let layers = [
            (Origin::Flag, &self.flags),
            (Origin::Environment, &self.environment),
            (Origin::File, &self.file),
        ];
        let found = layers
            .into_iter()
            .find_map(|(told, layer)| Some((told, layer.get(name).filter(|v| !v.is_empty())?)));
        found.map_or((Origin::BuiltIn, None), |(told, value)| (told, Some(value)))
    }

    /// Returns a setting as text, or its default. An empty one is not set.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let default = SETTINGS.iter().find(|setting| setting.name == name);
        let default = default.map(|setting| setting.default).filter(|text| !text.is_empty());
        self.find(name).1.map(String::as_str).or(default).map(String::from)
    }

    /// Parses a setting that has a default.
    pub(super) fn parsed<T: FromStr>(
        &self,
        name: &str,
        expected: &str,
    ) -> Result<T, SettingsError> {
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

    /// Parses a setting that is true or false.
    pub(super) fn truth(&self, name: &str) -> Result<Option<bool>, SettingsError> {
        match self.text(name).map(|text| text.trim().to_ascii_lowercase()).as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(self.invalid(name, "true or false is expected")),
        }
    }

    /// Returns a secret setting: its value, or the content of the file that is named for it.
    pub(super) fn secret(&self, name: &str) -> Result<Option<SecretString>, SettingsError> {
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
        let place = match self.told(name) {
            Origin::Flag => " (command line)".to_string(),
            Origin::Environment => format!(" (environment, {})", variable(name)),
            Origin::File => format!(" ({})", self.file_name),
            Origin::BuiltIn => String::new(),
        };
        SettingsError(format!("{name}{place}: {why}"))
    }
}

/// Returns whether a variable can only be meant for this service, so that a typo in it would go
/// unnoticed. Kubernetes makes similar ones for a service of that name.
fn is_ours(variable: &str) -> bool {
    let ours = [
        "VDK_VAULT_",
        "VDK_AUDIT_",
        "VDK_STORAGE_",
        "VDK_DATASOURCE_",
        "VDK_ACCESS_",
        "DATAJOBS_VAULT_",
        "DATAJOBS_AUTHORIZATION_",
    ];
    ours.iter().any(|prefix| variable.starts_with(prefix))
        && !variable.contains("_SERVICE_")
        && !variable.contains("_PORT")
}

/// Returns the setting that a variable stands for.
fn name_of(given: &str) -> Option<String> {
    let of = |setting: &Setting| {
        let file = file_of(setting.name);
        if variable(setting.name) == given {
            Some(setting.name.to_string())
        } else {
            (setting.secret && variable(&file) == given).then_some(file)
        }
    };
    SETTINGS.iter().find_map(of)
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
            assert_eq!(read.file.get("a").map(String::as_str), Some(value), "{file}");
        }
    }
}
