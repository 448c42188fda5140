//! The arguments of `import`.

use clap::{Args, ValueHint};

use super::PreviewArgs;
use super::subset::{RenamingArgs, SubsetArgs};
use super::transfer::ExistingArgs;

const WHICH: &str = "Which keys, under which names";
const HOW: &str = "What happens to stored keys";
const READ: &str = "How the file is read";

/// The formats of `import`.
pub const FORMATS: [&str; 7] = ["json", "yaml", "dotenv", "docker", "k8s", "properties", "toml"];

// How a file is read.
#[derive(Args)]
#[group(skip)]
pub struct FileArgs {
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        overrides_with = "format",
        ignore_case = true,
        value_parser = FORMATS,
        help = "Its format [default: by its ending]"
    )]
    pub format: Option<String>,
    #[arg(
        long,
        overrides_with = "literal",
        help = "Take text as it stands where readers of dotenv or YAML differ"
    )]
    pub literal: bool,
}

impl FileArgs {
    /// Returns whether any of them is given.
    pub fn is_given(&self) -> bool {
        self.format.is_some() || self.literal
    }
}

// The arguments of `import`.
#[derive(Args)]
#[group(skip)]
pub struct ImportArgs {
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, help = "The file; - is stdin")]
    pub input: String,
    #[command(flatten)]
    pub preview: PreviewArgs,
    #[command(flatten, next_help_heading = HOW)]
    pub existing: ExistingArgs,
    #[arg(
        long,
        overrides_with = "replace",
        help_heading = HOW,
        help = "Delete all keys that are not in the file; asks first"
    )]
    pub replace: bool,
    #[command(flatten, next_help_heading = READ)]
    pub file: FileArgs,
    #[command(flatten, next_help_heading = WHICH)]
    pub subset: SubsetArgs,
    #[command(flatten, next_help_heading = WHICH)]
    pub renaming: RenamingArgs,
}
