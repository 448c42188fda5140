//! The metadata of secrets: tables, or JSON. No value is in it.

use vdk_api::{Day, JsonText, KeyMetadata};

use super::diff::kind;
use super::notation::json_string;
use super::text;

/// A key, and what is known of it.
pub struct Row<'a> {
    /// The key.
    pub key: &'a str,
    /// Its value, of which only kind and length are shown.
    pub value: &'a JsonText,
    /// Its metadata.
    pub metadata: KeyMetadata,
    /// The time of the last write of its value (RFC 3339), and who wrote it, if the storage knows.
    pub updated: Option<(String, Option<String>)>,
}

impl Row<'_> {
    /// Returns the characters of a string. That of another value may tell what it is.
    fn length(&self) -> Option<usize> {
        self.value.to_text().map(|text| text.chars().count())
    }
}

/// Renders all fields of one key, one a line.
pub fn one(row: &Row<'_>, today: Day) -> String {
    let of = &row.metadata;
    let due = of.due(today).map(|due| format!("{due} ({})", distance(due, today)));
    let updated = row.updated.as_ref().map(|(at, who)| match who {
        Some(who) => format!("{} by {who}", text::local_time(at)),
        None => text::local_time(at),
    });
    let fields = [
        ("key", Some(row.key.to_string())),
        ("type", Some(kind(row.value.kind()).into())),
        ("length", row.length().map(|length| length.to_string())),
        ("description", of.description.clone()),
        ("owner", of.owner.clone()),
        ("rotate every", of.rotate_every.map(|every| every.to_string())),
        ("rotated", of.rotated.map(|day| day.to_string())),
        ("expires", of.expires.map(|day| day.to_string())),
        ("due", due),
        ("last write", updated),
        (
            "rotation",
            of.rotating.as_ref().map(|_| "began and is not recorded: run it again".into()),
        ),
    ];
    // Most keys have none under way.
    let fields = fields.into_iter().filter(|(name, field)| *name != "rotation" || field.is_some());
    text::field_table(fields.map(|(name, field)| [name.into(), or_dash(field)]))
}

/// Renders a row for each key.
pub fn all(rows: &[Row<'_>], today: Day) -> String {
    text::described_table(rows.iter().map(|row| {
        let of = &row.metadata;
        [
            row.key.to_string(),
            or_dash(of.description.as_deref().map(short)),
            or_dash(of.owner.clone()),
            or_dash(of.due(today).map(|day| day.to_string())),
        ]
    }))
}

/// Renders an object for one key.
pub fn json(row: &Row<'_>, today: Day) -> String {
    let of = &row.metadata;
    let text = |text: Option<String>| text.map_or("null".into(), |text| json_string(&text));
    let (at, who) = row.updated.clone().map_or((None, None), |(at, who)| (Some(at), who));
    let members = [
        ("key", json_string(row.key)),
        ("type", json_string(kind(row.value.kind()))),
        ("length", row.length().map_or("null".into(), |length| length.to_string())),
        ("description", text(of.description.clone())),
        ("owner", text(of.owner.clone())),
        ("rotateEvery", text(of.rotate_every.map(|every| every.to_string()))),
        ("rotated", text(of.rotated.map(|day| day.to_string()))),
        ("due", text(of.due(today).map(|day| day.to_string()))),
        ("expires", text(of.expires.map(|day| day.to_string()))),
        ("updatedAt", text(at)),
        ("updatedBy", text(who)),
    ];
    let members: Vec<_> =
        members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    format!("{{{}}}", members.join(", "))
}

/// A key that has to be replaced.
pub struct Due {
    /// Its job.
    pub job: String,
    /// The key.
    pub key: String,
    /// The day.
    pub due: Day,
    /// Who can replace it.
    pub owner: Option<String>,
}

/// Renders keys that are due.
pub fn due_text(rows: &[Due], today: Day) -> String {
    text::due_table(rows.iter().map(|row| {
        let (due, owner) = (row.due.to_string(), or_dash(row.owner.clone()));
        [row.job.clone(), row.key.clone(), due, distance(row.due, today), owner]
    }))
}

/// Renders an array of `{team,job,key,due,owner}`.
pub fn due_json(team: &str, rows: &[Due]) -> String {
    let objects = rows.iter().map(|row| {
        format!(
            "{{\"team\": {}, \"job\": {}, \"key\": {}, \"due\": \"{}\", \"owner\": {}}}",
            json_string(team),
            json_string(&row.job),
            json_string(&row.key),
            row.due,
            row.owner.as_deref().map_or("null".into(), json_string),
        )
    });
    format!("[{}]\n", objects.collect::<Vec<_>>().join(", "))
}

/// Says how far away a day is.
fn distance(day: Day, today: Day) -> String {
    match day.since(today) {
        ..0 => "overdue".into(),
        0 => "today".into(),
        1 => "in 1 day".into(),
        days => format!("in {days} days"),
    }
}

/// Cuts a text that would make a table too wide.
fn short(text: &str) -> String {
    const MOST: usize = 50;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn shows_no_value_and_escapes_texts() {
        let value = JsonText::from_text("geheim☃");
        let metadata = KeyMetadata {
            description: Some("a\u{1b}[2J\"b\n".into()),
            rotate_every: "90d".parse().ok(),
            rotated: Some(day("2026-11-25")),
            ..KeyMetadata::default()
        };
        let row = Row { key: "k", value: &value, metadata, updated: None };
        assert_eq!(
            json(&row, day("2026-11-26")),
            "{\"key\": \"k\", \"type\": \"string\", \"length\": 7, \"description\": \
             \"a\\u001b[2J\\\"b\\n\", \"owner\": null, \"rotateEvery\": \"90d\", \"rotated\": \
             \"2026-11-25\", \"due\": \"2027-02-23\", \"expires\": null, \"updatedAt\": null, \
             \"updatedBy\": null}"
        );
        let shown = one(&row, day("2026-11-26"));
        assert!(shown.contains("2027-02-23 (in 89 days)"), "{shown}");
        let listed = all(&[row], day("2026-11-26"));
        for shown in [shown, listed] {
            assert!(!shown.contains('\u{1b}') && !shown.contains("geheim"), "{shown}");
        }
    }

    #[test]
    fn says_how_far_away_a_day_is() {
        for (day_, words) in [
            ("2026-11-24", "overdue"),
            ("2026-11-25", "today"),
            ("2026-11-26", "in 1 day"),
            ("2026-12-01", "in 6 days"),
        ] {
            assert_eq!(distance(day(day_), day("2026-11-25")), words);
        }
    }
}
