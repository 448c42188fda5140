//! The header of a store: its format, and its keys as they are stored.

use rusqlite::Connection;

use super::schema::FORMAT;

/// The store's record of its format and keys.
#[derive(PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) format: i64,
    pub(crate) key_place: String,
    pub(crate) key_id: String,
    /// Number of the data key that encrypts new data.
    pub(crate) data_key: i64,
    /// Counter of changes to the keys.
    pub(crate) key_changes: i64,
    /// True while a process that stays open uses the store, and after it was killed.
    pub(crate) in_use: bool,
    /// All data keys in use, by their numbers.
    pub(crate) wrapped: Vec<(i64, Vec<u8>)>,
}

impl Header {
    /// Reads the header in one transaction.
    pub(crate) fn read(database: &Connection) -> Result<Self, rusqlite::Error> {
        let reading = database.unchecked_transaction()?;
        let format =
            reading.query_row("SELECT format FROM store WHERE id = 1", [], |row| row.get(0))?;
        let (store, data_keys) = match format {
            1 => (
                "SELECT key_place, key_id, 1, 0, 0 FROM store WHERE id = 1",
                "SELECT 1, wrapped_data_key FROM store WHERE id = 1",
            ),
            2 | 3 => (
                "SELECT key_place, key_id, data_key, key_changes, 0 FROM store WHERE id = 1",
                "SELECT id, wrapped FROM data_keys ORDER BY id",
            ),
            FORMAT => (
                "SELECT key_place, key_id, data_key, key_changes, in_use FROM store WHERE id = 1",
                "SELECT id, wrapped FROM data_keys ORDER BY id",
            ),
            _ => ("SELECT '', '', 0, 0, 0", "SELECT 0, x'' WHERE 0"),
        };
        let mut header = reading.query_row(store, [], |row| {
            Ok(Header {
                format,
                key_place: row.get(0)?,
                key_id: row.get(1)?,
                data_key: row.get(2)?,
                key_changes: row.get(3)?,
                in_use: row.get(4)?,
                wrapped: Vec::new(),
            })
        })?;
        let mut data_keys = reading.prepare(data_keys)?;
        let data_keys = data_keys.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        header.wrapped = data_keys.collect::<Result<_, _>>()?;
        Ok(header)
    }
}
