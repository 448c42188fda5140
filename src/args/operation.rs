//! The flags of a `secrets` or `properties` command as one typed operation. All rules on which
//! flags go together are checked here, before any work starts.

use std::collections::HashSet;

use indexmap::IndexMap;
use secrecy::SecretString;
use vdk_client::Error;

use super::collections::SecretOptions;
use super::key_values::KeyValueArgs;
use crate::commands::generate::Generate;
use crate::formats::Format;
use crate::terminal::input::Input;
use crate::terminal::prompt::has_terminal;

/// The one thing that a command does.
#[derive(Debug)]
pub enum Operation {
    /// Prints, changes nothing.
    Read {
        /// The key/values to print.
        what: Selection,
        /// The output format.
        format: Format,
    },
    /// Changes, prints nothing.
    Write {
        /// The change.
        what: Request,
        /// True to print the effect only.
        dry_run: bool,
        /// True to skip the question.
        yes: bool,
        /// The output format of a dry run.
        format: Format,
    },
}

/// The key/values to print.
#[derive(Debug, PartialEq, Eq)]
pub enum Selection {
    /// All keys, without values.
    Keys,
    /// All keys with their values.
    All,
    /// These keys with their values.
    Some(Vec<String>),
}

/// A requested change; values may still have to be read.
#[derive(Debug)]
pub enum Request {
    /// Sets and deletes keys.
    Patch {
        /// Keys and the sources of their values.
        sets: Vec<(String, Source)>,
        /// Keys to delete, without duplicates.
        deletes: Vec<String>,
    },
    /// Deletes everything.
    Clear,
    /// Replaces everything with the object in this file.
    Replace(Input),
}

/// The source of a value.
#[derive(Debug)]
pub enum Source {
    /// The command line, as text.
    Text(SecretString),
    /// The command line, as JSON.
    Json(SecretString),
    /// A file or stdin, byte for byte.
    File(Input),
    /// A hidden prompt, or a line of stdin.
    Prompt,
    /// Random characters.
    Generated(Generate),
}

impl Operation {
    /// Reads the arguments of a `secrets` or `properties` command. `show`: whether `--list` shows
    /// values.
    /// `own`: the options of secrets only.
    pub fn from_args(args: &KeyValueArgs, own: &SecretOptions, show: bool) -> Result<Self, Error> {
        let format = args.output.as_deref().and_then(Format::parse).unwrap_or(Format::Text);
        let (sets, deletes) = (sets(args, own)?, unique(&args.delete));
        let given = given(args, !sets.is_empty());
        match given.as_slice() {
            [] => {
                return Err(Error::usage("Nothing to do.")
                    .why(
                        "No option names an action, such as --list, --get, --set, --delete or \
                         --overwrite-all. The commands history and rollback are actions, too.",
                    )
                    .help(
                        "For example:\n--list\n--set KEY                # asks, hidden\n\
                         --get KEY -o raw\n--delete KEY\n-h lists all options",
                    ));
            }
            [_] | ["--set", "--delete"] => {}
            several => {
                return Err(Error::usage("Invalid arguments")
                    .why(format!("{} cannot be used together.", several.join(", ")))
                    .help(
                        "Use one of them in each command. Only setting and deleting keys can be \
                         combined, as one write.",
                    ));
            }
        }
        let is_read = matches!(given.as_slice(), ["--get"] | ["--list"]);
        if is_read {
            return read(args, show, format);
        }
        if !matches!(format, Format::Text | Format::Json) {
            return Err(Error::usage("Invalid arguments")
                .why("A change prints no values, so there is nothing to print in that format.")
                .help("Leave out -o, or use text or json with --dry-run."));
        }
        let what = if args.delete_all {
            Request::Clear
        } else if let Some(file) = &args.overwrite_all {
            Request::Replace(Input::new(file))
        } else {
            Request::Patch { sets, deletes }
        };
        Ok(Operation::Write { what, dry_run: args.dry_run, yes: args.yes, format })
    }
}

