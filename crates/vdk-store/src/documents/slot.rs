//! Slots: places of heads in their table. A slot is a number hashed from the names: a B-tree of
//! numbers has so few inner pages that finding one of very many rows reads one uncached page.

use ring::digest::{SHA256, digest};
use rusqlite::{Connection, params};

use crate::database::row::{Names, label_of_columns};
use crate::error::StoreError;

/// Number of documents with colliding names that find room. Finding nine such names takes some 2^53
/// hashes, and only prevents the ninth from being written.
const SLOTS: i64 = 8;

/// Returns the first and the last slot in which a document with these names may be.
pub(crate) fn slots((collection, team, job): Names<'_>) -> (i64, i64) {
    let names = [collection.as_bytes(), team.as_bytes(), job.as_bytes()];
    let hash = digest(&SHA256, &label_of_columns(b"slot", names, 0, 0));
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_ref()[..8]);
    // Half of the numbers: the ends of the full range would need care.
    let first = (i64::from_be_bytes(first) >> 1) & !(SLOTS - 1);
    (first, first + SLOTS - 1)
}

/// Returns the slot of the document with these names, or else the first free one.
pub(crate) fn slot_for(reading: &Connection, names: Names<'_>) -> Result<i64, StoreError> {
    let (first, last) = slots(names);
    let mut select = reading.prepare_cached(
        "SELECT slot, (collection, team, job) = (?3, ?4, ?5) FROM heads
         WHERE slot BETWEEN ?1 AND ?2",
    )?;
    let taken = select.query_map(params![first, last, names.0, names.1, names.2], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let taken: Vec<(i64, bool)> = taken.collect::<Result<_, _>>()?;
    let own = taken.iter().find(|(_, own)| *own).map(|(slot, _)| *slot);
    let is_free = |slot: &i64| taken.iter().all(|(other, _)| other != slot);
    own.or_else(|| (first..=last).find(is_free))
        .ok_or(StoreError::Damaged("all slots for its name are in use"))
}
