//! The columns that hold ciphertexts, for work on all of them: a rotation re-encrypts them, and a
//! check of the whole store decrypts them.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Transaction, params};
use zeroize::Zeroizing;

use super::heads::{CURRENT, TAG};
use super::versions::VERSION;
use crate::database::data_keys::DataKeys;
use crate::database::row::label_of_columns;
use crate::error::StoreError;

/// Most rows and bytes that a transaction re-encrypts, so that writers wait only milliseconds.
const ROWS_AT_ONCE: usize = 64;
const BYTES_AT_ONCE: usize = 1024 * 1024;

/// Numbers of re-encrypted and of damaged ciphertexts.
#[derive(Default)]
pub(crate) struct Sealed {
    pub(crate) resealed: u64,
    pub(crate) damaged: u64,
}

/// A column that holds ciphertexts.
pub(crate) struct Column {
    role: &'static [u8],
    /// Selects the number of the data key, the ciphertext, and what it is bound to.
    all: &'static str,
    /// Matches rows after ?1 that another data key than ?2 encrypts.
    old: &'static str,
    update: &'static str,
}

pub(crate) const SEALED: [Column; 3] = [
    Column {
        role: TAG,
        all: "SELECT tag_key, tag, collection, team, job, version, 0, rowid FROM heads
              WHERE true",
        old: "AND rowid > ?1 AND tag_key <> ?2 ORDER BY rowid",
        update: "UPDATE heads SET tag = ?1, tag_key = ?2 WHERE rowid = ?3",
    },
    Column {
        role: CURRENT,
        all: "SELECT sealed_key, sealed, collection, team, job, version, written_at, rowid FROM heads
              WHERE sealed IS NOT NULL",
        old: "AND rowid > ?1 AND sealed_key <> ?2 ORDER BY rowid",
        update: "UPDATE heads SET sealed = ?1, sealed_key = ?2 WHERE rowid = ?3",
    },
    Column {
        role: VERSION,
        all: "SELECT data_key, sealed, collection, team, job, version, written_at, rowid FROM versions
              WHERE true",
        old: "AND rowid > ?1 AND data_key <> ?2 ORDER BY rowid",
        update: "UPDATE versions SET sealed = ?1, data_key = ?2 WHERE rowid = ?3",
    },
];

impl Column {
    /// Re-encrypts a few rows after `last` that an older key encrypts; false if there are no more.
    pub(crate) fn reseal(
        &self,
        writing: &Transaction<'_>,
        keys: &DataKeys,
        last: &mut i64,
        sealed: &mut Sealed,
    ) -> Result<bool, StoreError> {
        let (current, sealer) = keys.current()?;
        let mut select = writing.prepare_cached(&format!("{} {}", self.all, self.old))?;
        let mut rows = select.query(params![*last, current])?;
        let (mut found, mut bytes) = (Vec::new(), 0);
        while found.len() < ROWS_AT_ONCE
            && bytes < BYTES_AT_ONCE
            && let Some(row) = rows.next()?
        {
            *last = row.get(7)?;
            if let Some(old) = self.open(row, keys) {
                bytes += old.plain.len();
                found.push((*last, old));
            }
        }
        let goes_on = rows.next()?.is_some();
        drop(rows);
        for (row, old) in found {
            let text = sealer.seal(&old.label, old.plain)?;
            writing.prepare_cached(self.update)?.execute(params![text, current, row])?;
            sealed.resealed += 1;
        }
        Ok(goes_on)
    }

    /// Returns the number of rows that an older key encrypts, or `None` if any can be decrypted.
    pub(crate) fn damaged_only(
        &self,
        reading: &Connection,
        keys: &DataKeys,
    ) -> Result<Option<u64>, StoreError> {
        let mut select = reading.prepare(&format!("{} {}", self.all, self.old))?;
        let mut rows = select.query([i64::MIN, keys.current()?.0])?;
        let mut damaged = 0;
        while let Some(row) = rows.next()? {
            if self.open(row, keys).is_some() {
                return Ok(None);
            }
            damaged += 1;
        }
        Ok(Some(damaged))
    }

    /// Returns the number of rows that cannot be decrypted.
    pub(crate) fn damaged(&self, reading: &Connection, keys: &DataKeys) -> Result<u64, StoreError> {
        let mut select = reading.prepare(self.all)?;
        let mut rows = select.query([])?;
        let mut damaged = 0;
        while let Some(row) = rows.next()? {
            damaged += u64::from(self.open(row, keys).is_none());
        }
        Ok(damaged)
    }

    /// Decrypts a row. Returns `None` if anything in it was changed.
    fn open(&self, row: &Row<'_>, keys: &DataKeys) -> Option<Old> {
        let bytes = |column| row.get_ref(column).ok().and_then(|value| value.as_bytes().ok());
        let names = [bytes(2)?, bytes(3)?, bytes(4)?];
        let (version, written_at): (i64, i64) = (row.get(5).ok()?, row.get(6).ok()?);
        let label = label_of_columns(self.role, names, version.unsigned_abs(), written_at);
        let ValueRef::Blob(sealed) = row.get_ref(1).ok()? else { return None };
        let plain = keys.open(row.get(0).ok()?, &label, sealed.to_vec())?;
        Some(Old { label, plain })
    }
}

/// The plaintext of a row, and its label.
struct Old {
    label: Vec<u8>,
    plain: Zeroizing<Vec<u8>>,
}
