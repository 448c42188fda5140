//! Properties in PostgreSQL: a row for each version, with the document as JSON text, and a row for
//! each job, with its current version. A conditional write is one statement.

mod failure;
mod queries;
mod schema;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod,
};
use failure::{Failure, not_sent, refused, words};
use queries::{HAS_RIGHTS, HAS_TABLES, HAS_TEAM, READ, READ_VERSION, TEAMS, VERSIONS, WRITE};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;
use vdk_api::{
    Author, Collection, Document, Kept, Name, Owner, VERSIONS_KEPT, Version, tell_versions,
};
use zeroize::Zeroizing;

use super::{Backend, EngineStatus, Expected, PATIENCE, PoolStatus, Reason, StorageError, Stored};
use crate::settings::{Database, DatabaseTls};
use crate::tls::client_config;

/// One collection in PostgreSQL.
pub struct Postgres {
    pool: Pool,
    collection: Collection,
    /// True if the schema is known to be up to date.
    is_migrated: AtomicBool,
    /// Lock of the task that migrates the schema.
    migrating: Mutex<()>,
}

impl Postgres {
    /// Makes a pool for the database in `settings`. Does not connect yet.
    pub fn new(settings: Database, collection: Collection) -> Result<Self, String> {
        let Database { mut config, tls, ca, pool: size } = settings;
        config.connect_timeout(Duration::from_secs(2));
        config.tcp_user_timeout(PATIENCE);
        config.application_name("vdk-control-service");
        let recycling_method = RecyclingMethod::Fast;
        let manager = match tls {
            DatabaseTls::None => {
                Manager::from_config(config, NoTls, ManagerConfig { recycling_method })
            }
            DatabaseTls::Verified => {
                let tls = MakeRustlsConnect::new(client_config(true, ca.as_deref())?);
                Manager::from_config(config, tls, ManagerConfig { recycling_method })
            }
        };
        // The database times out first: what it reports as rolled back was certainly not written.
        let limits = format!(
            "SET statement_timeout = {0}; SET lock_timeout = {0}; \
             SET idle_in_transaction_session_timeout = {0}; SET client_min_messages = error",
            (PATIENCE * 3 / 4).as_millis()
        );
        let bound = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
            let limits = limits.clone();
            Box::pin(async move { client.batch_execute(&limits).await.map_err(HookError::Backend) })
        });
        let pool = Pool::builder(manager)
            .max_size(size)
            .runtime(deadpool_postgres::Runtime::Tokio1)
            .wait_timeout(Some(Duration::from_secs(2)))
            .create_timeout(Some(Duration::from_secs(3)))
            .recycle_timeout(Some(Duration::from_secs(1)))
            .post_create(bound)
            .build()
            .map_err(|error| error.to_string())?;
        let (is_migrated, migrating) = Default::default();
        Ok(Postgres { pool, collection, is_migrated, migrating })
    }

    /// Migrates the schema, unless that is done already. Services that do so at the same time wait
    /// for each other.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        if self.is_migrated.load(Ordering::Acquire) {
            return Ok(());
        }
        let _turn = self.migrating.lock().await;
        if !self.is_migrated.load(Ordering::Acquire) {
            let mut client = self.connection().await?;
            schema::migrate(&mut client).await?;
            self.is_migrated.store(true, Ordering::Release);
        }
        Ok(())
    }

    async fn connection(&self) -> Result<Object, StorageError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(deadpool_postgres::TimeoutType::Wait) => StorageError::Unavailable(
                Reason::Busy,
                "all connections to the database are in use".into(),
            ),
            PoolError::Backend(error) => not_sent(&error),
            error => StorageError::Unavailable(Reason::Unreachable, error.to_string()),
        })
    }

    /// Runs `work` on a connection, within the timeout.
    async fn with<T, F>(
        &self,
        writes: bool,
        work: impl AsyncFnOnce(&Object) -> Result<T, F>,
    ) -> Result<T, StorageError>
    where
        F: Into<Failure>,
    {
        let lost = |why: String| {
            if writes {
                StorageError::Unknown(why)
            } else {
                StorageError::Unavailable(Reason::Unreachable, why)
            }
        };
        let deadline = Instant::now() + PATIENCE;
        let client = match timeout_at(deadline, async {
            self.migrate().await?;
            self.connection().await
        })
        .await
        {
            Ok(client) => client?,
            Err(_) => {
                return Err(StorageError::Unavailable(
                    Reason::Unreachable,
                    "timeout while connecting".into(),
                ));
            }
        };
        let mut held = Held(Some(client));
        let Some(client) = &held.0 else { return Err(lost("no connection".into())) };
        let done = timeout_at(deadline, work(client)).await;
        if done.is_ok() {
            drop(held.0.take());
        }
        match done {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(failure)) => match failure.into() {
                Failure::StorageError(fault) => Err(fault),
                Failure::Database(error) => Err(match error.as_db_error() {
                    Some(said) if *said.code() == SqlState::UNDEFINED_TABLE => {
                        // The database may have been created again: the next request checks.
                        self.is_migrated.store(false, Ordering::Release);
                        StorageError::Unavailable(Reason::Failing, words(&error))
                    }
                    Some(_) => refused(&error, writes),
                    None => lost(words(&error)),
                }),
            },
            Err(_) => Err(lost("no response in time".into())),
        }
    }
}

