//! The command line as users install it: every test starts the release build, in a home of its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod compatibility;
mod local;
mod login;
mod network;
mod project;
mod secrets;
mod security;
mod terminal;

#[test]
fn no_file_is_forgotten() {
    vdk_testing::inventory::every_file_is_a_module(env!("CARGO_MANIFEST_DIR"));
}
