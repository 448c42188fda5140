//! The arguments of `exec`.

use std::ffi::OsString;

use clap::{ArgAction, Args, ValueHint};

use super::OutputArgs;
use super::subset::SubsetArgs;

const VARIABLES: &str = "Which keys, as which variables";
const RUN: &str = "How to run it";

// The arguments of `exec`.
#[derive(Args)]
#[group(skip)]
pub struct ExecArgs {
    #[command(flatten, next_help_heading = VARIABLES)]
    pub subset: SubsetArgs,
    #[arg(
        long,
        value_name = "RULE",
        overrides_with = "names",
        value_parser = ["upper", "keep"],
        default_value = "upper",
        help_heading = VARIABLES,
        help = "upper: db-user is DB_USER; keep: the key as it is"
    )]
    pub names: String,
    #[arg(
        long,
        value_name = "TEXT",
        value_hint = ValueHint::Other,
        overrides_with = "prefix",
        help_heading = VARIABLES,
        help = "Put this before each name"
    )]
    pub prefix: Option<String>,
    #[arg(
        long,
        value_name = "KEY=VAR",
        value_hint = ValueHint::Other,
        action = ArgAction::Append,
        help_heading = VARIABLES,
        help = "Give a key a variable of its own"
    )]
    pub map: Vec<String>,
    #[arg(
        long,
        value_name = "KEY=VAR",
        value_hint = ValueHint::Other,
        action = ArgAction::Append,
        help_heading = VARIABLES,
        help = "Write the value to a private file; VAR is its path"
    )]
    pub file: Vec<String>,
    #[arg(
        long,
        overrides_with = "with_properties",
        help_heading = VARIABLES,
        help = "Pass the properties as well; secrets win"
    )]
    pub with_properties: bool,
    #[arg(
        long,
        overrides_with = "clean_env",
        help_heading = RUN,
        help = "Pass only PATH, HOME and the like of this environment"
    )]
    pub clean_env: bool,
    #[arg(
        long,
        value_name = "VAR,...",
        value_hint = ValueHint::Other,
        action = ArgAction::Append,
        requires = "clean_env",
        help_heading = RUN,
        help = "With --clean-env: pass these variables, too"
    )]
    pub keep: Vec<String>,
    #[arg(
        long,
        value_name = "VAR,...",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "*",
        overrides_with = "preserve_env",
        help_heading = RUN,
        help = "Variables that are set already win, or these of them"
    )]
    pub preserve_env: Option<String>,
    #[arg(
        long,
        value_name = "WHEN",
        overrides_with = "redact",
        value_parser = ["auto", "always", "never"],
        default_value = "auto",
        help_heading = RUN,
        help = "Replace values in what the program prints",
        long_help = "\
Replace values in what the program prints by ***. auto: in stderr if it is a file or a pipe, and in \
stdout if it is the same; a stdout of its own is data and stays as it is. always: in both, for logs of \
CI. never: in neither; without --file, the program then replaces vdk"
    )]
    pub redact: String,
    #[arg(
        long,
        overrides_with = "keep_login",
        help_heading = RUN,
        help = "Pass VDK_API_TOKEN and the like, which are unset otherwise"
    )]
    pub keep_login: bool,
    #[arg(
        long,
        overrides_with = "dry_run",
        help_heading = RUN,
        help = "Show the variables, and run nothing"
    )]
    pub dry_run: bool,
    #[command(flatten, next_help_heading = RUN)]
    pub output: OutputArgs,
    #[arg(
        value_name = "COMMAND",
        value_hint = ValueHint::CommandWithArguments,
        trailing_var_arg = true,
        required = true,
        num_args = 1..,
        // The one of the keys would go on.
        help_heading = None,
        help = "The program and its arguments"
    )]
    pub command: Vec<OsString>,
}
