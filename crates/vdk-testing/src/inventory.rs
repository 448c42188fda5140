//! Lists the test files of a crate, so that tests can check that none is forgotten.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Returns the Rust files below a folder.
pub fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.insert(path);
        }
    }
    found
}

/// Fails if a file in a crate's `tests` folder is not a module of `tests/main.rs`. Such a file
/// would not be compiled, so its tests would never run.
#[track_caller]
pub fn every_file_is_a_module(manifest_dir: &str) {
    let tests = Path::new(manifest_dir).join("tests");
    let mut reached = BTreeSet::new();
    reach(tests.join("main.rs"), &mut reached);
    let forgotten: Vec<_> = files(&tests).difference(&reached).cloned().collect();
    assert!(forgotten.is_empty(), "no `mod` leads to {forgotten:?}");
}

/// Follows the lines `mod NAME;` of a file.
fn reach(file: PathBuf, reached: &mut BTreeSet<PathBuf>) {
    let text = std::fs::read_to_string(&file).unwrap();
    let is_root = ["main.rs", "mod.rs"].contains(&file.file_name().unwrap().to_str().unwrap());
    let folder = if is_root { file.parent().unwrap().into() } else { file.with_extension("") };
    for line in text.lines() {
        let Some(name) = line.trim_start().strip_prefix("mod ").and_then(|l| l.strip_suffix(';'))
        else {
            continue;
        };
        let (one, many) = (folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs"));
        if let Some(next) = [one, many].into_iter().find(|path| path.exists()) {
            reach(next, reached);
        }
    }
    reached.insert(file);
}

/// Counts the ignored tests below a folder.
pub fn ignored(folder: &Path) -> usize {
    let count = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().filter(|line| line.trim_start().starts_with("#[ignore")).count()
    };
    files(folder).iter().map(count).sum()
}
