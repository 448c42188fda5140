//! Tests the wheel: its files, and that it and vdk-core work together in whichever order they are
//! installed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use vdk_testing::{Home, finish};

use super::{core, program, run};

/// Returns the wheel that `./tests/run` has built.
fn wheel() -> PathBuf {
    let dist = super::jobs().join("dist");
    dist.read_dir().unwrap().next().unwrap().unwrap().path()
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn packs_programs_plugin_and_nothing_else() {
    let listing = "import sys, zipfile; wheel = zipfile.ZipFile(sys.argv[1]); wheel.testzip(); \
                   print(*(f'{e.external_attr >> 16:o} {e.filename}' for e in wheel.infolist()), sep='\\n')";
    let mut python = Command::new(core().join("python"));
    let output = python.args(["-c", listing]).arg(wheel()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let files: BTreeSet<&str> = text.lines().collect();
    for script in ["vdk", "vdk-native", "vdk-control-service", "vdk-python"] {
        let end = format!(".data/scripts/{script}");
        let found: Vec<_> = files.iter().filter(|file| file.ends_with(&end)).collect();
        assert!(matches!(found[..], [file] if file.starts_with("100755 ")), "{script}: {text}");
    }
    assert!(files.contains("100644 vdk/plugin/native/py.typed"), "{text}");
    let others = files.iter().filter(|file| {
        !file.contains(".data/scripts/")
            && !file.contains(".dist-info/")
            && !file.starts_with("100644 vdk/plugin/native/")
    });
    assert_eq!(others.count(), 0, "{text}");
    let size = wheel().metadata().unwrap().len();
    // 10.6 MB for both programs, 0.9 for the parser of `vdk check`, and 0.2 for that of keys.toml; one
    // program alone would have 5.
    assert!(size <= 11_800_000, "{size} bytes");
}

/// Checks that in an environment both the commands of ours and `vdk run` work.
fn works(bin: &Path) {
    let home = Home::at("local");
    // Another environment's vdk, which must not get the job.
    let other = home.path().join("other");
    std::fs::create_dir(&other).unwrap();
    vdk_testing::process::write_program(&other.join("vdk"), "#!/bin/sh\necho another vdk\n");
    let path = format!("{}:{}:/usr/bin:/bin", bin.display(), other.display());
    let mut command = program(bin, &home, "vdk");
    command.args(["secrets", "-n", "hello", "-t", "sales", "--set", "db-user", "ana"]);
    finish(command).done();
    let mut command = run(bin, &home, "hello", "{}");
    command.env("PATH", &path);
    let ran = finish(command).done();
    assert!(ran.stdout.contains("secrets: {'db-user': 'ana'}"), "{}", ran.stdout);
    let mut command = program(bin, &home, "vdk");
    command.args(["secrets", "-n", "hello", "-t", "sales", "--get", "token", "-o", "raw"]);
    assert_eq!(finish(command).done().stdout, "t0p-s3cret");
    let mut command = program(bin, &home, "vdk");
    let version = finish({
        command.arg("--version");
        command
    });
    assert!(version.done().stdout.starts_with("vdk 0."));
    // Values on the command line are not logged by vdk-core either.
    let mut command = program(bin, &home, "vdk");
    command.env("VDK_LOG_LEVEL_VDK", "INFO");
    command.args(["secrets", "-n", "hello", "-t", "sales", "--set", "k", "hunter22"]);
    let said = finish(command).done();
    assert!(!format!("{}{}", said.stdout, said.stderr).contains("hunter22"), "{}", said.stderr);
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn works_in_either_order_of_installation() {
    let folder = tempfile::tempdir().unwrap();
    let core_wheels = super::jobs().join("wheels");
    let pip = |bin: &Path, words: &[&str]| {
        let mut command = Command::new(bin.join("python"));
        command.args(["-m", "pip", "--disable-pip-version-check", "--quiet"]).args(words);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let bin = folder.path().join("bin");
    let mut python = Command::new(core().join("python"));
    assert!(python.args(["-m", "venv"]).arg(folder.path()).status().unwrap().success());
    let (ours, wheels) = (wheel().display().to_string(), core_wheels.display().to_string());
    // Ours first and without an index: nothing else is needed.
    pip(&bin, &["install", "--no-index", &ours]);
    let home = Home::at("local");
    finish({
        let mut command = program(&bin, &home, "vdk");
        command.args(["secrets", "-n", "j", "-t", "t", "--list"]);
        command
    })
    .done();
    let alone = finish(run(&bin, &home, "hello", "{}"));
    alone.failed(2, "no other vdk is on PATH");
    let mistyped = finish({
        let mut command = program(&bin, &home, "vdk");
        command.arg("secrts");
        command
    });
    mistyped.failed(2, "Did you mean 'secrets'?");
    let from = ["install", "--no-index", "--find-links", &wheels, "vdk-core", "setuptools<80"];
    pip(&bin, &from);
    works(&bin);
    // The last one wins the name.
    pip(&bin, &["install", "--no-index", "--force-reinstall", "--no-deps", &ours]);
    works(&bin);
    // vdk-core takes the name away when it goes; the program stays.
    pip(&bin, &["uninstall", "--yes", "vdk-core"]);
    finish({
        let mut command = program(&bin, &home, "vdk-native");
        command.args(["secrets", "-n", "j", "-t", "t", "--list"]);
        command
    })
    .done();
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn passes_its_own_tests_and_checks() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    for words in [
        &["-m", "pytest", "-q", "-p", "no:cacheprovider", "python/tests"][..],
        &["-m", "mypy", "--cache-dir=/dev/null", "-p", "vdk.plugin.native"],
        &["-m", "ruff", "check", "--no-cache", "python", "contrib/airflow"],
        &["-m", "ruff", "format", "--no-cache", "--check", "python", "contrib/airflow"],
    ] {
        let mut command = Command::new(core().join("python"));
        command.args(words).current_dir(source).env("PYTHONDONTWRITEBYTECODE", "1");
        command.env("MYPYPATH", "python");
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let more = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {said}{more}");
    }
}
