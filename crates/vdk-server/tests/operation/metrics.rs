//! Tests what monitoring reads.

use std::io::Write;
use std::process::{Command, Stdio};

use vdk_testing::control_service::peers::{Bao, Database, Settings};
use vdk_testing::control_service::{Service, eventually, now, path};
use vdk_testing::tls::Authority;

/// Returns the value of a metric with these labels.
fn value(metrics: &str, series: &str) -> Option<f64> {
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    Some(line.parse().unwrap())
}

#[track_caller]
fn of(service: &Service, series: &str) -> f64 {
    let metrics = service.get("/metrics").body;
    value(&metrics, series).unwrap_or_else(|| panic!("no {series} in\n{metrics}"))
}

fn start(settings: &Settings) -> Service {
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Service::start(&settings)
}

#[test]
fn returns_the_format_that_is_asked_for() {
    let service = Service::start(&[]);
    service.put(&path("secrets", "t", "j"), "{}", None);
    let get = |accept: &[&str]| {
        let headers: Vec<_> = accept.iter().map(|accept| ("Accept", *accept)).collect();
        let answer = service.send("GET", "/metrics", &headers, "");
        (answer.header("content-type").to_string(), answer.body)
    };
    for accept in [vec![], vec!["*/*"], vec!["text/plain; version=0.0.4"], vec!["text/html"]] {
        let (kind, text) = get(&accept);
        assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8", "{accept:?}");
        assert!(text.contains("# TYPE vdk_requests_total counter\n"), "{text}");
        assert!(text.contains("\n# TYPE process_cpu_seconds_total counter\n"), "{text}");
        assert!(!text.contains("# EOF") && !text.contains("# UNIT"), "{text}");
    }
    for accept in [
        vec!["application/openmetrics-text; version=1.0.0"],
        vec!["application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"],
        vec!["text/plain;q=0.5", "application/openmetrics-text"],
    ] {
        let (kind, text) = get(&accept);
        let expected = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(kind, expected, "{accept:?}");
        assert!(text.contains("# TYPE vdk_requests counter\n") && text.ends_with("\n# EOF\n"));
        assert!(text.contains("# TYPE vdk_build info\n") && text.contains("vdk_build_info{"));
        assert_eq!(text.matches("# EOF").count(), 1);
    }
}

#[test]
#[ignore = "needs promtool: ./tests/run"]
fn returns_text_that_prometheus_reads() {
    let service = Service::start(&[]);
    for collection in ["secrets", "properties"] {
        let at = path(collection, "t", "j");
        service.put(&at, "{}", None);
        service.get(&at);
        service.get(&format!("{at}/versions"));
    }
    let mut check = Command::new("promtool");
    check.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut check = check.stderr(Stdio::piped()).spawn().unwrap();
    check.stdin.take().unwrap().write_all(service.get("/metrics").body.as_bytes()).unwrap();
    let output = check.wait_with_output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && said.is_empty(), "{said}");
}

#[test]
#[cfg(target_os = "linux")]
fn reports_build_process_and_storage_times() {
    let began = now();
    let service = Service::start(&[]);
    let build = format!("vdk_build_info{{version=\"{}\",", env!("CARGO_PKG_VERSION"));
    assert!(service.get("/metrics").body.contains(&build));
    let start = of(&service, "process_start_time_seconds");
    assert!((began as f64 - 1.0..=now() as f64 + 1.0).contains(&start), "{start}");
    assert!(of(&service, "process_cpu_seconds_total") > 0.0);
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    let resident = of(&service, "process_resident_memory_bytes");
    assert!((kib * 512.0..kib * 2048.0).contains(&resident), "{resident} {kib} KiB");
    eventually("the number of open files is that of the system", || {
        let files = std::fs::read_dir(format!("/proc/{}/fd", service.id())).unwrap().count();
        (of(&service, "process_open_fds") - files as f64).abs() <= 2.0
    });
    assert!(of(&service, "process_max_fds") >= of(&service, "process_open_fds"));
    let at = path("secrets", "t", "j");
    service.put(&at, "{\"a\":1}", None);
    service.put(&at, "{\"a\":2}", None);
    service.get(&at);
    service.get(&format!("{at}?version=1"));
    service.get(&format!("{at}/versions"));
    for (operation, count) in [("write", 2.0), ("read-version", 1.0), ("versions", 1.0)] {
        let labels = format!("{{engine=\"embedded\",operation=\"{operation}\"}}");
        assert_eq!(of(&service, &format!("vdk_storage_seconds_count{labels}")), count);
        assert!(of(&service, &format!("vdk_storage_seconds_sum{labels}")) > 0.0);
    }
    assert_eq!(of(&service, "vdk_audit_blocked"), 0.0);
    assert_eq!(of(&service, "vdk_audit_owed_bytes"), 0.0);
    let metrics = service.get("/metrics").body;
    for absent in ["vdk_storage_pool", "vdk_storage_lease", "vdk_certificate"] {
        assert!(!metrics.contains(absent), "{absent}: {metrics}");
    }
}

