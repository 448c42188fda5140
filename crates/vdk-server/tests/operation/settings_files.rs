//! Tests settings that name files, addresses and networks.

use std::path::Path;
use std::process::Command;

use vdk_testing::control_service::{binary, check_config as check, free_port};
use vdk_testing::process::copy_program;
use vdk_testing::tls::Authority;

/// Writes a certificate and its key. Returns the settings that name them.
fn certificate(folder: &Path) -> String {
    let (certificate, key) = Authority::new().certificate(&["127.0.0.1"], |_| {});
    std::fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    let at = |name: &str| folder.join(name).display().to_string();
    format!(
        "server.ssl.certificate={}\nserver.ssl.certificate-private-key={}\n",
        at("cert.pem"),
        at("key.pem")
    )
}

#[test]
fn reads_every_file_that_the_start_reads() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let tls = certificate(folder.path());
    std::fs::write(at("broken.pem"), "no certificate").unwrap();
    std::fs::create_dir(at("folder")).unwrap();
    assert_eq!(check(&tls, &[], &[]).0, Some(0), "{}", check(&tls, &[], &[]).1);
    let swapped = tls.replace("key.pem", "cert.pem");
    let missing = tls.replace("cert.pem", "missing.pem");
    let clients = format!("{tls}server.ssl.client-auth=need\nserver.ssl.trust-certificate=");
    let vault = "featureflag.vault.integration.enabled=true\nvdk.vault.token=x\n\
                 vdk.vault.uri=https://vault:8200\nvdk.vault.ca-certificate=";
    let database = "spring.datasource.url=jdbc:postgresql://db/vdk\n\
                    spring.datasource.username=vdk\nvdk.datasource.ca-certificate=";
    let access = "spring.security.oauth2.resourceserver.jwt.issuer-uri=https://login.example.org\n\
                  vdk.access.ca-certificate=";
    for (file, named) in [
        (swapped, "cert.pem"),
        (missing, "missing.pem"),
        (format!("{clients}{}", at("missing.pem")), "missing.pem"),
        (format!("{clients}{}", at("broken.pem")), "broken.pem"),
        (format!("{vault}{}", at("missing.pem")), "vdk.vault.ca-certificate"),
        (format!("{database}{}", at("broken.pem")), "vdk.datasource.ca-certificate"),
        (format!("{access}{}", at("missing.pem")), "vdk.access.ca-certificate"),
        (format!("vdk.storage.master-key-file={}", at("missing.key")), "missing.key"),
        (format!("vdk.storage.master-key-file={}", at("broken.pem")), "broken.pem"),
        (format!("vdk.audit.file={}", at("missing/audit.jsonl")), "missing"),
        (format!("vdk.audit.file={}", at("folder")), "folder"),
        (format!("vdk.audit.file={}", at("broken.pem")), "no audit log"),
    ] {
        let (code, said) = check(&file, &[], &[]);
        assert!(code == Some(2) && said.contains(named), "{file}: {said}");
        assert!(!said.contains("settings are valid"), "{said}");
    }
    let sound = format!("vdk.audit.file={}\n", at("audit.jsonl"));
    assert_eq!(check(&sound, &[], &[]).0, Some(0));
    assert!(!folder.path().join("audit.jsonl").exists(), "the check writes nothing");
    let fresh = format!("vdk.storage.folder={}\n", at("store"));
    assert_eq!(check(&fresh, &[], &[]).0, Some(0));
    assert!(!folder.path().join("store").exists(), "the check writes nothing");
}

