//! The arguments of `replace`.

use clap::{Args, ValueHint};

use super::PreviewArgs;
use super::find::AcrossArgs;
use super::generate::GenerateArgs;

// Both values, where they are replaced, and how that is asked about.
#[derive(Args)]
#[group(skip)]
pub struct ReplaceArgs {
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        overrides_with = "old_file",
        help = "Read the old value from a file, without the line end behind it; - is stdin"
    )]
    pub old_file: Option<String>,
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        overrides_with = "new_file",
        conflicts_with = "generate",
        help = "Read the new value from a file, as the old one"
    )]
    pub new_file: Option<String>,
    #[command(flatten)]
    pub generate: GenerateArgs,
    #[command(flatten)]
    pub across: AcrossArgs,
    #[command(flatten)]
    pub preview: PreviewArgs,
}