#[test]
#[ignore = "needs curl: ./tests/run"]
fn reports_the_end_of_the_certificate_after_a_replacement() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let authority = Authority::new();
    // Both files are replaced at once: the service may look at any time.
    let write = |year: i32| {
        let (certificate, key) = authority.certificate(&["localhost"], |params| {
            params.not_after = rcgen::date_time_ymd(year, 1, 1);
        });
        for (name, text) in [("cert.pem", certificate.pem()), ("key.pem", key.serialize_pem())] {
            std::fs::write(at("new"), text).unwrap();
            std::fs::rename(at("new"), at(name)).unwrap();
        }
    };
    write(2070);
    let service = Service::start(&[
        ("SERVER_SSL_CERTIFICATE", &at("cert.pem")),
        ("SERVER_SSL_CERTIFICATE_PRIVATE_KEY", &at("key.pem")),
    ]);
    let end = || {
        let mut curl = Command::new("curl");
        let url = format!("https://{}/metrics", service.address);
        let output = curl.args(["-sSk", &url]).output().unwrap();
        value(&String::from_utf8(output.stdout).unwrap(), "vdk_certificate_end_timestamp_seconds")
    };
    assert_eq!(end(), Some(3_155_760_000.0));
    write(2080);
    eventually("the new end is reported", || end() == Some(3_471_292_800.0));
}

#[test]
#[ignore = "needs OpenBao and PostgreSQL: ./tests/run"]
fn reports_the_lease_and_the_pool() {
    let (bao, database) = (Bao::start(), Database::start());
    let service = start(&[bao.settings(), database.settings()].concat());
    assert_eq!(service.put(&path("secrets", "t", "j"), "{}", None).status, 202);
    assert_eq!(service.put(&path("properties", "t", "j"), "{}", None).status, 204);
    let lease = of(&service, "vdk_storage_lease_seconds{engine=\"vault\"}");
    assert!((0.0..=6.0).contains(&lease), "{lease}");
    let pool =
        |name: &str| of(&service, &format!("vdk_storage_pool_{name}{{engine=\"postgresql\"}}"));
    assert!(pool("max_connections") >= pool("connections") && pool("connections") >= 1.0);
    eventually("no request holds a connection", || pool("connections_in_use") == 0.0);
    assert_eq!(pool("waiting"), 0.0);
    // A request that waits for a lock holds its connection.
    let mut locked =
        database.client(&["begin; lock table vdk_heads, vdk_versions; select pg_sleep(60)"]);
    let mut locked = locked.stdout(Stdio::null()).spawn().unwrap();
    std::thread::scope(|scope| {
        eventually("requests hold connections", || {
            scope.spawn(|| service.try_send("GET", &path("properties", "t", "j"), &[], ""));
            pool("connections_in_use") >= 1.0
        });
        locked.kill().unwrap();
        locked.wait().unwrap();
        let stop = "select count(pg_terminate_backend(pid)) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()";
        database.sql(&[stop]);
    });
}
