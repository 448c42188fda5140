//! Preprocesses the arguments before clap: decides whose command it is, and which arguments are
//! values of `--set` and `--delete`. That depends on the arguments that follow, and clap has no
//! such rule.

use std::cell::LazyCell;
use std::collections::HashSet;

use clap::Command;

use super::errors::is_call_for_help;
use super::positional;

/// The length of a generated value for which none is given.
pub const LENGTH: &str = "32";

/// The owner of a command line.
#[derive(Debug, PartialEq, Eq)]
pub enum Argv {
    /// Ours, with the arguments for clap.
    Ours(Vec<String>),
    /// Ours, with the arguments of a program behind it: those for clap, without the program's.
    Exec(Vec<String>),
    /// Another vdk's: the name of a command that is not ours.
    Other(String),
    /// Of the service on this machine: the position of `server`, or of `help` before it.
    Server(usize),
    /// Ours, but `--set KEY=VALUE` in place of `--set KEY VALUE`, or `--set-prompt KEY=VALUE`: the
    /// argument may hold a secret.
    Joined,
    /// Ours, but another option of ours, `found`, stands where a key of `option` does.
    NoKey {
        /// The option that lacks its key.
        option: String,
        /// The word in its place.
        found: String,
    },
}

/// Rewrites `words`, the program's name first. `--set KEY` without a value becomes
/// `--set-prompt=KEY`, and each further key of `--delete` gets its own option.
pub fn sort(words: Vec<String>, command: &Command) -> Argv {
    let Some((at, name)) = find_command(&words) else { return Argv::Ours(words) };
    let Some(ours) = command.find_subcommand(name) else {
        return match words.get(at + 1) {
            Some(next) if name == "help" && next == "server" => Argv::Server(at),
            _ if name == "help" => Argv::Ours(words),
            _ => Argv::Other(name.clone()),
        };
    };
    if name == "server" {
        return Argv::Server(at);
    }
    if !is_collection(name) {
        return Argv::Ours(words);
    }
    let own = LazyCell::new(|| {
        let mut ours = ours.clone();
        ours.build();
        own_options(&ours)
    });
    let mut words = words;
    if own_words(&words) < words.len() {
        words.truncate(own_words(&words));
        return Argv::Exec(words);
    }
    let mut rest = words.split_off(at + 1);
    positional::replace_verb(&mut rest);
    // Collecting the options costs a tenth of a whole command, and most arguments cannot be one.
    match expand(rest, |word| word.starts_with('-') && is_option(word, &own)) {
        Ok(rest) => {
            words.extend(rest);
            Argv::Ours(words)
        }
        Err(other) => other,
    }
}

/// Returns whether `name` is one of the two commands that share their arguments.
pub fn is_collection(name: &str) -> bool {
    matches!(name, "secrets" | "properties")
}

/// Returns how many of all `words` are ours. The others are of a program that `exec` runs.
pub fn own_words(words: &[String]) -> usize {
    match find_command(words) {
        Some((at, name)) if is_collection(name) => at + 1 + positional::own_words(&words[at + 1..]),
        _ => words.len(),
    }
}

/// Returns the first argument that is neither a global option nor its value. `None` after an
/// unknown option, whose value would be taken for a command.
pub fn find_command(words: &[String]) -> Option<(usize, &String)> {
    let mut at = 1;
    loop {
        let word = words.get(at)?;
        // Short options may stand together: -dv LEVEL, -dvLEVEL, -dd.
        let cluster =
            word.strip_prefix('-').filter(|rest| !rest.is_empty() && !rest.starts_with('-'));
        at += match (word.as_str(), cluster.map(|rest| rest.trim_start_matches('d'))) {
            ("--verbosity", _) | (_, Some("v")) => 2,
            ("--dev", _) | (_, Some("")) => 1,
            (joined, _) if joined.starts_with("--verbosity=") => 1,
            (_, Some(level)) if level.starts_with('v') => 1,
            (option, _) if option.starts_with('-') => return None,
            _ => return Some((at, word)),
        }
    }
}

/// Returns every spelling of a command's own options.
pub fn own_options(command: &Command) -> HashSet<String> {
    command
        .get_arguments()
        .flat_map(|arg| {
            let long = arg.get_long_and_visible_aliases().unwrap_or_default();
            let hidden = arg.get_all_aliases().unwrap_or_default();
            let short = arg.get_short().map(|c| format!("-{c}"));
            long.into_iter().chain(hidden).map(|name| format!("--{name}")).chain(short)
        })
        .collect()
}

