//! What an operator counts on: settings that are checked, limits that hold, an orderly end, an
//! audit log without gaps, certificates that can be replaced.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use common::{Service, eventually, path};
use serde_json::Value;

/// Exit code and words of `--check-config` with this file and these variables.
fn check(file: &str, variables: &[(&str, &str)], flags: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("application.properties");
    std::fs::write(&config, file).unwrap();
    let mut command = common::binary();
    command.arg("--check-config").arg("--config").arg(&config).args(flags);
    let output = command.envs(variables.iter().copied()).output().unwrap();
    assert!(!folder.path().join("store").exists(), "checking starts nothing");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn settings_are_checked_before_anything_starts() {
    let vault = "featureflag.vault.integration.enabled=true\nvdk.vault.uri=http://localhost:8200\n";
    for sound in [
        "",
        "server.address=0.0.0.0\n",
        "# comment\nserver.port = 9000\nlogging.level.root=debug\n",
        &format!("{vault}vdk.vault.token=x\nvdk.vault.kvstoremeta=secret/metadata/\n"),
        &format!("{vault}vdk.vault.approle.roleid=r\nvdk.vault.approle.secretid=s\n"),
        "featureflag.vault.integration.enabled=true\nvdk.vault.token=x\nvdk.vault.uri=http://a:8200/v1, http://b:8200\n",
        "spring.datasource.url=jdbc:postgresql://db:5432/vdk?sslmode=disable\nspring.datasource.username=u\n",
    ] {
        let (code, words) = check(sound, &[], &[]);
        assert_eq!(code, Some(0), "{sound}: {words}");
    }
    for (wrong, words) in [
        ("server.prot=1\n", "not known: server.prot"),
        ("server.port=1\nserver.port=2\n", "server.port stands in it twice"),
        ("server.port=99999\n", "a port from 0 to 65535"),
        (
            "server.address=0.0.0.0\nfeatureflag.security.enabled=false\n",
            "--insecure-no-authentication",
        ),
        (
            "featureflag.security.enabled=true\nspring.security.oauth2.resourceserver.jwt.issuer-uri=http://login.example.org\n",
            "https is expected",
        ),
        ("datajobs.authorization.custom-claim-name=org\n", "go together"),
        ("vdk.access.trusted-proxies=proxy\n", "IP addresses"),
        ("server.ssl.certificate=a.pem\n", "go together"),
        ("featureflag.vault.integration.enabled=yes\n", "true or false"),
        ("featureflag.vault.integration.enabled=true\n", "vdk.vault.uri is not set"),
        ("vdk.vault.uri=http://v/v1/\n", "set it to true"),
        (vault, "vdk.vault.token is not set"),
        (&format!("{vault}vdk.vault.approle.roleid=r\n"), "secretid is not set"),
        (&format!("{vault}vdk.vault.token=a\nvdk.vault.token-file=/b\n"), "both set"),
        (&format!("{vault}vdk.vault.token-file=/does/not/exist\n"), "/does/not/exist"),
        (
            &format!("{vault}vdk.vault.token=x\nvdk.vault.kvstoremeta=other/metadata\n"),
            "secret/metadata",
        ),
        (
            "vdk.vault.uri=http://u:p@v/\nfeatureflag.vault.integration.enabled=true\n",
            "without user",
        ),
        (
            "vdk.vault.uri=http://v/,\nfeatureflag.vault.integration.enabled=true\n",
            "several, with commas",
        ),
        ("datajobs.vault.size.limit.bytes=0\n", "a number from 2"),
        ("spring.datasource.username=u\n", "spring.datasource.url is not set"),
        ("spring.datasource.url=jdbc:mysql://db/x\n", "jdbc:postgresql"),
        (
            "spring.datasource.url=jdbc:postgresql://db/x?sslmode=require\nspring.datasource.username=u\n",
            "verify-full",
        ),
        ("vdk.vault.token=x\n", "vdk.vault.token is set"),
        (
            "spring.datasource.url=jdbc:postgresql:///x?host=db\nspring.datasource.username=u\n",
            "settings of",
        ),
        ("vdk.vault.uri=\\u00zz\n", "no properties file"),
    ] {
        let (code, said) = check(wrong, &[], &[]);
        assert!(code == Some(2) && said.contains(words), "{wrong}: {code:?} {said}");
        assert!(!said.contains("u:p@"), "{said}");
    }
    let (code, said) = check("server.port=1\n", &[("SERVER_PORT", "x")], &[]);
    assert!(code == Some(2) && said.contains("environment, SERVER_PORT"), "{said}");
    let (code, said) = check("server.port=x\n", &[("SERVER_PORT", "x")], &["--port", "0"]);
    assert_eq!(code, Some(0), "the flag counts: {said}");
    let (code, said) = check("", &[("VDK_VAULT_TOKN", "geheim")], &[]);
    assert!(
        code == Some(2) && said.contains("VDK_VAULT_TOKN") && !said.contains("geheim"),
        "{said}"
    );
    assert_eq!(
        check("", &[("VDK_VAULT_SERVICE_HOST", "x"), ("VDK_VAULT_PORT_8200_TCP", "x")], &[]).0,
        Some(0)
    );
    let insecure = check("server.address=0.0.0.0\n", &[], &["--insecure-no-authentication"]);
    assert_eq!(insecure.0, Some(0), "{}", insecure.1);
}

#[test]
fn help_lists_every_setting() {
    let help = common::binary().arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for name in [
        "server.port",
        "vdk.vault.approle.secretid *",
        "spring.datasource.url",
        "[1048576]",
        "vdk.audit.file",
    ] {
        assert!(help.contains(name), "no {name}");
    }
}

#[test]
fn an_open_address_is_warned_of_at_each_start() {
    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let refused = common::binary()
        .env("SERVER_ADDRESS", "0.0.0.0")
        .env("FEATUREFLAG_SECURITY_ENABLED", "false")
        .env("VDK_STORAGE_FOLDER", folder.path())
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let mut child = common::binary()
        .env("VDK_STORAGE_FOLDER", folder.path().join("store"))
        .args(["--address", "0.0.0.0", "--port", "0", "--insecure-no-authentication"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = std::io::BufReader::new(child.stderr.take().unwrap());
    let (mut lines, mut line) = (String::new(), String::new());
    while !line.contains("listening") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut log, &mut line).unwrap() > 0, "{lines}");
        lines.push_str(&line);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(lines.contains("everybody who reaches"), "{lines}");
}

#[test]
fn every_request_has_its_line_in_the_audit_log_and_no_value_is_in_it() {
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
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["operation"].as_str().unwrap(), line["status"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        told,
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
    eventually("the log is opened anew", || file.exists());
    service.get(&at);
    assert_eq!(service.audit().lines().count(), 1);

    let keyed = Service::start(&[("VDK_AUDIT_HMAC_KEY", "a key")]);
    keyed.put(&at, "{\"db-password\":1}", None);
    let line = keyed.audit();
    assert!(line.contains("hmac-sha256:") && !line.contains("db-password"), "{line}");
}

#[test]
fn a_write_whose_audit_line_fails_is_the_last_and_its_line_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit.jsonl");
    std::fs::write(&audit, vec![b'\n'; 3 << 20]).unwrap();
    // A limit that nothing can be reserved against: only the line itself meets it.
    without_room(folder.path(), &audit, "trap '' XFSZ; ulimit -f 8192;", || {
        std::fs::rename(&audit, folder.path().join("old")).unwrap();
    });
}

#[test]
#[ignore = "mounts a disk, as root: ./tests/run"]
fn a_write_without_room_for_its_audit_line_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let sh = |script: &str| {
        let done = Command::new("sh").args(["-c", script]).current_dir(folder.path()).status();
        assert!(done.unwrap().success(), "{script}");
    };
    sh("mount -t tmpfs -o size=3m tmpfs disk");
    let audit = disk.join("audit.jsonl");
    let result = std::panic::catch_unwind(|| {
        without_room(folder.path(), &audit, "", || {
            std::fs::rename(&audit, folder.path().join("disk/old")).unwrap();
            sh("mount -o remount,size=20m disk");
        });
    });
    sh("umount disk");
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

/// Fills the audit log up, and looks what becomes of writes before and after `make_room`.
fn without_room(
    folder: &std::path::Path,
    audit: &std::path::Path,
    setup: &str,
    make_room: impl FnOnce(),
) {
    let port = common::free_port();
    let program = env!("CARGO_BIN_EXE_vdk-control-service");
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
        common::http(address, method, path, &headers, body.as_bytes())
    };
    let at = path("properties", "t", "j");
    eventually("it listens", || ask("GET", "/livez", "").is_some());
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        // Lines of the longest sort.
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
        // Where it could not be known before, the answer says that the change is there.
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
        common::signal(child.id(), "HUP");
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

#[test]
fn slow_clients_and_many_of_them_harm_nobody() {
    let service = Service::start(&[]);
    let at = path("secrets", "t", "j");
    let started = Instant::now();
    let mut slow: Vec<TcpStream> = (0..300)
        .map(|n| {
            let mut stream = TcpStream::connect(service.address).unwrap();
            let head = match n % 3 {
                0 => String::new(),
                1 => format!("PUT {at} HTTP/1.1\r\nHost: x\r\n"),
                _ => format!("PUT {at} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"),
            };
            stream.write_all(head.as_bytes()).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            stream
        })
        .collect();
    for _ in 0..20 {
        assert_eq!(service.put(&at, "{\"a\":1}", None).status, 202);
        for stream in slow.iter_mut().skip(1).step_by(3) {
            let _ = stream.write_all(b"X");
        }
    }
    for stream in &mut slow {
        // All of them are told to go, or simply closed.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    assert_eq!(service.get("/livez").status, 200);

    let few = Service::start(&[("SERVER_TOMCAT_MAX_CONNECTIONS", "4")]);
    let held: Vec<_> = (0..4).map(|_| TcpStream::connect(few.address).unwrap()).collect();
    eventually("a fifth is closed", || few.try_send("GET", "/livez", &[], "").is_none());
    drop(held);
    eventually("there is room again", || few.try_send("GET", "/livez", &[], "").is_some());
}

#[test]
fn an_end_finishes_what_runs_and_takes_nothing_new() {
    let mut service = Service::start(&[]);
    let at = path("properties", "t", "j");
    let mut running = TcpStream::connect(service.address).unwrap();
    let head = format!(
        "PUT {at} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{{\"a\""
    );
    running.write_all(head.as_bytes()).unwrap();
    eventually("the request is under way", || {
        let metrics = service.get("/metrics").body;
        metrics.contains("vdk_connections 2")
    });
    service.signal("TERM");
    eventually("new connections are refused", || TcpStream::connect(service.address).is_err());
    running.write_all(b":1}").unwrap();
    let mut answer = String::new();
    running.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert_eq!(service.wait(), Some(0));
    assert!(service.log().contains("ended"));
    service.restart();
    assert_eq!(service.get(&at).body, "{\"a\":1}");
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let mut service = Service::start(&[]);
    common::kill_while_writing(&mut service, &["secrets", "properties"], 50);
}
