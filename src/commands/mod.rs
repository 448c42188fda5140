//! One module per command, and the dispatch to them.

mod access;
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
use vdk_api::Collection;

pub use other::{hand_over, has_other_vdk};
pub use server::run as run_server;

use crate::exit::Exit;
use crate::talk::Talk;

/// Runs the command that `matches` names.
pub fn dispatch(matches: &ArgMatches) -> anyhow::Result<Exit> {
    let talk = Talk::new(level(matches));
    match matches.subcommand() {
        Some(("secrets", flags)) => key_values::run(Collection::Secrets, flags, talk),
        Some(("properties", flags)) => key_values::run(Collection::Properties, flags, talk),
        Some(("set-default", flags)) => defaults::set(flags, talk),
        Some(("reset-default", flags)) => defaults::reset(flags, talk),
        Some(("login", flags)) => login::run(flags, talk),
        Some(("logout", flags)) => login::log_out(flags, talk),
        Some(("access", flags)) => access::run(flags, talk),
        Some(("info", flags)) => info::run(flags, talk),
        Some(("local", flags)) => local::run(flags, talk),
        Some(("version", flags)) => version::run(flags),
        Some(("completion", flags)) => completion::run(flags, talk),
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
