//! The SQL statements. Every read tells the state of its server in its first column, so that a
//! standby never passes for the primary.

/// The state of the server: 0 if it takes writes, 1 if it is set to read-only, 2 for a standby.
pub const STATE: &str = "
    CASE WHEN pg_is_in_recovery() THEN 2
    WHEN current_setting('transaction_read_only') = 'on' THEN 1 ELSE 0 END";

const READ: &str = "
    SELECT {state}, v.version, v.json FROM {vdk_heads} h JOIN {vdk_versions} v
    USING (collection, team, job, version)
    WHERE collection = $1 AND team = $2 AND job = $3";
const READ_VERSION: &str = "
    SELECT {state}, version, json FROM {vdk_versions}
    WHERE collection = $1 AND team = $2 AND job = $3 AND version = $4";
const VERSIONS: &str = "
    SELECT {state}, version, json, written_at, who, op_id FROM {vdk_versions}
    WHERE collection = $1 AND team = $2 AND job = $3 ORDER BY version";
/// The conditional write; `$4` is the expected version, null for any. Rows of `vdk_heads` are never
/// deleted, so what `EXISTS` sees stays true.
const WRITE: &str = "
    WITH head AS (
        INSERT INTO {vdk_heads} AS h (collection, team, job, version)
        SELECT $1, $2, $3, 1
        WHERE $4::bigint IS NULL OR $4 = 0 OR EXISTS (
            SELECT 1 FROM {vdk_heads} WHERE collection = $1 AND team = $2 AND job = $3)
        ON CONFLICT (collection, team, job) DO UPDATE SET version = h.version + 1
        WHERE $4::bigint IS NULL OR h.version = $4
        RETURNING version
    ), pruned AS (
        DELETE FROM {vdk_versions} v USING head
        WHERE v.collection = $1 AND v.team = $2 AND v.job = $3 AND v.version <= head.version - $9
    )
    INSERT INTO {vdk_versions} (collection, team, job, version, written_at, who, op_id, json)
    SELECT $1, $2, $3, version, $5, $6, $7, $8 FROM head
    RETURNING version";
const HAS_TEAM: &str = "
    SELECT {state}, EXISTS (SELECT 1 FROM {vdk_heads} WHERE collection = $1 AND team = $2)";
/// The query for teams: one look-up in the index for each, however many jobs there are.
const TEAMS: &str = "
    WITH RECURSIVE teams (team) AS (
        (SELECT team FROM {vdk_heads} WHERE collection = $1 ORDER BY team LIMIT 1)
        UNION ALL
        SELECT (SELECT h.team FROM {vdk_heads} h WHERE h.collection = $1 AND h.team > t.team
            ORDER BY h.team LIMIT 1)
        FROM teams t WHERE t.team IS NOT NULL
    )
    SELECT {state}, team FROM teams WHERE team IS NOT NULL LIMIT $2";
const JOBS: &str = "
    SELECT {state}, job FROM {vdk_heads} WHERE collection = $1 AND team = $2
    ORDER BY job COLLATE \"C\" LIMIT $3";
const ORIGINAL: &str = "
    SELECT {state}, job_name, properties_json FROM {job_properties} ORDER BY job_name";

/// The readiness query, which checks what requests need, not only that the database responds. It is
/// null if a table is missing.
const HAS_RIGHTS: &str = "
    SELECT {state}, CASE WHEN to_regclass('{vdk_heads}') IS NOT NULL
        AND to_regclass('{vdk_versions}') IS NOT NULL AND to_regclass('{vdk_schema}') IS NOT NULL
    THEN has_table_privilege('{vdk_heads}', 'SELECT')
        AND has_table_privilege('{vdk_heads}', 'INSERT')
        AND has_table_privilege('{vdk_heads}', 'UPDATE')
        AND has_table_privilege('{vdk_versions}', 'SELECT')
        AND has_table_privilege('{vdk_versions}', 'INSERT')
        AND has_table_privilege('{vdk_versions}', 'DELETE')
    END";
