//! What `replace` did, key by key: a table, or lines of JSON. No value is in it.

use vdk_client::search::{Found, How};

use super::notation::json_string;
use super::text::replaced_table;

/// A key that holds the old value, and what became of it.
pub struct Row {
    /// The key.
    pub found: Found,
    /// What became of it.
    pub outcome: Outcome,
    /// The version before the write, if one was made that has a number.
    pub rollback: Option<u64>,
}

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds the old value, and nothing was written.
    Planned,
    /// It holds the new value.
    Replaced,
    /// It only contains the old value.
    Part,
    /// Others wrote another value meanwhile.
    Changed,
    /// It is a number, and the new value is none, or one that would lose digits.
    OtherType,
    /// The write was rejected, or could not be made.
    Failed,
    /// The write was sent, and it is not known whether it is stored.
    NotKnown,
}

impl Row {
    /// Makes the row of a key before anything is written.
    pub fn planned(found: Found) -> Self {
        let outcome = if found.how == How::Part { Outcome::Part } else { Outcome::Planned };
        Row { found, outcome, rollback: None }
    }
}

impl Outcome {
    fn words(self) -> [&'static str; 2] {
        match self {
            Outcome::Planned => ["planned", "not replaced yet"],
            Outcome::Replaced => ["replaced", "replaced"],
            Outcome::Part => ["part", "stays: only a part of the value"],
            Outcome::Changed => ["changed", "stays: changed meanwhile"],
            Outcome::OtherType => ["type", "stays: another type or digits"],
            Outcome::Failed => ["failed", "failed"],
            Outcome::NotKnown => ["unknown", "not known"],
        }
    }
}

/// Renders a table.
pub fn text(rows: &[Row]) -> String {
    replaced_table(rows.iter().map(|row| {
        let rollback = row.rollback.map_or("-".into(), |version| version.to_string());
        let [_, result] = row.outcome.words();
        let (found, collection) = (&row.found, row.found.collection.as_str());
        [found.job.clone(), collection.into(), found.key.clone(), rollback, result.into()]
    }))
}

/// Renders a line of `{team,job,collection,key,result,rollback}` for each key.
pub fn json(team: &str, rows: &[Row]) -> String {
    let team = json_string(team);
    let line = |row: &Row| {
        let (found, [result, _]) = (&row.found, row.outcome.words());
        format!(
            "{{\"team\": {team}, \"job\": {}, \"collection\": \"{}\", \"key\": {}, \"result\": \
             \"{result}\", \"rollback\": {}}}\n",
            json_string(&found.job),
            found.collection,
            json_string(&found.key),
            row.rollback.map_or("null".into(), |version| version.to_string()),
        )
    };
    rows.iter().map(line).collect()
}
