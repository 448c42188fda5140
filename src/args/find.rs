//! The arguments of `find`, and those that it shares with `replace`.

use clap::{Args, ValueHint};

use super::OutputArgs;

// What is looked for, and where.
#[derive(Args)]
#[group(skip)]
pub struct FindArgs {
    #[arg(
        long,
        value_name = "PATTERN",
        value_hint = ValueHint::Other,
        overrides_with = "key",
        conflicts_with_all = ["contains", "short"],
        help = "Find keys by name; * stands for any text. No value is asked for"
    )]
    pub key: Option<String>,
    #[arg(
        long,
        overrides_with = "contains",
        help = "Also find the value as a part of others, such as of a URL or a JSON object, and encoded"
    )]
    pub contains: bool,
    #[command(flatten)]
    pub across: AcrossArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

// Which jobs a command goes over, and what it takes there.
#[derive(Args)]
#[group(skip)]
pub struct AcrossArgs {
    #[arg(long, overrides_with = "short", help = "Allow a value of fewer than 4 characters")]
    pub short: bool,
    #[arg(long, overrides_with = "both", help = "Look in the secrets and the properties")]
    pub both: bool,
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        overrides_with = "jobs",
        help = "Look in these jobs: a name a line; - is stdin. For services that list no jobs"
    )]
    pub jobs: Option<String>,
}
