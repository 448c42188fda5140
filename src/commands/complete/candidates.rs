//! The words that can stand at the cursor.

use clap::{Arg, Command, ValueHint};
use vdk_client::completion::{Names, Place};

use super::position::{Position, Typed, is_repeatable, value_name};
use crate::args::positional::VERBS;
use crate::args::preprocess::is_collection;

/// What a shell is to offer.
#[derive(Debug, PartialEq)]
pub enum Offer {
    /// These words.
    Words(Vec<Candidate>),
    /// These words, which go on: no blank comes behind them.
    Beginnings(Vec<Candidate>),
    /// Files, as the shell finds them.
    Files,
    /// What the program that begins with this word takes.
    Program(usize),
}

/// A word, and what it is.
#[derive(Debug, PartialEq)]
pub struct Candidate {
    /// The whole word, without quotes.
    pub text: String,
    /// One line about it, or nothing.
    pub about: String,
}

impl Candidate {
    fn new(text: impl Into<String>, about: impl Into<String>) -> Self {
        Candidate { text: text.into(), about: about.into() }
    }
}

/// Returns what can stand at the cursor, where `word` is typed.
pub fn offer(typed: &Typed<'_>, word: &str, names: &Names) -> Offer {
    match &typed.position {
        Position::Program(at) => Offer::Program(*at),
        Position::Other => Offer::Files,
        Position::Unknown => Offer::Words(Vec::new()),
        Position::Key => Offer::Words(without_dash(keys(typed, names, true))),
        Position::Value(arg, value, before) => {
            let typed_value = word.strip_prefix(before.as_str()).unwrap_or_default();
            let mut offer = values(typed, arg, *value, typed_value, names);
            if let Offer::Words(words) | Offer::Beginnings(words) = &mut offer {
                if before.is_empty() {
                    *words = without_dash(std::mem::take(words));
                }
                words.iter_mut().for_each(|word| word.text.insert_str(0, before));
            }
            offer
        }
        Position::Word(_) if word.starts_with('-') => Offer::Words(options(typed)),
        Position::Word(arg) => {
            let mut words = Vec::new();
            if typed.keys.is_empty() && typed.options.iter().all(|id| stands_before(id)) {
                words.extend(commands(typed.command));
            }
            match arg.map(|(arg, value)| values(typed, arg, value, word, names)) {
                Some(Offer::Words(more)) => words.extend(more),
                Some(other) if words.is_empty() => return other,
                _ => {}
            }
            if words.is_empty() {
                words = options(typed);
            }
            Offer::Words(words)
        }
    }
}

/// Returns whether an option, by its id, may stand before any command, and is no action itself.
fn stands_before(id: &str) -> bool {
    const BEFORE: [&str; 6] =
        ["verbosity", "dev", "name", "team", "rest_api_url", "allow_insecure_http"];
    BEFORE.contains(&id)
}

/// Returns the subcommands, and the verbs that are second spellings of options.
fn commands(command: &Command) -> Vec<Candidate> {
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
    let mut words: Vec<_> =
        shown.map(|one| Candidate::new(one.get_name(), line(one.get_about()))).collect();
    if is_collection(command.get_name()) {
        let verbs = VERBS.iter().filter(|(verb, _)| *verb != "help");
        words.extend(verbs.map(|(verb, option)| {
            let is_it = |arg: &&Arg| arg.get_long() == option.strip_prefix("--");
            let help = command.get_arguments().find(is_it).map(|arg| line(arg.get_help()));
            Candidate::new(*verb, help.unwrap_or_default())
        }));
    }
    words
}

/// Returns the options that can still be given.
fn options(typed: &Typed<'_>) -> Vec<Candidate> {
    let is_left = |arg: &&Arg| {
        let is_there = typed.options.iter().any(|id| id == arg.get_id().as_str());
        !arg.is_positional() && !arg.is_hide_set() && (!is_there || is_repeatable(arg))
    };
    let options = typed.command.get_arguments().filter(is_left);
    options
        .flat_map(|arg| {
            let help = line(arg.get_help());
            let long = arg.get_long().map(|long| Candidate::new(format!("--{long}"), help.clone()));
            let short = arg.get_short().map(|short| Candidate::new(format!("-{short}"), help));
            long.into_iter().chain(short)
        })
        .collect()
}

