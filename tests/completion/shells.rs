//! Completion in real shells on a pseudo terminal: a line is typed with its Tab keys, and the words of it
//! that the shell then gives a command are looked at, so that quotes are tried as well.

use std::path::Path;

use vdk_testing::session::Session;
use vdk_testing::{Home, vdk};

use super::home;

const TAB: &str = "\t";
const LEFT: &str = "\x02";

/// Starts `shell` with the completion that `vdk completion` prints.
fn start(shell: &str) -> (Home, Session) {
    let path = format!("{}:/usr/bin:/bin", Path::new(vdk()).parent().unwrap().display());
    let home = home().with("PATH", path).with("TERM", "xterm").with("LC_ALL", "C.UTF-8");
    let (start, source) = match shell {
        "bash" => ("bash --norc --noprofile", "PS1='READY'; source <(vdk completion bash)"),
        "zsh" => (
            "zsh -f",
            "PS1=READY; autoload -Uz compinit && compinit -D; source <(vdk completion zsh)",
        ),
        _ => (
            "fish --no-config",
            "function fish_prompt; echo -n READY; end; vdk completion fish | source",
        ),
    };
    let mut session = Session::shell(&home, &format!("stty rows 50 cols 250; exec {start} -i"));
    // Only the command's output has the word as a whole.
    session.send(format!("{source}; printf '%s\\n' STA''RTED\n")).expect("STARTED").expect("READY");
    (home, session)
}

/// Types `keys`, and returns the words of the line.
fn typed(session: &mut Session, keys: &str) -> Vec<String> {
    let before = session.screen().len();
    let (line_begin, line_end) = ("\x01", "\x05");
    session.send(format!("{keys}{line_end} END{line_begin}printf '<%s>' BEGIN \n"));
    session.expect_times("<END>", session.screen()[..before].matches("<END>").count() + 1);
    let screen = &session.screen()[before..];
    let words = screen.rsplit_once("<BEGIN>").unwrap().1.split_once("<END>").unwrap().0;
    words.trim_start_matches('<').trim_end_matches('>').split("><").map(String::from).collect()
}

