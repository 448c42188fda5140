//! Finds the programs under test. They are release builds, because that is what users install.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Names the folder of programs to test instead of the ones built here.
const FOLDER: &str = "VDK_TEST_BIN";

/// Returns the path of the program `name`. Brings the release build up to date first, unless
/// `VDK_TEST_BIN` names a folder with the programs.
pub fn program(name: &str) -> &'static Path {
    static VDK: OnceLock<PathBuf> = OnceLock::new();
    static SERVICE: OnceLock<PathBuf> = OnceLock::new();
    let found = if name == "vdk" { &VDK } else { &SERVICE };
    found.get_or_init(|| {
        let given = std::env::var_os(FOLDER).map(PathBuf::from);
        let path = given.unwrap_or_else(build).join(name);
        let version = Command::new(&path).arg("--version").output();
        let version = version.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        assert!(
            version.starts_with(name) && !version.contains("debug"),
            "{} is no release build of {name}: {version}",
            path.display()
        );
        path
    })
}

/// Builds the programs as `cargo install` does and returns their folder.
fn build() -> PathBuf {
    // The path of a test program is TARGET/debug/deps/NAME.
    let own = std::env::current_exe().unwrap();
    let target = own.ancestors().nth(3).unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--locked"])
        .args(["--package", "vdk", "--bins", "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.unwrap().success(), "the programs under test do not build");
    target.join("release")
}
