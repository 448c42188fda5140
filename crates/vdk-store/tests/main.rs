//! The embedded store: nothing lost, nothing readable without its key, nothing accepted that was changed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod any_document;
mod damage;
#[cfg(unix)]
mod formats;
#[cfg(unix)]
mod rotation;
mod shared_transactions;
mod slots;
mod store;
mod support;

#[test]
fn no_file_is_forgotten() {
    vdk_testing::inventory::every_file_is_a_module(env!("CARGO_MANIFEST_DIR"));
}
