//! The metadata of secrets: what is known of a key beside its value, such as whose it is and when it is
//! due. It is a document of its own, and never a part of the set that jobs read.

mod day;

use std::fmt;
use std::str::FromStr;

pub use day::{Day, Days};
use serde::{Deserialize, Serialize};

use crate::{Document, JsonText, escape, json};

/// Longest description, in characters.
pub const MAX_DESCRIPTION_CHARACTERS: usize = 2000;
/// Longest owner, in characters.
pub const MAX_OWNER_CHARACTERS: usize = 255;
/// What a rotation adds to a description, in front of its day.
const ROTATED_ON: &str = "Rotated on ";

/// The metadata of one key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyMetadata {
    /// What the value is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 2000))]
    pub description: Option<String>,
    /// The person or team that can replace it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 255))]
    pub owner: Option<String>,
    /// The time after which it has to be replaced again: a number of days, such as 90d.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, pattern = "^([1-9][0-9]{0,3}|[12][0-9]{4}|3[0-5][0-9]{3}|36[0-4][0-9]{2}|36500)d$"))]
    pub rotate_every: Option<Days>,
    /// The day (UTC) on which that time was set: it counts from there until the first rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date, pattern = "^(19[7-9][0-9]|[2-9][0-9]{3})-"))]
    pub since: Option<Day>,
    /// The day (UTC) of the last rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date, pattern = "^(19[7-9][0-9]|[2-9][0-9]{3})-"))]
    pub rotated: Option<Day>,
    /// The last day (UTC) on which it is valid. Reads do not depend on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date, pattern = "^(19[7-9][0-9]|[2-9][0-9]{3})-"))]
    pub expires: Option<Day>,
    /// A rotation that began and is not recorded yet: the version of the secrets before it, 0 where
    /// there are no versions, a blank, and the id of its operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, pattern = "^(0|[1-9][0-9]{0,17}) [ -~]{1,64}$"))]
    pub rotating: Option<Rotating>,
}

/// The reason why metadata is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// The text is not a day that exists.
    #[error("it is not a day that exists, such as 2027-01-31")]
    Day,
    /// The text is not a number of days.
    #[error("it is not a number of days from 1d to {max}d, such as 90d, or of weeks: 12w", max = day::MAX_DAYS)]
    Days,
    /// A text is too long.
    #[error("the {field} has {length} characters, and at most {most} are stored")]
    TooLong {
        /// The field.
        field: &'static str,
        /// Its length, in characters.
        length: usize,
        /// The most characters that it may have.
        most: usize,
    },
    /// A text is there and empty.
    #[error("the {0} is empty; leave it out")]
    Empty(&'static str),
    /// The text is not a version and an id.
    #[error("it is not a version, a blank and the id of an operation")]
    Rotating,
    /// It is not JSON of these fields.
    #[error("{0}")]
    Fields(String),
}

impl KeyMetadata {
    /// Parses the value of a key in a document of metadata.
    pub fn parse(json: &JsonText) -> Result<Self, MetadataError> {
        let kind = json::describe(json.expose());
        if kind != "an object" {
            return Err(MetadataError::Fields(format!("it is {kind}, and an object is expected")));
        }
        let found: KeyMetadata = serde_json::from_str(json.expose())
            .map_err(|error| MetadataError::Fields(plain(&error)))?;
        found.check().map(|()| found)
    }

