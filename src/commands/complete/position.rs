//! What the word at the cursor is: the value of an option, a subcommand, a key. The words before it are
//! read by our rules, which differ from clap's: a verb has keys, `--delete` takes several of them, and
//! `--set KEY` needs no value.

use clap::{Arg, ArgAction, Command};
use vdk_api::Collection;
use vdk_client::completion::Place;

use crate::args::positional::VERBS;
use crate::args::preprocess::is_collection;

/// A command line, as far as it is typed.
pub struct Typed<'c> {
    /// The command that the options belong to.
    pub command: &'c Command,
    /// Secrets or properties, if the command works on them.
    pub collection: Option<Collection>,
    /// The place that options name, also those behind the cursor.
    pub place: Place,
    /// The other side of a comparison or a transfer.
    pub other: Place,
    /// The keys that are named already.
    pub keys: Vec<String>,
    /// The options that are there already, by id.
    pub options: Vec<String>,
    /// What the word at the cursor is.
    pub position: Position<'c>,
}

/// What a word is.
#[derive(Debug)]
pub enum Position<'c> {
    /// An option, or a value without one, if there is any: the argument and the place among its values.
    Word(Option<(&'c Arg, usize)>),
    /// A value of an option: the option, the place among its values, and what is in front of it in the
    /// word, such as `--get=`.
    Value(&'c Arg, usize, String),
    /// A key behind a verb.
    Key,
    /// A value behind the verb `set`, which nobody knows.
    Unknown,
    /// A word of a program that begins with the word of this index.
    Program(usize),
    /// A word of a command that is not ours.
    Other,
}

/// Reads `words`, the program's name first, with the cursor in the word `at`. `root` is built.
pub fn read<'c>(root: &'c Command, words: &[String], at: usize) -> Typed<'c> {
    let mut reader = Reader {
        typed: Typed {
            command: root,
            collection: None,
            place: Place::default(),
            other: Place::default(),
            keys: Vec::new(),
            options: Vec::new(),
            position: Position::Word(None),
        },
        pending: None,
        verb: None,
        values: 0,
        only_values: false,
        is_other: false,
        program: None,
    };
    for (index, word) in words.iter().enumerate().skip(1) {
        if index == at {
            reader.typed.position = reader.position(word, index);
        }
        reader.take(word, index, index == at);
        // Words of a program are not ours, before the cursor or behind it.
        if reader.program.is_some() && index >= at {
            break;
        }
    }
    reader.typed
}

struct Reader<'c> {
    typed: Typed<'c>,
    /// The option whose next value is expected, and the place of that value.
    pending: Option<(&'c Arg, usize)>,
    verb: Option<&'static str>,
    /// How many values without an option there are.
    values: usize,
    /// Whether `--` was there.
    only_values: bool,
    is_other: bool,
    program: Option<usize>,
}

