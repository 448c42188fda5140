//! Properties in PostgreSQL: a row for each version, with the document as JSON text, and a row for
//! each job, with its current version. A conditional write is one statement.

mod connection;
mod connector;
mod failure;
#[cfg(unix)]
mod peer;
mod pool;
mod queries;
mod schema;
mod socket;
mod watch;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use connection::{Attempt, Parameter, Serves};
use connector::Connector;
use failure::{Failure, refused, standby, words};
use pool::{Connections, Lease};
use queries::Queries;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use vdk_api::{
    Author, Collection, Document, Kept, Name, Owner, VERSIONS_KEPT, Version, tell_versions,
};
use zeroize::Zeroizing;

use super::{Backend, EngineStatus, Expected, PATIENCE, Reason, StorageError, Stored};
use crate::settings::Database;

/// One collection in PostgreSQL.
pub struct Postgres {
    pool: Connections,
    queries: Queries,
    collection: Collection,
    /// True if the schema is known to be up to date.
    is_migrated: AtomicBool,
    /// Lock of the task that migrates the schema.
    migrating: Mutex<()>,
}

impl Postgres {
    /// Makes a pool for the database in `settings`. Does not connect yet.
    pub fn new(mut settings: Database, collection: Collection) -> Result<Self, String> {
        let queries = Queries::new(settings.schema.take());
        let size = settings.pool;
        let pool = Connections::new(Connector::new(settings)?, size)?;
        let (is_migrated, migrating) = Default::default();
        Ok(Postgres { pool, queries, collection, is_migrated, migrating })
    }

    /// Migrates the schema, unless that is done already. Services that do so at the same time wait
    /// for each other.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        self.perform(Work::Migrate).await.map(|_| ())
    }

    async fn migrate_on(&self, attempt: &Attempt<'_>) -> Result<(), Failure> {
        if self.is_migrated.load(Ordering::Acquire) {
            return Ok(());
        }
        let _turn = self.migrating.lock().await;
        if !self.is_migrated.load(Ordering::Acquire) {
            schema::migrate(attempt, &self.queries).await?;
            self.is_migrated.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Runs `work` on a connection, within the timeout. If the connection turns out to lead to a
    /// server that ends or was replaced, and nothing was written, runs it once more on a new one.
    async fn perform(&self, work: Work<'_>) -> Result<Vec<Row>, StorageError> {
        let deadline = Instant::now() + PATIENCE;
        let mut is_last = false;
        loop {
            let lease = timeout_at(deadline, self.pool.get()).await.unwrap_or_else(|_| {
                let why = "timeout while connecting";
                Err(StorageError::Unavailable(Reason::Unreachable, why.into()))
            })?;
            let mut held = Held(Some(lease));
            let Some(lease) = &held.0 else { return Err(lost(false, "no connection".into())) };
            let connection = lease.connection();
            let made = connection.made;
            // What happens before the work writes nothing of it.
            let mut has_begun = false;
            let done = timeout_at(deadline, async {
                self.migrate_on(&Attempt { connection, is_last }).await?;
                has_begun = true;
                self.attempt(&Attempt { connection, is_last }, work).await
            })
            .await;
            let writes = has_begun && matches!(work, Work::Write(..));
            let Ok(done) = done else { return Err(lost(writes, "no response in time".into())) };
            let failure = match done {
                Ok(value) => {
                    held.release();
                    return Ok(value);
                }
                Err(failure) => failure.or_stale(writes),
            };
            let Failure::Stale(fault) = failure else {
                held.release();
                return Err(self.fault(failure, writes));
            };
            drop(held);
            self.pool.give_up(made);
            if is_last {
                return Err(fault);
            }
            is_last = true;
        }
    }

    async fn attempt(&self, attempt: &Attempt<'_>, work: Work<'_>) -> Result<Vec<Row>, Failure> {
        match work {
            Work::Migrate => Ok(Vec::new()),
            Work::Read(sql, parameters) => Ok(attempt.rows(sql, parameters).await?.1),
            Work::Write(sql, parameters) => attempt.write(sql, parameters).await,
            Work::Check(sql) => {
                let (serves, rows) = attempt.rows(sql, &[]).await?;
                if serves != Serves::All {
                    return Err(standby().into());
                }
                schema::check(attempt, &self.queries, false).await?;
                Ok(rows)
            }
        }
    }

    fn fault(&self, failure: Failure, writes: bool) -> StorageError {
        let error = match failure {
            Failure::StorageError(fault) | Failure::Stale(fault) => return fault,
            Failure::Database(error) => error,
        };
        match error.code() {
            Some(&SqlState::UNDEFINED_TABLE) => {
                // The database may have been created again: the next request checks.
                self.is_migrated.store(false, Ordering::Release);
                StorageError::Unavailable(Reason::Failing, words(&error))
            }
            Some(_) => refused(&error, writes),
            None => lost(writes, words(&error)),
        }
    }
}

/// The key of a document: collection, team and job.
struct Key<'a>([&'a str; 3]);

