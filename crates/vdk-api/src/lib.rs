//! The interface between the `vdk` command line and the Control Service, without any I/O: names and
//! routes, key/value documents, the error body, and limits.

mod access;
mod ambiguity;
mod collection;
mod document;
mod document_error;
mod error_body;
pub mod escape;
mod harmful;
pub mod json;
mod json_text;
mod limits;
mod local;
pub mod metadata;
mod name;
#[cfg(feature = "openapi")]
mod openapi;
pub mod route;
mod secret_like;
mod version;

pub use access::{ALL_TEAMS, Grant, GranteeKind, Grants, NewGrant, Role, UnknownWord};
pub use ambiguity::{Ambiguity, ambiguity};
pub use collection::Collection;
pub use document::Document;
pub use document_error::DocumentError;
pub use error_body::{ErrorBody, NOT_KNOWN_HEADER};
pub use harmful::is_harmful;
pub use json_text::{JsonText, Kind};
pub use limits::{
    ACCESS_JOB, BOM, MAX_BODY_BYTES, MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_KEYS, MAX_NAME_CHARACTERS,
    METADATA_FOLDER, RESERVED_JOB, SERVICE_TEAM, VERSIONS_KEPT,
};
pub use local::{LOCKS_FOLDER, STORE_FOLDER, login_lock, server_login, server_login_file};
pub use metadata::{Day, Days, KeyMetadata, MetadataError, Rotating};
pub use name::{Name, NameError, Owner, is_reserved_job};
#[cfg(feature = "openapi")]
pub use openapi::name_schema;
pub use route::{
    access_path, encode_segment, grant_path, info_path, jobs_path, key_values_path, metadata_path,
    versions_path,
};
pub use secret_like::{is_credential, may_be_secret};
pub use version::{
    Author, Changes, Expected, Kept, Version, VersionState, Versions, tell_versions, timestamp,
};
