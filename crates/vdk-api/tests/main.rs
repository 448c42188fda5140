//! The interface of client and service, for any content.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod documents;

#[test]
fn no_file_is_forgotten() {
    vdk_testing::inventory::every_file_is_a_module(env!("CARGO_MANIFEST_DIR"));
}
