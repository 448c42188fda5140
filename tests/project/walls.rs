//! Walls between the parts: who may know whom.

use std::path::Path;

use vdk_testing::inventory;

/// Returns the Rust files below `folder` that contain `word`.
fn with_word(folder: &str, word: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = inventory::files(&root.join(folder));
    let has = |path: &&std::path::PathBuf| std::fs::read_to_string(path).unwrap().contains(word);
    files.iter().filter(has).map(|path| path.display().to_string()).collect()
}

#[test]
fn crates_know_only_those_below_them() {
    for (folder, unknown) in [
        // The command line has no code of the service: `vdk server` becomes another program.
        ("src", ["vdk_server", "vdk_testing::control"].as_slice()),
        ("crates/vdk-server/src", &["vdk::"]),
        ("crates/vdk-store/src", &["vdk_server", "vdk::"]),
        ("crates/vdk-platform/src", &["vdk_api", "vdk_store", "vdk_server", "vdk::"]),
        ("crates/vdk-api/src", &["vdk_platform", "vdk_store", "vdk_server", "vdk::"]),
        ("crates/vdk-testing/src", &["vdk_platform", "vdk_store", "vdk_server", "vdk::"]),
    ] {
        for word in unknown {
            assert_eq!(with_word(folder, word), [""; 0], "{folder} knows {word}");
        }
    }
}
