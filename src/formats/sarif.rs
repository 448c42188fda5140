//! What `vdk check` found as SARIF 2.1.0 (OASIS), which code scanning services read.

use std::collections::HashMap;
use std::path::Component;

use serde_json::{Value, json};
use vdk_api::encode_segment;

use super::findings::{Subject, message_with_cell};
use crate::lints::job::{Finding, Report, Rule};

/// Renders a log with one run.
pub fn render(subject: &Subject<'_>, report: &Report) -> String {
    let rules = Rule::ALL.iter().map(|rule| {
        json!({
            "id": rule.id(),
            "shortDescription": {"text": rule.about()},
            "help": {"text": rule.help()},
            "defaultConfiguration": {"level": rule.level().as_str()},
        })
    });
    let mut seen = HashMap::new();
    let results = report.findings.iter().map(|finding| result(subject, finding, &mut seen));
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "vdk check",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<Value>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<Value>>(),
        }],
    });
    format!("{log}\n")
}

fn result(subject: &Subject<'_>, finding: &Finding, seen: &mut HashMap<String, usize>) -> Value {
    let place = finding.place.as_ref();
    let file = place.map_or("config.ini", |place| &*place.file);
    let mut location = json!({"artifactLocation": {"uri": uri(subject, file)}});
    if let Some(place) = place.filter(|place| place.cell.is_none()) {
        location["region"] = json!({"startLine": place.line, "startColumn": place.column});
    }
    // A line that moves keeps its finding: what counts is the file, the key, and how often it occurred
    // before.
    let collection = finding.collection.map_or("", |collection| collection.as_str());
    let key = finding.key.as_deref().unwrap_or_default();
    let same = format!("{}/{file}/{collection}/{key}", finding.rule.id());
    let before = seen.entry(same.clone()).or_insert(0);
    *before += 1;
    json!({
        "ruleId": finding.rule.id(),
        "ruleIndex": Rule::ALL.iter().position(|rule| *rule == finding.rule),
        "level": finding.level.as_str(),
        "message": {"text": message_with_cell(finding)},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"vdkCheck/v1": format!("{same}/{before}")},
    })
}

/// Returns a file as a URI, relative to the working directory if it is below that.
fn uri(subject: &Subject<'_>, file: &str) -> String {
    let path = subject.path(file);
    let below = std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok());
    let path = below.unwrap_or(&path);
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(encode_segment(&name.to_string_lossy())),
        Component::ParentDir => Some("..".into()),
        _ => None,
    });
    let relative = parts.collect::<Vec<_>>().join("/");
    if path.is_absolute() { format!("file:///{relative}") } else { relative }
}
