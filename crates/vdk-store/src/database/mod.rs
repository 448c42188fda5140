//! The SQLite file of a store: its connection, header, tables, rows and keys.

pub(crate) mod alone;
pub(crate) mod census;
pub(crate) mod connection;
pub(crate) mod create;
pub(crate) mod data_keys;
pub(crate) mod header;
pub(crate) mod in_use;
pub(crate) mod lock;
pub(crate) mod place;
pub(crate) mod row;
pub(crate) mod schema;

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::{ErrorCode, Transaction};

use crate::error::StoreError;

/// Commits. Returns [`StoreError::Uncertain`] if the outcome is unknown.
pub(crate) fn committed(writing: Transaction<'_>) -> Result<(), StoreError> {
    writing.commit().map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::SystemIoFailure) => StoreError::Uncertain(error),
        _ => error.into(),
    })
}

/// Returns the time in milliseconds since 1970 (UTC).
pub(crate) fn now_in_milliseconds() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}
