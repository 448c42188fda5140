//! Tables for people: the original's two columns, everything as stored, on one row each, and
//! nothing in them that a terminal would act on.

use tabled::builder::Builder;
use tabled::grid::util::string::get_string_width;
use tabled::settings::{Padding, Style};

use vdk_api::Version;

use super::Members;
use super::notation::python;
use crate::edit::Fate;
use crate::sanitize;

/// Keys and values.
pub fn table(members: &Members<'_>) -> String {
    let rows = members.iter().map(|(key, value)| [shown(key), shown(&python(value))]);
    render(["key", "value"], rows)
}

/// Keys alone.
pub fn key_table<'a>(keys: impl Iterator<Item = &'a str>) -> String {
    render(["key"], keys.map(|key| [shown(key)]))
}

/// Keys and what a write would do to them.
pub fn fate_table<'a>(fates: impl Iterator<Item = (&'a str, Fate)>) -> String {
    render(["key", "change"], fates.map(|(key, fate)| [shown(key), fate.as_str().into()]))
}

/// Versions: who, when, and the keys, as many as fit a line that a person reads.
pub fn version_table(versions: &[Version]) -> String {
    let rows = versions.iter().map(|version| {
        let or_dash = |text: &Option<String>| text.as_ref().map_or("-".into(), |text| shown(text));
        let changes = match &version.changes {
            None => "not known: the version before it is not kept".into(),
            Some(changes) => {
                let groups = [
                    ("added", &changes.added),
                    ("changed", &changes.changed),
                    ("removed", &changes.removed),
                ];
                let told = groups.iter().filter_map(|(name, keys)| few(name, keys));
                Some(told.collect::<Vec<_>>().join("; "))
                    .filter(|told| !told.is_empty())
                    .unwrap_or_else(|| "nothing".into())
            }
        };
        [
            version.version.to_string(),
            shown(&version.written_at),
            or_dash(&version.who),
            or_dash(&version.op_id),
            changes,
        ]
    });
    render(["version", "written at", "who", "op id", "changes"], rows)
}

fn few(name: &str, keys: &[String]) -> Option<String> {
    const SHOWN: usize = 8;
    let first: Vec<_> = keys.iter().take(SHOWN).map(|key| shown(key)).collect();
    let more = keys.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!keys.is_empty()).then(|| format!("{name} {}{more}", first.join(", ")))
}

fn shown(text: &str) -> String {
    sanitize::line(text).into_owned()
}

fn render<const N: usize>(header: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
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
    let mut builder = Builder::with_capacity(rows.len() + 2, N);
    builder.push_record(header);
    builder.push_record(widths.map(|width| "-".repeat(width)));
    rows.into_iter().for_each(|row| builder.push_record(row));
    let mut table = builder.build();
    table.with(Style::empty().vertical(' ')).with(Padding::new(0, 1, 0, 0));
    let mut out = String::new();
    for line in table.to_string().lines() {
        out.push_str(line.trim_end_matches(' '));
        out.push('\n');
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
    fn the_originals_columns() {
        assert_eq!(
            shown_table(r#"{"zeta":"one","a":"long value"}"#),
            "key    value\n-----  ----------\nzeta   one\na      long value\n"
        );
        assert_eq!(shown_table("{}"), "No Data.\n");
    }

    #[test]
    fn values_are_shown_as_stored_on_one_row() {
        assert_eq!(
            shown_table(
                "{\"n\":1e5,\"f\":1.50,\"p\":\"  x\",\"m\":\"a\\nb\\u001b[2J\",\"e\":null,\"w\":\"漢字\"}"
            ),
            "key    value\n-----  -------------\nn      1e5\nf      1.50\np        x\nm      a\\nb\\u{1b}[2J\ne\nw      漢字\n"
        );
    }
}
