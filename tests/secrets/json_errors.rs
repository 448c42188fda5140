//! Tests errors in JSON, for scripts that asked for JSON.

use serde_json::Value;
use vdk_testing::Home;
use vdk_testing::scripted_service::{Fault, Service};

#[test]
fn prints_errors_as_json_when_json_was_asked_for() {
    let service = Service::with_etags();
    let home = Home::at(&service.url());
    service.next("GET", [Fault::Answer(403, "", r#"{"what":"No \u00e4\u202e.","why":"So."}"#)]);
    for (args, code) in [
        (&["--get", "a", "-o", "json"][..], 3),
        (&["--set", "a", "1", "--get", "a", "--output=JSON"], 2),
        (&["--nonsense", "-ojson"], 2),
        (&["-o", "json"], 2),
        (&["--set-json", "a", "{", "-o", "text", "-o", "json"], 2),
    ] {
        let run = home.secrets(args);
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{run:?}");
        assert!(run.stderr.is_ascii(), "{run:?}");
        let line = run.stderr.lines().last().unwrap();
        let error = &serde_json::from_str::<Value>(line).unwrap()["error"];
        assert_eq!(error["exit"], code, "{line}");
        for part in ["what", "why", "consequences", "help"] {
            assert!(error[part].as_str().is_some_and(|text| !text.is_empty()), "{part}: {line}");
        }
    }
    let text = home.secrets(&["--nonsense", "-o", "json", "-o", "text"]);
    assert!(text.stderr.starts_with("what: "), "{text:?}");
}
