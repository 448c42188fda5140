//! Tests of the embedded store.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod any_document;
#[cfg(unix)]
mod backup;
mod damage;
#[cfg(unix)]
mod formats;
mod imports;
mod in_use;
mod metadata;
#[cfg(unix)]
mod rotation;
mod shared_transactions;
mod slots;
mod store;
mod support;

#[test]
fn compiles_every_test_file() {
    vdk_testing::inventory::every_file_is_a_module(env!("CARGO_MANIFEST_DIR"));
}
