//! Conversion of database errors to faults.

use tokio_postgres::error::SqlState;

use crate::storage::{Reason, StorageError};

/// An error of a statement, or of its result.
pub enum Failure {
    /// The database reported an error, or the connection was lost.
    Database(tokio_postgres::Error),
    /// The fault is already known.
    StorageError(StorageError),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Failure::Database(error)
    }
}

impl From<StorageError> for Failure {
    fn from(fault: StorageError) -> Self {
        Failure::StorageError(fault)
    }
}

/// Converts a database error. The database has rolled back statements that it reports as failed.
pub fn refused(error: &tokio_postgres::Error, writes: bool) -> StorageError {
    let why = words(error);
    let Some(code) = error.code() else {
        return StorageError::Unavailable(Reason::Unreachable, why);
    };
    let class = code.code().get(..2).unwrap_or_default();
    if *code == SqlState::DISK_FULL {
        StorageError::Full
    } else if (class == "08" || *code == SqlState::TRANSACTION_RESOLUTION_UNKNOWN) && writes {
        // A pooler reports this when the server behind it is gone.
        StorageError::Unknown(why)
    } else if *code == SqlState::TOO_MANY_CONNECTIONS
        || matches!(*code, SqlState::QUERY_CANCELED | SqlState::LOCK_NOT_AVAILABLE)
    {
        StorageError::Unavailable(Reason::Busy, why)
    } else if matches!(class, "28" | "3D" | "42") {
        // The login of the service is wrong, or its rights are insufficient.
        StorageError::Denied(why)
    } else {
        StorageError::Unavailable(Reason::Failing, why)
    }
}

/// Converts an error from before anything was written.
pub fn not_sent(error: &tokio_postgres::Error) -> StorageError {
    match error.as_db_error() {
        Some(_) => refused(error, false),
        None => StorageError::Unavailable(Reason::Unreachable, words(error)),
    }
}

/// Returns the error as text. Leaves out details of a row, which may contain a value.
pub fn words(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return format!("{} ({})", error.message(), error.code().code());
    }
    let inner = std::error::Error::source(error);
    inner.map_or_else(|| error.to_string(), |inner| format!("{error}: {inner}"))
}
