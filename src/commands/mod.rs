//! One module per command with its arguments and its work, and the command line that they make.

mod access;
mod across;
mod carry;
mod check;
pub mod complete;
mod completion;
mod defaults;
mod describe;
mod diff;
mod edit;
mod exec;
mod expiring;
mod export;
mod external;
mod file;
mod find;
pub mod generate;
mod import;
mod info;
mod job;
pub mod job_store;
mod jobs;
mod key_values;
pub mod local;
mod login;
mod migrate;
mod names;
#[cfg(unix)]
mod private_files;
mod replace;
mod rotate;
mod server;
mod subset;
mod transfer;
mod version;
mod versions;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
pub use external::{hand_over, has_other_vdk};
pub use server::run as run_server;

use crate::args::GlobalArgs;
use crate::args::collections::{PropertiesArgs, SecretsArgs};
use crate::args::help::{ENVIRONMENT, EXIT_CODES, FILES, FIRST_STEPS, PROGRAMS, TEMPLATE, VERSION};
use crate::context::Context;
use crate::error::Exit;

/// The whole command line.
#[derive(Parser)]
#[command(
    name = "vdk",
    version = VERSION,
    about = "Secrets and properties of Versatile Data Kit data jobs",
    long_about = "\
Secrets and properties of Versatile Data Kit data jobs, from the terminal.

They are kept by a Control Service (-u URL) or in an encrypted store on this machine (-u local). A \
command that is not listed here, such as run or deploy, is handed to the Python vdk: that of the same \
Python environment, or the next vdk on PATH.",
    before_help = FIRST_STEPS,
    help_template = TEMPLATE,
    after_help = "vdk --help also lists exit codes, environment variables and files.",
    after_long_help = format!("{EXIT_CODES}\n\n{ENVIRONMENT}\n\n{FILES}\n\n{PROGRAMS}"),
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 80
)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

// Of a command that is not named on the command line, only what the list of commands shows is made.
#[derive(Subcommand)]
#[command(defer = true)]
enum Command {
    #[command(about = "Set, get, list and delete secrets of a data job")]
    Secrets(SecretsArgs),
    #[command(about = "Set, get, list and delete properties of a data job")]
    Properties(PropertiesArgs),
    #[command(about = "List the jobs of a team that have secrets or properties")]
    Jobs(jobs::JobsArgs),
    #[command(about = "Check what a job's code needs against what is set")]
    Check(check::CheckArgs),
    #[command(about = "Log in to a Control Service")]
    Login(login::LoginArgs),
    #[command(about = "Forget the login, and revoke it if the provider can")]
    Logout(login::LogoutArgs),
    #[command(about = "Show and change the roles in a team")]
    Access(access::AccessArgs),
    #[command(about = "Save a default team or Control Service")]
    SetDefault(defaults::SetArgs),
    #[command(about = "Forget a saved default")]
    ResetDefault(defaults::ResetArgs),
    #[command(about = "Show the version of a Control Service, and its Python versions")]
    Info(info::InfoArgs),
    #[command(about = "Maintain the encrypted store on this machine (-u local)")]
    Local(local::LocalArgs),
    #[command(about = "Show the version")]
    Version(crate::args::OutputArgs),
    #[command(about = "Print the completions of a shell")]
    Completion(completion::CompletionArgs),
    // Its options are those of the program that it becomes.
    #[command(about = "Run a Control Service on this machine")]
    Server,
    #[command(about = "Read and write key/values for a program, over stdin", hide = true)]
    JobStore,
}

