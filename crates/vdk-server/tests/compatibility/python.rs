//! Tests that the Python command line and data jobs under `vdk run` work with this service, on
//! every storage.

use std::path::{Path, PathBuf};
use std::process::Command;

use vdk_testing::control_service::peers::{Bao, Database};
use vdk_testing::control_service::{Service, path};

fn python_bin() -> PathBuf {
    PathBuf::from(std::env::var_os("VDK_TEST_PYTHON_BIN").unwrap())
}

#[test]
#[ignore = "needs the Python vdk: ./tests/run"]
fn serves_python_clients_on_the_embedded_store() {
    check_python_clients(&Service::start(&[]));
}

#[test]
#[ignore = "needs the Python vdk, OpenBao and PostgreSQL: ./tests/run"]
fn serves_python_clients_on_openbao_and_postgresql() {
    let (bao, database) = (Bao::start(), Database::start());
    let settings: Vec<_> = bao.settings().into_iter().chain(database.settings()).collect();
    let settings: Vec<_> = settings.iter().map(|(k, v)| (*k, v.as_str())).collect();
    check_python_clients(&Service::start(&settings));
}

fn check_python_clients(service: &Service) {
    let home = tempfile::tempdir().unwrap();
    let run = |program: &str, args: &[&str]| -> String {
        let mut command = Command::new(python_bin().join(program));
        command
            .args(args)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", home.path())
            .env("PYTHONPATH", register_the_secrets_backend(home.path()))
            .env("VDK_CONTROL_SERVICE_REST_API_URL", service.url(""))
            .current_dir(home.path());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {args:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    };
    for collection in ["secrets", "properties"] {
        let cli =
            |args: &[&str]| run("vdkcli", &[&[collection, "-n", "job", "-t", "t"], args].concat());
        cli(&["--set", "user", "ana", "--set", "retries", "3"]);
        assert_eq!(cli(&["--get", "user", "-o", "json"]).trim(), "{\"user\": \"ana\"}");
        std::fs::write(
            home.path().join("new.json"),
            "{\"state\": {\"n\": 1.5}, \"ü\": null, \"z\": [true]}",
        )
        .unwrap();
        let overwrite = format!("--overwrite-all-job-{collection}");
        cli(&[&overwrite, "new.json"]);
        let listed: serde_json::Value =
            serde_json::from_str(&cli(&["--list", "-o", "json"])).unwrap();
        assert_eq!(listed, serde_json::json!({"state": {"n": 1.5}, "ü": null, "z": [true]}));
        // The client sends its own notation, which comes back to the byte.
        assert_eq!(service.get(&path(collection, "t", "job")).json(), listed);
    }

    let job = home.path().join("job");
    std::fs::create_dir(&job).unwrap();
    std::fs::write(job.join("config.ini"), "[owner]\nteam = t\n").unwrap();
    std::fs::write(
        job.join("10_step.py"),
        "def run(job_input):\n\
         \x20   for all, set_all in [(job_input.get_all_secrets, job_input.set_all_secrets),\n\
         \x20                        (job_input.get_all_properties, job_input.set_all_properties)]:\n\
         \x20       found = all()\n\
         \x20       assert found['state'] == {'n': 1.5}, found.keys()\n\
         \x20       set_all({**found, 'state': {'n': found['state']['n'] + 1}, 'added': 7})\n",
    )
    .unwrap();
    run("vdk", &["run", job.to_str().unwrap()]);
    for collection in ["secrets", "properties"] {
        let now = service.get(&path(collection, "t", "job"));
        let expected = serde_json::json!({"state": {"n": 2.5}, "ü": null, "z": [true], "added": 7});
        assert_eq!(now.json(), expected, "{collection}");
        let versions = service.get(&format!("{}/versions", path(collection, "t", "job"))).json();
        let changes = versions["versions"][0]["changes"].clone();
        assert_eq!(
            changes,
            serde_json::json!({"added": ["added"], "changed": ["state"], "removed": []})
        );
    }
    // More than the 100 of a page.
    for number in 0..110 {
        service.put(&path("properties", "t", &format!("more-{number:03}")), "{}", None);
    }
    for details in [&[][..], &["-mmm"], &["--all"]] {
        let list = [&["list", "-t", "t", "-o", "json"][..], details].concat();
        let jobs: serde_json::Value = serde_json::from_str(&run("vdkcli", &list)).unwrap();
        let jobs = jobs.as_array().unwrap();
        assert_eq!(jobs.len(), 111, "{details:?}");
        for job in [("job", 0), ("more-109", 110)] {
            assert_eq!(
                (jobs[job.1]["job_name"].as_str(), &jobs[job.1]["job_team"]),
                (Some(job.0), &"t".into())
            );
        }
    }
    let info = run("vdkcli", &["info", "-t", "t"]);
    assert!(info.contains(env!("CARGO_PKG_VERSION")), "{info}");
    run("vdkcli", &["secrets", "-n", "job", "-t", "t", "--delete-all-job-secrets"]);
    assert_eq!(service.get(&path("secrets", "t", "job")).body, "{}");
}

/// Registers the secrets backend as a data job's image would. The plugin contains this backend, but
/// registers only the one for properties.
fn register_the_secrets_backend(home: &Path) -> PathBuf {
    let folder = home.join("plugin");
    let info = folder.join("secrets_backend-1.0.dist-info");
    std::fs::create_dir_all(&info).unwrap();
    std::fs::write(
        info.join("METADATA"),
        "Metadata-Version: 2.1\nName: secrets-backend\nVersion: 1.0\n",
    )
    .unwrap();
    let entry = "[vdk.plugin.run]\nsecrets = vdk.plugin.control_cli_plugin.secrets_plugin\n";
    std::fs::write(info.join("entry_points.txt"), entry).unwrap();
    folder
}
