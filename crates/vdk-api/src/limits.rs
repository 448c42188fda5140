//! Limits that hold on both sides of the API.

/// Largest document that is stored, in bytes of its JSON text as UTF-8: 1 MiB, the default of
/// `datajobs.vault.size.limit.bytes`.
pub const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;

/// Largest decoded body that is read from the network, in bytes.
pub const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// Deepest nesting of arrays and objects, the document itself counted as one.
pub const MAX_DEPTH: usize = 128;

/// Most keys of a document: more than fit into [`MAX_DOCUMENT_BYTES`], and few enough that a hostile
/// answer of [`MAX_BODY_BYTES`] cannot fill the memory.
pub const MAX_KEYS: usize = 150_000;

/// Longest job or team name, in characters.
pub const MAX_NAME_CHARACTERS: usize = 255;

/// A name that no job may have: under it Vault holds the OAuth credentials of a team.
pub const RESERVED_JOB: &str = "team-oauth-credentials";

/// Another one: under it the service keeps who may do what in the team.
pub const ACCESS_JOB: &str = "team-access";

/// A name that no team may have: under it the service keeps what is its own.
pub const SERVICE_TEAM: &str = "vdk-control-service";

/// How many versions of a document the embedded store keeps, the current one counted.
pub const VERSIONS_KEPT: u64 = 10;
