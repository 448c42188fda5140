//! The options that every form of the service has, and the settings that they and the environment
//! give.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::settings::{self, Settings, SettingsError, Sources};

/// Adds the options that every form of the service has.
pub fn options(command: Command) -> Command {
    let text =
        |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    command
        .arg(
            text("config", "FILE")
                .value_parser(value_parser!(PathBuf))
                .value_hint(clap::ValueHint::FilePath)
                .help("Properties file with settings; - is stdin"),
        )
        .arg(text("address", "ADDRESS").help("Address to listen on [default: 127.0.0.1]"))
        .arg(text("port", "PORT").help("Port to listen on; 0 for any free port [default: 8092]"))
        .arg(flag("check-config").help("Check the settings without starting the service"))
        .arg(
            flag("insecure-no-authentication").help(
                "Listen beyond loopback without authentication: every client has full access",
            ),
        )
        .after_long_help(settings::help())
}

/// Reads the settings from the options, the environment and the file. `folder` is that of the
/// embedded store if none is set.
pub fn settings(options: &ArgMatches, folder: PathBuf) -> Result<Settings, SettingsError> {
    let text = |name: &str| options.get_one::<String>(name).cloned();
    let mut sources = Sources::from_environment(std::env::vars_os())?
        .with_flag("server.address", text("address"))
        .with_flag("server.port", text("port"));
    if let Some(file) = options.get_one::<PathBuf>("config") {
        sources = sources.with_file(file)?;
    }
    Settings::from_sources(&sources, folder, options.get_flag("insecure-no-authentication"))
}