    /// Checks the texts.
    pub fn check(&self) -> Result<(), MetadataError> {
        let texts = [
            ("description", &self.description, MAX_DESCRIPTION_CHARACTERS),
            ("owner", &self.owner, MAX_OWNER_CHARACTERS),
        ];
        for (field, text, most) in texts {
            match text.as_ref().map(|text| text.chars().count()) {
                Some(0) => return Err(MetadataError::Empty(field)),
                Some(length) if length > most => {
                    return Err(MetadataError::TooLong { field, length, most });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns the day on which the value has to be replaced: when its time is over, or when it
    /// expires, if that is earlier. If nobody says since when its time counts, that is `today`.
    pub fn due(&self, today: Day) -> Option<Day> {
        let next = self
            .rotate_every
            .map(|every| self.rotated.or(self.since).map_or(today, |from| from.after(every)));
        [next, self.expires].into_iter().flatten().min()
    }

    /// Records a rotation on `day`, in the description as well: in place of an earlier one. An expiry
    /// that has come is removed.
    pub fn rotated_on(&mut self, day: Day) {
        let old = self.description.as_deref().unwrap_or_default();
        let kept = match old.rfind(ROTATED_ON) {
            Some(at) if old[at + ROTATED_ON.len()..].parse::<Day>().is_ok() => old[..at].trim_end(),
            _ => old.trim_end(),
        };
        let dot = if kept.is_empty() || kept.ends_with(['.', '!', '?']) { "" } else { "." };
        let blank = if kept.is_empty() { "" } else { " " };
        let new = format!("{kept}{dot}{blank}{ROTATED_ON}{day}");
        // A description that fills its place stays as it is: the day is a field, too.
        if new.chars().count() <= MAX_DESCRIPTION_CHARACTERS {
            self.description = Some(new);
        }
        (self.rotated, self.rotating) = (Some(day), None);
        // It was that of the old value.
        self.expires = self.expires.filter(|expires| *expires > day);
    }

    /// Returns it as the value of a key in a document of metadata.
    pub fn to_json(&self) -> JsonText {
        JsonText::from_valid(&serde_json::to_string(self).unwrap_or_else(|_| "{}".into()))
    }
}

/// A rotation that began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotating {
    /// The version of the secrets before it; 0 where there are no versions.
    pub from: u64,
    /// The id of its operation, which the version that it writes has.
    pub op_id: String,
}

impl fmt::Display for Rotating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.from, self.op_id)
    }
}

impl FromStr for Rotating {
    type Err = MetadataError;

    fn from_str(text: &str) -> Result<Self, MetadataError> {
        let (from, op_id) = text.split_once(' ').ok_or(MetadataError::Rotating)?;
        let is_printable = op_id.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let begun = Rotating {
            from: from.parse().map_err(|_| MetadataError::Rotating)?,
            op_id: op_id.into(),
        };
        let is_valid = is_printable && (1..=64).contains(&op_id.len()) && from.len() <= 18;
        // One spelling of each number.
        if is_valid && begun.to_string() == text { Ok(begun) } else { Err(MetadataError::Rotating) }
    }
}

day::as_text!(Rotating);

/// Checks a document of metadata. Fails with the first key that is not valid.
pub fn check(metadata: &Document) -> Result<(), (String, MetadataError)> {
    let mut all = metadata.iter();
    all.try_for_each(|(key, json)| match KeyMetadata::parse(json) {
        Ok(_) => Ok(()),
        Err(error) => Err((key.to_string(), error)),
    })
}

/// Removes from `metadata` what concerns keys that are not in `set`. Returns whether there was any.
pub fn keep_only(metadata: &mut Document, set: &Document) -> bool {
    let before = metadata.len();
    metadata.remove_all(|key| set.get(key).is_none());
    metadata.len() < before
}

