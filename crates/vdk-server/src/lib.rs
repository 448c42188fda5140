//! The Control Service for secrets and properties of data jobs, after VEP-1493: an HTTP API in
//! front of storage engines that the settings choose. It has no state of its own, so that several
//! of them can serve one storage.

mod audit;
mod auth;
mod build_info;
mod cli;
mod escape;
mod http;
mod log;
mod metrics;
mod operand;
mod server;
mod settings;
pub mod storage;
mod tls;

pub use auth::jwt;
pub use cli::local::command as local_command;
pub use cli::options::settings;
pub use cli::{command, main};
pub use http::Api;
pub use server::{ServeError, api, run};
pub use settings::{
    Database, DatabaseTls, Limits, NAMES, Name, Secrets, Settings, SettingsError, Sources,
    Treatment, VaultLogin, VaultSettings, page as original_settings_page,
};
