//! The arguments of `vdk secrets` and `vdk properties`: those that they share, and what only one has.

use clap::{ArgMatches, Args, Command, FromArgMatches, ValueHint};

use super::Beside;
use super::describe::{DescribeArgs, RotateArgs};
use super::generate::ALPHABETS;
use super::key_values::{KeyValueArgs, READ, WRITE, WhichArgs, named};
use super::migrate::MigrateArgs;

/// The arguments of `vdk secrets`.
pub struct SecretsArgs {
    /// The options that properties have as well.
    pub common: KeyValueArgs,
    /// Those that they do not have.
    pub own: SecretOptions,
    /// A command that they do not have, if one is asked for.
    pub command: Option<SecretCommand>,
}

/// A command of secrets only.
pub enum SecretCommand {
    /// `describe`.
    Describe(Beside<WhichArgs, DescribeArgs>),
    /// `rotate`.
    Rotate(Beside<WhichArgs, RotateArgs>),
}

/// The arguments of `vdk properties`.
pub struct PropertiesArgs {
    /// What secrets have as well.
    pub common: KeyValueArgs,
    /// `migrate`, if it is asked for.
    pub migrate: Option<Beside<WhichArgs, MigrateArgs>>,
}

/// The subcommand that secrets do not have, and those that properties do not have.
const MIGRATE: &str = "migrate";
const DESCRIBE: &str = "describe";
const ROTATE: &str = "rotate";

// Options of secrets only.
#[derive(Args, Default)]
#[group(skip)]
pub struct SecretOptions {
    #[arg(
        long,
        overrides_with = "show_secrets",
        requires = "list",
        conflicts_with = "expiring",
        help_heading = READ,
        help = "Show the values too, with --list"
    )]
    pub show_secrets: bool,
    #[arg(
        long,
        value_name = "TIME",
        value_hint = ValueHint::Other,
        overrides_with = "expiring",
        requires = "list",
        help_heading = READ,
        help = "With --list: the keys of all jobs of the team that are due within TIME, such as 30d",
    )]
    pub expiring: Option<String>,
    #[arg(
        long,
        overrides_with = "exit_code",
        requires = "expiring",
        hide_short_help = true,
        help_heading = READ,
        help = "With --expiring: exit with 1 if any key is due"
    )]
    pub exit_code: bool,
    /// Keys and lengths, in turn.
    #[arg(
        long,
        num_args = 2,
        value_names = ["KEY", "LENGTH"],
        value_hint = ValueHint::Other,
        allow_hyphen_values = true,
        help_heading = WRITE,
        help = "Set a secret to random characters; LENGTH is 32 if it is left out"
    )]
    pub set_generated: Vec<String>,
    #[arg(
        long,
        value_name = "NAME",
        value_parser = ALPHABETS,
        overrides_with = "alphabet",
        requires = "set_generated",
        hide_short_help = true,
        help_heading = WRITE,
        help = "The characters of generated values [default: alphanumeric]"
    )]
    pub alphabet: Option<String>,
    #[arg(
        long,
        overrides_with = "print",
        requires = "set_generated",
        conflicts_with = "dry_run",
        hide_short_help = true,
        help_heading = WRITE,
        help = "Print the generated value"
    )]
    pub print: bool,
}

/// Takes the subcommand `name` out of `matches`, if it is there.
fn taken<A: Args>(
    matches: &mut ArgMatches,
    name: &str,
) -> Result<Option<Beside<WhichArgs, A>>, clap::Error> {
    let is_it = matches.subcommand_name() == Some(name);
    let own = is_it.then(|| matches.remove_subcommand()).flatten();
    own.map(|(_, mut own)| Beside::from_arg_matches_mut(&mut own)).transpose()
}

impl FromArgMatches for SecretsArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        let command = match taken(matches, DESCRIBE)? {
            Some(own) => Some(SecretCommand::Describe(own)),
            None => taken(matches, ROTATE)?.map(SecretCommand::Rotate),
        };
        let own = SecretOptions::from_arg_matches_mut(matches)?;
        Ok(SecretsArgs { common: KeyValueArgs::from_arg_matches_mut(matches)?, own, command })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for SecretsArgs {
    fn augment_args(command: Command) -> Command {
        let command = SecretOptions::augment_args(KeyValueArgs::augment_args(command));
        let describe = Command::new(DESCRIBE)
            .about("Show or change what is known of secrets: whose they are, and when they are due")
            .defer(DescribeArgs::augment_args);
        let rotate = Command::new(ROTATE)
            .about("Replace the value of a secret, and record the day")
            .defer(RotateArgs::augment_args);
        let command = command.subcommand(describe).subcommand(rotate);
        named(command, "secret", "secrets", "List the keys")
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for PropertiesArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        let migrate = taken(matches, MIGRATE)?;
        Ok(PropertiesArgs { common: KeyValueArgs::from_arg_matches_mut(matches)?, migrate })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for PropertiesArgs {
    fn augment_args(command: Command) -> Command {
        let command = KeyValueArgs::augment_args(command);
        let migrate = Command::new(MIGRATE)
            .about("Move properties that are credentials to the secrets")
            .defer(MigrateArgs::augment_args);
        named(command.subcommand(migrate), "property", "properties", "List keys and values")
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
