//! Tests the verbs that are second spellings of options, and suggestions for misspelled words.

use vdk_testing::Home;

#[test]
fn accepts_verbs_for_options() {
    let home = Home::at("local");
    let done = |line: &str| home.run(line.split(' ')).done().stdout;
    done("secrets -n j -t t set db-user ana");
    done("secrets set -n j -t t n -5");
    done("properties -n j -t t set last-id 41");
    assert_eq!(done("secrets -n j -t t list -o json"), "[\"db-user\", \"n\"]\n");
    assert_eq!(done("secrets -n j -t t get db-user -o raw"), "ana");
    assert_eq!(
        done("secrets get db-user n -n j -t t -o json"),
        "{\"db-user\": \"ana\", \"n\": \"-5\"}\n"
    );
    assert_eq!(
        done("secrets -n j -t t list --show-secrets -o json"),
        "{\"db-user\": \"ana\", \"n\": \"-5\"}\n"
    );
    done("secrets -n j -t t delete db-user n");
    assert_eq!(home.all(), "{}");
    assert!(done("properties help").contains("Usage: vdk properties"));
    // A value may be spelled like a verb.
    done("secrets -n list -t get --set set delete");
    assert_eq!(done("secrets -n list -t get --get set -o raw"), "delete");
}

#[test]
fn names_the_line_that_was_meant() {
    let home = Home::at("local");
    for (line, meant) in [
        ("secrets -n ingest hist", "vdk secrets -n ingest history\n"),
        ("secrets lsit", "vdk secrets list\n"),
        ("properties -t t rolback 3", "vdk properties -t t rollback …\n"),
        ("secrets -n ingest delte a", "vdk secrets -n ingest delete …\n"),
    ] {
        let run = home.run(line.split(' ')).failed(2, "Unexpected argument.");
        assert!(run.stderr.contains(&format!("Did you mean this? {meant}")), "{run:?}");
    }
    let token = "vdk_0123456789abcdef_geheim";
    let run = home.run(["secrets", "-t", token, "gett", token]).failed(2, "Unexpected argument.");
    assert!(!run.stderr.contains("geheim"), "{run:?}");
}

#[test]
fn names_the_key_that_was_meant() {
    let home = Home::at("local");
    home.secrets(&["set", "db-user", "ana"]).done();
    let run = home.secrets(&["get", "db-usr"]).done();
    assert!(run.stderr.contains("did you mean 'db-user'?"), "{run:?}");
    home.secrets(&["get", "db-usr", "-o", "raw"]).failed(4, "Did you mean 'db-user'?");
    home.secrets(&["delete", "db-usr"]).failed(4, "Did you mean 'db-user'?");
    let run = home.secrets(&["delete", "nothing"]).failed(4, "--list shows the keys");
    assert!(!run.stderr.contains("Did you mean"), "{run:?}");
}
