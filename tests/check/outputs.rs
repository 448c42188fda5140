//! Exit codes, and the formats of the findings.

use serde_json::Value;
use vdk_testing::{Home, finish, vdk};

use super::{check, job};

fn with_findings() -> Home {
    let home = Home::new();
    let step =
        "def run(job_input):\n    job_input.get_secret('é', x); job_input.get_secret('a:b,%')\n";
    let notebook = r#"{"cells": [{"cell_type": "markdown", "source": []}, {"cell_type": "code", "source": ["1\n", "job_input.get_secret('n')"]}]}"#;
    job(&home, &[("10 step.py", step), ("20.ipynb", notebook)]);
    home
}

#[test]
fn fails_from_the_level_on_that_is_asked_for() {
    let home = with_findings();
    let keys = r#"{"secrets": [], "properties": []}"#;
    for (more, code) in [
        (&[][..], 1),
        (&["--fail-on", "never"], 0),
        (&["--fail-on", "WARNING"], 1),
        (&["--ignore", "VDK001"], 0),
        (&["--rule", "VDK008"], 0),
    ] {
        assert_eq!(check(&home, keys, more).code, code, "{more:?}");
    }
    let only_warnings = &["--fail-on", "error", "-o", "json"];
    job(&home, &[("10 step.py", "job_input.get_secret('k', x)"), ("20.ipynb", r#"{"cells": []}"#)]);
    assert_eq!(check(&home, keys, only_warnings).code, 0);
    assert_eq!(check(&home, keys, &["--fail-on", "warning"]).code, 1);
    assert_eq!(home.run(["check", "job", "--rule", "VDK099"]).code, 2);
    assert_eq!(home.run(["check", "nowhere", "--offline"]).code, 2);
}

#[test]
fn prints_findings_as_text_json_and_annotations() {
    let home = with_findings();
    let keys = r#"{"secrets": ["a"], "properties": []}"#;
    let more = |format| ["-o", format, "--ignore", "VDK003", "--fail-on", "never"];
    let run = check(&home, keys, &more("text"));
    assert_eq!(
        run.stdout,
        "job/10 step.py:2:26: warning VDK001: secret 'é' is not set, and the code may do without it.\n\
         job/10 step.py:2:56: error VDK001: secret 'a:b,%' is not set.\n\
         job/20.ipynb:cell 2:2:22: error VDK001: secret 'n' is not set.\n\
         2 errors, 1 warning; 3 names used, 1 set.\n"
    );
    let run = check(&home, keys, &more("json")).done();
    assert_eq!(run.stdout.matches('\n').count(), 1);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let head = ["job", "team", "used", "set", "dynamic"].map(|name| report[name].clone());
    assert_eq!(Value::from(head.to_vec()), serde_json::json!(["job", "t", 3, 1, 0]));
    assert_eq!(
        report["findings"][2],
        serde_json::json!({
            "rule": "VDK001", "level": "error", "file": "20.ipynb", "cell": 2, "line": 2, "column": 22,
            "collection": "secrets", "key": "n", "suggestion": null, "message": "secret 'n' is not set",
        })
    );
    let run = check(&home, keys, &more("github")).done();
    assert_eq!(
        run.stdout,
        "::warning file=job/10 step.py,line=2,col=26,title=VDK001::secret 'é' is not set, and the code may do without it.\n\
         ::error file=job/10 step.py,line=2,col=56,title=VDK001::secret 'a:b,%25' is not set.\n\
         ::error file=job/20.ipynb,title=VDK001::secret 'n' is not set. (Cell 2, line 2.)\n"
    );
}

#[test]
fn prints_sarif() {
    let home = with_findings();
    let sarif = |home: &Home| -> Value {
        let keys = r#"{"secrets": ["a"], "properties": []}"#;
        let run = check(home, keys, &["-o", "sarif", "--fail-on", "never"]).done();
        serde_json::from_str(&run.stdout).unwrap()
    };
    let log = sarif(&home);
    assert_eq!(
        (log["version"].as_str(), log["runs"].as_array().unwrap().len()),
        (Some("2.1.0"), 1)
    );
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 13);
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!uri.starts_with('/') && !uri.contains(' '), "{uri}");
    }
    // Also of a folder that is named from the root on.
    let folder = home.path().join("job");
    let words =
        ["check", folder.to_str().unwrap(), "--offline", "-o", "sarif", "--fail-on", "never"];
    assert!(!home.run(words).done().stdout.contains("file:///"));
    let marks = |log: &Value| -> Vec<Value> {
        let results = log["runs"][0]["results"].as_array().unwrap().iter();
        results.map(|result| result["partialFingerprints"].clone()).collect()
    };
    // A finding keeps its mark when its line moves.
    let text = std::fs::read_to_string(home.path().join("job/10 step.py")).unwrap();
    job(&home, &[("10 step.py", &format!("import os\n\n{text}"))]);
    assert_eq!(marks(&sarif(&home)), marks(&log));
}

#[test]
fn checks_the_folder_that_it_is_run_in() {
    let home = with_findings();
    let mut command = home.command(["check", "--offline", "-o", "json"]);
    command.current_dir(home.path().join("job"));
    let run = finish(command).done();
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&report["job"], &report["set"]), (&"job".into(), &Value::Null));
}

#[test]
#[ignore = "needs strace: ./tests/run"]
fn opens_no_socket_offline() {
    let home = with_findings().with("VDK_CONTROL_SERVICE_REST_API_URL", "http://localhost:1");
    let log = home.path().join("strace");
    let mut traced = std::process::Command::new("strace");
    traced.args(["-f", "-q", "-e", "trace=%network", "-o"]).arg(&log).arg(vdk());
    traced.args(["check", "job", "--offline"]).env_clear().env("HOME", home.path());
    let output = traced.env("PATH", "/usr/bin:/bin").current_dir(home.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let calls = std::fs::read_to_string(&log).unwrap();
    assert!(!calls.contains("socket("), "{calls}");
}
