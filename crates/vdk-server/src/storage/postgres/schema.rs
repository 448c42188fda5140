//! The tables and their migrations.

use deadpool_postgres::Object;

use super::failure::not_sent;
use crate::storage::StorageError;

/// The schema's versions: each list of statements migrates to the next one.
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
/// Lock under which services that start at once migrate the schema.
const MIGRATION_LOCK: i64 = 0x0076_646b_5f6d_6967;

/// Migrates the schema. Services that do so at the same time wait for each other.
pub async fn migrate(client: &mut Object) -> Result<(), StorageError> {
    let failed = |error: tokio_postgres::Error| not_sent(&error);
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
    // The lock comes first: the transaction would not repeat a look-up from before it.
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK])
        .await
        .map_err(failed)?;
    let found = version(&transaction).await.map_err(failed)?;
    if found > newest {
        return Err(StorageError::Denied(format!(
            "the database has schema {found}, but this service supports schemas up to {newest}"
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
        tracing::info!(backend = "postgresql", schema = step, "migrated the schema");
    }
    transaction.commit().await.map_err(failed)
}
