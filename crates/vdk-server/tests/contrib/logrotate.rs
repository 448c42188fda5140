//! Tests the rotation of the audit log.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use vdk_testing::control_service::{Service, eventually, path};

use super::{adapted, run};

#[test]
#[ignore = "needs logrotate, as root: ./tests/run"]
fn rotates_the_audit_log_without_losing_lines() {
    let service = Service::start(&[]);
    let at = path("secrets", "t", "j");
    let log = service.folder().join("audit.jsonl");
    // Neither root nor the unit of systemd is here.
    let config = adapted(
        "logrotate/vdk-control-service",
        &[
            ("/var/log/vdk/audit.jsonl", log.to_str().unwrap()),
            ("su vdk vdk", "su root root"),
            (
                "systemctl kill --kill-who=main --signal=HUP vdk-control-service.service",
                &format!("kill -HUP {}", service.id()),
            ),
        ],
    );
    let file = service.folder().join("logrotate.conf");
    std::fs::write(&file, config).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let state = service.folder().join("state");
    let mut logrotate = Command::new("logrotate");
    logrotate.arg("--force").arg("--state").arg(state).arg(&file);
    for written in 1..=3 {
        assert_eq!(service.put(&at, &format!("{{\"a\":{written}}}"), None).status, 202);
        run(&mut logrotate);
        eventually("the log is reopened", || {
            service.log().matches("reopened the audit log").count() == written
        });
    }
    assert_eq!(service.put(&at, "{\"a\":4}", None).status, 202);
    assert_eq!(service.audit().lines().count(), 1);
    // The last one stays readable until the next rotation.
    let script = "cat audit.jsonl.1 && zcat audit.jsonl.2.gz audit.jsonl.3.gz";
    let (rotated, _) = run(Command::new("sh").args(["-c", script]).current_dir(service.folder()));
    let versions: Vec<_> =
        rotated.lines().filter_map(|line| line.split("\"version\":").nth(1)).collect();
    let versions: Vec<_> = versions.iter().filter_map(|rest| rest.split(',').next()).collect();
    assert_eq!(versions, ["3", "2", "1"], "{rotated}");
}