/// Returns the command line as clap sees it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command that `matches` names.
pub fn dispatch(mut matches: clap::ArgMatches) -> anyhow::Result<ExitCode> {
    let Cli { global, command } = Cli::from_arg_matches_mut(&mut matches)?;
    let context = &Context::new(global.level());
    let exit = match command {
        Command::Secrets(args) => return key_values::secrets(args, context),
        Command::Properties(args) => return key_values::properties(args, context),
        Command::Jobs(args) => jobs::run(&args, context),
        Command::Check(args) => check::run(&args, context),
        Command::Login(args) => login::run(args, context),
        Command::Logout(args) => login::log_out(&args, context),
        Command::Access(args) => access::run(args, context),
        Command::SetDefault(args) => defaults::set(&args, context),
        Command::ResetDefault(args) => defaults::reset(&args, context),
        Command::Info(args) => info::run(&args, context),
        Command::Local(args) => local::run(args, context),
        Command::Version(args) => version::run(&args),
        Command::Completion(args) => completion::run(args, context),
        Command::JobStore => job_store::run(context),
        // Its words are another program's, so that none are left here.
        Command::Server => {
            server::run(global.level(), std::iter::empty()).map(|_| Exit::Unavailable)
        }
    };
    exit.map(ExitCode::from)
}

/// Returns the level of messages that the options before the command ask for.
pub fn level(matches: &clap::ArgMatches) -> String {
    let global = GlobalArgs::from_arg_matches(matches);
    global.map_or_else(|_| "INFO".into(), |global| global.level().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use clap::{ArgAction, ArgMatches};

    use super::command;

    fn matches(line: &str) -> Result<ArgMatches, clap::Error> {
        command().try_get_matches_from(["vdk"].into_iter().chain(line.split(' ')))
    }

    #[test]
    fn defines_valid_commands() {
        let mut command = command();
        command.build();
        command.debug_assert();
    }

    #[test]
    fn accepts_values_that_look_like_options() {
        let line = "secrets --set -k -- --set a --list -n j";
        let matches = matches(line).unwrap();
        let secrets = matches.subcommand_matches("secrets").unwrap();
        let sets: Vec<&String> = secrets.get_many("set").unwrap().collect();
        assert_eq!(sets, ["-k", "--", "a", "--list"]);
        assert!(!secrets.get_flag("list"));
        assert_eq!(secrets.get_one::<String>("name").unwrap(), "j");
    }

    #[test]
    fn uses_the_last_of_repeated_options() {
        let line = "-v INFO -v DEBUG secrets -n a -n b -t c -t d -o text -o json -u x -u y";
        let matches = matches(line).unwrap();
        let secrets = matches.subcommand_matches("secrets").unwrap();
        for (option, last) in
            [("name", "b"), ("team", "d"), ("output", "json"), ("rest_api_url", "y")]
        {
            assert_eq!(secrets.get_one::<String>(option).unwrap(), last);
        }
    }

    /// Checks each option that does not collect values: it overrides itself.
    fn options_override_themselves(command: &clap::Command) {
        for arg in command.get_arguments().filter(|arg| !arg.is_positional()) {
            if matches!(arg.get_action(), ArgAction::Set | ArgAction::SetTrue) {
                let shown = format!("{arg:?}");
                let own = format!("overrides: [\n        \"{}\"", arg.get_id());
                let own = [own, format!("overrides: [\"{}\"", arg.get_id())];
                assert!(
                    own.iter().any(|own| shown.contains(own)),
                    "{} {shown}",
                    command.get_name()
                );
            }
        }
        command.get_subcommands().for_each(options_override_themselves);
    }

    #[test]
    fn allows_every_option_to_be_repeated() {
        let mut command = command();
        command.build();
        options_override_themselves(&command);
    }

    #[test]
    fn accepts_the_originals_spellings() {
        for line in [
            "-v debug secrets --delete-all-job-secrets -o JSON",
            "secrets --delete-all-job-properties",
            "properties --overwrite-all-job-properties -",
            "properties --overwrite-all-job-secrets=f",
        ] {
            matches(line).unwrap();
        }
        for line in
            ["secrets --lis", "secrets -v DEBUG", "secrets word", "properties --show-secrets"]
        {
            assert!(matches(line).is_err(), "{line}");
        }
    }
}
