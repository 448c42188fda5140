//! Properties in PostgreSQL: each version a row with the document as JSON text, and a row per job
//! that says which version is current. A conditional write is one statement.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod,
};
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::error::SqlState;
use tokio_postgres::{NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;
use vdk_api::{Author, Changes, Collection, Document, Owner, VERSIONS_KEPT, Version};
use zeroize::Zeroizing;

use super::{Backend, Expected, Fault, PATIENCE, Reason, Stored};
use crate::settings::{Database, DatabaseTls};
use crate::tls::client_config;

/// The schema's versions: each statement list takes it one further.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE vdk_heads (
        collection text COLLATE \"C\" NOT NULL,
        team text COLLATE \"C\" NOT NULL,
        job text COLLATE \"C\" NOT NULL,
        version bigint NOT NULL,
        PRIMARY KEY (collection, team, job)
    );
    CREATE TABLE vdk_versions (
        collection text COLLATE \"C\" NOT NULL,
        team text COLLATE \"C\" NOT NULL,
        job text COLLATE \"C\" NOT NULL,
        version bigint NOT NULL,
        written_at bigint NOT NULL,
        who text NOT NULL,
        op_id text NOT NULL,
        json text NOT NULL,
        PRIMARY KEY (collection, team, job, version)
    );
"];
/// The lock under which services that start at once bring the schema up to date.
const MIGRATION_LOCK: i64 = 0x0076_646b_5f6d_6967;

const READ: &str = "
    SELECT v.version, v.json FROM vdk_heads h JOIN vdk_versions v
    USING (collection, team, job, version)
    WHERE collection = $1 AND team = $2 AND job = $3";
const READ_VERSION: &str = "
    SELECT version, json FROM vdk_versions
    WHERE collection = $1 AND team = $2 AND job = $3 AND version = $4";
const VERSIONS: &str = "
    SELECT version, written_at, who, op_id, json FROM vdk_versions
    WHERE collection = $1 AND team = $2 AND job = $3 ORDER BY version";
/// `$4` is the version that is expected, null for any. Rows are never taken out of `vdk_heads`, so
/// what `EXISTS` sees stays true.
const WRITE: &str = "
    WITH head AS (
        INSERT INTO vdk_heads AS h (collection, team, job, version)
        SELECT $1, $2, $3, 1
        WHERE $4::bigint IS NULL OR $4 = 0 OR EXISTS (
            SELECT 1 FROM vdk_heads WHERE collection = $1 AND team = $2 AND job = $3)
        ON CONFLICT (collection, team, job) DO UPDATE SET version = h.version + 1
        WHERE $4::bigint IS NULL OR h.version = $4
        RETURNING version
    ), pruned AS (
        DELETE FROM vdk_versions v USING head
        WHERE v.collection = $1 AND v.team = $2 AND v.job = $3 AND v.version <= head.version - $9
    )
    INSERT INTO vdk_versions (collection, team, job, version, written_at, who, op_id, json)
    SELECT $1, $2, $3, version, $5, $6, $7, $8 FROM head
    RETURNING version";

/// One collection in PostgreSQL.
pub struct Postgres {
    pool: Pool,
    collection: Collection,
    migrated: OnceCell<()>,
}

impl Postgres {
    /// A way to the database that `settings` name. Nothing is asked yet.
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
        let limits = format!(
            "SET statement_timeout = {0}; SET lock_timeout = {0}; \
             SET idle_in_transaction_session_timeout = {0}; SET client_min_messages = error",
            PATIENCE.as_millis()
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
        Ok(Postgres { pool, collection, migrated: OnceCell::new() })
    }

    /// Brings the schema up to date, unless that is done already. Other services that do so at the
    /// same time wait for each other.
    pub async fn migrate(&self) -> Result<(), Fault> {
        self.migrated
            .get_or_try_init(|| async {
                let mut client = self.connection().await?;
                migrate(&mut client).await
            })
            .await
            .map(|_| ())
    }

    async fn connection(&self) -> Result<Object, Fault> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(deadpool_postgres::TimeoutType::Wait) => {
                Fault::Away(Reason::Busy, "all connections to the database are in use".into())
            }
            PoolError::Backend(error) => not_sent(&error),
            error => Fault::Away(Reason::Unreachable, error.to_string()),
        })
    }

    /// Runs `work` on a connection, within bounds.
    async fn with<T, F>(
        &self,
        writes: bool,
        work: impl AsyncFnOnce(&Object) -> Result<T, F>,
    ) -> Result<T, Fault>
    where
        F: Into<Failure>,
    {
        let lost = |why: String| {
            if writes { Fault::Unknown(why) } else { Fault::Away(Reason::Unreachable, why) }
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
                return Err(Fault::Away(Reason::Unreachable, "no connection in time".into()));
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
                Failure::Fault(fault) => Err(fault),
                Failure::Database(error) => Err(match error.as_db_error() {
                    Some(_) => refused(&error, writes),
                    None => lost(words(&error)),
                }),
            },
            Err(_) => Err(lost("no answer in time".into())),
        }
    }
}

/// A connection that is in use. Where its answer was not waited for, it is not used again: the
/// next request would wait for that answer first.
struct Held(Option<Object>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
    }
}

