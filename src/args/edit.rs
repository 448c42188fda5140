//! The arguments of `edit`.

use clap::{Args, ValueHint};

// The arguments of `edit`.
#[derive(Args)]
#[group(skip)]
pub struct EditArgs {
    #[arg(
        value_name = "KEY",
        value_hint = ValueHint::Other,
        help = "One key, as plain text [default: all keys, as JSON]"
    )]
    pub key: Option<String>,
    #[arg(long, overrides_with = "resume", help = "Go on with the text that could not be stored")]
    pub resume: bool,
    #[arg(short, long, overrides_with = "yes", help = "Do not ask")]
    pub yes: bool,
}
