//! Errors of the command line, without anything that may be a secret.

use std::borrow::Cow;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use vdk_api::escape;
use vdk_client::{Error, nearest};

use super::positional::{FIRST_WORDS, PROPERTIES_WORDS, SECRETS_WORDS, first_positional};
use super::preprocess::{find_command, is_collection};
use super::shell_word;

/// Explains why an error does not quote an argument.
const NOT_SHOWN: &str = " It is not shown because it may be part of a secret.";

/// Returns the error for `--set KEY=VALUE` or `--set-prompt KEY=VALUE`, typed in place of
/// `--set KEY VALUE` or `--set-prompt KEY`.
pub fn joined() -> Error {
    Error::usage("Key and value are two arguments.")
        .why("The argument contains '='. It is not shown because it may contain a secret.")
        .help(
            "Write --set KEY VALUE, or --set-prompt KEY to be asked for the value. For a key that \
             contains '=', use --set-file KEY FILE.",
        )
}

/// Returns the error for the option `found` where a key of `option` is expected.
pub fn no_key(option: &str, found: &str) -> Error {
    let found = found.split_once('=').map_or(found, |(name, _)| name);
    Error::usage(format!("{option} lacks its KEY."))
        .why(format!(
            "Behind it is the option {found}. The usual cause is an empty variable without quotes."
        ))
        .help(format!(
            "Quote variables: {option} \"$KEY\". For a key with this name: {option}={found}"
        ))
}

/// Returns the error for an unexpected argument. It does not quote the argument: that may be a
/// token, or the second half of a secret with a space in it.
pub fn unexpected(error: &clap::Error, words: &[String]) -> Option<Error> {
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
        let unexpected = Error::usage("Unexpected argument.")
            .why(format!("It does not belong to any option.{NOT_SHOWN}"));
        return Some(
            unexpected.help(match meant_line(words) {
                Some(line) => format!("Did you mean this? {line}"),
                None => {
                    "--help lists the options. They begin with two dashes: --list. A value with \
                     spaces needs quotes: --set KEY 'two words'. --get takes one key and may be \
                     repeated."
                        .into()
                }
            }),
        );
    }
    let is_of_properties = find_command(words).is_some_and(|(_, name)| name == "properties");
    if word == "--show-secrets" && is_of_properties {
        return Some(
            Error::usage("Unknown option '--show-secrets'.")
                .why("Properties are no secrets, and are always shown.")
                .help("Leave it out: vdk properties --list"),
        );
    }
    let meant = match error.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(meant)) => Some(meant.as_str()),
        _ => None,
    };
    Some(unknown_option(Some(word).filter(|word| word.chars().count() == 2), meant))
}

/// Returns the line that was most likely meant, if the first argument behind `secrets` or `properties`
/// is a misspelled verb. Arguments behind it are left out: they may be values.
fn meant_line(words: &[String]) -> Option<String> {
    let (at, name) = find_command(words).filter(|(_, name)| is_collection(name))?;
    let rest = &words[at + 1..];
    let first = first_positional(rest)?;
    let own = if name == "secrets" { &SECRETS_WORDS[..] } else { &PROPERTIES_WORDS };
    let meant = nearest(&rest[first], FIRST_WORDS.into_iter().chain(own.iter().copied()))?;
    let before = &rest[..first];
    if before.iter().any(|word| vdk_api::may_be_secret(word)) {
        return Some(format!("vdk {name} {meant}"));
    }
    let before = before.iter().map(|word| format!("{} ", shell_word(&escape::line(word))));
    let more = if rest.len() > first + 1 { " …" } else { "" };
    Some(format!("vdk {name} {}{meant}{more}", before.collect::<String>()))
}

fn unknown_option(word: Option<&String>, meant: Option<&str>) -> Error {
    let (which, hidden) = match word {
        Some(word) => (format!(" '{}'", escape::line(word)), ""),
        None => (String::new(), NOT_SHOWN),
    };
    let meant = meant.map(|meant| format!("Did you mean '{meant}'? ")).unwrap_or_default();
    Error::usage(format!("Unknown option{which}."))
        .why(format!("There is no such option at this place.{hidden}"))
        .help(format!(
            "{meant}--help lists the options. The options of a command come after its name. A \
             value with spaces needs quotes: --set KEY 'two words'"
        ))
}

/// Returns whether a word asks for help.
pub fn is_call_for_help(word: &str) -> bool {
    matches!(word, "-h" | "--help" | "help")
}

/// Returns whether a word differs from a choice by two letters at most.
fn is_mistyped(error: &clap::Error) -> bool {
    match (error.get(ContextKind::InvalidValue), error.get(ContextKind::SuggestedValue)) {
        (Some(ContextValue::String(word)), Some(ContextValue::String(meant))) => {
            strsim::osa_distance(word, meant) <= 2
        }
        _ => false,
    }
}

/// Returns the same error with terminal control characters escaped.
pub fn defused(mut error: clap::Error) -> clap::Error {
    // A mistyped choice may be shown if it is near to one. In place of a number, a time or any other
    // choice, and behind an option that takes no value, the text may be anything.
    let is_free = match error.kind() {
        ErrorKind::ValueValidation | ErrorKind::TooManyValues => true,
        ErrorKind::InvalidValue => !is_mistyped(&error),
        _ => false,
    };
    // Otherwise it is the name of the argument, such as [SHELL].
    let is_word =
        |kind| kind != ContextKind::InvalidArg || error.kind() == ErrorKind::UnknownArgument;
    let shown = |(kind, value): (ContextKind, &ContextValue)| match value {
        ContextValue::String(word)
            if is_free && kind == ContextKind::InvalidValue && !word.is_empty() =>
        {
            Some((kind, ContextValue::String("(not shown)".into())))
        }
        ContextValue::String(word) if is_word(kind) && vdk_api::may_be_secret(word) => {
            Some((kind, ContextValue::String(escape::name(word))))
        }
        ContextValue::String(word) => match escape::line(word) {
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
