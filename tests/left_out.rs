//! Tells once what `cargo test` leaves out.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write;
use std::path::Path;

#[test]
fn tells_how_many_tests_are_left_out() {
    let all = std::env::args().any(|arg| arg == "--include-ignored" || arg == "--ignored");
    let mut count = 0;
    for folder in ["tests", "crates/vdk-server/tests", "crates/vdk-store/tests"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(path).unwrap();
                count += text.lines().filter(|line| line.starts_with("#[ignore")).count();
            }
        }
    }
    assert!(count > 0);
    if !all {
        // Not by a macro, whose output is captured.
        let line = format!(
            "note: {count} tests need root, other programs or a network, and are left out; \
             ./tests/run runs them\n"
        );
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
}
