//! The command line: no words make it panic, what is set is what was typed, and no value comes
//! back in an error.

use std::collections::HashSet;
use std::sync::OnceLock;

use arbitrary::{Arbitrary, Unstructured};
use clap::FromArgMatches;
use secrecy::ExposeSecret;
use vdk::args::errors::{defused, joined, no_key, unexpected};
use vdk::args::collections::{PropertiesArgs, SecretOptions, SecretsArgs};
use vdk::args::operation::{Operation, Request, Source};
use vdk::args::preprocess::{self, Argv};
use vdk::commands;
use vdk::terminal::input::Input;
use vdk_client::Error;

/// In every value, and in no message of ours.
const MARK: &str = "s3cr3t";

#[derive(Arbitrary, Debug)]
enum Part {
    Set(String, String),
    SetJson(String, String),
    SetFile(String, String),
    SetPrompt(String),
    Delete(Vec<String>),
    Get(String),
    Flag(u8),
    Surplus(String),
}

fuzz_target!(|bytes: &[u8]| {
    if let Some(raw) = bytes.strip_prefix(b"=") {
        let words = String::from_utf8_lossy(raw);
        let words = std::iter::once("vdk").chain(words.split('\0')).map(String::from).collect();
        arguments(words);
    } else if let Ok(parts) = Vec::<Part>::arbitrary_take_rest(Unstructured::new(bytes)) {
        composed(parts);
    }
});

/// A command line made of parts whose meaning is known.
fn composed(parts: Vec<Part>) {
    let mut words: Vec<String> = vec!["vdk".into(), "secrets".into()];
    let mut expected = Expected::default();
    let mut after_delete = false;
    for part in parts {
        if expected.add(part, &mut words, after_delete) {
            after_delete =
                words.iter().rev().find(|w| is_option(w)).is_some_and(|w| w == "--delete");
        }
    }
    let line = arguments(words.clone());
    if let Line::Told(text) = &line {
        assert!(!text.contains(MARK), "{words:?} is answered with {text}");
    }
    if expected.is_plain() {
        assert_eq!(line, Line::Patch(expected.sets(), expected.deletes), "{words:?}");
    }
}

#[derive(Default)]
struct Expected {
    texts: Vec<(String, Given)>,
    jsons: Vec<(String, Given)>,
    files: Vec<(String, Given)>,
    prompts: Vec<(String, Given)>,
    deletes: Vec<String>,
    other: bool,
}

impl Expected {
    /// False where the words could mean something else.
    fn add(&mut self, part: Part, words: &mut Vec<String>, after_delete: bool) -> bool {
        let valued = |value: String| format!("{MARK}{value}");
        match part {
            Part::Set(key, _) if is_option(&key) => return false,
            Part::Set(key, value) => {
                // In front it would hide that a value begins with a dash.
                let value = format!("{value}{MARK}");
                if is_option(&value) {
                    return false;
                }
                words.extend(["--set".into(), key.clone(), value.clone()]);
                put(&mut self.texts, key, Given::Text(value));
            }
            Part::SetJson(key, value) => {
                let value = valued(value);
                words.extend(["--set-json".into(), key.clone(), value.clone()]);
                put(&mut self.jsons, key, Given::Json(value));
            }
            Part::SetFile(key, path) => {
                words.extend(["--set-file".into(), key.clone(), path.clone()]);
                let path = if path == "-" { None } else { Some(path) };
                put(&mut self.files, key, Given::File(path));
            }
            Part::SetPrompt(key) if is_option(&key) => return false,
            Part::SetPrompt(key) if key.contains('=') => {
                words.extend(["--set-prompt".into(), format!("{key}{MARK}")]);
                self.other = true;
            }
            Part::SetPrompt(key) => {
                words.extend(["--set-prompt".into(), key.clone()]);
                self.prompts.push((key, Given::Prompt));
            }
            Part::Delete(keys) => {
                let dash = keys.iter().any(|key| key.starts_with('-'));
                if keys.is_empty() || dash {
                    return false;
                }
                words.push("--delete".into());
                for key in keys {
                    words.push(key.clone());
                    if !self.deletes.contains(&key) {
                        self.deletes.push(key);
                    }
                }
            }
            Part::Get(key) if is_option(&key) => return false,
            Part::Get(key) => {
                words.extend(["--get".into(), key]);
                self.other = true;
            }
            Part::Flag(n) => {
                let flags =
                    ["--list", "--yes", "--dry-run", "--get-all", "--show-secrets", "-ojson"];
                words.push(flags[usize::from(n) % flags.len()].into());
                self.other = true;
            }
            // Behind --delete it is a key, which may be shown.
            Part::Surplus(_) if after_delete => return false,
            Part::Surplus(word) => {
                words.push(valued(word));
                self.other = true;
            }
        }
        true
    }

