//! `--out`: private files, complete at any moment.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use vdk_testing::session::Session;

use super::{export, with_secrets};

#[test]
fn writes_private_files_in_the_format_of_their_ending() {
    let home = with_secrets(r#"{"A": "1"}"#);
    for (name, content) in [
        (".env", "A='1'\n"),
        (".env.prod", "A='1'\n"),
        ("prod.env", "A='1'\n"),
        ("x.json", "{\"A\": \"1\"}\n"),
        ("x.yml", "\"A\": \"1\"\n"),
        ("x.YAML", "\"A\": \"1\"\n"),
        ("x.properties", "A=1\n"),
        ("x.toml", "A = \"1\"\n"),
    ] {
        let path = home.path().join(name);
        let run = export(&home, &["--out", name]).done();
        assert_eq!(run.stdout, "");
        assert_eq!(fs::read_to_string(&path).unwrap(), content, "{name}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    // The format that is named wins, and an open file becomes a private one.
    fs::set_permissions(home.path().join("x.json"), fs::Permissions::from_mode(0o666)).unwrap();
    export(&home, &["--out", "x.json", "-o", "toml"]).done();
    let found = fs::metadata(home.path().join("x.json")).unwrap();
    assert_eq!((found.permissions().mode() & 0o777, found.len()), (0o600, 8));
    let left = fs::read_dir(home.path()).unwrap().flatten();
    assert!(!left.map(|e| e.file_name()).any(|n| n.to_string_lossy().starts_with(".vdk-export")));
}

#[test]
fn is_private_with_any_umask_and_removes_what_a_killed_one_left() {
    let home = with_secrets(r#"{"A": "1"}"#);
    for (name, age) in [(".vdk-export-old", 3600), (".vdk-export-new", 0)] {
        let path = home.file(name, "A='1'");
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
        fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
    }
    let line = "umask 0; exec \"$VDK\" secrets -n j -t t export --out x.json";
    assert!(Session::shell(&home, line).end().0.success());
    let mode = fs::metadata(home.path().join("x.json")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let is_there = |name: &str| home.path().join(name).exists();
    assert!(!is_there(".vdk-export-old"));
    assert!(is_there(".vdk-export-new"), "another vdk may be writing it");
}

#[test]
fn replaces_a_link_and_not_what_it_names() {
    let home = with_secrets(r#"{"A": "1"}"#);
    let other = home.file("other", "kept");
    symlink(&other, home.path().join(".env")).unwrap();
    export(&home, &["--out", ".env"]).done();
    assert_eq!(fs::read_to_string(other).unwrap(), "kept");
    assert!(fs::symlink_metadata(home.path().join(".env")).unwrap().is_file());
}

#[test]
fn leaves_the_file_if_anything_fails() {
    let home = with_secrets(r#"{"a-b": "1"}"#);
    let old = home.file(".env", "old");
    export(&home, &["--out", ".env"]).failed(2, "not a valid variable name");
    assert_eq!(fs::read_to_string(&old).unwrap(), "old");
    export(&home, &["--out", "no/such/x.json"]).failed(2, "no/such/x.json");
    let folder = home.path().join("folder.json");
    fs::create_dir(&folder).unwrap();
    export(&home, &["--out", "folder.json", "-o", "yaml"]).failed(2, "no regular file");
}

#[test]
fn refuses_a_file_that_git_tracks() {
    let home = with_secrets(r#"{"A": "1"}"#);
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.args(args).current_dir(home.path()).env("HOME", home.path());
        match git.output() {
            Ok(output) => assert!(output.status.success(), "{output:?}"),
            Err(error) => panic!("git, which this test needs: {error}"),
        }
    };
    git(&["init", "-q"]);
    fs::create_dir(home.path().join("sub")).unwrap();
    home.file("sub/.env", "old");
    home.file("sub/*.env", "old");
    git(&["add", "sub/.env"]);
    let run = export(&home, &["--out", "sub/.env"]).failed(2, "git tracks sub/.env");
    assert!(run.stderr.contains("git rm --cached"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(home.path().join("sub/.env")).unwrap(), "old");
    export(&home, &["--out", "sub/other.env"]).done();
    export(&home, &["--out", "sub/*.env"]).done();
}

#[test]
fn leaves_names_of_the_system_and_files_alone_for_which_there_is_nothing() {
    let home = with_secrets(r#"{"A": "1"}"#);
    let (link, file) = (home.path().join("stdout"), home.path().join("kept.env"));
    symlink("/proc/self/fd/1", &link).unwrap();
    fs::create_dir(home.path().join("below")).unwrap();
    symlink("/dev", home.path().join("below/dev")).unwrap();
    let stdout = fs::File::create(home.path().join("printed")).unwrap();
    for name in ["stdout", "/dev/stdout", "/proc/self/fd/1", "below/dev/new"] {
        let mut command = home.command(["secrets", "-n", "j", "-t", "t", "export"]);
        command.args(["-o", "json", "--out", name]).stdout(stdout.try_clone().unwrap());
        let output = command.output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.code() == Some(2) && told.contains("of the system"),
            "{name}: {told}"
        );
    }
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    export(&home, &["-o", "yaml", "--out", ""]).failed(2, "is empty");
    fs::write(&file, "IMPORTANT='x'\n").unwrap();
    home.run(["secrets", "-n", "jj", "-t", "t", "export", "--out", "kept.env"])
        .failed(4, "Did you mean job 'j'");
    assert_eq!(fs::read_to_string(&file).unwrap(), "IMPORTANT='x'\n");
    home.run(["secrets", "-n", "jj", "-t", "t", "export", "--out", "new.env"]).done();
}
