//! The options that every form of the service has, and the settings that they and the environment
//! give.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::settings::{self, Settings, SettingsError, Sources};

/// Adds the options that every form of the service has.
pub fn options(command: Command) -> Command {
    listening(command)
        .arg(config().global(true))
        .arg(check_config())
        .after_long_help(settings::help())
}

/// Adds the options that say where the service listens, and for whom.
pub fn listening(command: Command) -> Command {
    address(command).arg(
        flag("insecure-no-authentication")
            .help("Listen beyond loopback without authentication: every client has full access"),
    )
}

/// Adds the options of the address.
pub fn address(command: Command) -> Command {
    let text =
        |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    command
        .arg(text("address", "ADDRESS").help("Address to listen on [default: 127.0.0.1]"))
        .arg(text("port", "PORT").help("Port to listen on; 0 for any free port [default: 8092]"))
}

/// Returns the option that checks the settings only.
pub fn check_config() -> Arg {
    flag("check-config").help("Check the settings without starting the service")
}

fn config() -> Arg {
    Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .value_hint(clap::ValueHint::FilePath)
        .help("Properties file with settings; - is stdin")
}

fn flag(name: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue)
}

/// Reads the settings from the options, the environment and the file. `folder` is that of the
/// embedded store if none is set.
pub fn settings(options: &ArgMatches, folder: PathBuf) -> Result<Settings, SettingsError> {
    Settings::from_sources(
        &sources(options)?,
        folder,
        is_set(options, "insecure-no-authentication"),
    )
}

/// Reads the sources of the settings. An option may stand before the subcommand or behind it.
pub fn sources(options: &ArgMatches) -> Result<Sources, SettingsError> {
    let text = |name| innermost::<String>(options, name).cloned();
    let mut sources = Sources::from_environment(std::env::vars_os())?
        .with_flag("server.address", text("address"))
        .with_flag("server.port", text("port"));
    if let Some(file) = innermost::<PathBuf>(options, "config") {
        sources = sources.with_file(file)?;
    }
    Ok(sources)
}

/// Returns whether a flag stands before the subcommand or behind it.
pub fn is_set(options: &ArgMatches, name: &str) -> bool {
    levels(options).any(|level| matches!(level.try_get_one::<bool>(name), Ok(Some(true))))
}

fn innermost<'a, T: Clone + Send + Sync + 'static>(
    options: &'a ArgMatches,
    name: &str,
) -> Option<&'a T> {
    levels(options).filter_map(|level| level.try_get_one::<T>(name).ok().flatten()).last()
}

fn levels(options: &ArgMatches) -> impl Iterator<Item = &ArgMatches> {
    std::iter::successors(Some(options), |level| level.subcommand().map(|(_, inner)| inner))
}