/// The query for who owns the tables, and what could see or change their rows on the way. A role is
/// trusted if it could read the tables anyway.
const TABLES: &str = "
    SELECT {state}, t.relname::text, o.rolname::text,
        t.relowner = me.oid OR o.rolsuper OR t.relowner = d.datdba
            OR (NOT me.rolsuper AND pg_has_role(me.oid, t.relowner, 'MEMBER')) AS is_trusted,
        t.relkind::text IN ('r', 'p') AND NOT row_security_active(t.oid)
            AND NOT EXISTS (SELECT 1 FROM pg_rewrite WHERE ev_class = t.oid) AS is_plain,
        (SELECT string_agg(tgname::text, ', ' ORDER BY tgname) FROM pg_trigger
            WHERE tgrelid = t.oid AND NOT tgisinternal) AS triggers
    FROM pg_class t JOIN pg_roles o ON o.oid = t.relowner
    JOIN pg_roles me ON me.rolname = current_user
    JOIN pg_database d ON d.datname = current_database()
    WHERE t.oid IN (to_regclass('{vdk_heads}'), to_regclass('{vdk_versions}'),
        to_regclass('{vdk_schema}'))
    ORDER BY t.relname";
/// The query before a migration.
const PLACE: &str = "
    SELECT {state}, to_regclass('{vdk_schema}') IS NOT NULL AS has_schema,
        current_setting('server_encoding') AS encoding, current_database()::text AS database,
        coalesce({schema}, '') AS schema, (
            SELECT string_agg(n.nspname::text, ', ' ORDER BY n.nspname) FROM pg_class t
            JOIN pg_namespace n ON n.oid = t.relnamespace
            WHERE t.relname = 'vdk_heads' AND t.relkind IN ('r', 'p')
        ) AS others";
const SCHEMA_VERSION: &str = "SELECT coalesce(max(version), 0) FROM {vdk_schema}";

/// The statements for the tables in one schema.
pub struct Queries {
    schema: Option<String>,
    pub read: String,
    pub read_version: String,
    pub versions: String,
    pub write: String,
    pub has_team: String,
    pub teams: String,
    pub jobs: String,
    pub original: String,
    pub has_rights: String,
    pub tables: String,
    pub place: String,
    pub schema_version: String,
}

impl Queries {
    /// Makes the statements. Without a schema, the role's search path decides.
    pub fn new(schema: Option<String>) -> Self {
        let sql = |text| within(schema.as_deref(), text);
        Queries {
            read: sql(READ),
            read_version: sql(READ_VERSION),
            versions: sql(VERSIONS),
            write: sql(WRITE),
            has_team: sql(HAS_TEAM),
            teams: sql(TEAMS),
            jobs: sql(JOBS),
            original: sql(ORIGINAL),
            has_rights: sql(HAS_RIGHTS),
            tables: sql(TABLES),
            place: sql(PLACE),
            schema_version: sql(SCHEMA_VERSION),
            schema,
        }
    }

    /// Returns a statement with the names of the tables in place of those in braces.
    pub fn within(&self, sql: &str) -> String {
        within(self.schema.as_deref(), sql)
    }
}

/// Puts the names of the tables, with their schema, in place of those in braces. It needs nothing
/// of the session, which a pooler may share. The settings allow no quotation marks in `schema`.
fn within(schema: Option<&str>, sql: &str) -> String {
    let prefix = schema.map(|schema| format!("\"{schema}\".")).unwrap_or_default();
    let place = schema.map(|schema| format!("'{schema}'"));
    let mut sql = sql
        .replace("{state}", STATE)
        .replace("{schema}", place.as_deref().unwrap_or("current_schema()::text"));
    for table in ["vdk_heads", "vdk_versions", "vdk_schema", "job_properties"] {
        sql = sql.replace(&format!("{{{table}}}"), &format!("{prefix}{table}"));
    }
    sql
}
