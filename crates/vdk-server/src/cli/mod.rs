//! The command line of `vdk-control-service`.

mod backup;
mod import;
pub mod local;
pub mod options;
mod restore;
mod rotate_key;
pub mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use secrecy::ExposeSecret;

use crate::audit::verify;
use crate::cli::import::import;
use crate::cli::options::{options, settings};
use crate::operand;
use crate::server::{run, set_limits};
use crate::settings::{Settings, help};
use crate::storage::open::master_keys;

/// Folder of the embedded store if no setting names one.
const FOLDER: &str = "/var/lib/vdk";

/// The version. A debug build is marked, as it must not be taken for an installed one.
const VERSION: &str = if cfg!(debug_assertions) {
    concat!(env!("CARGO_PKG_VERSION"), " (debug build)")
} else {
    env!("CARGO_PKG_VERSION")
};

/// Examples at the end of the help.
const EXAMPLES: &str = "\
Examples:
  vdk-control-service --config application.properties --check-config
  vdk-control-service --config application.properties";

/// Builds the whole command line.
pub fn command() -> Command {
    options(
        Command::new("vdk-control-service")
            .version(VERSION)
            .about("The Control Service for secrets and properties of Versatile Data Kit data jobs")
            .max_term_width(80)
            .args_conflicts_with_subcommands(false)
            .subcommand(token::command())
            .subcommand(rotate_key::command())
            .subcommand(backup::command())
            .subcommand(restore::command())
            .subcommand(verify::command())
            .subcommand(
                Command::new("import-properties")
                    .about("Import the properties of an original Control Service")
                    .long_about(
                        "Import the properties of an original Control Service.\n\n\
                         Copy the table job_properties of the configured database into the \
                         tables of this service. Each job becomes the first version of its \
                         properties. Jobs that already have properties here are skipped. The \
                         table itself is not changed. If any job has no team, nothing is imported.",
                    )
                    .arg(
                        Arg::new("teams")
                            .long("teams")
                            .value_name("FILE")
                            .required(true)
                            .value_parser(value_parser!(PathBuf))
                            .help("JSON with each job's team: {\"job\": \"team\"}; - is stdin"),
                    ),
            ),
    )
    .after_help(EXAMPLES)
    .after_long_help(format!("{EXAMPLES}\n\n{}", help()))
}

/// Runs `vdk-control-service`.
pub fn main() -> ExitCode {
    set_limits();
    vdk_platform::on_panic(|place| complain(&format!("panicked at {place}")));
    let mut words = std::env::args_os().skip(1).peekable();
    if words.next_if(|word| word == local::COMMAND).is_some() {
        return local::main(words);
    }
    let options = command().try_get_matches();
    let options = options.unwrap_or_else(|error| operand::without_words(error).exit());
    let settings = match settings(&options, FOLDER.into()) {
        Ok(settings) => settings,
        Err(invalid) => {
            complain(&format!("invalid setting: {invalid}"));
            return ExitCode::from(2);
        }
    };
    if options.get_flag("check-config") {
        complain("the settings are valid");
        return ExitCode::SUCCESS;
    }
    let keys = master_keys(settings.master_key.clone());
    let ran = match options.subcommand() {
        Some(("token", token)) => match token::run(settings, &keys, token) {
            Ok(true) => Ok(()),
            Ok(false) => {
                complain(
                    "no token with this id found. List the ids: vdk-control-service token list",
                );
                return ExitCode::from(4);
            }
            Err(failed) => Err(failed),
        },
        Some(("rotate-key", options)) => rotate_key::run(&settings, options),
        Some(("backup", options)) => return ended(backup::run(&settings, options)),
        Some(("restore", options)) => return ended(restore::run(&settings, options)),
        Some(("verify-audit", options)) => return verify_audit(&settings, options),
        Some((_, import)) => return import_properties(settings, import),
        None => run(settings, &keys, None, |_, _| {}),
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            complain(&failed.to_string());
            ExitCode::from(6)
        }
    }
}

fn ended(done: Result<(), backup::Failed>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(backup::Failed(code, why)) => {
            complain(&why);
            ExitCode::from(code)
        }
    }
}

fn verify_audit(settings: &Settings, options: &ArgMatches) -> ExitCode {
    let secret = settings.audit_key.as_ref().map(|key| key.expose_secret().as_bytes());
    let (verdict, code) = verify::run(options, secret);
    complain(&verdict);
    ExitCode::from(code)
}

fn import_properties(settings: Settings, options: &ArgMatches) -> ExitCode {
    let teams = options.get_one::<PathBuf>("teams").cloned().unwrap_or_default();
    let Some(database) = settings.database else {
        complain("spring.datasource.url is not set, so there is no database to import from");
        return ExitCode::from(2);
    };
    match import(database, &teams) {
        Ok(done) => {
            complain(&done);
            ExitCode::SUCCESS
        }
        Err(failed) => {
            complain(&failed.to_string());
            ExitCode::from(2)
        }
    }
}

fn complain(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "vdk-control-service: {text}");
}
