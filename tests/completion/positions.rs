//! What stands where on a command line.

use vdk_testing::Home;

use super::{home, offered, words};

const KEYS: &str = "db-user db-password a_b do$llar quo'te grün e=q com,ma co:lon ex!!clam mail@host run$(touch_hit) \
                    tick`touch_hit`";

#[test]
fn offers_keys_jobs_teams_and_urls_where_they_stand() {
    let home = home();
    for (line, expected) in [
        ("vdk secrets -n ingest --get |", KEYS),
        ("vdk secrets --get d| -n ingest", KEYS),
        ("vdk secrets -n ingest get |", KEYS),
        ("vdk secrets -n ingest get db-user |", &KEYS["db-user ".len()..]),
        ("vdk secrets -n load --delete |", "token"),
        ("vdk secrets -n load --delete token |", ""),
        ("vdk secrets -n load --set |", "token"),
        ("vdk secrets -n load --set token |", ""),
        ("vdk secrets -n load set |", "token"),
        ("vdk secrets -n load set token |", ""),
        ("vdk secrets -n load --set-file |", "token"),
        ("vdk secrets -n load --set-json |", "token"),
        ("vdk secrets -n load --set-prompt |", "token"),
        ("vdk secrets -n load --get=|", "--get=token"),
        ("vdk secrets -nload --get |", "token"),
        ("vdk secrets -yn load --get |", "token"),
        ("vdk -v DEBUG secrets --name=load exec --only |", "token"),
        ("vdk secrets -n load exec --only=|", "--only=token"),
        (
            "vdk secrets -n ingest exec --only db-user,|",
            "db-user,db-password db-user,a_b \
            db-user,do$llar db-user,quo'te db-user,grün db-user,e=q db-user,co:lon db-user,-dash \
             db-user,ex!!clam db-user,mail@host db-user,run$(touch_hit) db-user,tick`touch_hit`",
        ),
        ("vdk secrets -n load export --except |", "token"),
        ("vdk secrets -n load exec --map |", "token="),
        ("vdk secrets -n load copy --to-name x |", "token"),
        ("vdk secrets -n load move token --rename |", "token="),
        ("vdk secrets -n load edit |", "token"),
        ("vdk secrets -n |", "ingest load größe_☃"),
        ("vdk secrets -t other -n |", ""),
        ("vdk secrets -t |", "sales"),
        ("vdk secrets -n load diff --to-name |", "ingest load größe_☃"),
        ("vdk secrets -u |", "local"),
        ("vdk set-default -t |", "sales"),
        ("vdk secrets -n load rollback |", "1"),
        ("vdk secrets -o |", "text json raw dotenv shell yaml"),
        ("vdk completion |", "bash elvish fish powershell zsh"),
        ("vdk server token create --role |", "reader writer manager"),
        ("vdk secrets -n absent --get |", ""),
        ("vdk secrets -n bad/name --get |", ""),
        ("vdk secrets -u nonsense --get |", ""),
    ] {
        let mut words = words(&home, line);
        words.iter_mut().for_each(|word| *word = word.replace(' ', "_"));
        let mut expected: Vec<_> = expected.split_whitespace().map(String::from).collect();
        words.sort();
        expected.sort();
        assert_eq!(words, expected, "{line}");
    }
}

