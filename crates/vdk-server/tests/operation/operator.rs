//! Tests settings, limits, an orderly shutdown and error messages.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use vdk_testing::control_service::{
    Service, check_config as check, eventually, path, until_closed,
};
use vdk_testing::process::copy_program;

#[test]
fn checks_settings_before_anything_starts() {
    let vault = "featureflag.vault.integration.enabled=true\nvdk.vault.uri=http://localhost:8200\n";
    for sound in [
        "",
        "server.address=0.0.0.0\n",
        "\u{feff}server.address=0.0.0.0\n",
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
        ("vdk.prot=1\n", "vdk.prot ("),
        ("server.port=1\nserver.port=2\n", "server.port is set twice"),
        ("server.port=99999\n", "a port from 0 to 65535"),
        (
            "server.address=0.0.0.0\nfeatureflag.security.enabled=false\n",
            "--insecure-no-authentication",
        ),
        (
            "featureflag.security.enabled=true\nspring.security.oauth2.resourceserver.jwt.issuer-uri=http://login.example.org\n",
            "https is expected",
        ),
        (
            "featureflag.security.enabled=true\nspring.security.oauth2.resourceserver.jwt.issuer-uri=http://idp.localhost\n",
            "https is expected",
        ),
        (
            "datajobs.authorization.authorized-custom-claim-values=org\n",
            "custom-claim-name is not set",
        ),
        ("vdk.access.trusted-proxies=proxy\n", "IP addresses"),
        ("server.ssl.certificate=a.pem\n", "go together"),
        ("server.ssl.client-auth=need\n", "server.ssl.trust-certificate, which is not set"),
        ("server.ssl.client-auth=want\n", "protects nothing"),
        ("server.ssl.trust-certificate=a.pem\n", "no effect without server.ssl.client-auth=need"),
        ("server.ssl.client-auth=need\nserver.ssl.trust-certificate=a.pem\n", "it needs TLS"),
        ("featureflag.vault.integration.enabled=yes\n", "true or false"),
        ("featureflag.vault.integration.enabled=true\n", "vdk.vault.uri is not set"),
        ("vdk.vault.uri=http://v/v1/\n", "Set it to true"),
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
            "comma-separated",
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
        ("vdk.vault.uri=\\u00zz\n", "invalid properties file"),
    ] {
        let (code, said) = check(wrong, &[], &[]);
        assert!(code == Some(2) && said.contains(words), "{wrong}: {code:?} {said}");
        assert!(!said.contains("u:p@"), "{said}");
    }
    let (code, said) = check("server.prot=1\n", &[], &[]);
    assert!(code == Some(0) && said.contains("server.prot ("), "{said}");
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
fn lists_settings_in_help() {
    let help = vdk_testing::control_service::binary().arg("--help").output().unwrap();
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
fn warns_of_an_open_address_without_authentication() {
    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let refused = vdk_testing::control_service::binary()
        .env("SERVER_ADDRESS", "0.0.0.0")
        .env("FEATUREFLAG_SECURITY_ENABLED", "false")
        .env("VDK_STORAGE_FOLDER", folder.path())
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let mut child = vdk_testing::control_service::binary()
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
    assert!(lines.contains("every client of 0.0.0.0"), "{lines}");
}

#[test]
#[ignore = "becomes another user, as root: ./tests/run"]
fn explains_how_to_take_over_a_store_that_root_created() {
    use std::os::unix::fs::{PermissionsExt, chown};
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65534;
    let mut service = Service::start(&[]);
    service.signal("TERM");
    service.wait();
    let folder = service.folder();
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).unwrap();
    let program = folder.join("vdk-control-service");
    copy_program(vdk_testing::control_service::program(), &program);
    let store = folder.join("store");
    let as_nobody = || {
        let mut command = Command::new(&program);
        command.env_clear().env("VDK_STORAGE_FOLDER", &store).args(["token", "list"]);
        let output = command.uid(NOBODY).gid(NOBODY).current_dir("/").output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let refused = |path: &std::path::Path| {
        let (done, said) = as_nobody();
        assert!(!done && said.contains(&path.display().to_string()), "{said}");
        assert!(said.contains("belongs to user 0, but this is user 65534"), "{said}");
        said
    };
    refused(&store);
    chown(&store, Some(NOBODY), Some(NOBODY)).unwrap();
    let said = refused(&store.join(""));
    let (_, advice) = said.split_once("the folder: ").unwrap();
    assert!(Command::new("sh").args(["-c", advice]).status().unwrap().success());
    let (done, said) = as_nobody();
    assert!(done, "{said}");
}

#[test]
#[cfg(target_os = "linux")]
fn disables_core_dumps_of_service_and_operator_commands() {
    let no_core = |id: u32| {
        let limits = std::fs::read_to_string(format!("/proc/{id}/limits")).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    };
    let service = Service::start(&[]);
    no_core(service.id());
    // A database that accepts the connection and sends nothing.
    let database = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("jdbc:postgresql://{}/postgres", database.local_addr().unwrap());
    let teams = service.folder().join("teams.json");
    std::fs::write(&teams, "{}").unwrap();
    let mut command = vdk_testing::control_service::binary();
    command.env("SPRING_DATASOURCE_URL", url).env("SPRING_DATASOURCE_USERNAME", "vdk");
    let mut import = command.args(["import-properties", "--teams"]).arg(teams).spawn().unwrap();
    database.set_nonblocking(true).unwrap();
    let mut held = None;
    eventually("it asks the database", || {
        assert!(import.try_wait().unwrap().is_none(), "it has ended");
        held = database.accept().ok();
        held.is_some()
    });
    no_core(import.id());
    import.kill().unwrap();
    import.wait().unwrap();
}

#[test]
fn serves_others_while_many_clients_are_slow() {
    let service = Service::start(&[]);
    let at = path("secrets", "t", "j");
    let mut slow: Vec<TcpStream> = (0..300)
        .map(|n| {
            let mut stream = TcpStream::connect(service.address).unwrap();
            let head = match n % 3 {
                0 => String::new(),
                1 => format!("PUT {at} HTTP/1.1\r\nHost: localhost\r\n"),
                _ => format!("PUT {at} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"),
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
    // The service answers them with an error or just closes the connection.
    slow.iter_mut().for_each(until_closed);
    assert_eq!(service.get("/livez").status, 200);
}

#[test]
fn finishes_running_requests_on_sigterm_and_refuses_new_ones() {
    let mut service = Service::start(&[]);
    let at = path("properties", "t", "j");
    let mut running = TcpStream::connect(service.address).unwrap();
    let head = format!(
        "PUT {at} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{{\"a\""
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
    service.logs("ended");
    service.restart();
    assert_eq!(service.get(&at).body, "{\"a\":1}");
}

#[test]
fn keeps_acknowledged_writes_after_kill_9() {
    let mut service = Service::start(&[]);
    vdk_testing::control_service::kill_while_writing(&mut service, &["secrets", "properties"]);
}

/// Runs an operator's command with `input`. Returns exit code, stdout and stderr.
fn operate(service: &Service, words: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut command = vdk_testing::control_service::binary();
    command.args(words).env("VDK_STORAGE_FOLDER", service.folder().join("store"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that reads no input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn reads_standard_input_when_a_file_is_a_dash() {
    let service = Service::start(&[]);
    let (code, _, said) = operate(&service, &["--check-config", "--config", "-"], "vdk.prot=1");
    assert!(code == Some(2) && said.contains("vdk.prot (the standard input)"), "{said}");
    let (code, _, said) = operate(&service, &["--check-config", "--config", "-"], "server.port=1");
    assert_eq!((code, said.contains("the settings are valid")), (Some(0), true), "{said}");
    assert_eq!(service.get(&path("secrets", "t", "j")).status, 200);
    let log = service.audit();
    let (code, _, said) = operate(&service, &["verify-audit", "-"], &log);
    assert_eq!(code, Some(0), "{said}");
    let (code, _, said) = operate(&service, &["verify-audit", "-"], &log.replace("\"j\"", "\"k\""));
    assert!(code == Some(1) && said.contains("the standard input, line 1"), "{said}");
    let database = ["jdbc:postgresql://127.0.0.1:1/x?sslmode=disable", "vdk"];
    let mut command = vdk_testing::control_service::binary();
    command
        .env("SPRING_DATASOURCE_URL", database[0])
        .env("SPRING_DATASOURCE_USERNAME", database[1]);
    let output = command.args(["import-properties", "--teams", "-"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("the standard input: a JSON object"), "{said}");
    let (code, _, said) = operate(&service, &["rotate-key", "--new-key-file", "-"], "");
    assert!(code == Some(6) && said.contains("in a file"), "{said}");
}

#[test]
fn never_repeats_misplaced_arguments() {
    const SECRET: &str = "pa55-Word";
    let service = Service::start(&[]);
    for (words, expected) in [
        (vec![SECRET], 2),
        (vec!["--pa55-Word"], 2),
        (vec!["--port", SECRET], 2),
        (vec!["token", SECRET], 2),
        (vec!["token", "create", "--user", "ana", SECRET], 2),
        (vec!["token", "create", "--user", "ana", "--expires", SECRET], 2),
        (vec!["token", "create", "--user", "ana", "--team", "a/b", "--role", "reader"], 2),
        (vec!["token", "create", "--user", "ana", "--team", "t", "--role", SECRET], 2),
        (vec!["token", "create", "--user", "ana", "--team", "pa55-Word\n", "--role", "reader"], 2),
        (vec!["token", "list", "-o", SECRET], 2),
        (vec!["token", "revoke", SECRET], 4),
        (vec!["rotate-key", SECRET], 2),
        (vec!["import-properties", SECRET], 2),
        (vec!["--check-config", "--config", "aB3dE6gH9jK2mN5pQ8sT"], 2),
        (vec!["verify-audit", "aB3dE6gH9jK2mN5pQ8sT"], 2),
    ] {
        let (code, out, said) = operate(&service, &words, "");
        assert_eq!((code, out.as_str()), (Some(expected), ""), "{words:?}: {said}");
        assert!(!said.contains("55-Word") && !said.contains("aB3d"), "{words:?}: {said}");
        assert!(!said.trim().is_empty(), "{words:?}");
    }
    // Names of options are not secret, so they are shown.
    let (_, _, said) =
        operate(&service, &["token", "create", "--user", "ana", "--expires", "x"], "");
    assert!(said.contains("--expires <TIME>") && said.contains("90d"), "{said}");
    let (_, _, said) = operate(&service, &["token", "create", "--user", "a", "--team", "t"], "");
    assert!(said.contains("--role <ROLE>"), "{said}");
}
