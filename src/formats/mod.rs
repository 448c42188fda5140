//! Printing of data on stdout, in the requested format. It is rendered before any of it is written.

mod assignments;
pub mod described;
pub mod diff;
pub mod docker;
mod dotenv;
mod entries;
pub mod findings;
pub mod found;
pub mod github;
pub mod java_properties;
pub mod jobs;
pub mod kubernetes;
mod notation;
mod refusals;
pub mod replaced;
pub mod sarif;
mod text;
pub mod toml;
mod yaml;

pub use entries::{Parsed, Problem};
pub(crate) use notation::{json_object, json_string, lines};
pub(crate) use text::variable_table;

use std::io::{self, IsTerminal};
use std::path::Path;

use refusals::Refusals;
use vdk_api::escape;
use vdk_api::{BOM, Document, DocumentError, JsonText, Version};
use vdk_client::Error;
use vdk_client::change::{Applied, KeyChange, NewValue, Renamed};
use zeroize::Zeroizing;

use crate::terminal::streams;

/// The output format of key/values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table for people; control characters are escaped.
    Text,
    /// One line of JSON, as Python prints it: ASCII only.
    Json,
    /// The value alone, byte for byte.
    Raw,
    /// `KEY='value'` lines for dotenv libraries and `sh`.
    Dotenv,
    /// `export KEY='value'` lines for a POSIX shell's `eval`.
    Shell,
    /// A YAML 1.2 mapping.
    Yaml,
}

impl Format {
    /// Parses a format's name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "text" => Format::Text,
            "json" => Format::Json,
            "raw" => Format::Raw,
            "dotenv" => Format::Dotenv,
            "shell" => Format::Shell,
            "yaml" => Format::Yaml,
            _ => return None,
        })
    }
}

/// Returns the format that the name of a file shows.
pub fn by_ending(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    if name == ".env" || name.starts_with(".env.") {
        return Some("dotenv");
    }
    Some(match name.rsplit_once('.')?.1 {
        "env" => "dotenv",
        "json" => "json",
        "yaml" | "yml" => "yaml",
        "properties" => "properties",
        "toml" => "toml",
        _ => return None,
    })
}

/// Quotes up to `most` names, and says how many more there are.
pub fn quoted(names: &[&str], most: usize) -> String {
    let each = names.iter().take(most).map(|name| format!("'{}'", escape::line(name)));
    let each = each.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => each,
        more => format!("{each} and {more} more"),
    }
}

/// Keys with their values.
pub type Members<'a> = Vec<(&'a str, &'a JsonText)>;

/// Returns the text of a value for formats that have strings only: a string's characters, or else
/// the JSON.
fn text_of(value: &JsonText) -> Zeroizing<String> {
    value.to_text().unwrap_or_else(|| Zeroizing::new(value.expose().into()))
}

/// Returns whether `key` is a name of a variable in every shell.
fn is_variable(key: &str) -> bool {
    let mut letters = key.bytes();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == b'_');
    first && letters.all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

/// Renders keys and values.
pub fn members(members: &Members<'_>, format: Format) -> Result<Zeroizing<String>, Error> {
    let room = |(key, value): &(&str, &JsonText)| key.len() + value.expose().len() + 32;
    let room = if format == Format::Text { 0 } else { members.iter().map(room).sum() };
    let mut out = Zeroizing::new(String::with_capacity(room));
    match format {
        Format::Text => *out = text::table(members),
        Format::Json => notation::json_object(members, &mut out),
        Format::Raw => {
            for (_, value) in members {
                out.push_str(&text_of(value));
            }
        }
        Format::Dotenv => dotenv::render(members, &mut out)?,
        Format::Shell => assignments::shell(members, &mut out)?,
        Format::Yaml => yaml::render(members, &mut out),
    }
    Ok(out)
}

/// Reads the keys and values of a file in one of the formats of `import`.
pub fn parse(text: &str, format: &str, literal: bool) -> Parsed {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    match format {
        "dotenv" => dotenv::parse(text, literal),
        "docker" => docker::parse(text),
        "k8s" => kubernetes::parse(text),
        "properties" => java_properties::parse(text),
        "toml" => toml::parse(text),
        "yaml" => yaml::parse(text, literal),
        _ => json(text),
    }
}

/// Reads one JSON object.
fn json(text: &str) -> Parsed {
    let problem = |error: DocumentError| match error {
        // A line end counts as column 0 of the next line.
        DocumentError::Syntax { line, column } => Problem::new(line, column.max(1), "no JSON"),
        other => Problem::new(1, 1, other.to_string()),
    };
    let document = Document::parse(text).map_err(|error| vec![problem(error)])?;
    match document.duplicate() {
        Some(key) => Err(vec![Problem::of_key(key, "a key that occurs twice")]),
        None => {
            let members = document.iter();
            Ok(members.map(|(key, value)| (key.into(), NewValue::Json(value.clone()))).collect())
        }
    }
}

