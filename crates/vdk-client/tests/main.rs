//! Tests of the client library without the command line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod renewal;

#[test]
fn compiles_every_test_file() {
    vdk_testing::inventory::every_file_is_a_module(env!("CARGO_MANIFEST_DIR"));
}
