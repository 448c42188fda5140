//! Checks that each crate uses only the crates below it.

use std::path::Path;

use vdk_testing::inventory;

/// Returns the Rust files below `folder` that contain `word`.
fn files_containing(folder: &str, word: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = inventory::files(&root.join(folder));
    let has = |path: &&std::path::PathBuf| std::fs::read_to_string(path).unwrap().contains(word);
    files.iter().filter(has).map(|path| path.display().to_string()).collect()
}

#[test]
fn crates_use_only_those_below_them() {
    for (folder, unknown) in [
        // The command line has no code of the service, because `vdk server` starts another program.
        ("src", ["vdk_server", "vdk_testing::control"].as_slice()),
        ("crates/vdk-client/src", &["vdk_server", "vdk::", "stdin()", "stdout()", "stderr()"]),
        ("crates/vdk-server/src", &["vdk::", "vdk_client"]),
        ("crates/vdk-store/src", &["vdk_server", "vdk_client", "vdk::"]),
        ("crates/vdk-platform/src", &["vdk_api", "vdk_store", "vdk_server", "vdk::"]),
        ("crates/vdk-api/src", &["vdk_platform", "vdk_store", "vdk_server", "vdk::"]),
        ("crates/vdk-testing/src", &["vdk_platform", "vdk_store", "vdk_server", "vdk::"]),
    ] {
        for word in unknown {
            assert_eq!(files_containing(folder, word), [""; 0], "{folder} knows {word}");
        }
    }
}

#[test]
fn client_library_depends_on_no_terminal_crate() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tree = std::process::Command::new(cargo);
    tree.args(["tree", "--offline", "--locked", "-p", "vdk-client", "-e", "normal"]);
    let output = tree.args(["--prefix", "none"]).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(text.contains("vdk-store "), "{text}");
    for name in ["clap ", "rpassword ", "tabled ", "axum ", "anyhow "] {
        assert!(!text.lines().any(|line| line.starts_with(name)), "vdk-client depends on {name}");
    }
}
