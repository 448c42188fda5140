//! Starts what the tests of all crates need: the programs, scripted services, real storages, clocks
//! and disks. It depends on none of our crates, because a test would see their types twice.

#![allow(missing_docs, reason = "a test reads it, nobody else")]
#![allow(clippy::new_without_default, reason = "what a test starts is not a default")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

pub mod any;
pub mod clock;
pub mod control_service;
#[cfg(target_os = "linux")]
pub mod disk;
pub mod history;
mod home;
pub mod inventory;
pub mod port;
pub mod process;
mod program;
pub mod proxy;
pub mod report;
pub mod scripted_service;
pub mod server;
#[cfg(unix)]
pub mod session;
pub mod tls;
pub mod wait;

pub use home::{Home, Run, finish, vdk, with_core_dumps};
