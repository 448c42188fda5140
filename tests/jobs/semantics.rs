//! Tests that data jobs find what vdk-core and the original's plugin promise them: its own tests check the
//! same of their clients.

use serde_json::Value;
use vdk_testing::control_service::Service;
use vdk_testing::scripted_service::Service as Scripted;
use vdk_testing::{Home, finish};

use super::{all, both, core, job, program, run, set};

/// Returns a folder with the sources of these tests.
fn folder(name: &str) -> String {
    format!("{}/tests/jobs/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Returns the keys that a sample job has, with their values.
fn stored(home: &Home, kind: &str, job: &str) -> Value {
    serde_json::from_str(&all(home, kind, job)).unwrap()
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn keeps_keys_and_values_of_every_kind() {
    let (service, original) = (Service::start(&[]), Scripted::plain());
    for url in ["local", &service.url(""), &original.url()] {
        let home = Home::at(url);
        job(&home, "contract").done();
        for kind in ["secrets", "properties"] {
            assert_eq!(all(&home, kind, "contract"), r#"{"key1": "value1", "key2": {}}"#, "{url}");
        }
    }
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn stores_what_plugins_make_of_a_write() {
    let home = Home::at("local")
        .with("PYTHONPATH", folder("plugin"))
        .with("VDK_SECRETS_WRITE_PREPROCESS_SEQUENCE", "stamp")
        .with("VDK_PROPERTIES_WRITE_PREPROCESS_SEQUENCE", "stamp");
    for bin in [core(), both()] {
        finish(run(&bin, &home, "hello", "{}")).done();
        set(&home, "hello", "other", "kept");
    }
    let secrets =
        serde_json::json!({"token": "t0p-s3cret", "stamp": "sales/hello", "other": "kept"});
    assert_eq!(stored(&home, "secrets", "hello"), secrets);
    let properties = serde_json::json!({"runs": 2, "stamp": "sales/hello"});
    assert_eq!(stored(&home, "properties", "hello"), properties);
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn keeps_what_a_template_and_its_job_write() {
    let home = Home::at("local").with("PYTHONPATH", folder("plugin"));
    set(&home, "template", "before", "the run");
    job(&home, "template").done();
    let written = serde_json::json!({"template": "kept", "job": "set"});
    assert_eq!(stored(&home, "properties", "template"), written);
    let mut with_secret = written;
    with_secret["before"] = "the run".into();
    assert_eq!(stored(&home, "secrets", "template"), with_secret);
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn serves_jobs_that_run_inside_another_program() {
    // Notebooks and schedulers run jobs so.
    const PROGRAM: &str = "
import pathlib, sys
from vdk.internal.builtin_plugins.run.standalone_data_job import StandaloneDataJobFactory
with StandaloneDataJobFactory.create(pathlib.Path(sys.argv[1])) as job_input:
    secrets = job_input.get_all_secrets()
    assert secrets == {'db-user': 'ana'}, secrets
    job_input.set_all_secrets({**secrets, 'token': 't'})
    job_input.set_all_properties({'runs': 1})
";
    let home = Home::at("local");
    set(&home, "hello", "db-user", "ana");
    let mut command = program(&core(), &home, "python");
    command.args(["-c", PROGRAM, &folder("samples/hello")]);
    finish(command).done();
    assert_eq!(all(&home, "secrets", "hello"), r#"{"db-user": "ana", "token": "t"}"#);
    assert_eq!(all(&home, "properties", "hello"), r#"{"runs": 1}"#);
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn finds_the_team_of_the_job_and_never_another() {
    let home = Home::at("local");
    for team in ["sales", "other"] {
        home.run(["secrets", "-n", "teamless", "-t", team, "--set", "of", team]).done();
    }
    // Of a job in the working folder, not of this one.
    home.file("config.ini", "[owner]\nteam = other\n");
    let without = job(&home, "teamless");
    assert_ne!(without.code, 0);
    let said = format!("{}{}", without.stdout, without.stderr);
    assert!(said.contains("VdkConfigurationError") && said.contains("No team is set"), "{said}");
    let home = home.with("VDK_TEAM", "sales");
    let ran = job(&home, "teamless").done();
    assert!(ran.stdout.contains("secrets: {'of': 'sales'}"), "{}", ran.stdout);
}
