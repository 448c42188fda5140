//! The Control Service for secrets and properties of data jobs, after VEP-1493: an HTTP API in
//! front of storage engines that the settings choose. It has no state of its own, so that several
//! of them can serve one storage.

mod audit;
mod auth;
pub mod backend;
mod cli;
mod http;
mod import;
mod local;
mod log;
mod memory;
mod metrics;
mod operand;
mod options;
mod rotate_key;
mod server;
mod settings;
mod storage;
mod tls;
mod unmanaged;
mod unread;

pub use auth::jwt;
pub use cli::{command, main};
pub use http::Api;
pub use local::command as local_command;
pub use options::settings;
pub use server::{ServeError, api, run};
pub use settings::{
    Database, DatabaseTls, Limits, Secrets, Settings, SettingsError, Sources, VaultLogin,
    VaultSettings,
};
