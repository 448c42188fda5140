//! Runs every command with each of its options in the release build and in the debug build, and
//! compares the results. Users install the release build, but many tests of the code are debug
//! builds.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use vdk_testing::Home;

const FORMATS: [&str; 7] = ["", "text", "json", "raw", "dotenv", "shell", "yaml"];

/// Commands, with the arguments beside the option under test.
const COMMANDS: [(&str, &str); 50] = [
    ("", "version"),
    ("secrets", "-n j -t t"),
    // Behind the name of a program, options would be those of the program.
    ("secrets exec", "-n j -t t"),
    ("secrets export", "-n j -t t -o toml"),
    ("secrets import", "-n j -t t - -f yaml"),
    ("secrets diff", "-n j -t t --to-name k"),
    ("secrets copy", "-n j -t t --all --to-name k"),
    ("secrets move", "-n j -t t text --rename text=moved"),
    ("secrets edit", "-n j -t t --yes"),
    ("secrets find", "-t t --key t*"),
    ("secrets replace", "-t t --old-file key --new-file new.json --dry-run"),
    ("secrets describe", "-n j -t t text"),
    ("secrets rotate", "-n j -t t text"),
    ("secrets history", "-n j -t t"),
    ("secrets rollback", "-n j -t t 1"),
    ("properties", "-n j -t t"),
    ("properties exec", "-n j -t t"),
    ("properties export", "-n j -t t -o toml"),
    ("properties import", "-n j -t t - -f yaml"),
    ("properties diff", "-n j -t t --to-name k"),
    ("properties copy", "-n j -t t --all --to-name k"),
    ("properties move", "-n j -t t text --rename text=moved"),
    ("properties migrate", "-n j -t t --yes"),
    ("properties edit", "-n j -t t --yes"),
    ("properties find", "-t t --key t*"),
    ("properties replace", "-t t --old-file key --new-file new.json --dry-run"),
    ("properties history", "-n j -t t"),
    ("properties rollback", "-n j -t t 1"),
    ("jobs", "-t t"),
    ("check", "-n j ."),
    ("login", ""),
    ("logout", ""),
    ("access", ""),
    ("access list", "-t t"),
    ("access grant", "-t t --user ana reader"),
    ("access revoke", "-t t --user ana"),
    ("set-default", "-t t"),
    ("reset-default", "-t"),
    ("info", "-t t"),
    ("job-store", ""),
    ("local", ""),
    ("local status", ""),
    ("local backup", "backup.db"),
    ("local restore", "--yes backup.db"),
    ("local export-key", "exported.key"),
    ("local import-key", "key"),
    ("local rotate-key", "--new-key-file new.key"),
    ("version", ""),
    ("completion", "bash"),
    ("server", "--check-config"),
];

/// Values of options that take one. Other options are tried without a value and with `1`.
const VALUES: [(&str, &str); 20] = [
    ("--set", "k 1"),
    ("--set-json", "k [1]"),
    ("--set-file", "k key"),
    ("--set-prompt", "k"),
    ("--delete", "text"),
    ("--get", "text"),
    ("--overwrite-all", "new.json"),
    ("--user", "ana"),
    ("--auth-type", "api-token"),
    ("--verbosity", "DEBUG"),
    ("--rule", "vdk001"),
    ("--ignore", "VDK002"),
    ("--fail-on", "never"),
    ("--port", "0"),
    ("--config", "none.properties"),
    ("--set-generated", "g 9 --dry-run"),
    ("--expiring", "9d --list"),
    ("--rotate-every", "90d"),
    ("--expires", "2999-01-31"),
    ("--generate", "7"),
];

/// Returns the options of each command, by its words.
fn options() -> BTreeMap<String, Vec<String>> {
    fn collect(command: &clap::Command, path: &str, of: &mut BTreeMap<String, Vec<String>>) {
        let options = command.get_arguments().filter(|arg| !arg.is_positional()).flat_map(|arg| {
            let long = arg.get_long().map(|long| format!("--{long}"));
            let short = arg.get_short().map(|short| format!("-{short}"));
            long.into_iter().chain(short)
        });
        of.insert(path.into(), options.collect());
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            collect(below, format!("{path} {}", below.get_name()).trim(), of);
        }
    }
    let mut command = super::generated_files::whole_command();
    command.build();
    let mut of = BTreeMap::new();
    collect(&command, "", &mut of);
    of
}

/// A build with its own home.
struct Build {
    program: &'static str,
    home: Home,
}