/// Renders keys without values.
pub fn keys(document: &Document, format: Format) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::new());
    match format {
        Format::Json => {
            let keys: Vec<_> = document.keys().map(json_string).collect();
            *out = format!("[{}]\n", keys.join(", "));
        }
        Format::Yaml if document.is_empty() => out.push_str("[]\n"),
        Format::Yaml => {
            for key in document.keys() {
                out.push_str("- ");
                yaml::quote_string(key, &mut out);
                out.push('\n');
            }
        }
        _ => *out = text::name_table("key", document.keys()),
    }
    out
}

/// Renders the effect of a write: keys and what happens to them, no values.
pub fn dry_run(change: &Applied, format: Format) -> String {
    let changes = change.key_changes().map(|(key, change)| (key, change.as_str()));
    if format != Format::Json {
        return text::change_table(changes);
    }
    groups(changes, &["added", "changed", "kept", "removed"])
}

/// Renders the effect of an import: as [`dry_run`], but changes may be refused.
pub fn import(change: &Applied, refuses: bool, format: Format) -> String {
    changes(change, &[], refuses, format)
}

/// Renders the effect of giving keys other names.
pub fn rename(change: &Applied, names: &[Renamed], refuses: bool, format: Format) -> String {
    changes(change, names, refuses, format)
}

fn changes(change: &Applied, names: &[Renamed], refuses: bool, format: Format) -> String {
    let of = |key: &str, change| match change {
        KeyChange::Changed if refuses => Some("refused"),
        KeyChange::Removed if names.iter().any(|of| of.key == key) => None,
        KeyChange::Added | KeyChange::Changed if names.iter().any(|of| of.name == key) => {
            Some("renamed")
        }
        change => Some(change.as_str()),
    };
    let changes = change.key_changes().filter_map(|(key, change)| Some((key, of(key, change)?)));
    if format != Format::Json {
        return text::change_table(changes.map(|(key, change)| match change {
            "refused" => (key, "changed, needs --overwrite"),
            change => (key, change),
        }));
    }
    let all = ["added", "changed", "kept", "removed", "refused", "renamed"];
    groups(changes, if names.is_empty() { &all[..5] } else { &all })
}

/// Renders what an edit adds, changes and removes.
pub fn edit(change: &Applied) -> String {
    let changes = change.key_changes().filter(|(_, change)| *change != KeyChange::Kept);
    text::change_table(changes.map(|(key, change)| (key, change.as_str())))
}

/// Renders the keys of each group as a JSON object.
fn groups<'a>(changes: impl Iterator<Item = (&'a str, &'static str)>, names: &[&str]) -> String {
    let changes: Vec<_> = changes.collect();
    let group = |name: &&str| {
        let of = changes.iter().filter(|(_, change)| change == name);
        let keys: Vec<_> = of.map(|(key, _)| json_string(key)).collect();
        format!("\"{name}\": [{}]", keys.join(", "))
    };
    format!("{{{}}}\n", names.iter().map(group).collect::<Vec<_>>().join(", "))
}

/// Renders versions: who, when and which keys, no values.
pub fn history(versions: &[Version], format: Format) -> String {
    if format != Format::Json {
        return text::version_table(versions);
    }
    let keys = |keys: &[String]| keys.iter().map(|key| json_string(key)).collect::<Vec<_>>();
    let or_null = |text: &Option<String>| text.as_ref().map_or("null".into(), |t| json_string(t));
    let each = versions.iter().map(|version| {
        let changes = version.changes.as_ref().map_or("null".into(), |changes| {
            let groups = [
                ("added", &changes.added),
                ("changed", &changes.changed),
                ("removed", &changes.removed),
            ];
            let groups = groups.map(|(name, of)| format!("\"{name}\": [{}]", keys(of).join(", ")));
            format!("{{{}}}", groups.join(", "))
        });
        let state = version.state.map_or(String::new(), |state| {
            format!(", \"state\": {}", json_string(state.as_str()))
        });
        format!(
            "{{\"version\": {}, \"writtenAt\": {}, \"who\": {}, \"opId\": {}, \"changes\": {changes}{state}}}",
            version.version,
            json_string(&version.written_at),
            or_null(&version.who),
            or_null(&version.op_id),
        )
    });
    format!("[{}]\n", each.collect::<Vec<_>>().join(", "))
}

/// Writes key/values to stdout. On a terminal a raw value gets a line end, so that the next shell
/// prompt is on its own line; a pipe or a file gets the exact bytes.
pub fn print_members(text: &str, format: Format) -> anyhow::Result<()> {
    print(text)?;
    if format == Format::Raw && !text.ends_with('\n') && io::stdout().is_terminal() {
        print("\n")?;
    }
    Ok(())
}

/// Writes `text` to stdout. Returns a closed pipe as it is, for [`crate::error::report`].
pub fn print(text: &str) -> anyhow::Result<()> {
    match streams::write_stdout(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("cannot write to standard output"))
        }
        result => Ok(result?),
    }
}
