//! `vdk`: secrets and properties of Versatile Data Kit data jobs, from the terminal. The program is
//! a library with one function, so that its parts can be fuzzed; pages and completions are made
//! from `cli`.

mod auth;
#[doc(hidden)]
pub mod cli;
mod commands;
mod edit;
mod engine;
mod env_vars;
mod exit;
#[cfg(any(fuzzing, debug_assertions))]
pub mod fuzz;
mod http;
mod ini;
mod input;
mod job_config;
#[cfg(test)]
mod laws;
mod lookalike;
mod merge;
mod operation;
mod output;
mod paths;
mod prompt;
mod sanitize;
mod service;
mod settings;
mod signals;
mod streams;
mod suggest;
mod talk;
mod terminal;
mod waiting;
mod words;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use words::Whose;

use crate::exit::Failure;

/// Runs the command line `args`, the program's name first, and returns the exit code.
pub fn main(args: Vec<OsString>) -> ExitCode {
    exit::hush_panics();
    match std::panic::catch_unwind(|| run(args)) {
        Ok(ran) => ran.unwrap_or_else(|error| exit::report(&error)),
        Err(_) => exit::Exit::Unknown.into(),
    }
}

fn run(args: Vec<OsString>) -> anyhow::Result<ExitCode> {
    let command = cli::command();
    let lossy = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let words = match words::sort(lossy, &command) {
        Whose::Ours(words) => words,
        Whose::Other(name) => return commands::hand_over(&name, &args[1..]),
        Whose::Server(at) => return server(command, args, at),
        Whose::Joined => return Err(joined().into()),
    };
    vdk_platform::process::harden();
    if args.iter().any(|arg| arg.to_str().is_none()) {
        return Err(Failure::usage(
            "An argument is not UTF-8 text.",
            "Keys and values are JSON, which holds only text.",
            "Give text, or binary data as base64 text.",
        )
        .into());
    }
    match command.try_get_matches_from(&words) {
        Ok(matches) => commands::dispatch(&matches).map(ExitCode::from),
        Err(error) => usage(error, &words),
    }
}

/// Becomes `vdk server`, which is the word at `at`, or that behind `help` at `at`.
fn server(command: Command, mut args: Vec<OsString>, at: usize) -> anyhow::Result<ExitCode> {
    vdk_platform::process::harden();
    let mut own = args.split_off(at + 1).into_iter();
    let is_help = args.pop().is_some_and(|word| word == "help");
    let help = is_help.then_some("help".into());
    if is_help {
        own.next();
    }
    args.push("server".into());
    match command.try_get_matches_from(args) {
        Ok(matches) => commands::run_server(commands::level(&matches), help.into_iter().chain(own)),
        Err(error) => usage(error, &[]),
    }
}

fn joined() -> Failure {
    Failure::usage(
        "--set takes key and value as two words.",
        "The word after it has a '=' in it; it is not shown, as it may hold a secret.",
        "Write --set KEY VALUE; a key that really has a '=' in it goes with --set-prompt.",
    )
}

/// Prints clap's message, without anything that may be a secret.
fn usage(error: clap::Error, words: &[String]) -> anyhow::Result<ExitCode> {
    if let Some(failure) = unexpected(&error, words) {
        return Err(failure.into());
    }
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    let error = defused(error);
    let text = error.render();
    let shown = |colors: bool| if colors { text.ansi().to_string() } else { text.to_string() };
    match error.use_stderr() {
        true => exit::write_stderr(&shown(exit::has_colors(&io::stderr()))),
        false => output::print(&shown(exit::has_colors(&io::stdout())))?,
    }
    Ok(ExitCode::from(code))
}

/// Returns the error for an unexpected argument. It does not quote the argument: that may be a
/// token, or the second half of a secret with a space in it.
fn unexpected(error: &clap::Error, words: &[String]) -> Option<Failure> {
    let word = match error.kind() {
        ErrorKind::UnknownArgument => error.get(ContextKind::InvalidArg),
        ErrorKind::InvalidSubcommand => error.get(ContextKind::InvalidSubcommand),
        // Such as -horse, which clap reads as -h.
        ErrorKind::DisplayHelp if !words.iter().any(|word| is_call_for_help(word)) => {
            return Some(unknown_option(None, None));
        }
        _ => None,
    };
    let Some(ContextValue::String(word)) = word else { return None };
    if !word.starts_with('-') {
        return Some(Failure::usage(
            "There is a word too many on the command line.",
            "It is no option and belongs to none; it is not shown, as it may be a part of a secret.",
            "--help lists the options; they begin with two dashes: --list. A value with spaces needs \
             quotes: --set KEY 'two words'. --get takes one key and may be repeated.",
        ));
    }
    let meant = match error.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(meant)) => Some(meant.as_str()),
        _ => None,
    };
    Some(unknown_option(Some(word).filter(|word| word.chars().count() == 2), meant))
}

fn unknown_option(word: Option<&String>, meant: Option<&str>) -> Failure {
    let (which, hidden) = match word {
        Some(word) => (format!(" '{}'", sanitize::line(word)), ""),
        None => (String::new(), "; it is not shown, as it may be a part of a secret"),
    };
    let meant = meant.map(|meant| format!("Did you mean '{meant}'? ")).unwrap_or_default();
    Failure::usage(
        format!("There is an option{which} that this command does not have."),
        format!("No option at that place is spelled like that{hidden}."),
        format!(
            "{meant}--help lists the options; those of a command stand behind its name. A value with \
             spaces needs quotes: --set KEY 'two words'"
        ),
    )
}

fn is_call_for_help(word: &str) -> bool {
    matches!(word, "-h" | "--help" | "help")
}

/// Returns the same error with terminal control characters escaped.
fn defused(mut error: clap::Error) -> clap::Error {
    // A mistyped choice may be shown. In place of a number or a time, the text may be anything.
    let is_free = error.kind() == ErrorKind::ValueValidation;
    let shown = |(kind, value): (ContextKind, &ContextValue)| match value {
        ContextValue::String(_) if is_free && kind == ContextKind::InvalidValue => {
            Some((kind, ContextValue::String("(not shown)".into())))
        }
        ContextValue::String(word) if vdk_api::may_be_secret(word) => {
            Some((kind, ContextValue::String(sanitize::name(word))))
        }
        ContextValue::String(word) => match sanitize::line(word) {
            Cow::Owned(shown) => Some((kind, ContextValue::String(shown))),
            Cow::Borrowed(_) => None,
        },
        _ => None,
    };
    let words: Vec<_> = error.context().filter_map(shown).collect();
    for (kind, value) in words {
        error.insert(kind, value);
    }
    error
}