/// A connection in use. If its response was not awaited, it is not used again: the next request
/// would have to wait for that response first.
struct Held(Option<Object>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
    }
}

#[async_trait]
impl Backend for Postgres {
    fn name(&self) -> &'static str {
        "postgresql"
    }

    async fn read(&self, owner: &Owner) -> Result<Stored, StorageError> {
        let row = self
            .with(false, async |client: &Object| -> Result<Option<Row>, Failure> {
                let statement = client.prepare_cached(READ).await?;
                let (collection, team, job) = self.names(owner);
                Ok(client.query_opt(&statement, &[&collection, &team, &job]).await?)
            })
            .await?;
        Ok(row.map_or_else(Stored::nothing, |row| stored(&row)))
    }

    async fn read_version(&self, owner: &Owner, version: u64) -> Result<Stored, StorageError> {
        let row = self
            .with(false, async |client: &Object| -> Result<Option<Row>, Failure> {
                let statement = client.prepare_cached(READ_VERSION).await?;
                let (collection, team, job) = self.names(owner);
                let version = number(version);
                Ok(client.query_opt(&statement, &[&collection, &team, &job, &version]).await?)
            })
            .await?;
        row.map(|row| stored(&row)).ok_or(StorageError::NoSuchVersion)
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
        let row = self
            .with(true, async |client: &Object| -> Result<Option<Row>, Failure> {
                // If this fails, nothing was written.
                let statement = client.prepare_cached(WRITE).await.map_err(|error| match error
                    .as_db_error()
                {
                    Some(_) => Failure::Database(error),
                    None => Failure::StorageError(not_sent(&error)),
                })?;
                let (collection, team, job) = self.names(owner);
                let (now, kept) = (now(), number(VERSIONS_KEPT));
                let row = client
                    .query_opt(
                        &statement,
                        &[
                            &collection,
                            &team,
                            &job,
                            &expected,
                            &now,
                            &author.who,
                            &author.op_id,
                            &json.as_str(),
                            &kept,
                        ],
                    )
                    .await?;
                Ok(row)
            })
            .await?;
        match row {
            Some(row) => Ok(row.get::<_, i64>(0).unsigned_abs()),
            None => {
                let current = self.read(owner).await.ok().map(|stored| stored.version);
                Err(StorageError::Conflict { current })
            }
        }
    }

    async fn versions(&self, owner: &Owner) -> Result<Vec<Version>, StorageError> {
        let rows = self
            .with(false, async |client: &Object| -> Result<Vec<Row>, Failure> {
                let statement = client.prepare_cached(VERSIONS).await?;
                let (collection, team, job) = self.names(owner);
                Ok(client.query(&statement, &[&collection, &team, &job]).await?)
            })
            .await?;
        let mut kept = Vec::new();
        for row in rows {
            let version = row.get::<_, i64>(0).unsigned_abs();
            let json = Zeroizing::new(row.get::<_, String>(4));
            let document = Document::parse(&json).map_err(|_| {
                StorageError::Damaged(format!(
                    "version {version} in the database is not a valid document"
                ))
            })?;
            let author = Author { who: row.get(2), op_id: row.get(3) };
            let written_at = row.get::<_, i64>(1).unsigned_abs();
            kept.push(Kept { version, written_at, author, document });
        }
        Ok(tell_versions(kept))
    }

    async fn has_team(&self, team: &Name) -> Result<bool, StorageError> {
        self.with(false, async |client: &Object| -> Result<bool, Failure> {
            let statement = client.prepare_cached(HAS_TEAM).await?;
            let names: [&(dyn ToSql + Sync); 2] = [&self.collection.as_str(), &team.as_str()];
            Ok(client.query_one(&statement, &names).await?.get(0))
        })
        .await
    }

    async fn teams(&self, most: usize) -> Result<Vec<String>, StorageError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = self
            .with(false, async |client: &Object| -> Result<Vec<Row>, Failure> {
                Ok(client.query(TEAMS, &[&self.collection.as_str(), &most]).await?)
            })
            .await?;
        Ok(rows.into_iter().map(|row| row.get(0)).collect())
    }

    async fn ready(&self) -> Result<(), StorageError> {
        if !self.says(HAS_TABLES).await? {
            self.is_migrated.store(false, Ordering::Release);
            if !self.says(HAS_TABLES).await? {
                let why = "one of the tables vdk_heads, vdk_versions and vdk_schema is missing";
                return Err(StorageError::Denied(why.into()));
            }
        }
        match self.says(HAS_RIGHTS).await? {
            true => Ok(()),
            false => Err(StorageError::Denied(
                "the database role needs the rights to select, insert, update and delete in the \
                 tables vdk_heads and vdk_versions"
                    .into(),
            )),
        }
    }

    fn status(&self) -> EngineStatus {
        let pool = self.pool.status();
        let pool = PoolStatus {
            most: pool.max_size,
            open: pool.size,
            used: pool.size.saturating_sub(pool.available),
            waiting: pool.waiting,
        };
        EngineStatus { pool: Some(pool), ..EngineStatus::default() }
    }
}

impl Postgres {
    fn names<'a>(&self, owner: &'a Owner) -> (&'static str, &'a str, &'a str) {
        (self.collection.as_str(), owner.team.as_str(), owner.job.as_str())
    }

    /// Returns the result of a query for one boolean.
    async fn says(&self, query: &'static str) -> Result<bool, StorageError> {
        self.with(false, async |client: &Object| -> Result<bool, Failure> {
            Ok(client.query_one(query, &[]).await?.get(0))
        })
        .await
    }

    /// Returns the rows of the original service's table: job and JSON text.
    pub(crate) async fn original_rows(
        &self,
    ) -> Result<Vec<(String, Option<String>)>, StorageError> {
        let rows = self
            .with(false, async |client: &Object| -> Result<Vec<Row>, Failure> {
                let all = "SELECT job_name, properties_json FROM job_properties ORDER BY job_name";
                Ok(client.query(all, &[]).await?)
            })
            .await?;
        Ok(rows.into_iter().map(|row| (row.get(0), row.get(1))).collect())
    }
}

fn stored(row: &Row) -> Stored {
    Stored { version: row.get::<_, i64>(0).unsigned_abs(), json: Zeroizing::new(row.get(1)) }
}

fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
