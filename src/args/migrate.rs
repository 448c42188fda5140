//! The arguments of `vdk properties migrate`.

use clap::{Args, ValueHint};

use super::PreviewArgs;
use super::transfer::ExistingArgs;

// Which properties become secrets, and how.
#[derive(Args)]
#[group(skip)]
#[command(after_help = "\
Without keys, those are taken whose name or value looks like a credential, as rule VDK004 of vdk check \
finds them. They are written to the secrets, read back, and deleted here if they are still as they \
were; after an interruption the same command goes on. In the folder of the job, the code that reads \
them as properties is listed, and SQL that has one in braces stops the command, as VDK puts no secrets \
there: --yes goes on.

Examples:
  vdk properties -n ingest migrate --dry-run
  vdk properties -n ingest migrate db-password
  vdk properties -n ingest migrate db-password --keep")]
pub struct MigrateArgs {
    #[arg(value_name = "KEY", value_hint = ValueHint::Other, help = "The keys; * stands for any text")]
    pub keys: Vec<String>,
    #[arg(
        long,
        overrides_with = "looks_secret",
        conflicts_with = "keys",
        help = "Those that look like credentials, as without any key"
    )]
    pub looks_secret: bool,
    #[arg(
        long,
        overrides_with = "keep",
        help = "Leave the properties as they are, for jobs that still read them"
    )]
    pub keep: bool,
    #[command(flatten)]
    pub preview: PreviewArgs,
    #[command(flatten)]
    pub existing: ExistingArgs,
}
