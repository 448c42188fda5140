//! Reports once how many tests `cargo test` ignores.

use std::io::Write;
use std::path::Path;

use vdk_testing::inventory;

#[test]
fn reports_how_many_tests_are_ignored() {
    let all = std::env::args().any(|arg| arg == "--include-ignored" || arg == "--ignored");
    let folders = ["tests", "crates/vdk-server/tests", "crates/vdk-store/tests"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let count: usize = folders.iter().map(|folder| inventory::ignored(&root.join(folder))).sum();
    assert!(count > 0);
    if !all {
        // Writes to stderr directly, because the test harness captures the output of macros.
        let line = format!(
            "note: {count} tests need root, other programs or a network, and are left out; \
             ./tests/run runs them\n"
        );
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
}
