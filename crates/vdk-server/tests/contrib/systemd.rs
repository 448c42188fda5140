//! Tests the systemd unit. No test runs systemd itself, so the hardening is compared with the system
//! calls that the service makes.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;

use vdk_testing::control_service::{binary, eventually, free_port, http, path, program, signal};
use vdk_testing::process::copy_program;

use super::{adapted, run};

const UNIT: &str = "systemd/vdk-control-service.service";

/// Writes the unit with the program under test into a folder.
fn unit() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vdk-control-service.service");
    fs::write(&file, adapted(UNIT, &[("/usr/local/bin/vdk-control-service", program())])).unwrap();
    let file = file.display().to_string();
    (folder, file)
}

#[test]
#[ignore = "needs systemd-analyze: ./tests/run"]
fn verifies_and_exposes_little() {
    let (_folder, unit) = unit();
    let said = run(Command::new("systemd-analyze").args(["verify", &unit]));
    assert_eq!(said, (String::new(), String::new()));
    // 20 stands for 2.0 of 10. An unprotected service has 9.6.
    let limit = ["security", "--offline=true", "--threshold=20", "--no-pager"];
    run(Command::new("systemd-analyze").args(limit).arg(&unit));
}

#[test]
#[ignore = "needs systemd-sysusers, as root: ./tests/run"]
fn creates_the_user_of_the_unit() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("etc")).unwrap();
    let mut sysusers = Command::new("systemd-sysusers");
    sysusers.arg(format!("--root={}", root.path().display()));
    run(sysusers.arg(super::path("systemd/vdk-control-service.sysusers")));
    let users = fs::read_to_string(root.path().join("etc/passwd")).unwrap();
    assert!(users.lines().any(|line| line.starts_with("vdk:")), "{users}");
    let unit = super::read(UNIT);
    assert!(unit.contains("\nUser=vdk\n") && unit.contains("\nGroup=vdk\n"));
}

#[test]
fn is_not_restarted_with_invalid_settings() {
    let unit = super::read(UNIT);
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let mut words = start.split(' ');
    assert_eq!(words.next(), Some("/usr/local/bin/vdk-control-service"));
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("application.properties");
    fs::write(&config, "vdk.prot=1\n").unwrap();
    let words = words.map(|word| match word {
        "/etc/vdk/application.properties" => config.to_str().unwrap(),
        other => other,
    });
    let output = binary().args(words).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("vdk.prot"), "{said}");
    let code = output.status.code().unwrap();
    assert!(unit.contains(&format!("\nRestartPreventExitStatus={code}\n")), "{code}");
}

#[test]
#[ignore = "needs strace and systemd-analyze, as root: ./tests/run"]
fn allows_the_system_calls_of_the_service() {
    // Some calls are only made as root.
    const NOBODY: u32 = 65534;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    let own = folder.path().join("vdk-control-service");
    copy_program(program(), &own);
    let trace = folder.path().join("trace");
    let port = free_port();
    let mut strace = Command::new("strace");
    strace.args(["-u", "nobody", "-f", "-qq", "-e", "signal=none", "-o"]).arg(&trace);
    strace.arg(&own).arg("serve");
    let mut child = strace
        .env_clear()
        .env("SERVER_PORT", port.to_string())
        .env("FEATUREFLAG_SECURITY_ENABLED", "false")
        .env("VDK_STORAGE_FOLDER", folder.path().join("store"))
        .env("VDK_AUDIT_FILE", folder.path().join("audit.jsonl"))
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let address = ([127, 0, 0, 1], port).into();
    let ask = |method, path: &str, body: &str| {
        http(address, method, path, &[("Content-Type", "application/json")], body.as_bytes())
    };
    eventually("it listens", || ask("GET", "/readyz", "").is_some_and(|ready| ready.status == 200));
    for collection in ["secrets", "properties"] {
        let at = path(collection, "t", "j");
        assert!(ask("PUT", &at, "{\"a\":1}").unwrap().status < 300);
        assert_eq!(ask("GET", &at, "").unwrap().status, 200);
    }
    assert_eq!(ask("GET", "/metrics", "").unwrap().status, 200);
    let children = Command::new("pgrep").args(["-P", &child.id().to_string()]).output().unwrap();
    let service: u32 = String::from_utf8(children.stdout).unwrap().trim().parse().unwrap();
    fs::rename(folder.path().join("audit.jsonl"), folder.path().join("old")).unwrap();
    signal(service, "HUP");
    eventually("the audit log is reopened", || folder.path().join("audit.jsonl").exists());
    signal(service, "TERM");
    child.wait().unwrap();

    let calls: BTreeSet<String> = fs::read_to_string(&trace)
        .unwrap()
        .lines()
        .filter_map(|line| line.split_once(' ')?.1.trim_start().split_once('('))
        .map(|(name, _)| name.to_string())
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
        // The program itself is started before the filter holds.
        .filter(|name| name != "execve")
        .collect();
    assert!(calls.contains("accept4") && calls.contains("openat"), "{calls:?}");
    let unit = super::read(UNIT);
    let (mut allowed, mut denied) = (BTreeSet::new(), BTreeSet::new());
    expand("@default", &mut allowed);
    for filter in unit.lines().filter_map(|line| line.strip_prefix("SystemCallFilter=")) {
        match filter.strip_prefix('~') {
            Some(group) => expand(group, &mut denied),
            None => expand(filter, &mut allowed),
        }
    }
    let refused: Vec<_> =
        calls.iter().filter(|call| !allowed.contains(*call) || denied.contains(*call)).collect();
    assert!(refused.is_empty(), "the unit refuses {refused:?}");
}

/// Adds the system calls of a group of systemd.
fn expand(group: &str, calls: &mut BTreeSet<String>) {
    let (listed, _) = run(Command::new("systemd-analyze").args(["syscall-filter", group]));
    for name in listed.lines().skip(1).map(str::trim) {
        match name {
            "" => {}
            comment if comment.starts_with('#') => {}
            inner if inner.starts_with('@') => expand(inner, calls),
            call => drop(calls.insert(call.into())),
        }
    }
}