impl Key<'_> {
    fn parameters(&self) -> [Parameter<'_>; 3] {
        self.0.each_ref().map(|part| (part as _, Type::TEXT))
    }
}

/// The part of a request that may be tried again.
#[derive(Clone, Copy)]
enum Work<'a> {
    /// Nothing after the migration.
    Migrate,
    /// A query whose first column is the state of the server.
    Read(&'a str, &'a [Parameter<'a>]),
    /// A write.
    Write(&'a str, &'a [Parameter<'a>]),
    /// A query as for a read, and the checks that the server takes writes and the tables are ours.
    Check(&'a str),
}

/// Returns the fault of a request without a response.
fn lost(writes: bool, why: String) -> StorageError {
    match writes {
        true => StorageError::Unknown(why),
        false => StorageError::Unavailable(Reason::Unreachable, why),
    }
}

/// A connection in use. If its response was not awaited, it is not used again: the next request
/// would have to wait for that response first.
struct Held(Option<Lease>);

impl Held {
    /// Returns the connection to the pool.
    fn release(&mut self) {
        drop(self.0.take());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(lease) = self.0.take() {
            lease.discard();
        }
    }
}

#[async_trait]
impl Backend for Postgres {
    fn name(&self) -> &'static str {
        "postgresql"
    }

    async fn read(&self, owner: &Owner) -> Result<Stored, StorageError> {
        let rows = self.rows(&self.queries.read, &self.key(owner).parameters()).await?;
        Ok(rows.first().map_or_else(Stored::nothing, stored))
    }

    async fn read_version(&self, owner: &Owner, version: u64) -> Result<Stored, StorageError> {
        let key = self.key(owner);
        let [collection, team, job] = key.parameters();
        let version = number(version);
        let parameters = &[collection, team, job, (&version, Type::INT8)];
        let rows = self.rows(&self.queries.read_version, parameters).await?;
        rows.first().map(stored).ok_or(StorageError::NoSuchVersion)
    }

    async fn write(
        &self,
        owner: &Owner,
        json: Zeroizing<String>,
        expected: Expected,
        author: &Author,
    ) -> Result<u64, StorageError> {
        let expected = match expected {
            Expected::Any => None,
            Expected::Version(version) => Some(number(version)),
        };
        let key = self.key(owner);
        let [collection, team, job] = key.parameters();
        let (now, kept, json) = (now(), number(VERSIONS_KEPT), json.as_str());
        let parameters: &[Parameter<'_>] = &[
            collection,
            team,
            job,
            (&expected, Type::INT8),
            (&now, Type::INT8),
            (&author.who, Type::TEXT),
            (&author.op_id, Type::TEXT),
            (&json, Type::TEXT),
            (&kept, Type::INT8),
        ];
        let rows = self.perform(Work::Write(&self.queries.write, parameters)).await?;
        match rows.first() {
            Some(row) => Ok(row.get::<_, i64>(0).unsigned_abs()),
            None => {
                let current = self.read(owner).await.ok().map(|stored| stored.version);
                Err(StorageError::Conflict { current })
            }
        }
    }

    async fn versions(&self, owner: &Owner) -> Result<Vec<Version>, StorageError> {
        let rows = self.rows(&self.queries.versions, &self.key(owner).parameters()).await?;
        let mut kept = Vec::new();
        for row in rows {
            let Stored { json, version } = stored(&row);
            let document = Document::parse(&json).map_err(|_| {
                StorageError::Damaged(format!(
                    "version {version} in the database is not a valid document"
                ))
            })?;
            let author = Author { who: row.get(4), op_id: row.get(5) };
            let written_at = row.get::<_, i64>(3).unsigned_abs();
            kept.push(Kept { version, written_at, author, document });
        }
        Ok(tell_versions(kept))
    }

    async fn has_team(&self, team: &Name) -> Result<bool, StorageError> {
        let (collection, team) = (self.collection.as_str(), team.as_str());
        let parameters: &[Parameter<'_>] = &[(&collection, Type::TEXT), (&team, Type::TEXT)];
        let rows = self.rows(&self.queries.has_team, parameters).await?;
        // Without an answer, the team may have documents.
        Ok(rows.first().is_none_or(|row| row.get(1)))
    }

    async fn teams(&self, most: usize) -> Result<Vec<String>, StorageError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let collection = self.collection.as_str();
        let parameters: &[Parameter<'_>] = &[(&collection, Type::TEXT), (&most, Type::INT8)];
        let rows = self.rows(&self.queries.teams, parameters).await?;
        Ok(rows.into_iter().map(|row| row.get(1)).collect())
    }

    async fn jobs(&self, team: &Name, most: usize) -> Result<Vec<String>, StorageError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let (collection, team) = (self.collection.as_str(), team.as_str());
        let parameters: &[Parameter<'_>] =
            &[(&collection, Type::TEXT), (&team, Type::TEXT), (&most, Type::INT8)];
        let rows = self.rows(&self.queries.jobs, parameters).await?;
        Ok(rows.into_iter().map(|row| row.get(1)).collect())
    }

    async fn ready(&self) -> Result<(), StorageError> {
        self.pool.close_unused();
        let has_rights = match self.has_rights().await? {
            // The tables are gone, or the database was created again.
            None => {
                self.is_migrated.store(false, Ordering::Release);
                self.has_rights().await?
            }
            found => found,
        };
        match has_rights {
            Some(true) => Ok(()),
            Some(false) => Err(StorageError::Denied(
                "the database role needs the rights to select, insert, update and delete in the \
                 tables vdk_heads and vdk_versions"
                    .into(),
            )),
            None => Err(StorageError::Denied(
                "one of the tables vdk_heads, vdk_versions and vdk_schema is missing".into(),
            )),
        }
    }

    fn status(&self) -> EngineStatus {
        EngineStatus { pool: Some(self.pool.status()), ..EngineStatus::default() }
    }
}

impl Postgres {
    fn key<'a>(&self, owner: &'a Owner) -> Key<'a> {
        Key([self.collection.as_str(), owner.team.as_str(), owner.job.as_str()])
    }

    /// Returns the rows of a query whose first column is the state of the server.
    async fn rows(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, StorageError> {
        self.perform(Work::Read(sql, parameters)).await
    }

    /// Returns whether the role has its rights in the tables; `None` if one is missing. Checks that
    /// the server takes writes and the tables are ours.
    async fn has_rights(&self) -> Result<Option<bool>, StorageError> {
        let found = self.perform(Work::Check(&self.queries.has_rights)).await;
        if let Err(StorageError::Denied(_)) = found {
            // Requests are refused as well, until the tables pass the check.
            self.is_migrated.store(false, Ordering::Release);
        }
        Ok(found?.first().and_then(|row| row.get(1)))
    }

    /// Returns the rows of the original service's table: job and JSON text.
    pub(crate) async fn original_rows(
        &self,
    ) -> Result<Vec<(String, Option<String>)>, StorageError> {
        let rows = self.rows(&self.queries.original, &[]).await?;
        Ok(rows.into_iter().map(|row| (row.get(1), row.get(2))).collect())
    }
}

fn stored(row: &Row) -> Stored {
    Stored { version: row.get::<_, i64>(1).unsigned_abs(), json: Zeroizing::new(row.get(2)) }
}

fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
