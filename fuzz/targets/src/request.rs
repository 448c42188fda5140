//! Lines that a program sends to `vdk job-store`: what is refused is not quoted, and a change does what the
//! line says, as another parser of JSON reads it.

use serde_json::Value;
use vdk::commands::job_store::request::{Operation, Request};
use vdk_api::Document;

/// A text that no message of ours has in it.
const MARK: &str = "s3cr3t";

fuzz_target!(|bytes: &[u8]| {
    let action = match Request::parse(bytes) {
        Ok(Request::Act(action)) => action,
        Ok(Request::Where) => return,
        // A name that is refused is shown: it is none of the values.
        Err(error) if error.body.what.contains("name") => return,
        Err(error) => {
            let parts = error.body.to_string();
            assert!(!parts.contains(MARK), "{parts}");
            return;
        }
    };
    if let Some(id) = &action.op_id {
        assert!((1..=64).contains(&id.len()) && id.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    }
    let Operation::Write(change) = &action.operation else { return };
    let before = Document::parse(r#"{"a":1.50,"k":"old"}"#).unwrap();
    let after = change.apply(&before, false).unwrap().after;
    // Half of a pair of surrogates is no character that it could build.
    let Ok(line) = serde_json::from_slice::<Value>(bytes) else { return };
    let is_gone = |key: &str| match line.get("delete") {
        Some(Value::Array(keys)) => keys.iter().any(|deleted| deleted == key),
        _ => false,
    };
    let sets = ["set", "replace"].iter().filter_map(|name| line.get(name)?.as_object()).flatten();
    for (key, value) in sets.filter(|(key, _)| !is_gone(key)) {
        let stored = after.get(key).unwrap().expose();
        assert_eq!(serde_json::from_str::<Value>(stored).ok().as_ref(), Some(value));
    }
    let is_named = |key: &str| line.get("set").is_some_and(|set| set.get(key).is_some());
    if line.get("replace").is_none() {
        for (key, value) in before.iter().filter(|(key, _)| !is_named(key)) {
            let kept = after.get(key).map(|kept| kept.expose() == value.expose());
            assert_eq!(kept, (!is_gone(key)).then_some(true), "{key}");
        }
    }
});