/// Returns the operations that the flags name.
fn given(args: &KeyValueArgs, sets: bool) -> Vec<&'static str> {
    let all = [
        ("--set", sets),
        ("--delete", !args.delete.is_empty()),
        ("--delete-all", args.delete_all),
        ("--overwrite-all", args.overwrite_all.is_some()),
        ("--get", !args.get.is_empty()),
        ("--list", args.list || args.get_all),
    ];
    all.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect()
}

/// Rejects flags of another operation before a subcommand.
pub fn refuse_with(
    subcommand: &str,
    args: &KeyValueArgs,
    own: &SecretOptions,
) -> Result<(), Error> {
    let mut given = given(args, !sets(args, own)?.is_empty());
    let modifiers = [("--dry-run", args.dry_run), ("--yes", args.yes)];
    given.extend(modifiers.iter().filter(|(_, is)| *is).map(|(name, _)| *name));
    if args.output.is_some() {
        given.push("--output");
    }
    if given.is_empty() {
        return Ok(());
    }
    Err(Error::usage("Invalid arguments")
        .why(format!("{} before {subcommand} is not allowed.", given.join(", ")))
        .help(format!("Put the options of {subcommand} after it. --help lists them.")))
}

fn read(args: &KeyValueArgs, show: bool, format: Format) -> Result<Operation, Error> {
    if args.dry_run {
        return Err(Error::usage("Invalid arguments")
            .why("--dry-run shows what a change would do, but reading changes nothing.")
            .help("Leave out --dry-run."));
    }
    let what = match args.get.as_slice() {
        [] if show || args.get_all => Selection::All,
        [] => Selection::Keys,
        keys => Selection::Some(unique(keys)),
    };
    let problem = match (&what, format) {
        (Selection::Some(keys), Format::Raw) if keys.len() == 1 => None,
        (_, Format::Raw) => {
            Some("raw prints one value and nothing else, but this command prints more.")
        }
        (Selection::Keys, Format::Dotenv | Format::Shell) => {
            Some("dotenv and shell assign values to names, but --list alone prints only keys.")
        }
        _ => None,
    };
    match problem {
        Some(why) => Err(Error::usage("Invalid arguments").why(why).help(
            "Use --get KEY with -o raw, --get or --get-all with -o dotenv and shell, or -o json.",
        )),
        None => Ok(Operation::Read { what, format }),
    }
}

/// Returns the keys to set, in the Python vdk's order: plain values first, prompts last.
fn sets(args: &KeyValueArgs, own: &SecretOptions) -> Result<Vec<(String, Source)>, Error> {
    let mut sets: Vec<(String, Source)> = Vec::new();
    let mut by: Vec<(&str, HashSet<String>)> = Vec::new();
    let mut add = |flag: &'static str, pairs: Vec<(String, Source)>| {
        by.push((flag, pairs.iter().map(|(key, _)| key.clone()).collect()));
        sets.extend(pairs);
    };
    let secret = |value: &str| SecretString::from(value);
    add("--set", pairs(&args.set, |value| Source::Text(secret(value))));
    add("--set-json", pairs(&args.set_json, |value| Source::Json(secret(value))));
    add("--set-file", pairs(&args.set_file, |value| Source::File(Input::new(value))));
    let mut generated = IndexMap::new();
    for pair in own.set_generated.chunks_exact(2) {
        let generate = Generate::new(&pair[1], own.alphabet.as_deref(), "--set-generated KEY")?;
        generated.insert(pair[0].clone(), Source::Generated(generate));
    }
    add("--set-generated", generated.into_iter().collect());
    let prompts = args.set_prompt.iter();
    add("--set-prompt", prompts.map(|key| (key.clone(), Source::Prompt)).collect());
    if let Some((flag, _)) = by.iter().find(|(_, keys)| keys.contains("")) {
        return Err(Error::usage("Invalid arguments")
            .why(format!("The key of {flag} is empty. A variable in the command may not be set."))
            .help(
                "Give the key. If an empty key is stored, --get '' shows it and --delete '' \
                 removes it.",
            ));
    }
    by.push(("--delete", args.delete.iter().cloned().collect()));
    for (at, (flag, keys)) in by.iter().enumerate() {
        for (other, theirs) in &by[at + 1..] {
            if let Some(key) = keys.intersection(theirs).min() {
                return Err(Error::usage("Invalid arguments")
                    .why(format!("The key '{key}' is given by both {flag} and {other}."))
                    .help("Name each key once."));
            }
        }
    }
    let stdins = sets.iter().filter(|(_, s)| matches!(s, Source::File(Input::Stdin))).count();
    let prompted = sets.iter().any(|(_, source)| matches!(source, Source::Prompt));
    if stdins > 1 || (stdins == 1 && prompted && !has_terminal()) {
        return Err(Error::usage("Invalid arguments")
            .why("Standard input can be read only once, but more than one value comes from it.")
            .help("Read all but one of the values from files: --set-file KEY PATH"));
    }
    Ok(sets)
}

