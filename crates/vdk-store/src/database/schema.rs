//! The tables of a store, and the checks that a database has these and nothing else.

use rusqlite::Connection;

/// Format that this code writes. It reads older formats too.
pub(crate) const FORMAT: i64 = 4;

pub(crate) const TABLES: &str = "
    CREATE TABLE store (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        format INTEGER NOT NULL,
        key_place TEXT NOT NULL,
        key_id TEXT NOT NULL,
        data_key INTEGER NOT NULL DEFAULT 1,
        key_changes INTEGER NOT NULL DEFAULT 1,
        rotating INTEGER NOT NULL DEFAULT 0,
        in_use INTEGER NOT NULL DEFAULT 0,
        documents BLOB NOT NULL DEFAULT x'',
        documents_key INTEGER NOT NULL DEFAULT 1
    );
    CREATE TABLE data_keys (
        id INTEGER PRIMARY KEY,
        made_at INTEGER NOT NULL,
        wrapped BLOB NOT NULL
    );
    CREATE TABLE versions (
        collection TEXT NOT NULL,
        team TEXT NOT NULL,
        job TEXT NOT NULL,
        version INTEGER NOT NULL,
        written_at INTEGER NOT NULL,
        sealed BLOB NOT NULL,
        data_key INTEGER NOT NULL DEFAULT 1,
        UNIQUE (collection, team, job, version)
    );
";

pub(crate) const HEADS: &str = "
    CREATE TABLE heads (
        collection TEXT NOT NULL,
        team TEXT NOT NULL,
        job TEXT NOT NULL,
        version INTEGER NOT NULL,
        tag BLOB NOT NULL,
        tag_key INTEGER NOT NULL,
        written_at INTEGER NOT NULL,
        sealed BLOB,
        sealed_key INTEGER NOT NULL,
        slot INTEGER PRIMARY KEY
    );
";

/// Rejects a database that has anything but the tables of a store. A trigger or a view would run, or
/// pass for a table, in every process that uses the store.
pub(crate) fn check(database: &Connection) -> Result<Option<String>, rusqlite::Error> {
    const KNOWN: [&str; 5] = ["store", "data_keys", "versions", "heads", "replaced_keys"];
    let mut all = database.prepare("SELECT type, name, sql IS NULL FROM sqlite_schema")?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, name): (String, String) = (row.get(0)?, row.get(1)?);
        let is_known = match kind.as_str() {
            // `ANALYZE` makes tables of statistics.
            "table" => KNOWN.contains(&name.as_str()) || name.starts_with("sqlite_stat"),
            // The index of a constraint has no text.
            "index" => row.get(2)?,
            _ => false,
        };
        if !is_known {
            return Ok(Some(format!("it has the {kind} '{name}', which no store has")));
        }
    }
    Ok(None)
}

/// Rejects a database whose tables have other columns than a store of its format.
pub(crate) fn check_columns(
    database: &Connection,
    format: i64,
) -> Result<Option<String>, rusqlite::Error> {
    let data_keys = if format == 1 { "" } else { "id,made_at,wrapped" };
    let heads = match format {
        1 => "collection,team,job,version,tag",
        2 => "collection,team,job,version,tag,data_key",
        _ => "collection,team,job,version,tag,tag_key,written_at,sealed,sealed_key,slot",
    };
    let versions = match format {
        1 => "collection,team,job,version,written_at,sealed",
        _ => "collection,team,job,version,written_at,sealed,data_key",
    };
    let store = match format {
        1 => "id,format,key_place,key_id,wrapped_data_key",
        2 | 3 => "id,format,key_place,key_id,data_key,key_changes,rotating",
        _ => {
            "id,format,key_place,key_id,data_key,key_changes,rotating,in_use,documents,documents_key"
        }
    };
    let mut columns = database
        .prepare("SELECT coalesce(group_concat(name, ','), '') FROM pragma_table_xinfo(?1)")?;
    for (table, expected) in
        [("store", store), ("data_keys", data_keys), ("versions", versions), ("heads", heads)]
    {
        let found: String = columns.query_row([table], |row| row.get(0))?;
        if found != expected {
            return Ok(Some(format!("its table '{table}' has other columns than that of a store")));
        }
    }
    Ok(None)
}
