//! The arguments of `diff`, `copy` and `move`: two sides, and what happens to the keys of the other.

use clap::{ArgAction, Args, ValueHint};
use vdk_api::Collection;
use vdk_client::Error;
use vdk_client::change::Existing;

use super::import::FileArgs;
use super::{OutputArgs, PreviewArgs};

const OTHER: &str = "The other side; what is not given is as on this side";
const HOW: &str = "What happens to keys of the other side";
const READ: &str = "How a file is read";

// The other side.
#[derive(Args, Default)]
#[group(skip)]
pub struct OtherArgs {
    #[arg(
        long,
        value_name = "JOB",
        value_hint = ValueHint::Other,
        overrides_with = "to_name",
        help = "The other data job"
    )]
    pub to_name: Option<String>,
    #[arg(
        long,
        value_name = "TEAM",
        value_hint = ValueHint::Other,
        overrides_with = "to_team",
        help = "The other team"
    )]
    pub to_team: Option<String>,
    #[arg(
        long,
        value_name = "URL",
        value_hint = ValueHint::Url,
        overrides_with = "to_url",
        help = "The other Control Service, or local"
    )]
    pub to_url: Option<String>,
    #[arg(long, overrides_with = "to_secrets", help = "The secrets")]
    to_secrets: bool,
    #[arg(long, overrides_with = "to_properties", help = "The properties")]
    to_properties: bool,
}

impl OtherArgs {
    /// Returns the secrets of the same job as the other side.
    pub fn secrets() -> Self {
        OtherArgs { to_secrets: true, ..OtherArgs::default() }
    }

    /// Returns the collection of the other side, if it is given.
    pub fn collection(&self) -> Result<Option<Collection>, Error> {
        match (self.to_secrets, self.to_properties) {
            (false, false) => Ok(None),
            (true, false) => Ok(Some(Collection::Secrets)),
            (false, true) => Ok(Some(Collection::Properties)),
            (true, true) => Err(Error::usage("Invalid arguments")
                .why("--to-secrets and --to-properties contradict each other.")
                .help("Leave one of them out.")),
        }
    }

    /// Returns whether anything of the other side is given.
    pub fn is_given(&self) -> bool {
        self.to_name.is_some()
            || self.to_team.is_some()
            || self.to_url.is_some()
            || self.to_secrets
            || self.to_properties
    }
}

// What happens to stored keys.
#[derive(Args, Clone, Copy)]
#[group(skip)]
pub struct ExistingArgs {
    #[arg(long, overrides_with = "overwrite", help = "Replace stored values that differ")]
    overwrite: bool,
    #[arg(long, overrides_with = "keep_existing", help = "Leave stored keys as they are")]
    keep_existing: bool,
}

impl ExistingArgs {
    /// Returns the rule that is asked for.
    pub fn rule(&self) -> Result<Existing, Error> {
        match (self.overwrite, self.keep_existing) {
            (false, false) => Ok(Existing::Refuse),
            (true, false) => Ok(Existing::Overwrite),
            (false, true) => Ok(Existing::Keep),
            (true, true) => Err(Error::usage("Invalid arguments")
                .why("--overwrite and --keep-existing contradict each other.")
                .help("Leave one of them out.")),
        }
    }
}

// The arguments of `copy` and `move`.
#[derive(Args)]
#[group(skip)]
pub struct TransferArgs {
    #[arg(
        value_name = "KEY",
        value_hint = ValueHint::Other,
        help = "The keys; * stands for any text"
    )]
    pub keys: Vec<String>,
    #[arg(long, overrides_with = "all", help = "All keys")]
    pub all: bool,
    #[command(flatten)]
    pub preview: PreviewArgs,
    #[command(flatten, next_help_heading = OTHER)]
    pub other: OtherArgs,
    #[arg(
        long,
        value_name = "OLD=NEW",
        value_hint = ValueHint::Other,
        action = ArgAction::Append,
        help_heading = HOW,
        help = "Give a key another name there"
    )]
    pub rename: Vec<String>,
    #[arg(
        long,
        value_name = "TEXT",
        value_hint = ValueHint::Other,
        overrides_with = "prefix",
        help_heading = HOW,
        help = "Put this before the name of each other key"
    )]
    pub prefix: Option<String>,
    #[command(flatten, next_help_heading = HOW)]
    pub existing: ExistingArgs,
    #[arg(
        long,
        overrides_with = "yes_expose",
        help_heading = HOW,
        help = "Make secrets properties, which are shown and may be stored as plain text"
    )]
    pub yes_expose: bool,
}

// The arguments of `diff`.
#[derive(Args)]
#[group(skip)]
pub struct DiffArgs {
    #[arg(long, overrides_with = "exit_code", help = "Exit with 1 if anything differs")]
    pub exit_code: bool,
    #[arg(long, overrides_with = "show_secrets", help = "Show the values that differ")]
    pub show_secrets: bool,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten, next_help_heading = OTHER)]
    pub other: OtherArgs,
    #[arg(
        long,
        value_name = "VERSION",
        overrides_with = "to_version",
        help_heading = OTHER,
        help = "An older version, as history shows it"
    )]
    pub to_version: Option<String>,
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        overrides_with = "to_file",
        help_heading = OTHER,
        help = "A file, as import reads it; - is stdin"
    )]
    pub to_file: Option<String>,
    #[command(flatten, next_help_heading = READ)]
    pub file: FileArgs,
}
