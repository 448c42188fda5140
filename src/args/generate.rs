//! `--generate` of commands that replace a value.

use clap::{Args, ValueHint};

use super::preprocess::LENGTH;

/// Names of the characters that generated values have.
pub const ALPHABETS: [&str; 4] = ["alphanumeric", "hex", "base64url", "printable"];

// A new value of random characters.
#[derive(Args)]
#[group(skip)]
pub struct GenerateArgs {
    #[arg(
        long,
        value_name = "LENGTH",
        value_hint = ValueHint::Other,
        num_args = 0..=1,
        default_missing_value = LENGTH,
        overrides_with = "generate",
        help = "Generate the new value: 8 to 4096 characters [default: 32]"
    )]
    pub generate: Option<String>,
    #[arg(
        long,
        value_name = "NAME",
        value_parser = ALPHABETS,
        overrides_with = "alphabet",
        requires = "generate",
        help = "The characters of a generated value [default: alphanumeric]"
    )]
    pub alphabet: Option<String>,
}
