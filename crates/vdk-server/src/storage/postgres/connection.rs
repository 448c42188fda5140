//! One connection to the database, and how a statement runs on it.
//!
//! A direct connection has limits for its session and prepared statements. A pooler may give each
//! transaction another session, which others use as well. There, each statement is a transaction
//! that sets its own limits, and no statement has a name.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, Statement};

use super::failure::{Failure, after_commit, first, not_sent, standby};
use super::queries::STATE;
use crate::storage::PATIENCE;

/// Longest life of a connection, so that changes of addresses and roles arrive at some time.
const LIFE: Duration = Duration::from_secs(30 * 60);
/// Age up to which the state of the server behind a connection counts as current.
const RECENT: Duration = Duration::from_secs(3);

/// A parameter of a statement and its type.
pub type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// A connection of the pool.
pub struct Connection {
    client: Client,
    task: JoinHandle<()>,
    is_direct: bool,
    prepared: Mutex<HashMap<String, Statement>>,
    /// The time at which it was made.
    pub made: Instant,
    /// The time from which it is not used again.
    retires: Instant,
}

/// The state of the server behind a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// It takes writes.
    All,
    /// Its data are current, as far as it knows, but it takes no writes.
    Reads,
}

/// A connection during one attempt of a request.
pub struct Attempt<'a> {
    /// The connection.
    pub connection: &'a Connection,
    /// True if the request is not tried again.
    pub is_last: bool,
}

impl Connection {
    /// Takes a client whose connection `task` serves. `process` is the id that the server gave.
    pub async fn new(
        client: Client,
        task: JoinHandle<()>,
        process: Option<i32>,
    ) -> Result<Self, tokio_postgres::Error> {
        let made = Instant::now();
        // Connections that were made together do not end together.
        let retires = made + LIFE.mul_f64(0.8 + 0.2 * fastrand::f64());
        let prepared = Mutex::default();
        let mut connection = Connection { client, task, is_direct: false, prepared, made, retires };
        let row = connection.client.query_typed_one("SELECT pg_backend_pid()", &[]).await?;
        // A pooler gives ids of its own.
        connection.is_direct = process == Some(row.get(0));
        if connection.is_direct {
            connection.client.batch_execute(&limits("SET")).await?;
        }
        Ok(connection)
    }

    /// Returns whether the connection can be used again. A connection of full age may be, as long
    /// as the server accepts no new login.
    pub fn is_usable(&self, accepts_logins: bool) -> bool {
        !self.client.is_closed() && (Instant::now() < self.retires || !accepts_logins)
    }

    /// Returns whether its server takes writes.
    pub async fn takes_writes(&self) -> Result<bool, tokio_postgres::Error> {
        let row = self.client.query_typed_one(&format!("SELECT {STATE}"), &[]).await?;
        Ok(row.get::<_, i32>(0) == 0)
    }

    /// Returns whether the state of its server is known to be current.
    pub fn is_recent(&self) -> bool {
        self.made.elapsed() < RECENT
    }

    /// Runs one statement, which takes effect whole or not at all.
    pub async fn run(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Failure> {
        if self.is_direct {
            let statement = self.prepare(sql).await?;
            let values: Vec<_> = parameters.iter().map(|(value, _)| *value).collect();
            return Ok(self.client.query(&statement, &values).await?);
        }
        let begin = limits("BEGIN; SET LOCAL");
        // All three are sent at once. A failed statement makes the commit a rollback.
        let (begun, rows, committed) = tokio::join!(
            self.client.batch_execute(&begin),
            self.client.query_typed(sql, parameters),
            self.client.batch_execute("COMMIT"),
        );
        let rows = rows?;
        begun.and(committed).map_err(|error| after_commit(&error))?;
        Ok(rows)
    }

    /// Runs statements that are part of a migration, in their transaction.
    pub async fn batch(&self, sql: &str) -> Result<(), Failure> {
        Ok(self.client.batch_execute(sql).await?)
    }

    /// Returns the one row of a query in a transaction that is open.
    pub async fn row(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Row, Failure> {
        Ok(self.client.query_typed_one(sql, parameters).await?)
    }

    /// Returns the statements that open a transaction with limits.
    pub fn begin() -> String {
        limits("BEGIN; SET LOCAL")
    }

    async fn prepare(&self, sql: &str) -> Result<Statement, Failure> {
        let known = |prepared: &Mutex<HashMap<String, Statement>>| {
            prepared.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned()
        };
        if let Some(statement) = known(&self.prepared) {
            return Ok(statement);
        }
        // If this fails, nothing was written.
        let statement =
            self.client.prepare(sql).await.map_err(|error| {
                match Failure::Database(error).or_stale(false) {
                    Failure::Database(error)
                        if error.code() != Some(&SqlState::UNDEFINED_TABLE) =>
                    {
                        not_sent(&error).into()
                    }
                    failure => failure,
                }
            })?;
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        prepared.insert(sql.into(), statement.clone());
        Ok(statement)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Attempt<'_> {
    /// Returns the rows of a query whose first column is [`STATE`], if the server is the one that
    /// takes writes, or a current one that takes none for now.
    pub async fn rows(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<(Serves, Vec<Row>), Failure> {
        let rows = self.connection.run(sql, parameters).await?;
        let state = match rows.first() {
            Some(row) => row.get(0),
            None => {
                let sql = format!("SELECT {STATE}");
                first(self.connection.run(&sql, &[]).await?)?.get(0)
            }
        };
        Ok((self.serves(state)?, rows))
    }

    /// Runs a write. A server that takes none has written nothing.
    pub async fn write(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, Failure> {
        self.connection.run(sql, parameters).await.map_err(|failure| match failure {
            Failure::Database(error)
                if error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) =>
            {
                self.standby()
            }
            failure => failure,
        })
    }

    /// Returns what a server in this state serves. An old connection may lead to one that another
    /// has replaced.
    pub fn serves(&self, state: i32) -> Result<Serves, Failure> {
        match state {
            0 => Ok(Serves::All),
            1 if self.is_current() => Ok(Serves::Reads),
            _ => Err(self.standby()),
        }
    }

    /// Returns whether the connection leads where a new one would lead.
    fn is_current(&self) -> bool {
        self.is_last || self.connection.is_recent()
    }

    fn standby(&self) -> Failure {
        match self.is_current() {
            true => standby().into(),
            false => Failure::Stale(standby()),
        }
    }
}

/// Returns statements that set the limits by `verb`. The database times out before the service
/// does: what it reports as rolled back was certainly not written.
fn limits(verb: &str) -> String {
    let most = (PATIENCE * 3 / 4).as_millis();
    format!(
        "{verb} statement_timeout = {most}; {set} lock_timeout = {most}; \
         {set} idle_in_transaction_session_timeout = {most}",
        set = verb.rsplit("; ").next().unwrap_or(verb)
    )
}
