//! Keys from the store on this machine and from a service.

use serde_json::Value;
use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::{Home, Run};

use super::job;

const STEP: &str =
    "def run(job_input):\n    job_input.get_secret('k')\n    job_input.get_property('p')\n";

fn checked(home: &Home) -> (i32, Vec<String>) {
    let run = home.run(["check", "job", "-o", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let all = report["findings"].as_array().unwrap().iter();
    let rules = all.map(|one| format!("{} {}", one["rule"], one["key"]).replace('"', ""));
    (run.code, rules.collect())
}

fn set(home: &Home, collection: &str, key: &str, value: &str) -> Run {
    home.run([collection, "-n", "job", "-t", "t", "--set", key, value]).done()
}

fn finds_what_is_set(home: &Home) {
    job(home, &[("10_step.py", STEP)]);
    assert_eq!(checked(home), (1, vec!["VDK001 k".into(), "VDK002 p".into()]));
    set(home, "secrets", "k", "Fnord");
    set(home, "properties", "k2", "x");
    let expected = ["VDK003 k2", "VDK002 p"].map(String::from);
    assert_eq!(checked(home), (1, expected.to_vec()));
    set(home, "properties", "p", "postgresql://etl:Fnord@db/sales");
    let run = home.run(["check", "job"]).done();
    let shown = "job: note VDK003: property 'k2' is set and not used.\n\
                 job/10_step.py:3:28: warning VDK004: property 'p' looks like a credential by its value, \
                 and is not encrypted.\n\
                 1 warning, 1 note; 2 names used, 3 set.\n";
    assert_eq!(run.stdout, shown);
    assert!(!run.stderr.contains("Fnord"), "{run:?}");
}

#[test]
fn finds_what_is_set_in_the_store_of_this_machine() {
    let home = Home::at("local");
    job(&home, &[("10_step.py", STEP)]);
    let run = home.run(["check", "job"]);
    assert!(run.stderr.contains("nothing was ever stored for job 'job' (team 't')"), "{run:?}");
    finds_what_is_set(&home);
    let keys = home.run(["secrets", "-n", "job", "-t", "t", "--list", "-o", "json"]).done();
    assert_eq!(keys.stdout, "[\"k\"]\n");
    let run = home.run_with(["check", "job", "--stdin-keys"], keys.stdout).done();
    assert_eq!(run.stdout, "nothing found; 2 names used, 1 set.\n");
}

#[test]
fn says_where_the_file_of_metadata_differs() {
    let home = Home::at("local");
    job(&home, &[("10_step.py", STEP), ("keys.toml", "[secrets.k]\nowner = \"ana\"\n")]);
    set(&home, "secrets", "k", "Fnord");
    let check = || home.run(["check", "job", "--fail-on", "never"]).done().stderr;
    assert!(check().contains("keys.toml differs from the metadata at"), "{}", check());
    home.run("secrets -n job -t t describe k --owner ana".split(' ')).done();
    assert!(!check().contains("keys.toml"), "{}", check());
    std::fs::write(home.path().join("job/keys.toml"), "[secrets.k]\nowner = 1\n").unwrap();
    assert!(check().contains("line 2: in the table of 'k'"), "{}", check());
}

#[test]
fn finds_what_is_set_at_a_service() {
    let service = vdk_testing::control_service::Service::start(&[]);
    finds_what_is_set(&Home::at(&service.url("")));
}

#[test]
fn fails_if_it_cannot_read_the_keys() {
    for (status, code) in [(401, 3), (403, 3), (404, 4), (500, 6)] {
        let service = Service::plain();
        service.always("GET", Fault::Answer(status, "", ""));
        let home = Home::at(&service.url()).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
        job(&home, &[("10_step.py", STEP)]);
        home.run(["check", "job"]).failed(code, "");
    }
    let home = Home::at("http://localhost:1").with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    job(&home, &[("10_step.py", STEP)]);
    home.run(["check", "job"]).failed(6, "");
    let home = Home::new();
    job(&home, &[("10_step.py", STEP)]);
    home.run(["check", "job"]).failed(2, "-u local");
    home.run(["check", "job", "--offline"]).done();
}