/// Pairs the words of an option with two values.
fn pairs(words: &[String], source: impl Fn(&str) -> Source) -> Vec<(String, Source)> {
    // Of two equal keys the last one wins, in the place of the first.
    let mut pairs = IndexMap::new();
    for pair in words.chunks_exact(2) {
        pairs.insert(pair[0].clone(), source(&pair[1]));
    }
    pairs.into_iter().collect()
}

fn unique(keys: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    keys.iter().filter(|key| seen.insert(*key)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::*;
    use crate::args::collections::SecretsArgs;

    fn operation(line: &str) -> Result<Operation, Error> {
        let words = ["vdk", "secrets"].into_iter().chain(line.split(' ').filter(|w| !w.is_empty()));
        let words = words.map(String::from).collect();
        let command = crate::commands::command();
        let crate::args::preprocess::Argv::Ours(words) =
            crate::args::preprocess::sort(words, &command)
        else {
            panic!("not ours")
        };
        let matches = command.try_get_matches_from(words).unwrap();
        let args = SecretsArgs::from_arg_matches(matches.subcommand_matches("secrets").unwrap());
        let args = args.unwrap();
        Operation::from_args(&args.common, &args.own, args.own.show_secrets)
    }

    #[test]
    fn shows_values_only_on_request() {
        for (line, what) in [
            ("--list", Selection::Keys),
            ("--list --show-secrets", Selection::All),
            ("--get-all", Selection::All),
            ("--get b --get a --get b", Selection::Some(vec!["b".into(), "a".into()])),
        ] {
            let read = operation(line).unwrap();
            assert!(matches!(&read, Operation::Read { what: w, .. } if *w == what), "{read:?}");
        }
    }

    #[test]
    fn rejects_contradicting_options() {
        for line in [
            "",
            "--set a 1 --list",
            "--get a --list",
            "--set a 1 --delete-all",
            "--delete a --overwrite-all f",
            "--delete-all --overwrite-all f",
            "--set a 1 --delete a",
            "--set a 1 --set-json a 1",
            "--list --dry-run",
            "--list -o raw",
            "--get a --get b -o raw",
            "--list -o shell",
            "--set a 1 -o yaml",
            "--set-file a - --set-file b -",
        ] {
            let refused = operation(line).unwrap_err();
            assert_eq!(refused.kind, vdk_client::ErrorKind::Usage, "{line}");
        }
    }

    #[test]
    fn combines_sets_and_deletes_into_one_change() {
        let write = operation("--set a 1 --delete b c --set d --set a 2 --set-file e f").unwrap();
        let Operation::Write { what: Request::Patch { sets, deletes }, .. } = write else {
            panic!("{write:?}")
        };
        let keys: Vec<_> = sets.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!((keys, deletes), (vec!["a", "e", "d"], vec!["b".into(), "c".into()]));
    }
}
