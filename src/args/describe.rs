//! The arguments of `vdk secrets describe` and `vdk secrets rotate`.

use clap::{Args, ValueHint};

use vdk_client::Error;

use super::OutputArgs;
use super::generate::GenerateArgs;
use super::preprocess::LENGTH;

// A key, and what is to be known of it.
#[derive(Args)]
#[group(skip)]
#[command(after_help = "\
Without options, the metadata is shown: of one key or of all, and never a value. An empty text removes a \
field. Days are in UTC. It is due a time after the last rotation, or after that time was set; an expiry \
that is earlier counts. A secret that is overdue or has expired can still be read.

The metadata is kept beside the secrets. Jobs do not see it, and it goes with its key. For a Control \
Service that keeps none, it is in the file keys.toml in the folder of the data job.

Examples:
  vdk secrets -n ingest describe
  vdk secrets -n ingest describe db-password --description 'Orders DB' --owner data-team
  vdk secrets -n ingest describe db-password --rotate-every 90d --expires 2027-01-31
  vdk secrets -n ingest describe db-password --expires ''")]
pub struct DescribeArgs {
    #[arg(value_name = "KEY", value_hint = ValueHint::Other, help = "The key")]
    pub key: Option<String>,
    #[arg(
        long,
        value_name = "TEXT",
        value_hint = ValueHint::Other,
        overrides_with = "description",
        requires = "key",
        allow_hyphen_values = true,
        help = "What the value is for"
    )]
    pub description: Option<String>,
    #[arg(
        long,
        value_name = "NAME",
        value_hint = ValueHint::Other,
        overrides_with = "owner",
        requires = "key",
        allow_hyphen_values = true,
        help = "The person or team that can replace it"
    )]
    pub owner: Option<String>,
    #[arg(
        long,
        value_name = "TIME",
        value_hint = ValueHint::Other,
        overrides_with = "rotate_every",
        requires = "key",
        allow_hyphen_values = true,
        help = "The time after which it has to be replaced again, such as 90d or 12w"
    )]
    pub rotate_every: Option<String>,
    #[arg(
        long,
        value_name = "DAY",
        value_hint = ValueHint::Other,
        overrides_with = "expires",
        requires = "key",
        allow_hyphen_values = true,
        help = "The last day on which it is valid, such as 2027-01-31"
    )]
    pub expires: Option<String>,
    #[arg(
        long,
        overrides_with = "history",
        conflicts_with_all = ["description", "owner", "rotate_every", "expires"],
        help = "Show who changed the metadata of which keys, and when"
    )]
    pub history: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

// A key, and where its new value comes from.
#[derive(Args)]
#[group(skip)]
#[command(after_help = "\
The key must exist. A hidden prompt asks for the new value, twice; without a terminal it is a line of \
stdin. The day is recorded in the metadata, and at the end of the description. After an interruption, \
the same command with the same value completes it; a generated value that is stored already stays.

Examples:
  vdk secrets -n ingest rotate db-password
  vdk secrets -n ingest rotate token --generate 40
  vdk secrets -n ingest rotate tls-key --file new.pem")]
pub struct RotateArgs {
    #[arg(
        value_name = "KEY",
        value_hint = ValueHint::Other,
        required_unless_present = "generate",
        help = "The key"
    )]
    key: Option<String>,
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        overrides_with = "file",
        conflicts_with = "generate",
        help = "Read the new value from a file, byte for byte; - is stdin"
    )]
    pub file: Option<String>,
    #[command(flatten)]
    pub generate: GenerateArgs,
    #[arg(
        long,
        overrides_with = "print",
        requires = "generate",
        help = "Print the generated value"
    )]
    pub print: bool,
    #[arg(
        long,
        overrides_with = "same",
        conflicts_with_all = ["generate", "file"],
        help = "Record a rotation that was made elsewhere: the stored value stays"
    )]
    pub same: bool,
}

impl RotateArgs {
    /// Returns the key, and the length of a generated value. Behind `--generate` may be either.
    pub fn key_and_length(&self) -> Result<(&str, Option<&str>), Error> {
        match (&self.key, &self.generate.generate) {
            (Some(key), length) => Ok((key, length.as_deref())),
            (None, Some(key)) if key != LENGTH => Ok((key, Some(LENGTH))),
            _ => Err(Error::usage("Invalid arguments")
                .why("No key is given.")
                .help("Name it: rotate KEY --generate")),
        }
    }
}
