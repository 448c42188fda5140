//! Generates clients from the service's OpenAPI document, and makes round trips with them.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use vdk_testing::control_service::{SECURED, Service};

#[test]
#[ignore = "needs openapi-python-client: ./tests/run"]
fn serves_a_client_of_openapi_python_client() {
    let generator = std::env::var_os("VDK_TEST_OPENAPI_PYTHON_CLIENT").unwrap();
    let service = Service::start(&SECURED);
    // Formatters that are not installed would be warnings.
    std::fs::write(service.folder().join("config.yml"), "post_hooks: []\n").unwrap();
    let words = ["--fail-on-warning", "--meta", "none", "--config", "config.yml"];
    let files = ["--path", "openapi.json", "--output-path", "generated"];
    generate(&service, &generator, &[&["generate"], &words[..], &files].concat());
    makes_a_round_trip(&service, &generator, "openapi_python_client.py");
}

#[test]
fn serves_a_client_of_openapi_generator() {
    let Some(generator) = std::env::var_os("VDK_TEST_OPENAPI_GENERATOR") else {
        return println!("VDK_TEST_OPENAPI_GENERATOR is not set: left to tests/nightly");
    };
    let service = Service::start(&SECURED);
    generate(&service, &generator, &["validate", "-i", "openapi.json"]);
    generate(&service, &generator, &["generate", "-g", "python", "-i", "openapi.json", "-o", "."]);
    makes_a_round_trip(&service, &generator, "openapi_generator.py");
}

fn generate(service: &Service, generator: &OsString, arguments: &[&str]) {
    let document = service.folder().join("openapi.json");
    std::fs::write(document, service.get("/openapi.json").body).unwrap();
    run(Command::new(generator).args(arguments).current_dir(service.folder()));
}

/// Runs a script with the Python beside `generator`, which has what the generated client imports.
fn makes_a_round_trip(service: &Service, generator: &OsString, script: &str) {
    let token = service.token(&["--user", "ana", "--team", "t 1", "--role", "manager"]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/http");
    run(Command::new(Path::new(generator).with_file_name("python"))
        .arg(folder.join(script))
        .args([&service.url(""), &token])
        .env("PYTHONPATH", service.folder())
        .env("PYTHONDONTWRITEBYTECODE", "1"));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
}
