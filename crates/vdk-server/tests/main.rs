//! Tests of the Control Service: the release build, over real sockets and on real storages.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]
#![allow(clippy::print_stdout, reason = "a long run tells what it did")]

mod auth;
mod compatibility;
mod consistency;
mod contrib;
mod http;
mod operation;
mod storage;

#[test]
fn compiles_every_test_file() {
    vdk_testing::inventory::every_file_is_a_module(env!("CARGO_MANIFEST_DIR"));
}