#[test]
fn takes_names_of_standard_output_and_no_relative_audit_file() {
    for name in ["-", "stdout", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "none"] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = binary();
        command
            .args(["--check-config"])
            .env("VDK_STORAGE_FOLDER", folder.path().join("store"))
            .env("VDK_AUDIT_FILE", name)
            .current_dir(folder.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
    for (name, words) in [
        ("audit.jsonl", "an absolute path"),
        ("./audit.jsonl", "an absolute path"),
        ("stderr", "an absolute path"),
        ("/dev/stderr", "not a regular file"),
        ("/dev/null", "none"),
    ] {
        let (code, said) = check("", &[("VDK_AUDIT_FILE", name)], &[]);
        assert!(code == Some(2) && said.contains(words), "{name}: {said}");
    }
}

#[test]
fn writes_the_audit_log_to_standard_output_by_name() {
    use std::io::{BufRead, BufReader, Read};
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().to_string();
    let mut child = binary()
        .env("VDK_STORAGE_FOLDER", folder.path().join("store"))
        .env("VDK_AUDIT_FILE", "stdout")
        .env("FEATUREFLAG_SECURITY_ENABLED", "false")
        .env("SERVER_PORT", &port)
        .current_dir(folder.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(log.any(|line| line.unwrap().contains("listening")));
    let address = format!("127.0.0.1:{port}").parse().unwrap();
    let path = vdk_testing::control_service::path("secrets", "t", "j");
    vdk_testing::control_service::http(address, "GET", &path, &[], b"").unwrap();
    vdk_testing::control_service::signal(child.id(), "TERM");
    let mut lines = String::new();
    child.stdout.take().unwrap().read_to_string(&mut lines).unwrap();
    child.wait().unwrap();
    assert!(lines.contains("\"team\":\"t\""), "{lines}");
    assert!(!folder.path().join("stdout").exists());
}

/// Starts the service, which must fail. Returns its error.
fn start_error(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn takes_localhost_and_brackets_as_addresses() {
    for address in ["localhost", "[::1]", "::1", "127.0.0.1"] {
        let (code, said) = check("", &[("SERVER_ADDRESS", address)], &[]);
        assert_eq!(code, Some(0), "{address}: {said}");
    }
    for address in ["example.org", "[localhost]x", "[127.0.0.1"] {
        let (code, said) = check("", &[("SERVER_ADDRESS", address)], &[]);
        assert!(code == Some(2) && said.contains("an IP address"), "{address}: {said}");
    }
}

#[test]
fn says_why_it_cannot_listen() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = binary();
    command.env("VDK_STORAGE_FOLDER", folder.path().join("store"));
    // An address for documentation (RFC 5737), which no machine has.
    let said = start_error(command.args(["--address", "192.0.2.1", "--port", "0"]));
    assert!(
        said.contains("no network interface of this machine has the address 192.0.2.1"),
        "{said}"
    );
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = binary();
    command.env("VDK_STORAGE_FOLDER", folder.path().join("store"));
    let port = taken.local_addr().unwrap().port().to_string();
    let said = start_error(command.args(["--port", &port]));
    assert!(said.contains("another program uses this port"), "{said}");
}

#[test]
#[ignore = "becomes another user, as root: ./tests/run"]
fn says_that_a_user_may_not_use_a_port_below_1024() {
    use std::os::unix::fs::{PermissionsExt, chown};
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65534;
    let limit = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap();
    if limit.trim() != "1024" {
        // The administrator of this machine allows it.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    let program = folder.path().join("vdk-control-service");
    copy_program(vdk_testing::control_service::program(), &program);
    let mut command = Command::new(&program);
    command.env_clear().env("VDK_STORAGE_FOLDER", folder.path().join("store"));
    command.args(["--port", "443"]).uid(NOBODY).gid(NOBODY).current_dir("/");
    let said = start_error(&mut command);
    assert!(said.contains("ports below 1024") && said.contains("CAP_NET_BIND_SERVICE"), "{said}");
}

#[test]
fn takes_networks_of_trusted_proxies() {
    for sound in ["10.0.0.0/8", "10.0.0.1, fd00::/8", "::ffff:10.0.0.0/104", "0.0.0.0/0"] {
        let (code, said) = check("", &[("VDK_ACCESS_TRUSTED_PROXIES", sound)], &[]);
        assert_eq!(code, Some(0), "{sound}: {said}");
    }
    for wrong in ["10.0.0.0/33", "10.0.0/8", "proxy.example.org", "10.0.0.1/"] {
        let (code, said) = check("", &[("VDK_ACCESS_TRUSTED_PROXIES", wrong)], &[]);
        assert!(code == Some(2) && said.contains("networks"), "{wrong}: {said}");
    }
}
