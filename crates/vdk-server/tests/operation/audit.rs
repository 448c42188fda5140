//! Tests the audit log: its lines, full disks, and the verification of lines and storages.

use std::process::Command;

use serde_json::Value;
use vdk_testing::control_service::{SECURED, Service, eventually, path};
use vdk_testing::disk::Disk;

#[test]
fn sums_anonymous_requests_by_address() {
    let mut service = Service::start(&SECURED);
    let token = service.access("ana", "t", "writer");
    let at = path("secrets", "t", "j");
    assert_eq!(service.ask("PUT", &at, Some(&token), "{}").status, 202);
    type RequestParts<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);
    let strangers: [RequestParts<'_>; 6] = [
        ("GET", &at, &[], ""),
        ("GET", &at, &[("Authorization", "Bearer wrong"), ("X-Forwarded-For", "1.2.3.4")], ""),
        ("PUT", "/nowhere", &[("X-OPID", "op-1")], "{}"),
        ("GET", "/openapi.json", &[], ""),
        ("GET", "/.well-known/jwks.json", &[], ""),
        ("POST", "/oauth2/token", &[], "grant_type=refresh_token&refresh_token=vdk_no"),
    ];
    for turn in 0..100 {
        let (method, path, headers, body) = strangers[turn % strangers.len()];
        service.send(method, path, headers, body);
    }
    assert_eq!(service.ask("PUT", &at, Some(&token), "{}").status, 202);
    let lines = |service: &Service| -> Vec<Value> {
        service.audit().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let of_strangers =
        |line: &&Value| line["who"] == "anonymous" && line["count"].as_u64().is_some();
    // The token exchange and the writes have their own lines.
    let found = lines(&service);
    assert_eq!(found.len(), 4, "{found:?}");
    assert_eq!(found.iter().filter(of_strangers).count(), 1);
    service.signal("TERM");
    assert_eq!(service.wait(), Some(0));
    let found = lines(&service);
    let counts = found.iter().filter(of_strangers).filter_map(|line| line["count"].as_u64());
    let counts: Vec<u64> = counts.collect();
    // There are more lines only if the machine was very slow.
    assert!(counts[0] == 1 && counts.iter().sum::<u64>() == 100, "{counts:?}");
    let verify = vdk_testing::control_service::binary()
        .arg("verify-audit")
        .arg(service.folder().join("audit.jsonl"))
        .status();
    assert!(verify.unwrap().success());
}

#[test]
#[ignore = "mounts a disk: ./tests/run"]
fn omits_anonymous_requests_when_the_audit_disk_is_nearly_full() {
    let disk = Disk::mount("20m");
    let log = disk.path().join("audit.jsonl").display().to_string();
    let service = Service::start(&[SECURED[0], ("VDK_AUDIT_FILE", &log)]);
    let token = service.access("ana", "t", "writer");
    let at = path("secrets", "t", "j");
    assert_eq!(service.ask("PUT", &at, Some(&token), "{}").status, 202);
    // Less than a tenth is left. It is reserved for authenticated requests.
    disk.sh("head -c 18500000 /dev/zero > disk/filler");
    for _ in 0..50 {
        assert_eq!(service.get(&at).status, 401);
    }
    service.logs("the disk of the audit log is nearly full");
    assert_eq!(service.ask("PUT", &at, Some(&token), "{}").status, 202);
    let audit = std::fs::read_to_string(&log).unwrap();
    assert!(!audit.contains("\"count\""), "{audit}");
    assert_eq!(service.get("/readyz").status, 200);
}

