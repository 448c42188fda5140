//! The arguments of `exec`, and where those of the program begin.

use std::ffi::OsString;

use clap::{ArgAction, Args, ValueHint};

use super::TEXT_OR_JSON;

const VARIABLES: &str = "Which keys, as which variables";
const RUN: &str = "How to run it";

// The arguments of `exec`.
#[derive(Args)]
#[group(skip)]
pub struct ExecArgs {
    #[arg(
        long,
        value_name = "KEY,...",
        value_hint = ValueHint::Other,
        action = ArgAction::Append,
        help_heading = VARIABLES,
        help = "Only these keys; * stands for any text"
    )]
    pub only: Vec<String>,
    #[arg(
        long,
        value_name = "KEY,...",
        value_hint = ValueHint::Other,
        action = ArgAction::Append,
        help_heading = VARIABLES,
        help = "All keys but these; their variables are unset"
    )]
    pub except: Vec<String>,
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
CI. never: in neither; the program then replaces vdk"
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
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        overrides_with = "output",
        ignore_case = true,
        value_parser = TEXT_OR_JSON,
        default_value = "text",
        help_heading = RUN,
        help = "Output format of --dry-run"
    )]
    pub output: String,
    #[arg(
        value_name = "COMMAND",
        value_hint = ValueHint::CommandWithArguments,
        trailing_var_arg = true,
        required = true,
        num_args = 1..,
        help = "The program and its arguments"
    )]
    pub command: Vec<OsString>,
}

/// Options before and behind `exec` whose value is the next argument.
const WITH_VALUE: [&str; 16] = [
    "-n",
    "--name",
    "-t",
    "--team",
    "-u",
    "--rest-api-url",
    "-o",
    "--output",
    "--only",
    "--except",
    "--names",
    "--prefix",
    "--map",
    "--file",
    "--keep",
    "--redact",
];

/// Returns how many of `words`, which come after `secrets` or `properties`, are ours: all, or those
/// before the program that `exec` runs. A `--` before it is among ours.
pub fn own_words(words: &[String]) -> usize {
    let Some(exec) = first_positional(words).filter(|at| words[*at] == "exec") else {
        return words.len();
    };
    let own = &words[exec + 1..];
    let program = first_positional(own).unwrap_or(own.len());
    let dashes = usize::from(own.get(program).is_some_and(|word| word == "--"));
    exec + 1 + program + dashes
}

/// Returns the place of the first argument that is neither an option nor the value of one, or `--`.
fn first_positional(words: &[String]) -> Option<usize> {
    let mut at = 0;
    loop {
        let word = words.get(at)?.as_str();
        if word == "--" || !word.starts_with('-') || word == "-" {
            return Some(at);
        }
        // Short options may stand together: -yn JOB.
        let is_cluster = !word.starts_with("--");
        let last = word.chars().last().filter(|_| is_cluster).map(|c| format!("-{c}"));
        let takes_next = WITH_VALUE.contains(&word)
            || (word.starts_with("-y") && last.is_some_and(|c| WITH_VALUE.contains(&c.as_str())));
        at += if takes_next { 2 } else { 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(line: &str) -> String {
        let words: Vec<String> = line.split(' ').map(String::from).collect();
        words[..own_words(&words)].join(" ")
    }

    #[test]
    fn ends_where_the_program_begins() {
        for (line, ours) in [
            ("-n j exec env -o json", "-n j exec"),
            ("-n exec --list", "-n exec --list"),
            ("-nexec exec -t exec psql -n x", "-nexec exec -t exec"),
            ("-yn j exec --only a,b --dry-run -- env", "-yn j exec --only a,b --dry-run --"),
            ("exec --only=a env -- -n", "exec --only=a"),
            ("exec --preserve-env env", "exec --preserve-env"),
            ("exec -- -x", "exec --"),
            ("exec - a", "exec"),
            ("exec --help", "exec --help"),
            ("--set a exec b", "--set a exec b"),
            ("history exec env", "history exec env"),
        ] {
            assert_eq!(own(line), ours, "{line}");
        }
    }

    #[test]
    fn knows_every_option_that_takes_the_next_argument() {
        let mut command = crate::commands::command();
        command.build();
        let secrets = command.find_subcommand("secrets").unwrap();
        let exec = secrets.find_subcommand("exec").unwrap();
        for arg in exec.get_arguments().filter(|arg| !arg.is_positional()) {
            let takes = arg.get_action().takes_values() && !arg.is_require_equals_set();
            let long = format!("--{}", arg.get_long().unwrap());
            assert_eq!(WITH_VALUE.contains(&long.as_str()), takes, "{long}");
            if let Some(short) = arg.get_short() {
                assert_eq!(WITH_VALUE.contains(&format!("-{short}").as_str()), takes, "-{short}");
            }
        }
    }
}
