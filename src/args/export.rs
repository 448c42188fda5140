//! The arguments of `export`.

use clap::{Args, ValueHint};

use super::subset::{RenamingArgs, SubsetArgs};

const WHICH: &str = "Which keys, under which names";
const WHERE: &str = "Format and place";

/// The formats of `export`.
pub const FORMATS: [&str; 9] =
    ["json", "yaml", "dotenv", "shell", "docker", "github", "k8s", "properties", "toml"];

// The arguments of `export`.
#[derive(Args)]
#[group(skip)]
pub struct ExportArgs {
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        overrides_with = "output",
        ignore_case = true,
        value_parser = FORMATS,
        help_heading = WHERE,
        help = "The format [default: by the ending of --out]"
    )]
    pub output: Option<String>,
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        overrides_with = "out",
        help_heading = WHERE,
        help = "Write a file that only you can read, instead of stdout"
    )]
    pub out: Option<String>,
    #[arg(
        long,
        value_name = "NAME",
        value_hint = ValueHint::Other,
        overrides_with = "manifest_name",
        help_heading = WHERE,
        help = "k8s: the name of the Secret [default: the job's]"
    )]
    pub manifest_name: Option<String>,
    #[arg(
        long,
        value_name = "NAME",
        value_hint = ValueHint::Other,
        overrides_with = "namespace",
        help_heading = WHERE,
        help = "k8s: its namespace"
    )]
    pub namespace: Option<String>,
    #[command(flatten, next_help_heading = WHICH)]
    pub subset: SubsetArgs,
    #[command(flatten, next_help_heading = WHICH)]
    pub renaming: RenamingArgs,
}
