//! The command line of `vdk-control-service`: a module for each command, and the choice among them.

mod backup;
mod health;
mod import;
pub mod local;
pub mod options;
mod restore;
mod rotate_key;
pub mod token;
pub mod version;

use std::process::ExitCode;

use clap::{ArgMatches, Command};
use secrecy::ExposeSecret;

use crate::audit::verify;
use crate::cli::options::{check_config, is_set, listening, options, settings};
use crate::server::{ServeError, check_files, run, set_limits};
use crate::settings::{Settings, help};
use crate::storage::open::master_keys;
use crate::{log, operand};

/// Folder of the embedded store if no setting names one.
const FOLDER: &str = "/var/lib/vdk";

/// The version. A debug build is marked, as it must not be taken for an installed one.
const VERSION: &str = if cfg!(debug_assertions) {
    concat!(env!("CARGO_PKG_VERSION"), " (debug build)")
} else {
    env!("CARGO_PKG_VERSION")
};

const ABOUT: &str =
    "The Control Service for secrets and properties of Versatile Data Kit data jobs";

/// Examples at the end of the help.
const EXAMPLES: &str = "\
Examples:
  vdk-control-service check --config application.properties
  vdk-control-service serve --config application.properties
  vdk-control-service health --config application.properties";

/// Builds the whole command line.
pub fn command() -> Command {
    options(
        Command::new("vdk-control-service")
            .version(VERSION)
            .about(ABOUT)
            .long_about(format!(
                "{ABOUT}.\n\nWithout a command, it runs the service as serve does."
            ))
            .max_term_width(80)
            .subcommand(serve_command())
            .subcommand(check_command())
            .subcommand(health::command())
            .subcommand(token::command())
            .subcommand(rotate_key::command())
            .subcommand(backup::command())
            .subcommand(restore::command())
            .subcommand(verify::command())
            .subcommand(import::command())
            .subcommand(version::command()),
    )
    .after_help(EXAMPLES)
    .after_long_help(format!("{EXAMPLES}\n\n{}", help()))
}

fn serve_command() -> Command {
    listening(Command::new("serve"))
        .arg(check_config())
        .about("Run the service")
        .long_about(
            "Run the service until SIGTERM or SIGINT.\n\n\
             SIGHUP reopens the audit log. The log is on stderr. Exit code 2 means invalid \
             settings: a restart does not help.",
        )
        .after_long_help(help())
}

fn check_command() -> Command {
    listening(Command::new("check"))
        .about("Check the settings without starting the service")
        .long_about(
            "Check the settings without starting the service.\n\n\
             Connects to nothing and changes nothing. Exit code 0 if the settings are valid, \
             else 2.",
        )
        .after_long_help(help())
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
    match options.subcommand() {
        Some(("version", own)) => return finish(version::run(own)),
        Some(("health", own)) => return report_health(&options, own),
        _ => {}
    }
    let settings = match settings(&options, FOLDER.into()) {
        Ok(settings) => settings,
        Err(invalid) => {
            complain(&format!("invalid setting: {invalid}"));
            return ExitCode::from(2);
        }
    };
    if is_set(&options, "check-config") {
        return report_check(&settings);
    }
    let keys = master_keys(settings.master_key.clone());
    match options.subcommand() {
        None | Some(("serve", _)) => finish(run(settings, &keys, None, |_, _| {})),
        Some(("check", _)) => report_check(&settings),
        Some(("token", token)) => match token::run(settings, &keys, token) {
            Ok(false) => {
                complain(
                    "no token with this id found. List the ids: vdk-control-service token list",
                );
                ExitCode::from(4)
            }
            ran => finish(ran.map(drop)),
        },
        Some(("rotate-key", own)) => finish(rotate_key::run(&settings, own)),
        Some(("backup", own)) => ended(backup::run(&settings, own)),
        Some(("restore", own)) => ended(restore::run(&settings, own)),
        Some(("verify-audit", own)) => verify_audit(&settings, own),
        Some((_, own)) => import_properties(settings, own),
    }
}

fn finish(ran: Result<(), ServeError>) -> ExitCode {
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

fn report_check(settings: &Settings) -> ExitCode {
    for warning in &settings.warnings {
        complain(&format!("warning: {warning}"));
    }
    match check_files(settings) {
        Ok(()) => {
            complain("the settings are valid");
            ExitCode::SUCCESS
        }
        Err(invalid) => {
            complain(&format!("invalid setting: {invalid}"));
            ExitCode::from(2)
        }
    }
}

fn report_health(options: &ArgMatches, own: &ArgMatches) -> ExitCode {
    let health = health::run(options, own);
    let (Ok(line) | Err(line)) = &health;
    complain(&token::shown(line));
    // Container engines reserve the other codes.
    if health.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn verify_audit(settings: &Settings, options: &ArgMatches) -> ExitCode {
    let secret = settings.audit_key.as_ref().map(|key| key.expose_secret().as_bytes());
    let (verdict, code) = verify::run(options, secret);
    complain(&verdict);
    ExitCode::from(code)
}

fn import_properties(settings: Settings, options: &ArgMatches) -> ExitCode {
    let Some(database) = settings.database else {
        complain("spring.datasource.url is not set, so there is no database to import from");
        return ExitCode::from(2);
    };
    match import::run(database, options) {
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
    log::say(&format!("vdk-control-service: {text}"));
    log::flush();
}