/// Returns true if `word` is one of `own`, or a long one with its value.
fn is_option(word: &str, own: &HashSet<String>) -> bool {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    own.contains(name) && (name == word || name.starts_with("--"))
}

/// Expands the arguments of one command. Fails if a key without a value, or of a prompt, looks like key and
/// value in one, or if an option stands in place of a key.
fn expand(words: Vec<String>, is_own: impl Fn(&str) -> bool) -> Result<Vec<String>, Argv> {
    let mut out = Vec::with_capacity(words.len());
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        let (option, joined) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value.to_string())),
            _ => (word.as_str(), None),
        };
        match option {
            "--set" => {
                let Some(key) = joined.or_else(|| words.next_if(|next| !is_own(next))) else {
                    no_key(option, words.peek())?;
                    out.push(word);
                    continue;
                };
                match words.next_if(|next| !is_own(next)) {
                    Some(value) => out.extend(["--set".into(), key, value]),
                    None if key.contains('=') => return Err(Argv::Joined),
                    None => out.push(format!("--set-prompt={key}")),
                }
            }
            "--delete" => {
                let Some(key) = joined.or_else(|| words.next_if(|next| !is_own(next))) else {
                    no_key(option, words.peek())?;
                    out.push(word);
                    continue;
                };
                out.push(format!("--delete={key}"));
                while let Some(key) = words.next_if(|next| !next.starts_with('-')) {
                    out.push(format!("--delete={key}"));
                }
            }
            "--set-generated" => {
                let Some(key) = joined.or_else(|| words.next_if(|next| !is_own(next))) else {
                    no_key(option, words.peek())?;
                    out.push(word);
                    continue;
                };
                let is_number = |next: &String| next.bytes().all(|byte| byte.is_ascii_digit());
                let length = words.next_if(|next| !next.is_empty() && is_number(next));
                let length = length.unwrap_or_else(|| LENGTH.into());
                out.extend(["--set-generated".into(), key, length]);
            }
            // Options whose values are taken unchanged.
            "--set-file" | "--set-json" => {
                let count = if joined.is_some() { 1 } else { 2 };
                let values: Vec<String> = words.by_ref().take(count).collect();
                out.push(option.to_string());
                out.extend(joined);
                out.extend(values);
            }
            "--set-prompt" if joined.as_ref().is_some_and(|key| key.contains('=')) => {
                return Err(Argv::Joined);
            }
            "--set-prompt" | "--get" | "--overwrite-all" if joined.is_none() => {
                match words.next_if(|next| !is_own(next)) {
                    Some(key) if option == "--set-prompt" && key.contains('=') => {
                        return Err(Argv::Joined);
                    }
                    Some(value) => out.push(format!("{option}={value}")),
                    None if option == "--overwrite-all" => out.push(word),
                    None => {
                        no_key(option, words.peek())?;
                        out.push(word);
                    }
                }
            }
            _ => out.push(word),
        }
    }
    Ok(out)
}

