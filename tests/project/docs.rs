//! Checks that pages name tests, files, variables and exit codes that exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use vdk::args::help::{ENVIRONMENT, EXIT_CODES};
use vdk_testing::inventory;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(path: &str) -> String {
    std::fs::read_to_string(root().join("docs").join(path)).unwrap()
}

/// Returns the module of a file: its stem, or the folder of a `mod.rs`.
fn module(path: &Path) -> String {
    let named = if path.ends_with("mod.rs") { path.parent().unwrap() } else { path };
    named.file_stem().unwrap().to_str().unwrap().into()
}

#[test]
fn finds_every_test_and_file_that_pages_cite() {
    let folders = ["src", "tests", "crates", "fuzz/targets"];
    let files: Vec<(PathBuf, String)> = folders
        .iter()
        .flat_map(|folder| inventory::files(&root().join(folder)))
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect();
    for name in ["trust.md", "security.md", "reliability.md"] {
        let text = page(&format!("assurance/{name}"));
        if name == "trust.md" {
            let rows =
                text.lines().filter_map(|line| line.split('|').nth(1)?.trim().parse::<u32>().ok());
            assert!(rows.eq(1..=61), "each requirement has its row");
        }
        for proof in text.split('`').skip(1).step_by(2) {
            if let Some((area, test)) = proof.split_once("::") {
                // A shortened name ends in an ellipsis.
                let test = test.strip_suffix('…').map_or(format!("{test}("), String::from);
                let is_there = |(path, text): &(PathBuf, String)| {
                    module(path) == area && text.contains(&format!("fn {test}"))
                };
                assert!(files.iter().any(is_there), "{name}: there is no {proof}");
            } else if proof.ends_with(".rs") && proof.contains('/') {
                assert!(root().join(proof).exists(), "{name}: there is no {proof}");
            }
        }
    }
}

/// Returns names of variables: words of capitals with an underscore.
fn variables(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c| !is_part(c));
    words.filter(|word| word.contains('_') && !word.starts_with('_')).collect()
}

#[test]
fn documents_every_variable_of_the_help() {
    let text = page("reference/environment.md");
    let (told, known) = (variables(&text), variables(ENVIRONMENT));
    let missing: Vec<_> = known.difference(&told).collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");
    let code: String =
        ["crates/vdk-client/src/config/env_vars.rs", "crates/vdk-platform/src/keyring.rs"]
            .iter()
            .chain(&[
                "crates/vdk-store/src/keys/local.rs",
                "crates/vdk-server/src/settings/definitions.rs",
            ])
            .map(|file| std::fs::read_to_string(root().join(file)).unwrap())
            .collect();
    let unknown: Vec<_> = told.iter().filter(|name| !code.contains(**name)).collect();
    assert!(unknown.is_empty(), "no code reads {unknown:?}");
}

#[test]
fn documents_every_exit_code_of_the_help() {
    let text = page("reference/exit-codes.md");
    let rows = text.lines().filter_map(|line| line.split('|').nth(1)?.trim().parse().ok());
    let told = EXIT_CODES.lines().filter_map(|line| line.split_whitespace().next());
    let told: Vec<u8> = told.filter_map(|code| code.parse().ok()).collect();
    assert_eq!(rows.collect::<Vec<u8>>(), told);
}
