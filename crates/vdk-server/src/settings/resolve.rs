//! The settings that the flags, the environment and the file come to: names in any spelling,
//! placeholders expanded, nothing ambiguous left, and nothing ignored that the operator relies on.

use std::collections::BTreeMap;

use vdk_api::may_be_secret;

use super::SettingsError;
use super::definitions::{DATABASE, DATABASE_PASSWORD, DATABASE_USER, SETTINGS, file_of, variable};
use super::original::Treatment;
use super::placeholder::{Unresolved, expand, is_placeholder};
use super::spelling::{Meaning, Origin, is_same, meaning};
use crate::escape::escape;

/// The sources as given: names and values.
#[derive(Default)]
pub struct Layers {
    /// The options of the command line, by the names of settings.
    pub flags: BTreeMap<String, String>,
    /// The variables of the environment.
    pub environment: BTreeMap<String, String>,
    /// The properties of the file.
    pub file: BTreeMap<String, String>,
    /// The name of the file for errors.
    pub file_name: String,
}

/// What is set, and what to warn of.
#[derive(Default)]
pub struct Given {
    /// The values by the names of settings.
    pub values: BTreeMap<String, Value>,
    /// Warnings about names that have no effect.
    pub warnings: Vec<String>,
}

/// A value as set.
#[derive(Clone)]
pub struct Value {
    /// Its source.
    pub origin: Origin,
    /// The name as it is spelled there.
    pub spelled: String,
    /// The value itself, with placeholders expanded; never empty.
    pub text: String,
}

impl Layers {
    /// Resolves the sources. All refused names are in one error.
    pub fn resolve(&self) -> Result<Given, SettingsError> {
        let mut given = Given::default();
        let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        let mut refused = Vec::new();
        let environment = self.environment.iter().map(|pair| (Origin::Environment, pair));
        let file = self.file.iter().map(|pair| (Origin::File, pair));
        for (origin, (spelled, raw)) in environment.chain(file) {
            let at = self.at(origin, spelled);
            let treatment = match meaning(spelled, raw, origin) {
                Meaning::Foreign => continue,
                Meaning::Setting(name) => {
                    let text = self.value(&name, &at, raw)?;
                    if !text.is_empty() {
                        let value = Value { origin, spelled: spelled.clone(), text };
                        all.entry(name).or_default().push(value);
                    }
                    continue;
                }
                Meaning::Original(_) if raw.trim().is_empty() => continue,
                Meaning::Original(treatment) => treatment,
                // Also without a value: it may be the rest of another line.
                Meaning::Unknown => Treatment::Warned("no setting has this name"),
            };
            match treatment {
                Treatment::Taken(_) | Treatment::Ignored(_) => {}
                Treatment::Refused(why) => refused.push(format!("{at}: {why}")),
                Treatment::Only(only, why) => {
                    let text = expand(raw, &|name| self.look_up(name)).unwrap_or_default();
                    if !text.trim().is_empty() && !text.trim().eq_ignore_ascii_case(only) {
                        refused.push(format!("{at}: only {only} is possible, because {why}"));
                    }
                }
                Treatment::JavaOptions(why) => {
                    refused.extend(java_properties(raw).into_iter().map(|name| {
                        format!("{at}: it sets {name}, but {why}. Set {name} as a setting")
                    }));
                }
                Treatment::Warned(why) => {
                    given.warnings.push(format!("{at} has no effect: {why}"));
                }
            }
        }
        if !refused.is_empty() {
            return Err(SettingsError(format!(
                "{}. Correct or remove it; --help lists all settings",
                refused.join("; ")
            )));
        }
        for (name, values) in all {
            if let Some(value) = self.one_of(&name, values)? {
                given.values.insert(name, value);
            }
        }
        for (name, text) in &self.flags {
            let value = Value { origin: Origin::Flag, spelled: name.clone(), text: text.clone() };
            given.values.insert(name.clone(), value);
        }
        self.check_database(&given)?;
        Ok(given)
    }

    /// Returns a name with its place, for an error. A line of a secret in the file would be read as
    /// a name.
    fn at(&self, origin: Origin, spelled: &str) -> String {
        match origin {
            Origin::File if may_be_secret(spelled) => {
                format!("a name that looks like a secret and is not shown ({})", self.file_name)
            }
            Origin::File => format!("{} ({})", escape(spelled), self.file_name),
            _ => format!("{} (environment)", escape(spelled)),
        }
    }