fn completes(shell: &str) {
    let (home, mut session) = start(shell);
    let mut try_line = |keys: &str, expected: &str| {
        let expected: Vec<_> = expected.split(' ').map(|word| word.replace('_', " ")).collect();
        let mut words = typed(&mut session, keys);
        // vdk gives up after 300 ms, which a machine that is busy with other tests may take.
        for _ in 0..super::TRIES {
            if words == expected {
                break;
            }
            words = typed(&mut session, keys);
        }
        assert_eq!(words, expected, "{shell}: {keys:?}");
    };
    for (keys, expected) in [
        ("vdk secr\t--li\t", "vdk secrets --list"),
        ("vdk secrets -n in\t--get db-u\t", "vdk secrets -n ingest --get db-user"),
        ("vdk secrets -n ingest get db-p\t", "vdk secrets -n ingest get db-password"),
        ("vdk secrets -n ingest --get=db-u\t", "vdk secrets -n ingest --get=db-user"),
        (
            "vdk secrets -n ingest exec --only db-user,db-p\t",
            "vdk secrets -n ingest exec --only db-user,db-password",
        ),
        (
            "vdk secrets -n ingest exec --map db-u\tUSER",
            "vdk secrets -n ingest exec --map db-user=USER",
        ),
        ("vdk secrets -t sa\t-u lo\t", "vdk secrets -t sales -u local"),
        (
            "vdk secrets -n ingest --delete db-u\tdb-p\t",
            "vdk secrets -n ingest --delete db-user db-password",
        ),
        (
            "vdk secrets -n ingest copy db-u\t--to-n\tlo\t",
            "vdk secrets -n ingest copy db-user --to-name load",
        ),
        ("vdk secrets -n ingest edit db-u\t", "vdk secrets -n ingest edit db-user"),
        ("vdk secrets -n ingest --set db-u\tx", "vdk secrets -n ingest --set db-user x"),
        (
            "vdk secrets -n ingest --set-file db-u\tal\t",
            "vdk secrets -n ingest --set-file db-user all.json",
        ),
        // Names that a shell would split, expand or end.
        ("vdk secrets -n ingest --get a\t", "vdk secrets -n ingest --get a_b"),
        ("vdk secrets -n ingest --get 'a\t", "vdk secrets -n ingest --get a_b"),
        ("vdk secrets -n ingest --get \"a\t", "vdk secrets -n ingest --get a_b"),
        ("vdk secrets -n ingest --get do\t", "vdk secrets -n ingest --get do$llar"),
        ("vdk secrets -n ingest --get \"do\t", "vdk secrets -n ingest --get do$llar"),
        ("vdk secrets -n ingest --get quo\t", "vdk secrets -n ingest --get quo'te"),
        ("vdk secrets -n ingest --get gr\t", "vdk secrets -n ingest --get grün"),
        ("vdk secrets -n gr\t--get кл\t", "vdk secrets -n größe_☃ --get ключ"),
        ("vdk secrets -n ingest --get co:\t", "vdk secrets -n ingest --get co:lon"),
        ("vdk secrets -n ingest --get two\t", "vdk secrets -n ingest --get two"),
        ("vdk secrets -n ingest --get run\t", "vdk secrets -n ingest --get run$(touch_hit)"),
        ("vdk secrets -n ingest --get \"tick\t", "vdk secrets -n ingest --get tick`touch_hit`"),
        ("vdk secrets -n ingest --get \"ex\t", "vdk secrets -n ingest --get ex!!clam"),
        ("vdk secrets -n ingest --get ex\t", "vdk secrets -n ingest --get ex!!clam"),
        ("vdk secrets -n ingest --get mail\t", "vdk secrets -n ingest --get mail@host"),
        ("vdk secrets -n ingest --get mail@h\t", "vdk secrets -n ingest --get mail@host"),
        // Files, and what a program takes.
        ("vdk secrets --overwrite-all al\t", "vdk secrets --overwrite-all all.json"),
        ("vdk secrets --overwrite-all=al\t", "vdk secrets --overwrite-all=all.json"),
        (
            "vdk secrets --overwrite-all sub\\ dir/in\t",
            "vdk secrets --overwrite-all sub_dir/inside",
        ),
        (
            "vdk secrets --overwrite-all=\"sub dir/in\t",
            "vdk secrets --overwrite-all=sub_dir/inside",
        ),
        ("vdk secrets --list </dev/null --sh\t", "vdk secrets --list --show-secrets"),
        ("vdk secrets --list </dev/nul\t", "vdk secrets --list"),
        ("vdk secrets -n ingest exec -- cat al\t", "vdk secrets -n ingest exec -- cat all.json"),
        ("vdk secrets -n ingest exec -- base6\t", "vdk secrets -n ingest exec -- base64"),
    ] {
        try_line(keys, expected);
    }
    // The cursor in the middle of the line. What fish completes ends at the cursor.
    let back = LEFT.repeat(" -o raw".len());
    try_line(
        &format!("vdk secrets -n ingest --get db-u -o raw{back}{TAB}"),
        "vdk secrets -n ingest --get db-user -o raw",
    );
    if shell != "fish" {
        let back = LEFT.repeat(" -n ingest".len());
        try_line(
            &format!("vdk secrets --get db-u -n ingest{back}{TAB}"),
            "vdk secrets --get db-user -n ingest",
        );
    }
    assert!(!home.path().join("hit").exists(), "{shell} has run a name");
    session.send("exit\n");
}

#[test]
fn completes_in_bash() {
    completes("bash");
}

#[test]
#[ignore = "needs zsh: ./tests/run"]
fn completes_in_zsh() {
    completes("zsh");
}

#[test]
#[ignore = "needs fish: ./tests/run"]
fn completes_in_fish() {
    completes("fish");
}

#[test]
#[ignore = "needs zsh and fish: ./tests/run"]
fn describes_keys_in_zsh_and_fish() {
    for (shell, described) in [("zsh", "db-user      -- a string"), ("fish", "(a string)")] {
        let (_home, mut session) = start(shell);
        session.send("vdk secrets -n ingest --get db-\t\t").expect(described).expect("db-password");
        session.send("\x03").send("exit\n");
    }
}
