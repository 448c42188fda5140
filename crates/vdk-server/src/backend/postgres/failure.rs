//! What errors of the database are for a client.

use tokio_postgres::error::SqlState;

use crate::backend::{Fault, Reason};

/// What went wrong with a statement, or with what it gave.
pub enum Failure {
    /// The database said so, or was lost.
    Database(tokio_postgres::Error),
    /// It is known what it is for the client.
    Fault(Fault),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Failure::Database(error)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Failure::Fault(fault)
    }
}

/// What an error of the database itself is. It takes statements back that it reports as failed.
pub fn refused(error: &tokio_postgres::Error, writes: bool) -> Fault {
    let why = words(error);
    let Some(code) = error.code() else { return Fault::Away(Reason::Unreachable, why) };
    let class = code.code().get(..2).unwrap_or_default();
    if *code == SqlState::DISK_FULL {
        Fault::Full
    } else if (class == "08" || *code == SqlState::TRANSACTION_RESOLUTION_UNKNOWN) && writes {
        // A pooler says so when the server behind it is gone.
        Fault::Unknown(why)
    } else if *code == SqlState::TOO_MANY_CONNECTIONS
        || matches!(*code, SqlState::QUERY_CANCELED | SqlState::LOCK_NOT_AVAILABLE)
    {
        Fault::Away(Reason::Busy, why)
    } else if matches!(class, "28" | "3D" | "42") {
        // Who the service is, or what it may do, is not right.
        Fault::Denied(why)
    } else {
        Fault::Away(Reason::Failing, why)
    }
}

/// What an error is before anything was written.
pub fn not_sent(error: &tokio_postgres::Error) -> Fault {
    match error.as_db_error() {
        Some(_) => refused(error, false),
        None => Fault::Away(Reason::Unreachable, words(error)),
    }
}

/// The error in words. What a database says of a row may hold a value, so that is left out.
pub fn words(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return format!("{} ({})", error.message(), error.code().code());
    }
    let inner = std::error::Error::source(error);
    inner.map_or_else(|| error.to_string(), |inner| format!("{error}: {inner}"))
}
