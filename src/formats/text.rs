//! Tables for people: the Python vdk's two columns, each value as stored and on one row, with
//! terminal control characters escaped.

use std::borrow::Cow;

use chrono::{DateTime, Local};
use tabled::builder::Builder;
use tabled::grid::util::string::get_string_width;
use tabled::settings::{Padding, Style};
use vdk_api::escape;
use vdk_api::{Version, VersionState};

use super::Members;
use super::notation::plain;

/// Renders keys and values.
pub fn table(members: &Members<'_>) -> String {
    let rows = members.iter().map(|(key, value)| [shown(*key), shown(plain(value))]);
    render(["key", "value"], rows)
}

/// Renders names alone, such as keys, below their `title`.
pub fn name_table<'a>(title: &str, names: impl Iterator<Item = &'a str>) -> String {
    render([title], names.map(|name| [shown(name)]))
}

/// Renders keys that were found: the job, the collection, the key, and how it matches.
pub fn found_table<'a>(rows: impl Iterator<Item = [&'a str; 4]>) -> String {
    render(["job", "collection", "key", "how"], rows.map(|row| row.map(shown)))
}

/// Renders keys whose value was replaced: where they are, the version before, and the result.
pub fn replaced_table(rows: impl Iterator<Item = [String; 5]>) -> String {
    render(["job", "collection", "key", "rollback", "result"], rows.map(|row| row.map(shown)))
}

/// Renders jobs: the name, the numbers of secrets and properties, and the last write.
pub fn job_table(rows: impl Iterator<Item = [String; 4]>) -> String {
    render(["job", "secrets", "properties", "last write"], rows.map(|row| row.map(shown)))
}

/// Renders the fields of one thing: a name and what it is.
pub fn field_table(rows: impl Iterator<Item = [String; 2]>) -> String {
    render(["field", "is"], rows.map(|row| row.map(shown)))
}

/// Renders keys with their description, owner, and the day on which they are due.
pub fn described_table(rows: impl Iterator<Item = [String; 4]>) -> String {
    render(["key", "description", "owner", "due"], rows.map(|row| row.map(shown)))
}

/// Renders keys that have to be replaced: where they are, when, and by whom.
pub fn due_table(rows: impl Iterator<Item = [String; 5]>) -> String {
    render(["job", "key", "due", "in", "owner"], rows.map(|row| row.map(shown)))
}

/// Renders keys and the effect of a write on them.
pub fn change_table<'a>(changes: impl Iterator<Item = (&'a str, &'static str)>) -> String {
    render(["key", "change"], changes.map(|(key, change)| [shown(key), change.into()]))
}

/// Renders keys, the variables that they become, and their origins.
pub fn variable_table(rows: impl Iterator<Item = [String; 3]>) -> String {
    render(["key", "variable", "from"], rows.map(|row| row.map(shown)))
}

/// Renders keys whose values differ on two sides.
pub fn difference_table<'a>(
    header: [&str; 4],
    rows: impl Iterator<Item = [Cow<'a, str>; 4]>,
) -> String {
    render(header, rows.map(|row| row.map(shown)))
}

/// Renders versions: who, when, and the first keys of each change.
pub fn version_table(versions: &[Version]) -> String {
    // Older builds stored versions without a change; they say nothing.
    let is_empty = |version: &&Version| {
        let changes = version.changes.as_ref();
        changes
            .is_some_and(|of| of.added.is_empty() && of.changed.is_empty() && of.removed.is_empty())
    };
    let rows = versions.iter().filter(|version| !is_empty(version)).map(|version| {
        let changes: String = match &version.changes {
            _ if version.state.is_some() => version.state.map_or("", gone).into(),
            None => "not known: the version before it is not kept".into(),
            Some(changes) => {
                let groups = [
                    ("added", &changes.added),
                    ("changed", &changes.changed),
                    ("removed", &changes.removed),
                ];
                let parts = groups.iter().filter_map(|(name, keys)| few(name, keys));
                parts.collect::<Vec<_>>().join("; ")
            }
        };
        [
            version.version.to_string().into(),
            local_time(&version.written_at).into(),
            or_dash(version.who.as_deref()),
            changes.into(),
        ]
    });
    render(["version", "written at", "who", "changes"], rows)
}

/// Describes a version that cannot be read.
fn gone(state: VersionState) -> &'static str {
    match state {
        VersionState::Deleted => "not known: deleted in the storage",
        VersionState::Destroyed => "not known: destroyed in the storage",
        VersionState::Unreadable => "not known: written by another program",
    }
}

/// Formats an RFC 3339 time in the local time zone, to the second; any other text stays.
pub fn local_time(text: &str) -> String {
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => time.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S %z").to_string(),
        Err(_) => escape::line(text).into_owned(),
    }
}

fn or_dash(text: Option<&str>) -> Cow<'_, str> {
    text.map_or("-".into(), shown)
}

fn few(name: &str, keys: &[String]) -> Option<String> {
    const SHOWN: usize = 8;
    let first: Vec<_> = keys.iter().take(SHOWN).map(shown).collect();
    let more = keys.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!keys.is_empty()).then(|| format!("{name} {}{more}", first.join(", ")))
}

/// Escapes a cell. A harmless one is not copied: it may be large.
fn shown<'a>(text: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
    let text = text.into();
    let escaped = match escape::line(&text) {
        Cow::Owned(escaped) => Some(escaped),
        Cow::Borrowed(_) => None,
    };
    escaped.map_or(text, Cow::Owned)
}

