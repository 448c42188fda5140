//! Tests reads and writes of data jobs on every storage.

use serde_json::Value;
use vdk_testing::control_service::Service;
use vdk_testing::control_service::peers::{Bao, Database};
use vdk_testing::scripted_service::Service as Scripted;
use vdk_testing::{Home, finish};

use super::{all, both, core, job, run, set};

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn keeps_what_jobs_write_in_the_local_store() {
    let home = Home::at("local");
    check(&home, "local");
    let history = ["secrets", "-n", "hello", "-t", "sales", "history", "-o", "json"];
    let history: Value = serde_json::from_str(&home.run(history).done().stdout).unwrap();
    // vdk-core's id of the execution, which begins with seconds or the name of the job.
    let id = history[0]["opId"].as_str().unwrap();
    assert!(id.len() > 20, "{history}");
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn keeps_what_jobs_write_in_a_service() {
    let service = Service::start(&[]);
    check(&Home::at(&service.url("")), &service.url(""));
}

#[test]
#[ignore = "needs vdk-core, the wheel, OpenBao and PostgreSQL: ./tests/run"]
fn keeps_what_jobs_write_in_openbao_and_postgresql() {
    let (bao, database) = (Bao::start(), Database::start());
    let settings: Vec<_> = bao.settings().into_iter().chain(database.settings()).collect();
    let settings: Vec<_> = settings.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let service = Service::start(&settings);
    check(&Home::at(&service.url("")), &service.url(""));
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn keeps_what_jobs_write_in_the_original_service() {
    let service = Scripted::plain();
    check_one(&Home::at(&service.url()), &service.url());
}

fn check(home: &Home, place: &str) {
    check_one(home, place);
    for bin in [core(), both()] {
        parallel(home, &bin);
    }
}

/// Runs a job that reads and writes.
fn check_one(home: &Home, place: &str) {
    set(home, "hello", "db-user", "ana");
    let ran = job(home, "hello").done();
    assert!(ran.stdout.contains("secrets: {'db-user': 'ana'}"), "{}{}", ran.stdout, ran.stderr);
    let told = format!("Secrets and properties are kept at: {}", place.trim_end_matches('/'));
    assert!(ran.stderr.contains(&told), "{}", ran.stderr);
    assert!(!ran.stderr.contains("t0p-s3cret"), "{}", ran.stderr);
    let secrets = r#"{"db-user": "ana", "token": "t0p-s3cret"}"#;
    assert_eq!(all(home, "secrets", "hello"), secrets);
    // With the original's plugin beside it, and nothing but a counter to change.
    finish(run(&both(), home, "hello", "{}")).done();
    assert_eq!(all(home, "secrets", "hello"), secrets);
    assert_eq!(all(home, "properties", "hello"), r#"{"runs": 2}"#);
}

/// Runs eight jobs that have all read before the first one writes.
fn parallel(home: &Home, bin: &std::path::Path) {
    const JOBS: usize = 8;
    for kind in ["secrets", "properties"] {
        home.run([kind, "-n", "parallel", "-t", "sales", "--delete-all", "-y"]).done();
    }
    let folder = tempfile::tempdir().unwrap();
    let children: Vec<_> = (0..JOBS)
        .map(|n| {
            let folder = folder.path().to_str().unwrap();
            let arguments =
                serde_json::json!({"key": format!("k{n}"), "folder": folder, "jobs": JOBS});
            let mut command = run(bin, home, "parallel", &arguments.to_string());
            command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    for kind in ["secrets", "properties"] {
        let kept: Value = serde_json::from_str(&all(home, kind, "parallel")).unwrap();
        assert_eq!(kept.as_object().unwrap().len(), JOBS, "{kind}: {kept}");
    }
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn exchanges_an_api_token_once_for_a_job() {
    let service = Service::start(&[("FEATUREFLAG_SECURITY_ENABLED", "true")]);
    let token = service.token(&["--user", "ana", "--team", "sales", "--role", "writer"]);
    let home = Home::at(&service.url("")).with("VDK_API_TOKEN", token);
    job(&home, "hello").done();
    let audit = service.audit();
    let count = |word: &str| audit.lines().filter(|line| line.contains(word)).count();
    assert_eq!((count("exchange"), count("secrets.write")), (1, 1), "{audit}");
}
