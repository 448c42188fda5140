//! Reads and writes secrets and properties of data jobs, in a Control Service or in the store of
//! this machine. It neither prints nor asks: it speaks through a [`Reporter`], and returns errors
//! with a kind and four parts. Its functions block: inside an async runtime, call them by
//! `spawn_blocking`.
//!
//! ```
//! use std::sync::Arc;
//! use vdk_client::config::{Settings, Target};
//! use vdk_client::{Change, Client, Collection, FileKeyring, Name, Owner, Silent};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let settings = Settings::in_folder(folder.path().join(".vdk.internal"));
//! let client = Client::open(settings, Target::Local, Arc::new(Silent))
//!     .with_keys(Arc::new(FileKeyring::beside_store()));
//! let owner = Owner { team: Name::new("sales")?, job: Name::new("ingest")? };
//! let secrets = client.job(&owner, Collection::Secrets)?;
//! secrets.apply(&Change::set("db-user", "ana"))?;
//! assert_eq!(secrets.read()?.document.get("db-user").unwrap().expose(), "\"ana\"");
//! # Ok(())
//! # }
//! ```

pub mod auth;
pub mod change;
mod client;
pub mod completion;
pub mod config;
mod each;
mod error;
pub mod http;
mod jobs;
pub mod metadata;
mod replace;
mod reporter;
pub mod run;
pub mod search;
pub mod service;
mod suggest;

pub use change::Change;
pub use client::{Client, Job, connect, local_keys};
pub use error::{Error, ErrorKind, NOTHING_CHANGED};
pub use jobs::JobSummary;
pub use replace::{Operation, Replaced, Replacement, Trace, Traced, TracedValue};
pub use reporter::{Guard, Note, Reporter, Reports, Silent, Warning};
pub use suggest::nearest;
pub use vdk_api::{Collection, Document, Name, Owner, Version};
pub use vdk_store::FileKeyring;
