//! One module per command, and the dispatch to them.

mod access;
mod browser;
mod completion;
mod defaults;
mod info;
mod job;
mod key_values;
mod local;
mod login;
mod other;
mod rotate_key;
mod server;
mod version;
mod versions;

use clap::ArgMatches;
pub use other::{hand_over, has_other_vdk};
pub use server::run as run_server;
use vdk_api::Collection;

use crate::error::Exit;
use crate::terminal::reporter::TerminalReporter;

/// Runs the command that `matches` names.
pub fn dispatch(matches: &ArgMatches) -> anyhow::Result<Exit> {
    let reporter = TerminalReporter::new(level(matches));
    match matches.subcommand() {
        Some(("secrets", flags)) => key_values::run(Collection::Secrets, flags, reporter),
        Some(("properties", flags)) => key_values::run(Collection::Properties, flags, reporter),
        Some(("set-default", flags)) => defaults::set(flags, reporter),
        Some(("reset-default", flags)) => defaults::reset(flags, reporter),
        Some(("login", flags)) => login::run(flags, reporter),
        Some(("logout", flags)) => login::log_out(flags, reporter),
        Some(("access", flags)) => access::run(flags, reporter),
        Some(("info", flags)) => info::run(flags, reporter),
        Some(("local", flags)) => local::run(flags, reporter),
        Some(("version", flags)) => version::run(flags),
        Some(("completion", flags)) => completion::run(flags, reporter),
        // clap requires one of the commands above.
        _ => Ok(Exit::Usage),
    }
}

/// Returns the text of an option, if it was given.
fn text<'a>(flags: &'a ArgMatches, name: &str) -> Option<&'a str> {
    flags.get_one::<String>(name).map(String::as_str)
}

/// Returns true if `-o json` was given to a command that supports text and json.
fn wants_json(flags: &ArgMatches) -> bool {
    text(flags, "output").is_some_and(|format| format.eq_ignore_ascii_case("json"))
}

/// Returns the level of messages that the options before the command ask for.
pub fn level(matches: &ArgMatches) -> &str {
    let level = matches.get_one::<String>("verbosity").map_or("INFO", String::as_str);
    if matches.get_flag("dev") { "DEBUG" } else { level }
}