/// Returns the values of an argument, by what its help calls them.
fn values(typed: &Typed<'_>, arg: &Arg, value: usize, word: &str, names: &Names) -> Offer {
    let plain = |words: Vec<String>| {
        Offer::Words(words.into_iter().map(|word| Candidate::new(word, "")).collect())
    };
    let id = arg.get_id().as_str();
    let place = match id {
        "to_name" | "to_team" => Place {
            url: typed.other.url.clone().or(typed.place.url.clone()),
            team: typed.other.team.clone().or(typed.place.team.clone()),
            job: None,
        },
        _ => typed.place.clone(),
    };
    let possible = arg.get_possible_values();
    if !possible.is_empty() {
        let shown = possible.iter().filter(|one| !one.is_hide_set());
        return Offer::Words(
            shown.map(|one| Candidate::new(one.get_name(), line(one.get_help()))).collect(),
        );
    }
    match value_name(arg, value) {
        "TEAM" => plain(names.teams(&place)),
        "JOB" => plain(names.jobs(&place)),
        "URL" if ["rest_api_url", "to_url"].contains(&id) => plain(names.urls()),
        "KEY" | "KEY..." => {
            Offer::Words(keys(typed, names, is_repeatable(arg) || arg.is_positional()))
        }
        "KEY,..." => Offer::Words(listed(keys(typed, names, false), word)),
        "KEY=VAR" | "OLD=NEW" if !word.contains('=') => {
            let mut keys = keys(typed, names, false);
            keys.retain(|key| !key.text.contains('='));
            keys.iter_mut().for_each(|key| key.text.push('='));
            Offer::Beginnings(keys)
        }
        "VERSION" => Offer::Words(versions(typed, names)),
        _ => match arg.get_value_hint() {
            ValueHint::FilePath | ValueHint::DirPath | ValueHint::AnyPath => Offer::Files,
            _ if value_name(arg, value) == "PATH" => Offer::Files,
            _ => Offer::Words(Vec::new()),
        },
    }
}

/// Returns the keys of the job, and without those that are named already if `once`.
fn keys(typed: &Typed<'_>, names: &Names, once: bool) -> Vec<Candidate> {
    let Some(collection) = typed.collection else { return Vec::new() };
    let keys = names.keys(&typed.place, collection).into_iter();
    let is_left = |key: &str| !once || !typed.keys.iter().any(|named| named == key);
    keys.filter(|(key, _)| !key.is_empty() && is_left(key))
        .map(|(key, kind)| Candidate::new(key, kind))
        .collect()
}

/// Leaves out words that would be options if they stood alone.
fn without_dash(words: Vec<Candidate>) -> Vec<Candidate> {
    words.into_iter().filter(|word| !word.text.starts_with('-')).collect()
}

/// Returns the keys for a list that is separated by commas, of which `word` is typed.
fn listed(keys: Vec<Candidate>, word: &str) -> Vec<Candidate> {
    let before = word.rfind(',').map_or("", |at| &word[..=at]);
    let named: Vec<&str> = before.split(',').collect();
    let is_left = |key: &Candidate| !key.text.contains(',') && !named.contains(&key.text.as_str());
    let keys = keys.into_iter().filter(is_left);
    keys.map(|key| Candidate { text: format!("{before}{}", key.text), ..key }).collect()
}

fn versions(typed: &Typed<'_>, names: &Names) -> Vec<Candidate> {
    let Some(collection) = typed.collection else { return Vec::new() };
    let versions = names.versions(&typed.place, collection).into_iter();
    versions
        .filter(|version| version.state.is_none())
        .map(|version| {
            let who = version.who.map(|who| format!(" by {who}")).unwrap_or_default();
            Candidate::new(version.version.to_string(), format!("{}{who}", version.written_at))
        })
        .collect()
}

fn line(text: Option<&clap::builder::StyledStr>) -> String {
    let text = text.map(ToString::to_string).unwrap_or_default();
    text.lines().next().unwrap_or_default().into()
}