    /// Returns the value of `raw` for the setting `name`, with placeholders expanded.
    fn value(&self, name: &str, at: &str, raw: &str) -> Result<String, SettingsError> {
        let is_secret = SETTINGS.iter().any(|setting| setting.name == name && setting.secret);
        let text = expand(raw, &|name| self.look_up(name)).map_err(|why| match why {
            Unresolved::Circular => {
                SettingsError(format!("{at}: its placeholders refer to each other"))
            }
            // Part of a secret may look like a placeholder.
            Unresolved::NotSet(_) if is_secret && !is_placeholder(raw) => SettingsError(format!(
                "{at}: it contains a placeholder ${{…}} for a variable that is not set. If the \
                 secret has these characters, put it into a file: {}",
                file_of(name)
            )),
            Unresolved::NotSet(missing) => SettingsError(format!(
                "{at}: {missing} is not set. Set this variable of the environment, or write the \
                 value in place of the placeholder ${{{missing}}}"
            )),
        })?;
        // A secret may begin or end with a blank, but a line end is that of a file it came from.
        let text = if is_secret { text.trim_end_matches(['\r', '\n']) } else { text.trim() };
        let is_quoted =
            |quote: char| text.strip_prefix(quote).is_some_and(|rest| rest.ends_with(quote));
        if is_quoted('"') || is_quoted('\'') {
            let hint = if is_secret {
                format!(". If the secret has quotes, put it into a file: {}", file_of(name))
            } else {
                String::new()
            };
            return Err(SettingsError(format!(
                "{at}: the quotes around the value are part of it, as docker --env-file keeps \
                 them. Remove them{hint}"
            )));
        }
        Ok(text.into())
    }

    /// Returns the value for a placeholder: that of a variable, or of a name in the file.
    fn look_up(&self, name: &str) -> Option<String> {
        let variables = &self.environment;
        let found = variables.get(name).or_else(|| variables.get(&variable(name)));
        found.or_else(|| self.file.get(name)).cloned()
    }

    /// Returns the value that counts. Different names of one setting must not contradict each
    /// other, because the original's precedence between them depends on its files.
    fn one_of(&self, name: &str, values: Vec<Value>) -> Result<Option<Value>, SettingsError> {
        let is_overridden = |value: &Value| {
            let overrides = |one: &Value| {
                one.origin == Origin::Environment && is_same(&one.spelled, &value.spelled)
            };
            value.origin == Origin::File && values.iter().any(overrides)
        };
        let counting: Vec<_> = values.iter().filter(|value| !is_overridden(value)).collect();
        let Some(first) = counting.first() else { return Ok(None) };
        match counting.iter().find(|other| other.text != first.text) {
            Some(other) => Err(SettingsError(format!(
                "{} and {} both set {name}, to different values. Remove one of them",
                self.at(first.origin, &first.spelled),
                self.at(other.origin, &other.spelled)
            ))),
            None => Ok(Some(Value::clone(first))),
        }
    }

    /// Rejects the chart's user or password without its database: properties would go elsewhere.
    fn check_database(&self, given: &Given) -> Result<(), SettingsError> {
        if given.values.contains_key(DATABASE) {
            return Ok(());
        }
        for name in [DATABASE_USER.into(), DATABASE_PASSWORD.into(), file_of(DATABASE_PASSWORD)] {
            if let Some(value) = given.values.get(&name)
                && !is_same(&value.spelled, &name)
            {
                return Err(SettingsError(format!(
                    "{} is set, but DB_JDBC_URL ({DATABASE}) is not: properties would go to the \
                     embedded store. Set both, or neither",
                    self.at(value.origin, &value.spelled)
                )));
            }
        }
        Ok(())
    }
}

/// Returns the names in Java's options that would be taken or refused as settings.
fn java_properties(options: &str) -> Vec<&str> {
    let properties = options.split_whitespace().filter_map(|option| option.strip_prefix("-D"));
    let names = properties.filter_map(|property| property.split('=').next());
    let counts = |name: &&str| {
        matches!(
            meaning(name, "?", Origin::File),
            Meaning::Setting(_) | Meaning::Original(Treatment::Refused(_) | Treatment::Only(..))
        )
    };
    names.filter(counts).collect()
}