impl<'c> Reader<'c> {
    fn position(&self, word: &str, index: usize) -> Position<'c> {
        if let Some(program) = self.program {
            return Position::Program(program);
        }
        if self.is_other {
            return Position::Other;
        }
        let is_option = word.starts_with('-') && !self.only_values;
        if let Some((arg, value)) = self.pending
            && !(is_option && self.ends(arg, value, word, true))
        {
            return Position::Value(arg, value, String::new());
        }
        if is_option {
            return match self.option(word) {
                Some((arg, Some(value))) if arg.get_action().takes_values() => {
                    let before = word.len() - value.len();
                    Position::Value(arg, 0, word[..before].into())
                }
                _ => Position::Word(None),
            };
        }
        match self.verb {
            Some("get" | "delete") => Position::Key,
            Some("set") if self.values == 0 => Position::Key,
            Some("set") => Position::Unknown,
            Some(_) => Position::Word(None),
            None if self.is_exec() => Position::Program(index),
            None => Position::Word(self.positional()),
        }
    }

    fn is_exec(&self) -> bool {
        self.typed.collection.is_some() && self.typed.command.get_name() == "exec"
    }

    /// Returns the next argument without an option.
    fn positional(&self) -> Option<(&'c Arg, usize)> {
        let all: Vec<_> = self.typed.command.get_positionals().collect();
        let last = all.last().filter(|last| max_values(last) > 1);
        let arg = all.get(self.values).or(last)?;
        Some((arg, 0))
    }

    /// Returns the option that `word` is, and a value that is joined to it.
    fn option<'w>(&self, word: &'w str) -> Option<(&'c Arg, Option<&'w str>)> {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            let is_it = |arg: &&Arg| {
                arg.get_long() == Some(name)
                    || arg.get_all_aliases().is_some_and(|all| all.contains(&name))
            };
            return self.typed.command.get_arguments().find(is_it).map(|arg| (arg, value));
        }
        // Short options may stand together, and with a value: -yn JOB, -nJOB.
        let mut rest = word.strip_prefix('-')?.chars();
        loop {
            let short = rest.next()?;
            let arg =
                self.typed.command.get_arguments().find(|arg| arg.get_short() == Some(short))?;
            let value = rest.as_str();
            if arg.get_action().takes_values() || value.is_empty() {
                let value = value.strip_prefix('=').unwrap_or(value);
                return Some((arg, (!value.is_empty()).then_some(value)));
            }
        }
    }

    /// Returns whether `word` is not a value of the option whose values are expected, but an option.
    /// That of the cursor may be only its beginning.
    fn ends(&self, arg: &Arg, value: usize, word: &str, is_beginning: bool) -> bool {
        match arg.get_id().as_str() {
            "set_file" | "set_json" => false,
            "delete" if value > 0 => word.starts_with('-'),
            _ if is_beginning || !arg.is_allow_hyphen_values_set() => word.starts_with('-'),
            _ => self.option(word).is_some(),
        }
    }

    fn take(&mut self, word: &str, index: usize, is_at_cursor: bool) {
        if self.program.is_some() || self.is_other {
            return;
        }
        if let Some((arg, value)) = self.pending.take()
            && !self.ends(arg, value, word, is_at_cursor)
        {
            self.value(arg, value, word, is_at_cursor);
            return;
        }
        if word == "--" && !self.only_values {
            self.only_values = true;
            if self.is_exec() {
                self.program = Some(index + 1);
            }
        } else if word.len() > 1 && word.starts_with('-') && !self.only_values {
            let Some((arg, value)) = self.option(word) else { return };
            if !is_at_cursor {
                self.typed.options.push(arg.get_id().to_string());
            }
            match value {
                Some(value) if arg.get_action().takes_values() => {
                    self.value(arg, 0, value, is_at_cursor);
                }
                None if arg.get_action().takes_values() && !arg.is_require_equals_set() => {
                    self.pending = Some((arg, 0));
                }
                _ => {}
            }
        } else {
            self.word(word, index, is_at_cursor);
        }
    }

    /// Takes a word that is neither an option nor the value of one.
    fn word(&mut self, word: &str, index: usize, is_at_cursor: bool) {
        if self.is_exec() {
            self.program = Some(index);
            return;
        }
        if self.verb.is_none() && self.values == 0 && !self.only_values && !is_at_cursor {
            if let Some(command) = self.typed.command.find_subcommand(word) {
                self.typed.command = command;
                if is_collection(word) {
                    let all = [Collection::Secrets, Collection::Properties];
                    self.typed.collection = all.into_iter().find(|one| one.as_str() == word);
                }
                return;
            }
            if is_collection(self.typed.command.get_name()) {
                self.verb = VERBS.iter().map(|(verb, _)| *verb).find(|verb| *verb == word);
                if let Some(verb) = self.verb {
                    self.typed.options.push(verb.into());
                    return;
                }
            }
            self.is_other =
                self.typed.command.has_subcommands() && self.typed.command.get_name() == "vdk";
        }
        self.values += 1;
        if !is_at_cursor && self.typed.collection.is_some() {
            self.typed.keys.push(word.into());
        }
    }

    fn value(&mut self, arg: &'c Arg, value: usize, word: &str, is_at_cursor: bool) {
        let id = arg.get_id().as_str();
        let more = id == "delete" || value + 1 < max_values(arg);
        self.pending = more.then_some((arg, value + 1));
        if is_at_cursor {
            return;
        }
        let typed = &mut self.typed;
        let named = match id {
            "name" => &mut typed.place.job,
            "team" => &mut typed.place.team,
            "rest_api_url" => &mut typed.place.url,
            "to_name" => &mut typed.other.job,
            "to_team" => &mut typed.other.team,
            "to_url" => &mut typed.other.url,
            _ if value_name(arg, value).starts_with("KEY") => {
                typed.keys.push(word.into());
                return;
            }
            _ => return,
        };
        *named = Some(word.into());
    }
}

/// Returns what the help calls a value of `arg`.
pub fn value_name(arg: &Arg, value: usize) -> &str {
    let names = arg.get_value_names().unwrap_or_default();
    names.get(value).or(names.last()).map_or("", |name| name.as_str())
}

/// Returns whether an option may be there twice, each time with another value.
pub fn is_repeatable(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
}

fn max_values(arg: &Arg) -> usize {
    arg.get_num_args().map_or(1, |range| range.max_values())
}
