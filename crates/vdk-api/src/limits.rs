//! Limits that both sides of the API enforce.

/// Largest document that is stored, in bytes of its JSON text as UTF-8: 1 MiB, the default of
/// `datajobs.vault.size.limit.bytes`.
pub const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;

/// Largest decoded body that is read from the network, in bytes.
pub const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// Deepest nesting of arrays and objects, including the document itself.
pub const MAX_DEPTH: usize = 128;

/// Most keys of a document: more than fit into [`MAX_DOCUMENT_BYTES`], and few enough that a
/// hostile response of [`MAX_BODY_BYTES`] cannot exhaust memory.
pub const MAX_KEYS: usize = 150_000;

/// Longest job or team name, in characters.
pub const MAX_NAME_CHARACTERS: usize = 255;

/// Reserved job name, under which Vault holds the OAuth credentials of a team.
pub const RESERVED_JOB: &str = "team-oauth-credentials";

/// Reserved job name, under which the service stores the grants of a team.
pub const ACCESS_JOB: &str = "team-access";

/// First part, before a slash, of the reserved job names under which the metadata of jobs is stored.
pub const METADATA_FOLDER: &str = "vdk-metadata";

/// Reserved team name, under which the service stores its own documents.
pub const SERVICE_TEAM: &str = "vdk-control-service";

/// Number of versions of a document that the embedded store keeps, including the current one.
pub const VERSIONS_KEPT: u64 = 10;

/// The byte order mark, which Windows puts at the start of text files.
pub const BOM: char = '\u{feff}';
