//! Migration of stores of older formats, at their first write.

use rusqlite::{Connection, TransactionBehavior, params};

use crate::database::data_keys::DataKeys;
use crate::database::schema::{FORMAT, HEADS};
use crate::database::{census, committed};
use crate::documents::slot::slot_for;
use crate::error::StoreError;
use crate::store::Store;

/// Migrates format 1 to 2. Format 1 had one data key, which its rows did not name.
const FROM_FORMAT_1: &str = "
    CREATE TABLE data_keys (
        id INTEGER PRIMARY KEY,
        made_at INTEGER NOT NULL,
        wrapped BLOB NOT NULL
    );
    INSERT INTO data_keys SELECT 1, 0, wrapped_data_key FROM store;
    ALTER TABLE store DROP COLUMN wrapped_data_key;
    ALTER TABLE store ADD COLUMN data_key INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE store ADD COLUMN key_changes INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE store ADD COLUMN rotating INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE heads ADD COLUMN data_key INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE versions ADD COLUMN data_key INTEGER NOT NULL DEFAULT 1;
";

/// Migrates format 3 to 4, which records the number of documents and whether the store is in use.
const FROM_FORMAT_3: &str = "
    ALTER TABLE store ADD COLUMN in_use INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE store ADD COLUMN documents BLOB NOT NULL DEFAULT x'';
    ALTER TABLE store ADD COLUMN documents_key INTEGER NOT NULL DEFAULT 1;
";

impl Store {
    /// Migrates a store of an older format, unless another process has done so meanwhile.
    pub(crate) fn migrate(&self) -> Result<(), StoreError> {
        if self.keys.borrow().format == FORMAT {
            return Ok(());
        }
        self.transact(TransactionBehavior::Immediate, |writing, keys| {
            migrate(&writing, keys).map_err(|error| match error {
                StoreError::Damaged(why) => StoreError::NotAStore {
                    path: self.database.path().unwrap_or_default().into(),
                    why: format!("it cannot be migrated to format {FORMAT}: {why}"),
                },
                error => error,
            })?;
            committed(writing)
        })?;
        self.read_keys()
    }
}

fn migrate(writing: &Connection, keys: &DataKeys) -> Result<(), StoreError> {
    if keys.format == 1 {
        writing.execute_batch(FROM_FORMAT_1)?;
    }
    if keys.format < 3 {
        give_slots(writing)?;
    }
    if keys.format < FORMAT {
        writing.execute_batch(FROM_FORMAT_3)?;
        census::record(writing, keys, census::count(writing)?)?;
        writing.execute("UPDATE store SET format = ?1", [FORMAT])?;
    }
    Ok(())
}

/// Migrates heads of format 2, which were found by their names and held no document.
fn give_slots(writing: &Connection) -> Result<(), StoreError> {
    writing.execute_batch("ALTER TABLE heads RENAME TO heads_of_format_2")?;
    writing.execute_batch(HEADS)?;
    {
        let mut all = writing.prepare("SELECT collection, team, job FROM heads_of_format_2")?;
        let mut take = writing.prepare(
            "INSERT INTO heads SELECT collection, team, job, version, tag, data_key, 0, NULL, data_key, ?1
             FROM heads_of_format_2 WHERE (collection, team, job) = (?2, ?3, ?4)",
        )?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let names: [Result<String, _>; 3] = [row.get(0), row.get(1), row.get(2)];
            // Nobody can ask for a name that is not text.
            let [Ok(collection), Ok(team), Ok(job)] = names else { continue };
            let slot = slot_for(writing, (&collection, &team, &job))?;
            take.execute(params![slot, collection, team, job])?;
        }
    }
    writing.execute_batch("DROP TABLE heads_of_format_2")?;
    Ok(())
}
