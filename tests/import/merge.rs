//! What happens to stored keys: merged, kept, overwritten or deleted, and never by accident.

use vdk_testing::Home;
use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::session::Session;

use super::{import, import_text};

const WORDS: [&str; 6] = ["secrets", "-n", "j", "-t", "t", "import"];

/// Returns a home at `url` whose job has these secrets.
fn stored(url: &str, json: &str) -> Home {
    let home = Home::at(url);
    home.run_with(["secrets", "-n", "j", "-t", "t", "--overwrite-all", "-"], json).done();
    home
}

#[test]
fn adds_new_keys_and_stops_at_one_that_would_change() {
    let service = Service::plain();
    for url in ["local", &service.url()] {
        let home = stored(url, r#"{"rest": [1], "same": "1", "n": 5, "other": "x", "more": "y"}"#);
        let text = "NEW=1\nsame=1\nn=5\n";
        import_text(&home, &["-f", "dotenv"], text).done();
        let merged = r#"{"rest": [1], "same": "1", "n": 5, "other": "x", "more": "y", "NEW": "1"}"#;
        assert_eq!(home.all(), merged);
        let text = "NEW=1\nother=z\nmore=z\nnewer=1\n";
        let run = import_text(&home, &["-f", "dotenv"], text).failed(2, "'other', 'more'");
        assert!(run.stderr.contains("--overwrite") && run.stderr.contains("--keep-existing"));
        assert_eq!(home.all(), merged);
        import_text(&home, &["-f", "dotenv", "--keep-existing"], text).done();
        let kept = merged.replace('}', ", \"newer\": \"1\"}");
        assert_eq!(home.all(), kept);
        import_text(&home, &["-f", "dotenv", "--overwrite"], text).done();
        let overwritten = kept.replace("\"x\"", "\"z\"").replace("\"y\"", "\"z\"");
        assert_eq!(home.all(), overwritten);
        let both = ["-f", "dotenv", "--overwrite", "--keep-existing"];
        import_text(&home, &both, text).failed(2, "contradict");
        import_text(&home, &["-f", "dotenv", "--overwrite"], "n=five\n")
            .failed(2, "'n' holds an integer");
        import_text(&home, &["-f", "dotenv", "--overwrite"], "n=6\n").done();
        assert_eq!(home.all(), overwritten.replace(": 5", ": 6"), "the stored type stays");
        import_text(&home, &["-f", "json", "--overwrite"], r#"{"n": "six"}"#).done();
        assert!(home.all().contains(r#""n": "six""#), "the type of the file wins");
    }
}

#[test]
fn shows_what_would_happen() {
    let home = stored("local", r#"{"A": "1", "B": "2", "C": "3"}"#);
    home.file(".env", "A=1\nB=x\nD=4\n");
    let preview =
        |args: &[&str]| import(&home, &[&[".env", "--dry-run"], args].concat()).done().stdout;
    assert_eq!(
        preview(&[]),
        "key    change\n-----  --------------------------\nA      kept\nB      changed, needs --overwrite\n\
         C      kept\nD      added\n"
    );
    let json = |args: &[&str]| preview(&[&["-o", "json"], args].concat());
    assert_eq!(
        json(&["--replace"]),
        "{\"added\": [\"D\"], \"changed\": [], \"kept\": [\"A\"], \"removed\": [\"C\"], \"refused\": [\"B\"]}\n"
    );
    assert_eq!(
        json(&["--overwrite"]),
        "{\"added\": [\"D\"], \"changed\": [\"B\"], \"kept\": [\"A\", \"C\"], \"removed\": [], \"refused\": []}\n"
    );
    assert_eq!(
        json(&["--keep-existing"]),
        "{\"added\": [\"D\"], \"changed\": [], \"kept\": [\"A\", \"B\", \"C\"], \"removed\": [], \"refused\": []}\n"
    );
    assert_eq!(home.all(), r#"{"A": "1", "B": "2", "C": "3"}"#);
}

#[test]
fn chooses_and_renames_keys() {
    let home = Home::at("local");
    home.file("x.env", "DB_USER=u\nDB_PASS=p\nOTHER=o\n");
    let args = ["x.env", "--only", "DB_*", "--strip-prefix", "DB_", "--prefix", "pg-"];
    import(&home, &args).done();
    assert_eq!(home.all(), r#"{"pg-USER": "u", "pg-PASS": "p"}"#);
    import(&home, &["x.env", "--except", "DB_*", "--names", "upper", "--prefix", "a-"]).done();
    assert!(home.all().contains(r#""A_OTHER": "o""#));
    let run = import(&home, &["x.env", "--only", "DB_USR"]).failed(4, "no key 'DB_USR'");
    assert!(run.stderr.contains("Did you mean 'DB_USER'?") && run.stderr.contains("'x.env'"));
    home.file("y.yaml", "a-b: 1\na.b: 2\n");
    import(&home, &["y.yaml", "--names", "upper"]).failed(2, "would both be 'A_B'");
    home.file("none.env", "# nothing\n");
    assert!(import(&home, &["none.env"]).done().stderr.contains("no keys in 'none.env'"));
    import(&home, &["none.env", "--replace", "-y"]).failed(2, "--delete-all");
}

#[test]
fn deletes_other_keys_only_after_a_question() {
    let home = stored("local", r#"{"A": "1", "B": "2"}"#);
    home.file(".env", "A=1\nC=3\n");
    let replace = [&WORDS[..], &[".env", "--replace"]].concat();
    let mut session = Session::start(&home, &replace);
    session.expect("B      removed").expect("Replace the secrets").expect("[y/N]").send("n\r");
    let (status, screen) = session.end();
    assert_eq!(status.code(), Some(1), "{screen}");
    let mut session = Session::start(&home, &replace);
    session.expect("[y/N]").send("\u{3}");
    let (status, screen) = session.end();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(2), "{screen}");
    assert_eq!(home.all(), r#"{"A": "1", "B": "2"}"#);
    let mut session = Session::start(&home, &replace);
    session.expect("[y/N]").send("y\r").expect("added C; removed B").expect("rollback");
    assert!(session.end().0.success());
    assert_eq!(home.all(), r#"{"A": "1", "C": "3"}"#);
    // Without a terminal, what comes from stdin needs -y: nothing is left to ask on.
    home.secrets(&["--set", "B", "2"]).done();
    let words = WORDS.join(" ");
    let line = format!("setsid --wait \"$VDK\" {words} - -f dotenv --replace <.env; echo ended $?");
    let mut session = Session::shell(&home, &line);
    session.expect("ended 2");
    assert!(session.end().1.contains("--yes"));
    let line = format!("\"$VDK\" {words} - -f dotenv --replace <.env");
    let mut session = Session::shell(&home, &line);
    session.expect("[y/N]").send("n\r");
    assert_eq!(session.end().0.code(), Some(1));
    assert_eq!(home.all(), r#"{"A": "1", "C": "3", "B": "2"}"#);
    import(&home, &[".env", "--replace"]).done();
    assert_eq!(home.all(), r#"{"A": "1", "C": "3"}"#);
    home.file(".env", "A=2\n");
    import(&home, &[".env", "--replace", "-y"]).failed(2, "'A'");
    import(&home, &[".env", "--replace", "-y", "--keep-existing"]).done();
    assert_eq!(home.all(), r#"{"A": "1"}"#);
}

#[test]
fn says_what_it_did_on_a_terminal_without_values() {
    let home = stored("local", r#"{"A": "1", "B": "2"}"#);
    home.file(".env", "A=gehe1m\nN1=gehe1m\nN2=gehe1m\nB=2\n");
    let args = [&WORDS[..], &[".env", "--overwrite"]].concat();
    let mut session = Session::start(&home, &args);
    session.expect("added N1, N2; changed A");
    let (status, screen) = session.end();
    assert!(status.success() && !screen.contains("gehe1m"), "{screen}");
    let mut session = Session::start(&home, &args);
    session.expect("nothing to change");
    assert!(session.end().0.success());
}

#[test]
fn loses_no_key_of_imports_at_the_same_time() {
    let service = Service::plain();
    for url in ["local", &service.url()] {
        let home = Home::at(url);
        std::thread::scope(|scope| {
            for n in 0..10 {
                let home = &home;
                scope.spawn(move || {
                    import_text(home, &["-f", "dotenv"], format!("A{n}=1\nB{n}=2\n")).done();
                });
            }
        });
        let all = home.all();
        assert!(
            (0..10)
                .all(|n| all.contains(&format!("\"A{n}\"")) && all.contains(&format!("\"B{n}\"")))
        );
    }
}

#[test]
fn warns_as_other_writes_do() {
    let home = Home::at("local");
    home.file("x.json", r#"{"db-password": "x", "is on": true}"#);
    let run = home.run(["properties", "-n", "j", "-t", "t", "import", "x.json"]).done();
    assert!(run.stderr.contains("'db-password' looks like a credential"), "{}", run.stderr);
    assert!(run.stderr.contains("set_all_properties rejects them"), "{}", run.stderr);
}

/// What the preview read is read again while other writers on this machine wait: the service may send
/// entity tags and ignore the condition.
#[test]
fn reads_again_before_it_writes_to_a_service() {
    for (service, reads) in [(Service::with_etags(), 2), (Service::plain(), 3)] {
        let home = Home::at(&service.url());
        service.put("secrets", r#"{"a": "1"}"#);
        import_text(&home, &["-f", "dotenv"], "b=2\n").done();
        assert_eq!((service.count("GET"), service.count("PUT")), (reads, 1));
        assert_eq!(service.stored("secrets"), r#"{"a":"1","b":"2"}"#);
    }
    let service = Service::with_etags();
    let home = Home::at(&service.url());
    service.put("secrets", r#"{"a": "1"}"#);
    service.next("PUT", [Fault::ForeignWrite(r#"{"a": "1", "b": "theirs"}"#)]);
    let run = import_text(&home, &["-f", "dotenv"], "b=2\n").failed(5, "'b'");
    assert!(run.stderr.contains("another value"), "{run:?}");
    assert_eq!(service.stored("secrets"), r#"{"a": "1", "b": "theirs"}"#);
}
