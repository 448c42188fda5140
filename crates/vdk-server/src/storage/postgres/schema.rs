//! The tables: their migrations, and the checks that they are ours.

use super::connection::{Attempt, Connection, Serves};
use super::failure::{Failure, first, standby};
use super::queries::Queries;
use crate::storage::StorageError;

/// The schema's versions: each list of statements migrates to the next one.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE {vdk_heads} (
        collection text COLLATE \"C\" NOT NULL,
        team text COLLATE \"C\" NOT NULL,
        job text COLLATE \"C\" NOT NULL,
        version bigint NOT NULL,
        PRIMARY KEY (collection, team, job)
    );
    CREATE TABLE {vdk_versions} (
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
/// Lock under which services that start at once migrate the schema.
const MIGRATION_LOCK: i64 = 0x0076_646b_5f6d_6967;

/// Migrates the schema, and checks the tables. Services that do so at the same time wait for each
/// other.
pub async fn migrate(attempt: &Attempt<'_>, queries: &Queries) -> Result<(), Failure> {
    let connection = attempt.connection;
    let (serves, rows) = attempt.rows(&queries.place, &[]).await?;
    let place = first(rows)?;
    let newest = i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX);
    let found = match place.get::<_, bool>("has_schema") {
        true => first(connection.run(&queries.schema_version, &[]).await?)?.get(0),
        false => 0,
    };
    if found > newest {
        let why = format!(
            "the database has schema {found}, but this service supports schemas up to {newest}"
        );
        return Err(StorageError::Denied(why).into());
    }
    let (database, schema): (&str, &str) = (place.get("database"), place.get("schema"));
    let encoding: &str = place.get("encoding");
    // SQL_ASCII keeps every byte as it is.
    let is_lossless = matches!(encoding, "UTF8" | "SQL_ASCII");
    if found > 0 && !is_lossless {
        tracing::warn!(
            backend = "postgresql",
            "the database {database} has the encoding {encoding}: writes with other characters \
             are rejected. Move the tables to a database with the encoding UTF8"
        );
    }
    if found < newest {
        if serves != Serves::All {
            return Err(standby().into());
        }
        if !is_lossless {
            let why = format!(
                "the database {database} has the encoding {encoding}, which lacks most characters. \
                 Make one for this service: CREATE DATABASE vdk ENCODING 'UTF8' TEMPLATE template0"
            );
            return Err(StorageError::Denied(why).into());
        }
        if let Err(failure) = apply(connection, queries).await {
            // If this fails too, the connection is closed and the server rolls back.
            let _ = connection.batch("ROLLBACK").await;
            return Err(failure);
        }
        if found == 0 {
            let others: Option<&str> = place.get("others");
            tracing::warn!(
                backend = "postgresql",
                schema,
                database,
                others,
                "made new, empty tables. If there should be data already, check the database, and \
                 the search_path of the role or currentSchema in spring.datasource.url"
            );
        }
    }
    check(attempt, queries, true).await
}

/// Applies the migrations that are not there yet.
async fn apply(connection: &Connection, queries: &Queries) -> Result<(), Failure> {
    // The lock comes first: what another service has migrated meanwhile is seen after it.
    let begin = format!("{}; SELECT pg_advisory_xact_lock({MIGRATION_LOCK})", Connection::begin());
    connection.batch(&begin).await?;
    // Only a table that is opened, such as pg_class, has the session forget what it knew.
    let has_schema = "SELECT count(*) > 0 FROM pg_class WHERE oid = to_regclass('{vdk_schema}')";
    let has_schema = queries.within(has_schema);
    let found = match connection.row(&has_schema, &[]).await?.get(0) {
        true => connection.row(&queries.schema_version, &[]).await?.get(0),
        false => 0,
    };
    for (step, statements) in (1..).zip(MIGRATIONS).skip_while(|(step, _)| *step <= found) {
        if step == 1 {
            let table = "CREATE TABLE {vdk_schema} (version integer PRIMARY KEY)";
            connection.batch(&queries.within(table)).await?;
        }
        connection.batch(&queries.within(statements)).await?;
        let note = format!("INSERT INTO {{vdk_schema}} VALUES ({step})");
        connection.batch(&queries.within(&note)).await?;
        tracing::info!(backend = "postgresql", schema = step, "migrated the schema");
    }
    connection.batch("COMMIT").await
}

/// Checks that nobody else sees or changes what the service stores in its tables. If `tells`, warns
/// of what those who may do so anyway have added.
pub async fn check(attempt: &Attempt<'_>, queries: &Queries, tells: bool) -> Result<(), Failure> {
    for row in attempt.rows(&queries.tables, &[]).await?.1 {
        let (table, owner): (&str, &str) = (row.get(1), row.get(2));
        if !row.get::<_, bool>("is_trusted") {
            let why = format!(
                "the table {table} belongs to the role {owner}, which could see and change \
                 everything that this service stores. If that is intended, make the service's role \
                 a member of it; else check the table and take it: ALTER TABLE {table} OWNER TO \
                 CURRENT_USER"
            );
            return Err(StorageError::Denied(why).into());
        }
        if !row.get::<_, bool>("is_plain") {
            let why = format!(
                "the table {table} is a view, or has rules or row security, which change what is \
                 stored and read. Remove them"
            );
            return Err(StorageError::Denied(why).into());
        }
        if let Some(triggers) = row.get::<_, Option<&str>>("triggers")
            && tells
        {
            tracing::warn!(
                backend = "postgresql",
                table,
                triggers,
                "triggers see everything that is stored in this table. Remove those that are not \
                 yours"
            );
        }
    }
    Ok(())
}
