//! Tests the files for Docker Compose and Kubernetes. No test runs a container: the tools check the
//! files, and the service checks the settings in them.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use vdk_testing::control_service::binary;
use vdk_testing::control_service::peers::program;
use vdk_testing::tls::Authority;

use super::{path, run};

const MANIFESTS: &str = "kubernetes/vdk-control-service.yaml";

fn tool(name: &str) -> Command {
    Command::new(program("VDK_TEST_CONTRIB_BIN").join(name))
}

/// Checks the settings of a container with the program under test.
fn check(words: &Value, environment: &[(String, String)]) {
    let words = words.as_array().unwrap().iter().map(|word| word.as_str().unwrap());
    let mut command = binary();
    command.args(words).arg("--check-config").envs(environment.iter().cloned());
    assert!(run(&mut command).1.contains("the settings are valid"));
}

#[test]
#[ignore = "needs docker-compose: ./tests/run"]
fn compose_accepts_the_file_and_the_service_its_settings() {
    let mut compose = tool("docker-compose");
    compose.env("POSTGRES_PASSWORD", "one").env("OPENBAO_TOKEN", "two");
    compose.arg("-f").arg(path("compose.yaml")).args(["config", "--format", "json"]);
    let compose: Value = serde_json::from_str(&run(&mut compose).0).unwrap();
    let service = &compose["services"]["vdk-control-service"];
    let environment = service["environment"].as_object().unwrap().iter();
    let environment =
        environment.map(|(name, value)| (name.clone(), value.as_str().unwrap().into()));
    check(&service["command"], &environment.collect::<Vec<_>>());
    assert_eq!(
        service["healthcheck"]["test"],
        serde_json::json!(["CMD", "vdk-control-service", "health"])
    );
    // Nobody else reaches it, as it has no TLS.
    assert_eq!(service["ports"][0]["host_ip"], "127.0.0.1");

    // There is no default for a password. The exit code of this wrapper says nothing.
    let mut compose = tool("docker-compose");
    compose.env_remove("POSTGRES_PASSWORD").env("OPENBAO_TOKEN", "two");
    compose.arg("-f").arg(path("compose.yaml")).arg("config");
    let (out, said) = run(&mut compose);
    assert!(out.is_empty() && said.contains("POSTGRES_PASSWORD is missing a value"), "{out}{said}");
}

#[test]
#[ignore = "needs kubernetes-validate: ./tests/run"]
fn kubernetes_accepts_the_manifests_and_the_service_its_settings() {
    run(tool("kubernetes-validate").args(["--strict", "--no-warn"]).arg(path(MANIFESTS)));
    let script = "import json, sys, yaml\n\
                  json.dump(list(yaml.safe_load_all(open(sys.argv[1]))), sys.stdout)";
    let all = run(tool("python").args(["-c", script]).arg(path(MANIFESTS))).0;
    let all: Vec<Value> = serde_json::from_str(&all).unwrap();
    let of_kind = |kind: &str| all.iter().find(|one| one["kind"] == kind).unwrap();
    let deployment = of_kind("Deployment");
    let pod = &deployment["spec"]["template"];
    let labels = &pod["metadata"]["labels"];
    assert_eq!(&deployment["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(&of_kind("Service")["spec"]["selector"], labels);
    assert_eq!(&of_kind("PodDisruptionBudget")["spec"]["selector"]["matchLabels"], labels);

    let folder = tempfile::tempdir().unwrap();
    mount(folder.path(), of_kind("Secret"));
    let container = &pod["spec"]["containers"][0];
    let place = folder.path().display().to_string();
    let environment = container["env"].as_array().unwrap().iter().map(|variable| {
        let text = |name: &str| variable[name].as_str().unwrap().to_string();
        (text("name"), text("value").replace("/etc/vdk", &place))
    });
    check(&container["args"], &environment.collect::<Vec<_>>());
    for (probe, path) in [("livenessProbe", "/livez"), ("readinessProbe", "/readyz")] {
        assert_eq!(container[probe]["httpGet"]["path"], path);
    }
}

/// Writes the files that the pod mounts below `/etc/vdk`.
fn mount(folder: &Path, secret: &Value) {
    for name in ["secrets", "tls"] {
        std::fs::create_dir(folder.join(name)).unwrap();
    }
    for (name, value) in secret["stringData"].as_object().unwrap() {
        std::fs::write(folder.join("secrets").join(name), value.as_str().unwrap()).unwrap();
    }
    let (certificate, key) = Authority::new().certificate(&["vdk.example.org"], |_| {});
    std::fs::write(folder.join("tls/tls.crt"), certificate.pem()).unwrap();
    std::fs::write(folder.join("tls/tls.key"), key.serialize_pem()).unwrap();
}
