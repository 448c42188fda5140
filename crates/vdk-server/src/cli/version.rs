//! The command `version`: the version, and how the program was built.

use std::io::Write;

use clap::{Arg, ArgMatches, Command};

use crate::build_info::{VERSION, details};
use crate::server::ServeError;

/// Builds the command `version`.
pub fn command() -> Command {
    Command::new("version").about("Show the version, and how the program was built").arg(
        Arg::new("output")
            .short('o')
            .long("output")
            .value_name("FORMAT")
            .value_parser(["text", "json"])
            .default_value("text")
            .help("Output format"),
    )
}

/// Runs the command. The output has the form of `vdk version`.
pub fn run(options: &ArgMatches) -> Result<(), ServeError> {
    let is_json = options.get_one::<String>("output").is_some_and(|format| format == "json");
    let text = if is_json {
        let details = details().map(|(name, value)| format!("\"{name}\": \"{value}\"")).join(", ");
        format!("{{\"version\": \"{VERSION}\", \"build_details\": {{{details}}}}}")
    } else {
        let details = details().map(|(name, value)| format!("{name}={value}")).join(", ");
        format!("Version: {VERSION}\nBuild details: {details}")
    };
    writeln!(std::io::stdout().lock(), "{text}").map_err(|error| ServeError(error.to_string()))
}
