//! Compares the terminal sessions in README.md with real ones. `VDK_UPDATE=1` updates them.

use std::path::Path;

use vdk_testing::Home;
use vdk_testing::session::Session;

/// A command, and the prompt with what is typed after it.
type Step = (&'static str, Option<(&'static str, &'static str)>);

const QUICK_START: [Step; 3] = [
    ("vdk set-default -u local -t sales", None),
    ("vdk secrets -n ingest --set db-user ana", None),
    ("vdk secrets -n ingest --get db-user", None),
];

const TOUR: [Step; 5] = [
    ("vdk secrets -n ingest -t sales --set db-password", Some(("db-password:", "correct horse\n"))),
    ("vdk secrets -n ingest -t sales --list", None),
    ("vdk secrets -n ingest -t sales --set db-port 5432 --delete db-user", None),
    ("vdk secrets -n ingest -t sales history", None),
    ("vdk secrets -n ingest -t sales --get db-password -o raw", None),
];

/// Runs the commands on a terminal. Returns the screen with fixed paths and times.
fn session(home: &Home, steps: &[Step]) -> String {
    let mut text = String::new();
    for (command, typed) in steps {
        let script = format!("PATH=$(dirname \"$VDK\"):$PATH; {command}");
        let mut session = Session::shell(home, &script);
        if let Some((prompt, typed)) = typed {
            session.expect(prompt).send(typed);
        }
        let (status, screen) = session.end();
        assert!(status.success(), "{command}: {screen}");
        let screen = screen.replace('\r', "").replace(home.path().to_str().unwrap(), "/home/ana");
        text.push_str(&format!("$ {command}\n"));
        for line in screen.lines() {
            let line = match line.find("20") {
                Some(at) if line.get(at + 20..at + 25) == Some("+0000") => {
                    format!("{}2026-10-05 09:30:00{}", &line[..at], &line[at + 19..])
                }
                _ => line.into(),
            };
            text.push_str(&(line.trim_end().to_string() + "\n"));
        }
        // On a terminal even a raw value ends with a line feed.
        assert!(text.ends_with('\n'));
    }
    text
}

#[test]
fn shows_the_output_of_real_sessions() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let home = Home::new().with("USER", "ana").with("TZ", "UTC").with("TERM", "dumb");
    let (quick_start, tour) = (session(&home, &QUICK_START), session(&home, &TOUR));
    let mut parts: Vec<&str> = readme.split("```console\n").collect();
    let rest = |part: &str| part.split_once("```").unwrap().1.to_string();
    let blocks: Vec<String> = parts
        .drain(1..)
        .zip([tour, quick_start])
        .map(|(part, session)| format!("```console\n{session}```{}", rest(part)))
        .collect();
    assert_eq!(blocks.len(), 2);
    let real = format!("{}{}", parts[0], blocks.concat());
    if std::env::var_os("VDK_UPDATE").is_some() {
        std::fs::write(&path, real).unwrap();
    } else {
        assert!(real == readme, "not as it is: VDK_UPDATE=1 cargo test readme\n{real}");
    }
}