/// What went wrong with a statement, or with what it gave.
pub(crate) enum Failure {
    Database(tokio_postgres::Error),
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

async fn migrate(client: &mut Object) -> Result<(), Fault> {
    let failed = |error: tokio_postgres::Error| match error.as_db_error() {
        Some(_) => refused(&error, false),
        None => Fault::Away(Reason::Unreachable, words(&error)),
    };
    let newest = i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX);
    let version =
        async |client: &tokio_postgres::Transaction<'_>| -> Result<i32, tokio_postgres::Error> {
            let table =
                client.query_one("SELECT to_regclass('vdk_schema') IS NOT NULL", &[]).await?;
            if !table.get::<_, bool>(0) {
                return Ok(0);
            }
            let row =
                client.query_one("SELECT coalesce(max(version), 0) FROM vdk_schema", &[]).await?;
            Ok(row.get(0))
        };
    let transaction = client.transaction().await.map_err(failed)?;
    // First of all: what the transaction has looked up before, it would not look up again.
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK])
        .await
        .map_err(failed)?;
    let found = version(&transaction).await.map_err(failed)?;
    if found > newest {
        return Err(Fault::Denied(format!(
            "the database has schema {found}, and this service knows schemas up to {newest}"
        )));
    }
    for (step, statements) in (1..).zip(MIGRATIONS).skip_while(|(step, _)| *step <= found) {
        if step == 1 {
            let table = "CREATE TABLE vdk_schema (version integer PRIMARY KEY)";
            transaction.batch_execute(table).await.map_err(failed)?;
        }
        transaction.batch_execute(statements).await.map_err(failed)?;
        transaction
            .execute("INSERT INTO vdk_schema VALUES ($1)", &[&step])
            .await
            .map_err(failed)?;
        tracing::info!(backend = "postgresql", schema = step, "the schema was brought up to date");
    }
    transaction.commit().await.map_err(failed)
}

#[async_trait]
impl Backend for Postgres {
    fn name(&self) -> &'static str {
        "postgresql"
    }

    async fn read(&self, owner: &Owner) -> Result<Stored, Fault> {
        let row = self
            .with(false, async |client: &Object| -> Result<Option<Row>, Failure> {
                let statement = client.prepare_cached(READ).await?;
                let (collection, team, job) = self.names(owner);
                Ok(client.query_opt(&statement, &[&collection, &team, &job]).await?)
            })
            .await?;
        Ok(row.map_or_else(Stored::nothing, |row| stored(&row)))
    }

    async fn read_version(&self, owner: &Owner, version: u64) -> Result<Stored, Fault> {
        let row = self
            .with(false, async |client: &Object| -> Result<Option<Row>, Failure> {
                let statement = client.prepare_cached(READ_VERSION).await?;
                let (collection, team, job) = self.names(owner);
                let version = number(version);
                Ok(client.query_opt(&statement, &[&collection, &team, &job, &version]).await?)
            })
            .await?;
        row.map(|row| stored(&row)).ok_or(Fault::NoSuchVersion)
    }

    async fn write(
        &self,
        owner: &Owner,
        document: &Document,
        expected: Expected,
        author: &Author,
    ) -> Result<u64, Fault> {
        let json = document.to_json();
        let expected = match expected {
            Expected::Any => None,
            Expected::Version(version) => Some(number(version)),
        };
        let row = self
            .with(true, async |client: &Object| -> Result<Option<Row>, Failure> {
                // Nothing is written yet while this fails.
                let statement =
                    client.prepare_cached(WRITE).await.map_err(|error| not_sent(&error))?;
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
                Err(Fault::Conflict { current })
            }
        }
    }

    async fn versions(&self, owner: &Owner) -> Result<Vec<Version>, Fault> {
        let rows = self
            .with(false, async |client: &Object| -> Result<Vec<Row>, Failure> {
                let statement = client.prepare_cached(VERSIONS).await?;
                let (collection, team, job) = self.names(owner);
                Ok(client.query(&statement, &[&collection, &team, &job]).await?)
            })
            .await?;
        let mut versions = Vec::new();
        let mut before = None;
        for row in rows {
            let number = row.get::<_, i64>(0).unsigned_abs();
            let json = Zeroizing::new(row.get::<_, String>(4));
            let after = Document::parse(&json).map_err(|_| {
                Fault::Damaged(format!("version {number} in the database is no document"))
            })?;
            if number == 1 {
                before = Some(Document::default());
            }
            let changes = before.as_ref().map(|before| Changes::between(before, &after));
            let author = Author { who: row.get(2), op_id: row.get(3) };
            versions.push(Version::new(
                number,
                row.get::<_, i64>(1).unsigned_abs(),
                author,
                changes,
            ));
            before = Some(after);
        }
        versions.reverse();
        Ok(versions)
    }

    async fn ready(&self) -> Result<(), Fault> {
        self.with(false, async |client: &Object| -> Result<(), Failure> {
            Ok(client.batch_execute("SELECT 1").await?)
        })
        .await
    }
}

impl Postgres {
    fn names<'a>(&self, owner: &'a Owner) -> (&'static str, &'a str, &'a str) {
        (self.collection.as_str(), owner.team.as_str(), owner.job.as_str())
    }

    /// The rows of the original's table: job and JSON text.
    pub(crate) async fn original_rows(&self) -> Result<Vec<(String, Option<String>)>, Fault> {
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

/// What an error of the database itself is. It takes statements back that it reports as failed.
fn refused(error: &tokio_postgres::Error, writes: bool) -> Fault {
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
fn not_sent(error: &tokio_postgres::Error) -> Fault {
    match error.as_db_error() {
        Some(_) => refused(error, false),
        None => Fault::Away(Reason::Unreachable, words(error)),
    }
}

/// The error in words. What a database says of a row may hold a value, so that is left out.
fn words(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return format!("{} ({})", error.message(), error.code().code());
    }
    let inner = std::error::Error::source(error);
    inner.map_or_else(|| error.to_string(), |inner| format!("{error}: {inner}"))
}

fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
