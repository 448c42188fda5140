//! Tests nginx in front of the service.

use std::process::{Command, Stdio};

use vdk_testing::control_service::{Service, eventually, free_port, path};
use vdk_testing::tls::Authority;

use super::{adapted, run};

#[test]
#[ignore = "needs nginx and curl: ./tests/run"]
fn passes_conditions_limits_and_the_address_of_the_client() {
    let service = Service::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let authority = Authority::new();
    let (certificate, key) = authority.certificate(&["localhost"], |_| {});
    std::fs::write(at("ca.pem"), authority.pem()).unwrap();
    std::fs::write(at("vdk.crt"), certificate.pem()).unwrap();
    std::fs::write(at("vdk.key"), key.serialize_pem()).unwrap();
    let port = free_port();
    let server = adapted(
        "nginx/vdk-control-service.conf",
        &[
            ("server 127.0.0.1:8092", &format!("server {}", service.address)),
            ("listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl")),
            ("    listen [::]:443 ssl http2;\n", ""),
            ("/etc/nginx/", &format!("{}/", folder.path().display())),
        ],
    );
    std::fs::write(at("server.conf"), server).unwrap();
    // One process, so that killing it leaves none behind. All answers may be compressed.
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {};\n", at(kind)))
        .concat();
    let main = format!(
        "daemon off; master_process off; user root; pid {};\nerror_log {} info;\nevents {{}}\n\
         http {{\naccess_log off; gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;\n\
         {temporary}include {};\n}}\n",
        at("pid"),
        at("error.log"),
        at("server.conf")
    );
    std::fs::write(at("nginx.conf"), main).unwrap();
    let nginx = || {
        let mut nginx = Command::new("nginx");
        nginx.args(["-p", &at(""), "-c", &at("nginx.conf"), "-e", &at("error.log")]);
        nginx
    };
    run(nginx().arg("-t"));
    let mut child = nginx().stderr(Stdio::null()).spawn().unwrap();
    let curl = |path: &str, words: &[&str]| {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--cacert", &at("ca.pem"), "-w", "\n%{http_code}"]).args(words);
        let output = curl.arg(format!("https://localhost:{port}{path}")).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    eventually("nginx listens", || curl("/livez", &[]).ends_with("\n200"));
    let at_job = path("secrets", "t", "j");
    let put = ["-X", "PUT", "-H", "Content-Type: application/json"];
    let stored = format!("{{\"a\":\"{}\"}}", "x".repeat(4096));
    let written = curl(&at_job, &[&put[..], &["-d", &stored]].concat());
    assert!(written.ends_with("\n202"), "{written}");
    let read =
        curl(&at_job, &["-i", "-H", "Accept-Encoding: gzip", "-H", "X-Forwarded-For: 6.6.6.6"]);
    assert!(read.to_lowercase().contains("\netag: \"1\"\r\n") && read.contains(&stored), "{read}");
    let again = curl(&at_job, &[&put[..], &["-H", "If-Match: \"1\"", "-d", "{}"]].concat());
    assert!(again.ends_with("\n202"), "{again}");
    // Too large for the service, which explains it, and not for nginx.
    let large = at("large.json");
    std::fs::write(&large, format!("{{\"a\":\"{}\"}}", "x".repeat(3 << 20))).unwrap();
    let refused = curl(&at_job, &[&put[..], &["-d", &format!("@{large}")]].concat());
    assert!(refused.contains("countermeasures") && refused.ends_with("\n413"), "{refused}");
    assert!(curl("/metrics", &[]).ends_with("\n404"));
    let audit = service.audit();
    let line = audit.lines().find(|line| line.contains("secrets.read")).unwrap();
    assert!(line.contains("\"forwardedFor\":\"127.0.0.1\""), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
}
