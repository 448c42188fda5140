//! The tables of a store.

/// Format that this code writes. It reads older formats too.
pub(crate) const FORMAT: i64 = 3;

pub(crate) const TABLES: &str = "
    CREATE TABLE store (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        format INTEGER NOT NULL,
        key_place TEXT NOT NULL,
        key_id TEXT NOT NULL,
        data_key INTEGER NOT NULL DEFAULT 1,
        key_changes INTEGER NOT NULL DEFAULT 1,
        rotating INTEGER NOT NULL DEFAULT 0
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
