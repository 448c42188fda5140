//! Conversion of database errors to faults.

use std::io::ErrorKind;

use tokio_postgres::Row;
use tokio_postgres::error::SqlState;

use crate::storage::{Reason, StorageError};

/// An error of a statement, or of its result.
pub enum Failure {
    /// The database reported an error, or the connection was lost.
    Database(tokio_postgres::Error),
    /// The fault is already known.
    StorageError(StorageError),
    /// The connection must not be used again. Nothing was written, so that another connection may
    /// do what this one could not.
    Stale(StorageError),
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

impl Failure {
    /// Recognizes errors of a connection whose server has ended or was replaced. If `writes`, only
    /// those that rule out a write.
    pub fn or_stale(self, writes: bool) -> Self {
        let Failure::Database(error) = self else { return self };
        // A session may lack our prepared statements.
        let is_stale = error.code().is_some_and(|code| matches!(code.code(), "26000" | "42P05"))
            || (!writes && is_ended(&error));
        if is_stale { Failure::Stale(refused(&error, false)) } else { Failure::Database(error) }
    }
}

/// Returns whether the server has ended the session, or the connection was lost.
pub fn is_ended(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        Some(code) => matches!(code.code(), "57P01" | "57P02" | "57P03" | "57P05"),
        None => error.is_closed() || cause(error).is_some_and(|cause| is_lost(cause.kind())),
    }
}

fn is_lost(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::BrokenPipe
            | ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::UnexpectedEof
    )
}

/// Returns the error of the connection, if that is the cause.
pub fn cause(error: &tokio_postgres::Error) -> Option<&std::io::Error> {
    std::error::Error::source(error)?.downcast_ref()
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
    } else if writes && is_unknown(code) {
        StorageError::Unknown(why)
    } else if *code == SqlState::TOO_MANY_CONNECTIONS
        || matches!(*code, SqlState::QUERY_CANCELED | SqlState::LOCK_NOT_AVAILABLE)
    {
        StorageError::Unavailable(Reason::Busy, why)
    } else if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        standby()
    } else if matches!(
        *code,
        SqlState::UNTRANSLATABLE_CHARACTER | SqlState::CHARACTER_NOT_IN_REPERTOIRE
    ) {
        StorageError::Name("the encoding of the database lacks one of the characters")
    } else if matches!(class, "28" | "3D" | "3F" | "42") {
        // The login of the service is wrong, or its rights are insufficient.
        StorageError::Denied(why)
    } else {
        StorageError::Unavailable(Reason::Failing, why)
    }
}

/// Returns whether a write with this error may be stored. A pooler reports a lost server, and a
/// server that crashes reports itself at any time.
fn is_unknown(code: &SqlState) -> bool {
    code.code().starts_with("08")
        || matches!(*code, SqlState::TRANSACTION_RESOLUTION_UNKNOWN | SqlState::CRASH_SHUTDOWN)
}

/// Converts an error of a commit after its statement had succeeded.
pub fn after_commit(error: &tokio_postgres::Error) -> Failure {
    let is_known = error
        .code()
        .is_some_and(|code| !is_unknown(code) && !matches!(*code, SqlState::ADMIN_SHUTDOWN));
    match is_known {
        true => refused(error, true).into(),
        false => StorageError::Unknown(words(error)).into(),
    }
}

/// Converts an error from before anything was written.
pub fn not_sent(error: &tokio_postgres::Error) -> StorageError {
    match error.as_db_error() {
        Some(_) => refused(error, false),
        None => StorageError::Unavailable(Reason::Unreachable, words(error)),
    }
}

/// Returns the fault of a server that takes no writes.
pub fn standby() -> StorageError {
    let why = "this server takes no writes: it is a standby, or set to read-only. The service \
               connects again until the address leads to the primary";
    StorageError::Unavailable(Reason::Standby, why.into())
}

/// Returns the first row of a response that has one.
pub fn first(rows: Vec<Row>) -> Result<Row, Failure> {
    let why = "the response lacks a row";
    let none = || StorageError::Unavailable(Reason::Failing, why.into());
    Ok(rows.into_iter().next().ok_or_else(none)?)
}

/// Returns the error as text. Leaves out details of a row, which may contain a value.
pub fn words(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return format!("{} ({})", error.message(), error.code().code());
    }
    let inner = std::error::Error::source(error);
    inner.map_or_else(|| error.to_string(), |inner| format!("{error}: {inner}"))
}
