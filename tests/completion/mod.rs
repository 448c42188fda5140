//! Tests of completion: what `vdk __complete` offers, and what shells make of it.

mod cache;
mod positions;
mod shells;

use vdk_testing::Home;

/// How often nothing is taken for a machine that is too busy to answer in 300 ms.
const TRIES: usize = 4;

/// Returns a home whose store has three jobs of the team `sales`, which is the default.
fn home() -> Home {
    let home = Home::at("local").with("VDK_CREDENTIAL_STORE", "file");
    for (job, json) in [
        (
            "ingest",
            r#"{"db-user":"ana","db-password":"x","a b":1,"do$llar":true,"quo'te":1,"grün":1,
            "two\nlines":1,"e=q":1,"com,ma":1,"-dash":1,"co:lon":1,
            "run$(touch hit)":1,"ex!!clam":1,"mail@host":1,"tick`touch hit`":1,"hi\u202edden":1,"esc\u001b[31m":1}"#,
        ),
        ("load", r#"{"token":1}"#),
        ("größe ☃", r#"{"ключ":1}"#),
    ] {
        home.file("all.json", json);
        home.run(["secrets", "-n", job, "-t", "sales", "--overwrite-all", "all.json"]).done();
    }
    home.run(["set-default", "-t", "sales"]).done();
    std::fs::create_dir(home.path().join("sub dir")).unwrap();
    home.file("sub dir/inside", "");
    home
}

/// Returns what stands at the bar in `line`, whose words have no quotes: the kind and the words.
fn offered(home: &Home, line: &str) -> (String, Vec<String>) {
    let words: Vec<&str> = line.split(' ').collect();
    let at = words.iter().position(|word| word.contains('|')).unwrap();
    let words: Vec<_> = words.iter().map(|word| word.replace('|', "") + "\0").collect();
    let complete = || home.run_with(["__complete", "zsh", &at.to_string()], words.concat()).done();
    let mut run = complete();
    for _ in 0..TRIES {
        if !run.stdout.is_empty() {
            break;
        }
        run = complete();
    }
    assert_eq!(run.stderr, "");
    let mut lines = run.stdout.lines().map(String::from);
    (lines.next().unwrap_or_default(), lines.collect())
}

/// Returns the words of [`offered`] without their descriptions.
fn words(home: &Home, line: &str) -> Vec<String> {
    let (_, lines) = offered(home, line);
    lines.iter().map(|line| line.split('\t').next().unwrap().to_string()).collect()
}