    fn sets(&self) -> Vec<(String, Given)> {
        let all = [&self.texts, &self.jsons, &self.files, &self.prompts];
        all.into_iter().flatten().cloned().collect()
    }

    /// Whether nothing in it contradicts itself.
    fn is_plain(&self) -> bool {
        let mut seen = HashSet::new();
        let mut distinct = |of: &[(String, Given)]| {
            let own: HashSet<_> = of.iter().map(|(key, _)| key.clone()).collect();
            own.into_iter().all(|key| seen.insert(key))
        };
        let deletes: Vec<_> = self.deletes.iter().map(|k| (k.clone(), Given::Prompt)).collect();
        let all = [&self.texts, &self.jsons, &self.files, &self.prompts, &deletes];
        let stdin = self.files.iter().any(|(_, given)| *given == Given::File(None));
        let sets = all[..4].iter().any(|of| !of.is_empty());
        let some = sets || !deletes.is_empty();
        let named = all[..4].iter().all(|of| of.iter().all(|(key, _)| !key.is_empty()));
        some && named && !self.other && !stdin && all.into_iter().all(|of| distinct(of))
    }
}

/// Of two equal keys the last one wins, in the place of the first.
fn put(list: &mut Vec<(String, Given)>, key: String, given: Given) {
    match list.iter_mut().find(|(there, _)| *there == key) {
        Some((_, there)) => *there = given,
        None => list.push((key, given)),
    }
}

/// Whether a word is spelled like an option of the command.
fn is_option(word: &str) -> bool {
    static OPTIONS: OnceLock<Vec<String>> = OnceLock::new();
    let name = match word.split_once('=') {
        Some((name, _)) if name.starts_with("--") => name,
        _ => word,
    };
    OPTIONS.get_or_init(options).iter().any(|option| option == name)
}

/// The interpretation of a command line.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// It is for another vdk.
    Other,
    /// It is rejected, or answered, with this text.
    Told(String),
    /// It sets and deletes keys.
    Patch(Vec<(String, Given)>, Vec<String>),
    /// Anything else.
    Else,
}

/// The source of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Given {
    /// The value as text.
    Text(String),
    /// The value as JSON.
    Json(String),
    /// A file, or standard input if `None`.
    File(Option<String>),
    /// A prompt.
    Prompt,
    /// Random characters.
    Generated,
}

/// Interprets the command line `args`, which starts with the program's name.
fn arguments(args: Vec<String>) -> Line {
    let command = commands::command();
    let words = match preprocess::sort(args, &command) {
        Argv::Ours(words) | Argv::Exec(words) => words,
        Argv::Other(_) | Argv::Server(_) => return Line::Other,
        Argv::Joined => return told(&joined()),
        Argv::NoKey { option, found } => return told(&no_key(&option, &found)),
    };
    let matches = match command.try_get_matches_from(&words) {
        Ok(matches) => matches,
        Err(error) => {
            return match unexpected(&error, &words) {
                Some(failure) => told(&failure),
                None => Line::Told(defused(error).render().to_string()),
            };
        }
    };
    let Some((name, flags)) = matches.subcommand().filter(|(name, flags)| {
        matches!(*name, "secrets" | "properties") && flags.subcommand().is_none()
    }) else {
        return Line::Else;
    };
    let (args, own, show) = match name {
        "secrets" => {
            let args = SecretsArgs::from_arg_matches(flags).unwrap();
            let show = args.own.show_secrets;
            (args.common, args.own, show)
        }
        _ => {
            let args = PropertiesArgs::from_arg_matches(flags).unwrap();
            (args.common, SecretOptions::default(), true)
        }
    };
    match Operation::from_args(&args, &own, show) {
        Err(failure) => told(&failure),
        Ok(Operation::Write { what: Request::Patch { sets, deletes }, .. }) => {
            let sets = sets.into_iter().map(|(key, source)| (key, given(source)));
            Line::Patch(sets.collect(), deletes)
        }
        Ok(_) => Line::Else,
    }
}

fn given(source: Source) -> Given {
    match source {
        Source::Text(text) => Given::Text(text.expose_secret().into()),
        Source::Json(json) => Given::Json(json.expose_secret().into()),
        Source::File(Input::Stdin) => Given::File(None),
        Source::File(Input::Path(path)) => Given::File(Some(path.display().to_string())),
        Source::Prompt => Given::Prompt,
        Source::Generated(_) => Given::Generated,
    }
}

fn told(failure: &Error) -> Line {
    Line::Told(failure.to_string())
}

/// Returns the spellings of the options of `vdk secrets`.
fn options() -> Vec<String> {
    let mut command = commands::command();
    command.build();
    let secrets = command.find_subcommand("secrets");
    secrets
        .map(|secrets| preprocess::own_options(secrets).into_iter().collect())
        .unwrap_or_default()
}
