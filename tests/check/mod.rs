//! Tests of `vdk check`.

mod code;
mod failures;
mod outputs;
mod rules;
mod storages;

use serde_json::Value;
use vdk_testing::{Home, Run};

/// Writes the files of a job into `job`, with a team, and returns its folder.
fn job(home: &Home, files: &[(&str, &str)]) {
    let folder = home.path().join("job");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.ini"), "[owner]\nteam = t\n").unwrap();
    for (name, text) in files {
        std::fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        std::fs::write(folder.join(name), text).unwrap();
    }
}

/// Checks the job with these keys, and more arguments.
fn check(home: &Home, keys: &str, more: &[&str]) -> Run {
    home.run_with([&["check", "job", "--stdin-keys"], more].concat(), keys)
}

/// Checks one step with these secrets and properties, and returns each finding as `RULE level FILE:LINE key`.
fn found(step: &str, secrets: &[&str], properties: &[&str]) -> Vec<String> {
    let home = Home::new();
    job(&home, &[("10_step.py", step)]);
    findings(&home, secrets, properties)
}

fn findings(home: &Home, secrets: &[&str], properties: &[&str]) -> Vec<String> {
    let keys = serde_json::json!({"secrets": secrets, "properties": properties}).to_string();
    let run = check(home, &keys, &["-o", "json", "--fail-on", "never"]).done();
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let each = report["findings"].as_array().unwrap().iter().map(|one| {
        let text = |name: &str| one[name].as_str().unwrap_or("-").to_string();
        let line = one["line"].as_u64().map(|line| format!(":{line}")).unwrap_or_default();
        format!("{} {} {}{line} {}", text("rule"), text("level"), text("file"), text("key"))
    });
    each.collect()
}
