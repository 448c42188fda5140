//! The client library by itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod renewal;

#[test]
fn no_file_is_forgotten() {
    vdk_testing::inventory::every_file_is_a_module(env!("CARGO_MANIFEST_DIR"));
}
