//! Checks a store whole: that every document decrypts, and that none is missing.

use rusqlite::Connection;

use crate::database::census;
use crate::database::data_keys::DataKeys;
use crate::documents::sealed::SEALED;
use crate::documents::slot::slots;
use crate::error::StoreError;
use crate::store::Store;

/// What a check of a whole store found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Number of documents.
    pub documents: u64,
    /// Number of versions and records of current versions that cannot be decrypted.
    pub damaged: u64,
    /// Number of documents that lack the current version, or the record of it.
    pub incomplete: u64,
    /// Number of documents that were removed with all their versions. Formats before 4 do not tell.
    pub missing: u64,
    /// True if the record of the number of documents was changed.
    pub is_count_changed: bool,
}

impl Findings {
    /// Returns whether nothing is damaged or missing.
    pub fn is_whole(&self) -> bool {
        *self == Findings { documents: self.documents, ..Findings::default() }
    }

    /// Returns what is damaged or missing, for a message; empty if nothing is.
    pub fn losses(&self) -> String {
        let parts = [
            (self.damaged, "versions cannot be decrypted"),
            (self.incomplete, "documents lack their current version"),
            (self.missing, "documents were removed"),
        ];
        let mut losses: Vec<String> = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if self.is_count_changed {
            losses.push("the record of the number of documents was changed".into());
        }
        losses.join(", ")
    }
}

impl Store {
    /// Compares the number of documents with the recorded one, without decrypting any.
    pub fn count(&self) -> Result<Findings, StoreError> {
        self.reading(|reading, keys| count(&reading, keys))
    }

    /// Decrypts every version of every document, and checks that none is missing. The store must
    /// have the current format.
    pub(crate) fn verify(&self) -> Result<Findings, StoreError> {
        self.reading(|reading, keys| verify(&reading, keys))
    }
}

/// Compares the number of documents with the recorded one.
fn count(reading: &Connection, keys: &DataKeys) -> Result<Findings, StoreError> {
    let mut findings = Findings { documents: census::count(reading)?, ..Findings::default() };
    if keys.format >= 4 {
        match census::recorded(reading, keys)? {
            Some(recorded) if recorded >= findings.documents => {
                findings.missing = recorded - findings.documents;
            }
            // There are more rows than documents were written.
            _ => findings.is_count_changed = true,
        }
    }
    Ok(findings)
}

fn verify(reading: &Connection, keys: &DataKeys) -> Result<Findings, StoreError> {
    let mut findings = count(reading, keys)?;
    for column in SEALED {
        findings.damaged += column.damaged(reading, keys)?;
    }
    let incomplete: i64 = reading.query_row(
        "SELECT (SELECT count(*) FROM heads WHERE NOT EXISTS (SELECT 1 FROM versions
                 WHERE (versions.collection, versions.team, versions.job, versions.version) =
                       (heads.collection, heads.team, heads.job, heads.version)))
              + (SELECT count(*) FROM (SELECT DISTINCT collection, team, job FROM versions EXCEPT
                 SELECT collection, team, job FROM heads))",
        [],
        |row| row.get(0),
    )?;
    findings.incomplete = incomplete.unsigned_abs();
    let mut heads = reading.prepare("SELECT collection, team, job, slot FROM heads")?;
    let mut rows = heads.query([])?;
    while let Some(row) = rows.next()? {
        let text = |column| row.get::<_, String>(column);
        let is_found = match (text(0), text(1), text(2), row.get(3)) {
            (Ok(collection), Ok(team), Ok(job), Ok(slot)) => {
                let (first, last) = slots((&collection, &team, &job));
                (first..=last).contains(&slot)
            }
            _ => false,
        };
        findings.incomplete += u64::from(!is_found);
    }
    Ok(findings)
}
