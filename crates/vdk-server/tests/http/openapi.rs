//! Checks the API against its OpenAPI document with thousands of generated requests.

use std::process::Command;

use vdk_testing::control_service::{SECURED, Service};

#[test]
#[ignore = "needs schemathesis: ./tests/run"]
fn conforms_to_its_openapi_document() {
    let program = std::env::var_os("VDK_TEST_SCHEMATHESIS").unwrap();
    let service = Service::start(&SECURED);
    let manager = service.token(&["--user", "ana", "--team", "*", "--role", "manager"]);
    let bearer = format!("Authorization: Bearer {}", service.exchange(&manager));
    service.get("/livez");
    let before = resident_kib(service.id());
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemathesis.toml");
    let output = Command::new(program)
        .args(["--config-file", config, "run", &service.url("/openapi.json")])
        .args(["--checks", "all", "--seed", "1", "--no-color", "--warnings", "off"])
        .args(["--generation-database", "none", "--header", &bearer])
        // Each wrong token would count as a guess. `auth::tokens` tests wrong tokens.
        .args(["--exclude-checks", "ignored_auth", "--exclude-path", "/oauth2/token"])
        .current_dir(service.folder())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let grown = resident_kib(service.id()).saturating_sub(before);
    assert!(grown < 20 * 1024, "{grown} KiB");
    assert!(!service.log().contains("panic"), "{}", service.log());
    let internal = "status=\"500\"";
    assert!(!service.get("/metrics").body.contains(internal));
}

#[test]
fn requires_a_token_exactly_where_the_document_says() {
    let service = Service::start(&SECURED);
    let document = service.get("/openapi.json").json();
    let mut closed = 0;
    for (template, item) in document["paths"].as_object().unwrap() {
        let path = template
            .replace("{version}", "1")
            .replace("{kind}", "user")
            .replace("{", "")
            .replace("}", "");
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH"] {
            let operation = &item[method.to_lowercase()];
            let status = service.ask(method, &path, None, "{}").status;
            let of_path = &item.as_object().unwrap().values().next().unwrap()["security"];
            if of_path.is_array() {
                closed += 1;
                assert_eq!(status, 401, "{method} {path}");
                assert!(operation.is_null() || operation["security"] == *of_path, "{path}");
            } else {
                // What needs no token concerns no team.
                assert!(!template.contains('{') && status != 401, "{method} {path}");
                assert_eq!(operation.is_null(), status == 405, "{method} {path}");
            }
        }
    }
    assert!(closed > 50, "{closed}");
    assert_eq!(service.get("/nowhere").status, 401);
}

fn resident_kib(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