#[test]
fn audits_every_request_without_values() {
    let service = Service::start(&[("LOGGING_LEVEL_ROOT", "TRACE")]);
    let at = path("secrets", "t", "j%22%0Ax");
    service.send("GET", &at, &[("X-OPID", "op \"1\"")], "");
    let at = path("secrets", "t", "j");
    service.put(&at, "{\"key \\u001b[2J\\n\":\"geheim-1\",\"n\":4711,\"b\":true}", None);
    service.put(&at, "{\"a\":\"geheim-2\"", None);
    service.get(&at);
    service.put(&at, "{\"x\":\"geheim-3\"}", Some("\"7\""));
    service.get("/nowhere?geheim-4");
    service.get("/livez");
    let audit = service.audit();
    let lines: Vec<Value> = audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let logged: Vec<_> = lines
        .iter()
        .map(|line| (line["operation"].as_str().unwrap(), line["status"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        logged,
        [
            ("secrets.read", 400),
            ("secrets.write", 202),
            ("secrets.write", 400),
            ("secrets.read", 200),
            ("secrets.write", 412),
            ("none", 404)
        ]
    );
    assert_eq!(lines[0]["opId"], "op \"1\"");
    assert_eq!(lines[1]["keys"][0], "key \u{1b}[2J\n");
    assert_eq!((&lines[1]["version"], &lines[1]["keyCount"]), (&1.into(), &3.into()));
    assert_eq!(
        (&lines[3]["team"], &lines[3]["job"], &lines[3]["who"]),
        (&"t".into(), &"j".into(), &"anonymous".into())
    );
    assert!(!audit.contains("geheim") && !audit.contains("4711") && !audit.contains('\u{1b}'));
    assert!(!service.log().contains("geheim"));
    use std::os::unix::fs::PermissionsExt;
    let file = service.folder().join("audit.jsonl");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    std::fs::rename(&file, service.folder().join("audit.old")).unwrap();
    service.signal("HUP");
    service.logs("reopened the audit log");
    assert!(file.exists());
    service.get(&at);
    assert_eq!(service.audit().lines().count(), 1);

    let verify = |arguments: &[&str]| {
        let mut verify = vdk_testing::control_service::binary();
        let output = verify.arg("verify-audit").args(arguments).current_dir(service.folder());
        let output = output.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, verdict) = verify(&["audit.old", "audit.jsonl"]);
    assert!(code == 0 && verdict.contains("7 lines, runs of the service: 1"), "{verdict}");
    let (code, verdict) = verify(&["audit.jsonl"]);
    assert!(
        code == 1 && verdict.contains("audit.jsonl, line 1: before it, lines of run"),
        "{verdict}"
    );
    assert_eq!(verify(&["--continues", "audit.jsonl"]).0, 0);
    let forged = audit.replacen("\"status\":412", "\"status\":202", 1);
    std::fs::write(service.folder().join("audit.old"), forged).unwrap();
    let (code, verdict) = verify(&["audit.old", "audit.jsonl"]);
    assert!(code == 1 && verdict.contains("audit.old, line 5: the line was changed"), "{verdict}");
    assert_eq!(verify(&["gone"]).0, 2);

    let keyed = Service::start(&[("VDK_AUDIT_HMAC_KEY", "a key")]);
    keyed.put(&at, "{\"db-password\":1}", None);
    let line = keyed.audit();
    assert!(line.contains("hmac-sha256:") && !line.contains("db-password"), "{line}");
}

#[test]
fn warns_when_the_storage_is_older_than_the_audit_log() {
    let mut service = Service::start(&[]);
    let at = path("secrets", "t", "j");
    service.put(&at, "{\"a\":1}", None);
    service.signal("TERM");
    service.wait();
    let store = service.folder().join("store/store.db");
    let old = std::fs::read(&store).unwrap();
    service.restart();
    for n in 2..=4 {
        service.put(&at, &format!("{{\"a\":{n}}}"), None);
    }
    service.signal("TERM");
    service.wait();
    assert!(!service.log().contains("older than the audit log"), "{}", service.log());
    std::fs::write(&store, old).unwrap();
    service.restart();
    service.logs("job 'j' (team 't') are at version 1, but were at 4");
}

#[test]
fn stops_writes_after_a_failed_audit_line_and_keeps_that_line() {
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit.jsonl");
    std::fs::write(&audit, vec![b'\n'; 3 << 20]).unwrap();
    // With this limit no space can be reserved, so only the write of the line fails.
    check_writes_when_full(folder.path(), &audit, "ulimit -f 8192;", || {
        std::fs::rename(&audit, folder.path().join("old")).unwrap();
    });
}

#[test]
#[ignore = "mounts a disk, as root: ./tests/run"]
fn rejects_writes_without_room_for_their_audit_line() {
    let disk = Disk::mount("3m");
    let audit = disk.path().join("audit.jsonl");
    check_writes_when_full(disk.folder().path(), &audit, "", || {
        std::fs::rename(&audit, disk.path().join("old")).unwrap();
        disk.sh("mount -o remount,size=20m disk");
    });
}

/// Fills the audit log and checks writes before and after `make_room`.
fn check_writes_when_full(
    folder: &std::path::Path,
    audit: &std::path::Path,
    setup: &str,
    make_room: impl FnOnce(),
) {
    let port = vdk_testing::control_service::free_port();
    let program = vdk_testing::control_service::program();
    let script = format!("{setup} exec {program} --port {port} 2>{}", folder.join("log").display());
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .env_clear()
        .env("VDK_STORAGE_FOLDER", folder.join("store"))
        .env("VDK_AUDIT_FILE", audit)
        .env("FEATUREFLAG_SECURITY_ENABLED", "false")
        .spawn()
        .unwrap();
    let address = ([127, 0, 0, 1], port).into();
    let ask = |method: &str, path: &str, body: &str| {
        let headers = [("Content-Type", "application/json")];
        vdk_testing::control_service::http(address, method, path, &headers, body.as_bytes())
    };
    let at = path("properties", "t", "j");
    eventually("it listens", || ask("GET", "/livez", "").is_some());
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        // These keys make the longest lines.
        let keys: Vec<_> = (0..256).map(|n| format!("\"{n}{}\":0", "k".repeat(250))).collect();
        let large = format!("{{{}}}", keys.join(","));
        let mut stored = 0;
        let refused = loop {
            let answer = ask("PUT", &at, &large).unwrap();
            if answer.status != 204 {
                break answer;
            }
            stored += 1;
            assert!(stored < 100, "never refused");
        };
        refused.problem(503, "audit log");
        // If the failure could not be predicted, the response says that the change is stored.
        stored += u64::from(refused.body.contains("The change is stored."));
        for _ in 0..3 {
            ask("PUT", &at, &large).unwrap().problem(503, "Nothing was changed.");
        }
        let ready = ask("GET", "/readyz", "").unwrap();
        assert_eq!(
            (ready.status, &ready.json()["audit"]["status"]),
            (503, &"cannot be written".into())
        );
        let before = std::fs::read_to_string(audit).unwrap();
        make_room();
        vdk_testing::control_service::signal(child.id(), "HUP");
        // Until it opens the file anew, lines go to the old one, which may have no name any more.
        eventually("it opens the file anew", || audit.exists());
        eventually("it works again", || ask("PUT", &at, "{\"a\":3}").unwrap().status == 204);
        stored += 1;
        assert_eq!(ask("GET", &at, "").unwrap().header("etag"), format!("\"{stored}\""));
        let all = before + &std::fs::read_to_string(audit).unwrap();
        let lines = all.lines().filter(|line| !line.is_empty());
        let versions: Vec<u64> = lines
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|line| line["operation"] == "properties.write")
            .filter_map(|line| line["version"].as_u64())
            .collect();
        assert_eq!(versions, (1..=stored).collect::<Vec<_>>(), "no version without its line");
    }));
    child.kill().unwrap();
    child.wait().unwrap();
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}