/// Renders all columns but the last as a table, and appends the last one. It may be as wide as a
/// document is long, and a table pads every row to its widest.
fn render<'a, const N: usize>(
    header: [&str; N],
    rows: impl Iterator<Item = [Cow<'a, str>; N]>,
) -> String {
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return "No Data.\n".into();
    }
    // A column is at least two wider than its title.
    let mut widths = header.map(|title| get_string_width(title) + 2);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = get_string_width(cell).max(*width);
        }
    }
    let last = N - 1;
    let mut builder = Builder::with_capacity(rows.len() + 2, last);
    builder.push_record(header[..last].iter().copied());
    builder.push_record(widths[..last].iter().map(|width| "-".repeat(*width)));
    for row in &rows {
        builder.push_record(row[..last].iter().map(AsRef::as_ref));
    }
    let mut table = builder.build();
    table.with(Style::empty().vertical(' ')).with(Padding::new(0, 1, 0, 0));
    let table = table.to_string();
    let mut lines = table.lines();
    let room: usize = rows.iter().map(|row| row[last].len() + 2).sum();
    let mut out = String::with_capacity(table.len() + room + widths[last] + header[last].len() + 4);
    let mut push = |cell: &str, times: usize| {
        let start = out.len();
        if let Some(line) = lines.next() {
            out.push_str(line);
            out.push(' ');
        }
        (0..times).for_each(|_| out.push_str(cell));
        out.truncate(start + out[start..].trim_end_matches(' ').len());
        out.push('\n');
    };
    push(header[last], 1);
    push("-", widths[last]);
    let left = widths[..last].iter().map(|width| width + 1).sum();
    match width_of_terminal() {
        None => rows.iter().for_each(|row| push(&row[last], 1)),
        Some(width) => {
            for row in &rows {
                push(&wrapped(&row[last], width, left), 1);
            }
        }
    }
    out
}

/// Returns the width of the terminal, if stdout is one.
fn width_of_terminal() -> Option<usize> {
    #[cfg(unix)]
    {
        let stdout = std::io::stdout();
        let size = rustix::termios::isatty(&stdout).then(|| rustix::termios::tcgetwinsize(&stdout));
        size?.ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
    }
    #[cfg(not(unix))]
    None
}

/// Breaks a cell at column `left` of a terminal between words, to stay within `width`. A longer
/// word stays whole, so that it can be copied.
fn wrapped(cell: &str, width: usize, left: usize) -> String {
    const LEAST: usize = 20;
    let room = width.saturating_sub(left + 1);
    if room < LEAST || get_string_width(cell) <= room {
        return cell.into();
    }
    let mut out = String::with_capacity(cell.len() + 64);
    let mut used = 0;
    for word in cell.split_inclusive(' ') {
        let length = get_string_width(word.trim_end_matches(' '));
        if used > 0 && used + length > room {
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
            out.push_str(&" ".repeat(left));
            used = 0;
        }
        out.push_str(word);
        used += get_string_width(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use vdk_api::Document;

    use super::*;

    fn shown_table(json: &str) -> String {
        table(&Document::parse(json).unwrap().iter().collect())
    }

    #[test]
    fn aligns_columns_as_the_original_does() {
        assert_eq!(
            shown_table(r#"{"zeta":"one","a":"long value"}"#),
            "key    value\n-----  ----------\nzeta   one\na      long value\n"
        );
        assert_eq!(shown_table("{}"), "No Data.\n");
        assert_eq!(name_table("key", ["a", "long", ""].into_iter()), "key\n-----\na\nlong\n\n");
        let (written_at, who, op_id, changes) = ("now".into(), None, None, None);
        let version = Version { version: 7, written_at, who, op_id, changes, state: None };
        assert_eq!(
            version_table(&[version]),
            "version    written at    who    changes\n\
             ---------  ------------  -----  --------------------------------------------\n\
             7          now           -      not known: the version before it is not kept\n"
        );
    }

    #[test]
    fn breaks_long_cells_between_words() {
        let cell = "added one, two; changed three";
        assert_eq!(wrapped(cell, 80, 30), cell);
        assert_eq!(wrapped(cell, 38, 10), "added one, two; changed\n          three");
        assert_eq!(wrapped(cell, 25, 10), cell, "too narrow");
        let token = "a".repeat(50);
        let long = format!("see {token} there and there");
        assert_eq!(wrapped(&long, 40, 5), format!("see\n     {token}\n     there and there"));
    }

    #[test]
    fn omits_versions_without_a_change() {
        let version = |version, added: &[&str]| {
            let changes = vdk_api::Changes {
                added: added.iter().map(ToString::to_string).collect(),
                ..Default::default()
            };
            let written_at = "2026-11-28T10:00:00.123Z".to_string();
            let (who, op_id, state) = Default::default();
            Version { version, written_at, who, op_id, changes: Some(changes), state }
        };
        let table = version_table(&[version(3, &[]), version(2, &["a"])]);
        assert_eq!(table.lines().count(), 3, "{table}");
        assert!(table.contains("added a") && table.contains("2026-11-2"), "{table}");
    }

    #[test]
    fn shows_stored_values_on_one_row() {
        assert_eq!(
            shown_table(
                "{\"n\":1e5,\"f\":1.50,\"p\":\"  x\",\"m\":\"a\\nb\\u001b[2J\",\"e\":null,\"w\":\"漢字\",\"q\":\"a\\\"b\\u00e9\",\"l\":\"\\ud800\"}"
            ),
            "key    value\n-----  -------------\nn      1e5\nf      1.50\np        x\nm      a\\nb\\u{1b}[2J\ne      null\nw      漢字\nq      a\"bé\nl      \"\\ud800\"\n"
        );
    }
}