impl Build {
    fn new(program: &'static str) -> Self {
        let home = Home::at("local")
            .with("VDK_CREDENTIAL_STORE", "file")
            .with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0")
            .with("VDK_OP_ID_OVERRIDE", "op")
            .with("EDITOR", "true");
        let key = home.file("key", "0123456789abcdef".repeat(4));
        std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).unwrap();
        home.file("new.json", "{\"n\": 2}");
        let build = Build { program, home: home.with("VDK_MASTER_KEY_FILE", "key") };
        for collection in ["secrets", "properties"] {
            for json in ["{\"text\": \"a\", \"n\": 1}", "{\"text\": \"b\"}"] {
                let set = ["-n", "j", "-t", "t", "--overwrite-all", "-"];
                let run = build.run(&[&[collection], &set[..]].concat(), json);
                assert_eq!(run.0, Some(0), "{run:?}");
            }
        }
        build
    }

    /// Runs the command. Returns its exit code and output, without the home and digits.
    fn run(&self, words: &[&str], input: &str) -> (Option<i32>, String) {
        use std::io::Write;
        let mut command: Command = self.home.command([""; 0]);
        let environment: Vec<_> =
            command.get_envs().filter_map(|(k, v)| Some((k.to_owned(), v?.to_owned()))).collect();
        command = Command::new(self.program);
        command.args(words).env_clear().envs(environment).current_dir(self.home.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].map(|part| String::from_utf8(part).unwrap());
        let said = said.concat().replace(self.home.path().to_str().unwrap(), "HOME");
        let said = said.replace(" (debug build)", "").replace("profile=debug", "profile=release");
        let said = said.replace("\"profile\": \"debug\"", "\"profile\": \"release\"");
        (output.status.code(), without_numbers(&said))
    }
}

/// Removes numbers, and replaces ids of keys by `ID`.
fn without_numbers(said: &str) -> String {
    let mut plain = String::new();
    for word in said.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let letters = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_id = letters.len() >= 8 && letters.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id {
            plain.push_str("ID");
            plain.push_str(&word[letters.len()..]);
        } else {
            plain.extend(word.chars().filter(|c| !c.is_ascii_digit()));
        }
    }
    plain
}

#[test]
fn runs_every_command_alike_in_both_builds() {
    let options = options();
    for case in options.keys() {
        let is_known = COMMANDS.iter().any(|(command, _)| command == case);
        assert!(is_known || case.starts_with("server token"), "{case} is not tried");
    }
    let builds = [vdk_testing::vdk(), env!("CARGO_BIN_EXE_vdk")].map(Build::new);
    let (mut tried, mut done) = (0, 0);
    for (command, base) in COMMANDS {
        let base: Vec<&str> = command.split(' ').chain(base.split(' ')).collect();
        let base: Vec<&str> = base.into_iter().filter(|word| !word.is_empty()).collect();
        let of = &options[command];
        let formats =
            if of.iter().any(|option| option == "-o") { &FORMATS[..] } else { &FORMATS[..1] };
        for option in [""].into_iter().chain(of.iter().map(String::as_str)) {
            let given = VALUES.iter().find(|(name, _)| *name == option).map(|(_, value)| *value);
            let values = given.map_or(vec!["", "1"], |value| vec![value]);
            for (value, format) in values.iter().flat_map(|v| formats.iter().map(move |f| (v, f))) {
                let mut words = base.clone();
                // Global options stand before the command.
                let at = if command.is_empty() { 0 } else { words.len() };
                let more = std::iter::once(option).chain(value.split(' '));
                let more: Vec<_> = more.filter(|word| !word.is_empty()).collect();
                words.splice(at..at, more);
                if !format.is_empty() {
                    words.extend(["-o", format]);
                }
                let [release, debug] = [0, 1].map(|n| builds[n].run(&words, "v\n"));
                assert_eq!(release, debug, "vdk {}", words.join(" "));
                tried += 1;
                done += i32::from(release.0 == Some(0));
            }
        }
    }
    assert!(tried > 1000 && done > 200, "{done} of {tried} did something");
}

#[test]
fn lists_properties_with_their_values() {
    let home = Home::at("local");
    let run = |words: &[&str]| home.run([&["properties", "-n", "j", "-t", "t"], words].concat());
    run(&["--set", "a", "1"]).done();
    assert_eq!(run(&["--list"]).done().stdout, "key    value\n-----  -------\na      1\n");
    assert_eq!(run(&["--list", "-o", "json"]).done().stdout, "{\"a\": \"1\"}\n");
}
