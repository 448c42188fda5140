//! The SQL statements.

pub const READ: &str = "
    SELECT v.version, v.json FROM vdk_heads h JOIN vdk_versions v
    USING (collection, team, job, version)
    WHERE collection = $1 AND team = $2 AND job = $3";
pub const READ_VERSION: &str = "
    SELECT version, json FROM vdk_versions
    WHERE collection = $1 AND team = $2 AND job = $3 AND version = $4";
pub const VERSIONS: &str = "
    SELECT version, written_at, who, op_id, json FROM vdk_versions
    WHERE collection = $1 AND team = $2 AND job = $3 ORDER BY version";
/// The conditional write; `$4` is the expected version, null for any. Rows of `vdk_heads` are never
/// deleted, so what `EXISTS` sees stays true.
pub const WRITE: &str = "
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

/// Readiness queries, which check what requests need, not only that the database responds.
pub const HAS_TABLES: &str = "
    SELECT to_regclass('vdk_heads') IS NOT NULL AND to_regclass('vdk_versions') IS NOT NULL
    AND to_regclass('vdk_schema') IS NOT NULL";
pub const HAS_RIGHTS: &str = "
    SELECT bool_and(has_table_privilege(name, right_to))
    FROM unnest(ARRAY['vdk_heads', 'vdk_versions']) name,
    unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) right_to
    WHERE NOT (name = 'vdk_heads' AND right_to = 'DELETE')
    AND NOT (name = 'vdk_versions' AND right_to = 'UPDATE')";
pub const HAS_TEAM: &str = "
    SELECT EXISTS (SELECT 1 FROM vdk_heads WHERE collection = $1 AND team = $2)";
/// The query for teams: one look-up in the index for each, however many jobs there are.
pub const TEAMS: &str = "
    WITH RECURSIVE teams (team) AS (
        (SELECT team FROM vdk_heads WHERE collection = $1 ORDER BY team LIMIT 1)
        UNION ALL
        SELECT (SELECT h.team FROM vdk_heads h WHERE h.collection = $1 AND h.team > t.team
            ORDER BY h.team LIMIT 1)
        FROM teams t WHERE t.team IS NOT NULL
    )
    SELECT team FROM teams WHERE team IS NOT NULL LIMIT $2";