#[test]
fn offers_commands_options_files_and_programs() {
    let home = home();
    for (line, expected) in [
        ("vdk |", &["secrets", "login", "server", "help"][..]),
        ("vdk secrets |", &["list", "get", "set", "exec", "copy", "history"]),
        ("vdk secrets --list |", &["--show-secrets", "-o"]),
        ("vdk secrets list |", &["--show-secrets", "-o"]),
        ("vdk secrets -n j --get k -|", &["--get", "-o", "--output"]),
        ("vdk server --|", &["--port", "--config"]),
        ("vdk server |", &["token"]),
        ("vdk help |", &["secrets"]),
    ] {
        let words = words(&home, line);
        for word in expected {
            assert!(words.iter().any(|offered| offered == word), "{line}: no {word} in {words:?}");
        }
    }
    let options = words(&home, "vdk secrets -n j --list --dry-run -|");
    assert!(
        !options
            .iter()
            .any(|word| ["--name", "--list", "--delete-all-job-secrets"].contains(&&**word))
    );
    for (line, kind) in [
        ("vdk secrets --set-file key |", "files"),
        ("vdk secrets --overwrite-all=|", "files"),
        ("vdk secrets import |", "files"),
        ("vdk run |", "files"),
        ("vdk secrets -n ingest exec -- |", "program 6"),
        ("vdk secrets -n ingest exec -- psql -h |", "program 6"),
        ("vdk secrets exec env|", "program 3"),
    ] {
        assert_eq!(offered(&home, line), (kind.into(), vec![]), "{line}");
    }
    let described = offered(&home, "vdk secrets -n load --get |").1;
    assert_eq!(described, ["token\tan integer"]);
    assert_eq!(offered(&home, "vdk secrets -n load exec --map |").0, "beginnings");
}

/// Whatever is wrong, a shell gets nothing, and no error in the middle of a line.
#[test]
fn says_nothing_where_nothing_is_known() {
    let line = "vdk\0secrets\0--get\0\0-n\0ingest\0";
    let quiet = |home: &Home, words: &[&str], line: &str| {
        let run = home.run_with([&["__complete"], words].concat(), line).done();
        assert_eq!(run.stderr, "", "{words:?}");
        run.stdout
    };
    let home = home();
    for (words, line) in [
        (&[][..], line),
        (&["zsh"], line),
        (&["zsh", "x"], line),
        (&["zsh", "9"], line),
        (&["zsh", "0"], line),
        (&["zsh", "3", "--"], line),
        (&["zsh", "3"], ""),
        (&["zsh", "1"], "vdk\0sec"),
        (&["bash", "3"], "vdk sec\0"),
    ] {
        assert_eq!(quiet(&home, words, line), "", "{words:?}");
    }
    let none = |home: &Home| {
        let said = quiet(home, &["zsh", "3"], line);
        assert!(["", "words\n"].contains(&said.as_str()), "{said}");
    };
    none(&Home::at("local"));
    none(&Home::new());
    none(&Home::at("local").with("VDK_BASE_CONFIG_FOLDER", "/nonexistent"));
    none(&Home::at("local").with("VDK_CREDENTIAL_STORE", "nonsense"));
    let fresh = Home::at("local");
    none(&fresh);
    assert!(!fresh.path().join(".vdk.internal").exists(), "it makes no store");
    std::fs::write(home.path().join(".vdk.internal/vdk-configuration.ini"), "no section").unwrap();
    none(&home);
    std::fs::remove_file(home.path().join(".vdk.internal/vdk-configuration.ini")).unwrap();
    std::fs::write(home.path().join(".vdk.internal/local/master.key"), "x").unwrap();
    none(&home);
}

/// A key that comes through a pipe can be read once, and that is for the command.
#[test]
fn leaves_a_key_in_a_pipe_for_the_command() {
    let home = home();
    let script = "mkfifo -m 600 fifo; mv .vdk.internal/local/master.key key; cat key > fifo &
        printf '%s\\0' vdk secrets --get '' -n load | $VDK __complete zsh 3
        timeout 60 $VDK secrets -n load -t sales --get token -o raw; echo";
    let mut shell = std::process::Command::new("bash");
    shell.args(["-c", script]).env_clear().current_dir(home.path()).env("HOME", home.path());
    shell.env("PATH", "/usr/bin:/bin").env("VDK", vdk_testing::vdk());
    shell.env("VDK_CONTROL_SERVICE_REST_API_URL", "local").env("VDK_MASTER_KEY_FILE", "fifo");
    assert_eq!(vdk_testing::finish(shell).stdout, "words\n1\n");
}
