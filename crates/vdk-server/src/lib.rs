//! The Control Service for secrets and properties of data jobs, after VEP-1493: an HTTP API in
//! front of storage engines that the settings choose. It has no state of its own, so that several
//! of them can serve one storage.

mod api_tokens;
mod audit;
mod auth;
pub mod backend;
mod behind;
mod command;
mod http;
mod import;
mod listen;
mod local;
mod log;
mod memory;
mod metrics;
mod operand;
mod options;
mod rotate_key;
mod serve;
mod settings;
mod storage;
mod tls;
mod unmanaged;
mod unread;

pub use auth::jwt;
pub use command::{command, main};
pub use http::Api;
pub use local::command as local_command;
pub use options::settings;
pub use serve::{Failed, api, run};
pub use settings::{
    Database, DatabaseTls, Invalid, Limits, Secrets, Settings, Sources, VaultLogin, VaultSettings,
};