/// Fails if an option stands in place of the key of `option`.
fn no_key(option: &str, next: Option<&String>) -> Result<(), Argv> {
    match next.filter(|next| !is_call_for_help(next)) {
        Some(found) => Err(Argv::NoKey { option: option.into(), found: found.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(line: &str) -> String {
        let words = ["vdk"].into_iter().chain(line.split(' ')).map(String::from).collect();
        match sort(words, &crate::commands::command()) {
            Argv::Ours(words) => words[1..].join(" "),
            Argv::Exec(words) => format!("exec: {}", words[1..].join(" ")),
            Argv::Other(name) => format!("other: {name}"),
            Argv::Server(at) => format!("server at {at}"),
            Argv::Joined => "joined".into(),
            Argv::NoKey { option, found } => format!("{option} before {found}"),
        }
    }

    #[test]
    fn takes_no_option_for_a_key() {
        for (line, expected) in [
            ("secrets --set -n other", "--set before -n"),
            ("secrets -t t --set --set x", "--set before --set"),
            ("secrets --get -n j", "--get before -n"),
            ("secrets --set-prompt --name=j", "--set-prompt before --name=j"),
            ("secrets --set-generated -n j", "--set-generated before -n"),
            ("secrets --delete -n", "--delete before -n"),
            ("secrets --set=-n x", "secrets --set -n x"),
            ("secrets --set -x y", "secrets --set -x y"),
            ("secrets --get=-n", "secrets --get=-n"),
            ("secrets --set", "secrets --set"),
            ("secrets --get --help", "secrets --get --help"),
        ] {
            assert_eq!(sorted(line), expected, "{line}");
        }
    }

    #[test]
    fn turns_set_without_a_value_into_a_prompt() {
        for (line, expected) in [
            ("secrets --set k", "secrets --set-prompt=k"),
            ("secrets --set k -n j", "secrets --set-prompt=k -n j"),
            ("secrets --set k --name=j", "secrets --set-prompt=k --name=j"),
            ("secrets --set k --list", "secrets --set-prompt=k --list"),
            (
                "secrets --set k --delete-all-job-secrets",
                "secrets --set-prompt=k --delete-all-job-secrets",
            ),
            ("secrets --set=k -y", "secrets --set-prompt=k -y"),
            ("secrets --set k --set l v", "secrets --set-prompt=k --set l v"),
            ("-v DEBUG secrets --set k", "-v DEBUG secrets --set-prompt=k"),
        ] {
            assert_eq!(sorted(line), expected, "{line}");
        }
    }

    #[test]
    fn detects_key_and_value_in_one_argument() {
        for line in [
            "secrets --set k=v",
            "secrets --set=k=v -n j",
            "properties --set k=v --list",
            "secrets --set-prompt k=v",
            "secrets -n j --set-prompt=k=v",
        ] {
            assert_eq!(sorted(line), "joined");
        }
        assert_eq!(sorted("secrets --set k=v w"), "secrets --set k=v w");
    }

    #[test]
    fn takes_any_other_argument_as_the_value_of_set() {
        for value in [
            "-5",
            "--anything",
            "-----BEGIN",
            "--",
            "-nx",
            "-n=x",
            "--lis",
            "-x",
            "",
            "=",
            "--show",
        ] {
            let line = format!("secrets --set k {value} -n j");
            assert_eq!(sorted(&line), line);
        }
        assert_eq!(sorted("secrets --set=k -5"), "secrets --set k -5");
        assert_eq!(
            sorted("properties --set k --show-secrets"),
            "properties --set k --show-secrets"
        );
        assert_eq!(sorted("secrets --set -k -5"), "secrets --set -k -5");
    }

    #[test]
    fn takes_several_keys_after_delete() {
        assert_eq!(sorted("secrets --delete a b -n j"), "secrets --delete=a --delete=b -n j");
        assert_eq!(sorted("secrets --delete -x -n j"), "secrets --delete=-x -n j");
        assert_eq!(sorted("secrets --delete=--list c"), "secrets --delete=--list --delete=c");
    }

    #[test]
    fn completes_the_length_of_a_generated_value() {
        for (line, expected) in [
            ("--set-generated k", "--set-generated k 32"),
            ("--set-generated k 40 -n j", "--set-generated k 40 -n j"),
            ("--set-generated=k -n j", "--set-generated k 32 -n j"),
            ("--set-generated k --set-generated 1 9", "--set-generated k 32 --set-generated 1 9"),
            ("--set-generated k forty", "--set-generated k 32 forty"),
        ] {
            assert_eq!(sorted(&format!("secrets {line}")), format!("secrets {expected}"));
        }
    }

    #[test]
    fn leaves_arguments_of_other_options_alone() {
        assert_eq!(sorted("secrets --get -x --list"), "secrets --get=-x --list");
        assert_eq!(sorted("secrets --set-json k --set"), "secrets --set-json k --set");
        assert_eq!(sorted("secrets --set-file=k --delete"), "secrets --set-file k --delete");
    }

    #[test]
    fn leaves_the_arguments_of_a_program_alone() {
        let line = "-v DEBUG secrets -n j exec env --set a";
        assert_eq!(sorted(line), "exec: -v DEBUG secrets -n j exec");
        assert_eq!(sorted("secrets -n j exec"), "secrets -n j exec");
    }

    #[test]
    fn recognizes_commands_of_other_programs() {
        assert_eq!(sorted("run . --set a"), "other: run");
        assert_eq!(sorted("-v DEBUG -d deploy"), "other: deploy");
        assert_eq!(sorted("-dv INFO secrets --list"), "-dv INFO secrets --list");
        assert_eq!(sorted("-n ingest secrets --list"), "-n ingest secrets --list");
        assert_eq!(sorted("--help"), "--help");
        assert_eq!(sorted("help secrets"), "help secrets");
        assert_eq!(sorted("version -o json"), "version -o json");
        assert_eq!(sorted("-v DEBUG server --port x -v"), "server at 3");
        assert_eq!(sorted("help server token"), "server at 1");
        for globals in ["-dd", "-dvINFO", "-vINFO", "--verbosity=INFO", "--dev"] {
            assert_eq!(sorted(&format!("{globals} server")), "server at 2");
        }
        assert_eq!(sorted("- server"), "- server");
    }
}
