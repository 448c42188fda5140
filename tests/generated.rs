//! Completions and man pages are made from the command line's definitions, and committed: this
//! fails where they have drifted, and makes them anew with `VDK_UPDATE=1`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "../src/cli/mod.rs"]
#[allow(dead_code, reason = "the binary uses the rest")]
mod cli;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap_complete::aot::{Generator, Shell};

/// All generated files: paths from the project's folder, and their bytes.
fn files() -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for shell in cli::SHELLS {
        let shell: Shell = shell.parse().unwrap();
        let script = cli::completion_script(shell).into_bytes();
        files.insert(Path::new("completions").join(shell.file_name("vdk")), script);
    }
    let mut command = cli::command().disable_help_subcommand(true);
    command.build();
    man_pages(&command, "vdk".into(), &mut files);
    #[cfg(feature = "server")]
    man_pages(&vdk_server::command(), "vdk-control-service".into(), &mut files);
    files
}

fn man_pages(command: &clap::Command, name: String, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let page: &'static str = name.clone().leak();
    let version = env!("CARGO_PKG_VERSION");
    let mut text = Vec::new();
    let man = clap_mangen::Man::new(command.clone().name(page).version(version));
    man.source(format!("vdk {version}")).manual("Versatile Data Kit").render(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap().replace(".SH EXTRA", ".SH NOTES");
    files.insert(Path::new("man").join(format!("{name}.1")), text.into_bytes());
    for subcommand in command.get_subcommands() {
        man_pages(subcommand, format!("{name}-{}", subcommand.get_name()), files);
    }
}

#[test]
fn completions_and_man_pages_are_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = files();
    if std::env::var_os("VDK_UPDATE").is_some() {
        for folder in ["completions", "man"] {
            let _ = std::fs::remove_dir_all(root.join(folder));
            std::fs::create_dir(root.join(folder)).unwrap();
        }
        for (path, bytes) in &files {
            std::fs::write(root.join(path), bytes).unwrap();
        }
    }
    let hint = "run: VDK_UPDATE=1 cargo test --test generated";
    for (path, bytes) in &files {
        let committed = std::fs::read(root.join(path)).unwrap_or_default();
        assert!(committed == *bytes, "{} has drifted; {hint}", path.display());
    }
    for folder in ["completions", "man"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = Path::new(folder).join(entry.unwrap().file_name());
            assert!(files.contains_key(&path), "{} is made by nothing; {hint}", path.display());
        }
    }
}

/// All text of Rust below a folder.
fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn what_the_docs_name_as_their_proof_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = String::new();
    for folder in ["src", "tests", "crates", "fuzz/targets"] {
        sources(&root.join(folder), &mut code);
    }
    for page in ["trust.md", "security.md", "reliability.md"] {
        let text = std::fs::read_to_string(root.join("docs").join(page)).unwrap();
        if page == "trust.md" {
            let rows =
                text.lines().filter_map(|line| line.split('|').nth(1)?.trim().parse::<u32>().ok());
            assert!(rows.eq(1..=61), "each requirement has its row");
        }
        for name in text.split('`').skip(1).step_by(2) {
            if let Some((_, test)) = name.split_once("::") {
                // A name that is cut short is named as such.
                let test = test.strip_suffix('…').map_or(format!("{test}("), String::from);
                assert!(code.contains(&format!("fn {test}")), "{page}: there is no {name}");
            } else if name.ends_with(".rs") && name.contains('/') {
                assert!(root.join(name).exists(), "{page}: there is no {name}");
            }
        }
    }
}
