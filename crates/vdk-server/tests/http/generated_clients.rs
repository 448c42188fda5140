//! Generates clients from the service's OpenAPI document, and makes round trips with them.

use std::path::Path;
use std::process::Command;

use vdk_testing::control_service::{SECURED, Service};

#[test]
#[ignore = "needs openapi-python-client: ./tests/run"]
fn serves_a_client_that_openapi_python_client_generated() {
    let generator = std::env::var_os("VDK_TEST_OPENAPI_PYTHON_CLIENT").unwrap();
    let service = Service::start(&SECURED);
    let document = service.folder().join("openapi.json");
    std::fs::write(&document, service.get("/openapi.json").body).unwrap();
    // Formatters that are not installed would be warnings.
    std::fs::write(service.folder().join("config.yml"), "post_hooks: []\n").unwrap();
    run(Command::new(&generator)
        .args(["generate", "--fail-on-warning", "--meta", "none", "--config", "config.yml"])
        .args(["--path", "openapi.json", "--output-path", "generated"])
        .current_dir(service.folder()));
    let token = service.token(&["--user", "ana", "--team", "t 1", "--role", "manager"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/generated_client.py");
    run(Command::new(Path::new(&generator).with_file_name("python"))
        .args([script, &service.url(""), &token])
        .env("PYTHONPATH", service.folder())
        .env("PYTHONDONTWRITEBYTECODE", "1"));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
}
