//! Tests of the command line. Every test starts the release build in a temporary home.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod check;
mod compatibility;
#[cfg(unix)]
mod completion;
mod edit;
mod exec;
mod export;
mod import;
mod job_store;
mod jobs;
mod local;
mod login;
mod metadata;
mod network;
mod project;
mod secrets;
mod security;
mod team;
mod terminal;
mod transfer;

#[test]
fn compiles_every_test_file() {
    vdk_testing::inventory::every_file_is_a_module(env!("CARGO_MANIFEST_DIR"));
}
