//! Pages that name tests, files, variables and exit codes: what they name is there.

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

/// Finds the module that a file is: the name of the file, or of the folder of a `mod.rs`.
fn module(path: &Path) -> String {
    let named = if path.ends_with("mod.rs") { path.parent().unwrap() } else { path };
    named.file_stem().unwrap().to_str().unwrap().into()
}

#[test]
fn tests_and_files_that_pages_name_as_proof_are_there() {
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
                // A name that is cut short is named as such.
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

/// Finds names of variables: capitals with an underscore, which stand between other characters.
fn variables(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c| !is_part(c));
    words.filter(|word| word.contains('_') && !word.starts_with('_')).collect()
}

#[test]
fn the_page_of_variables_has_those_that_help_tells() {
    let text = page("reference/environment.md");
    let (told, known) = (variables(&text), variables(ENVIRONMENT));
    let missing: Vec<_> = known.difference(&told).collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");
    let code: String =
        ["crates/vdk-client/src/config/env_vars.rs", "crates/vdk-platform/src/keyring.rs"]
            .iter()
            .chain(&[
                "crates/vdk-store/src/keys/local.rs",
                "crates/vdk-server/src/settings/table.rs",
            ])
            .map(|file| std::fs::read_to_string(root().join(file)).unwrap())
            .collect();
    let unknown: Vec<_> = told.iter().filter(|name| !code.contains(**name)).collect();
    assert!(unknown.is_empty(), "no code reads {unknown:?}");
}

#[test]
fn the_page_of_exit_codes_has_those_that_help_tells() {
    let text = page("reference/exit-codes.md");
    let rows = text.lines().filter_map(|line| line.split('|').nth(1)?.trim().parse().ok());
    let told = EXIT_CODES.lines().filter_map(|line| line.split_whitespace().next());
    let told: Vec<u8> = told.filter_map(|code| code.parse().ok()).collect();
    assert_eq!(rows.collect::<Vec<u8>>(), told);
}