/// Returns the message of an error without its place, and without what was read: it may be a value
/// that somebody put here.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = &text[..text.rfind(" at line ").unwrap_or(text.len())];
    match text.starts_with("invalid type") || text.starts_with("invalid value") {
        true => "a field has a value of another type".into(),
        // A name may be of any length.
        false => escape::line(&text.chars().take(200).collect::<String>()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn is_due_when_its_time_is_over_or_it_expires() {
        let mut metadata = KeyMetadata::default();
        let today = day("2026-11-30");
        assert_eq!(metadata.due(today), None);
        metadata.rotate_every = Some("90d".parse().unwrap());
        assert_eq!(metadata.due(today), Some(today), "nobody says since when");
        metadata.since = Some(day("2026-01-01"));
        assert_eq!(metadata.due(today), Some(day("2026-04-01")));
        metadata.rotated = Some(day("2026-11-25"));
        assert_eq!(metadata.due(today), Some(day("2027-02-23")));
        metadata.expires = Some(day("2027-01-31"));
        assert_eq!(metadata.due(today), Some(day("2027-01-31")));
        metadata.rotated_on(day("2027-01-30"));
        assert_eq!(metadata.due(today), Some(day("2027-01-31")));
        metadata.rotated_on(day("2027-01-31"));
        assert_eq!(metadata.due(today), Some(day("2027-05-01")));
        assert_eq!(day("2027-03-01").since(day("2027-02-27")), 2);
    }

    #[test]
    fn puts_the_day_of_a_rotation_in_place_of_an_earlier_one() {
        for (before, after) in [
            (None, "Rotated on 2026-11-25"),
            (Some("Orders DB"), "Orders DB. Rotated on 2026-11-25"),
            (Some("Orders DB.  "), "Orders DB. Rotated on 2026-11-25"),
            (Some("Orders DB. Rotated on 2025-01-31"), "Orders DB. Rotated on 2026-11-25"),
            (Some("Rotated on 2025-01-31"), "Rotated on 2026-11-25"),
            (Some("Rotated on Fridays"), "Rotated on Fridays. Rotated on 2026-11-25"),
        ] {
            let mut metadata =
                KeyMetadata { description: before.map(String::from), ..KeyMetadata::default() };
            metadata.rotated_on(day("2026-11-25"));
            assert_eq!(metadata.description.as_deref(), Some(after));
            assert_eq!(metadata.rotated, Some(day("2026-11-25")));
        }
        let long = Some("x".repeat(MAX_DESCRIPTION_CHARACTERS));
        let mut metadata = KeyMetadata { description: long.clone(), ..KeyMetadata::default() };
        metadata.rotated_on(day("2026-11-25"));
        assert_eq!(metadata.description, long);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let parse = |json: &str| KeyMetadata::parse(&JsonText::from_valid(json));
        let whole = r#"{"description":"d","owner":"o","rotateEvery":"90d","since":"2026-11-01","rotated":"2026-11-25","expires":"2027-01-31","rotating":"7 op-1"}"#;
        assert_eq!(parse(whole).unwrap().to_json().expose(), whole);
        assert_eq!(parse("{}").unwrap().to_json().expose(), "{}");
        for json in [
            "[]",
            "1",
            "null",
            r#"{"value":"geheim"}"#,
            r#"{"owner":1}"#,
            r#"{"owner":""}"#,
            r#"{"expires":"2026-02-30"}"#,
            r#"{"rotateEvery":"often"}"#,
            r#"{"rotating":7}"#,
            r#"{"rotating":"7"}"#,
            r#"{"rotating":"+7 x"}"#,
            r#"{"rotating":"07 x"}"#,
            r#"{"rotating":"7 "}"#,
            r#"{"rotating":"7 ü"}"#,
            r#"{"rotating":"geheim"}"#,
            r#"{"expires":null,"expires":null}"#,
        ] {
            let error = parse(json).unwrap_err().to_string();
            assert!(!error.contains("geheim") && !error.contains("line"), "{json}: {error}");
        }
        let long = format!("{{\"owner\":\"{}\"}}", "x".repeat(256));
        assert!(matches!(parse(&long), Err(MetadataError::TooLong { length: 256, .. })));
    }

    #[test]
    fn keeps_only_what_concerns_keys_of_the_set() {
        let document = |json: &str| Document::parse(json).unwrap();
        let mut metadata = document(r#"{"a":{},"b":{"owner":"x"},"c":{}}"#);
        assert!(keep_only(&mut metadata, &document(r#"{"b":1,"d":2}"#)));
        assert_eq!(*metadata.to_json(), r#"{"b":{"owner":"x"}}"#);
        assert!(!keep_only(&mut metadata, &document(r#"{"b":3}"#)));
    }
}
