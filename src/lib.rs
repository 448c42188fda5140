//! `vdk`: secrets and properties of Versatile Data Kit data jobs, from the terminal. It parses, prompts
//! and prints; the work is in `vdk-client`. Modules are public for tests and generated pages only.

#[doc(hidden)]
pub mod args;
#[doc(hidden)]
pub mod commands;
mod context;
mod error;
#[doc(hidden)]
pub mod formats;
mod lints;
#[doc(hidden)]
pub mod terminal;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use args::errors::{defused, is_call_for_help, joined, no_key, unexpected};
use args::help;
use args::preprocess::{self, Argv};
use args::wants_json;
use clap::Command;
use commands::complete;
use vdk_client::Error;

/// Runs the command line `args`, the program's name first, and returns the exit code.
pub fn main(args: Vec<OsString>) -> ExitCode {
    error::hide_panic_messages();
    let lossy: Vec<_> = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    if lossy.get(1).is_some_and(|word| word == complete::NAME) {
        vdk_platform::process::harden();
        return complete::run(&lossy[2..]);
    }
    let own = preprocess::own_words(&lossy);
    let as_json = wants_json(&lossy[..own]);
    match std::panic::catch_unwind(|| run(args, lossy, own, as_json)) {
        Ok(ran) => ran.unwrap_or_else(|error| error::report(&error, as_json)),
        Err(_) => error::Exit::Unknown.into(),
    }
}

/// Runs `args`, which are `lossy` as text. The first `own` of them are ours.
fn run(
    args: Vec<OsString>,
    lossy: Vec<String>,
    own: usize,
    as_json: bool,
) -> anyhow::Result<ExitCode> {
    help::expect(lossy[..own].iter().any(|word| is_call_for_help(word)));
    let command = commands::command();
    let words = match preprocess::sort(lossy, &command) {
        Argv::Ours(words) | Argv::Exec(words) => words,
        Argv::Other(name) => return commands::hand_over(&name, &args[1..]),
        Argv::Server(at) => return server(command, args, at, as_json),
        Argv::Joined => return Err(joined().into()),
        Argv::NoKey { option, found } => return Err(no_key(&option, &found).into()),
    };
    vdk_platform::process::harden();
    if args[..own].iter().any(|arg| arg.to_str().is_none()) {
        return Err(Error::usage("An argument is not UTF-8 text.")
            .why("Keys and values are JSON, which holds only text.")
            .help(
                "Give text. Encode binary data as base64: base64 -w0 FILE | vdk … --set-file KEY -",
            )
            .into());
    }
    // The arguments of a program are bytes, and none of them is an option of ours.
    let program = &args[own..];
    let dashes = (!program.is_empty() && words.last().is_none_or(|word| word != "--"))
        .then_some("--".into());
    let all = words.iter().map(OsString::from).chain(dashes).chain(program.iter().cloned());
    match command.try_get_matches_from(all) {
        Ok(matches) => commands::dispatch(matches),
        Err(error) => usage(error, &words, as_json),
    }
}

/// Becomes `vdk server`, which is the word at `at`, or that behind `help` at `at`.
fn server(
    command: Command,
    mut args: Vec<OsString>,
    at: usize,
    as_json: bool,
) -> anyhow::Result<ExitCode> {
    vdk_platform::process::harden();
    let mut own = args.split_off(at + 1).into_iter();
    let is_help = args.pop().is_some_and(|word| word == "help");
    let help = is_help.then_some("help".into());
    if is_help {
        own.next();
    }
    args.push("server".into());
    match command.try_get_matches_from(args) {
        Ok(matches) => {
            commands::run_server(&commands::level(&matches), help.into_iter().chain(own))
        }
        Err(error) => usage(error, &[], as_json),
    }
}

/// Prints clap's message, without anything that may be a secret.
fn usage(error: clap::Error, words: &[String], as_json: bool) -> anyhow::Result<ExitCode> {
    if let Some(failure) = unexpected(&error, words) {
        return Err(failure.into());
    }
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    let error = defused(error);
    let text = error.render();
    if as_json && error.use_stderr() {
        let why = text.to_string();
        let why = why.trim().trim_start_matches("error: ");
        return Err(Error::usage("Invalid command line.").why(why).help("vdk --help").into());
    }
    let shown = |colors: bool| if colors { text.ansi().to_string() } else { text.to_string() };
    match error.use_stderr() {
        true => error::write_stderr(&shown(error::has_colors(&io::stderr()))),
        false => formats::print(&shown(error::has_colors(&io::stdout())))?,
    }
    Ok(ExitCode::from(code))
}
