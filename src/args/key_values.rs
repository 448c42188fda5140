//! The options that `vdk secrets` and `vdk properties` share. In help texts `{one}` and
//! `{many}` stand for what the command works on.

use clap::builder::StyledStr;
use clap::{Args, Command, ValueHint};

use super::FORMATS;
use super::help::{self, TEMPLATE};
use super::subcommands::KeyValueCommand;

const WHICH: &str = "Which job";
pub(super) const READ: &str = "Reading";
pub(super) const WRITE: &str = "Writing";
const OUTPUT: &str = "Output";

// The job, its team and its place.
#[derive(Args, Clone)]
#[group(skip)]
pub struct WhichArgs {
    #[arg(
        short,
        long,
        global = true,
        value_name = "JOB",
        value_hint = ValueHint::Other,
        overrides_with = "name",
        help_heading = WHICH,
        help = "The data job [default: that of the config.ini here or in a folder above]"
    )]
    pub name: Option<String>,
    #[arg(
        short,
        long,
        global = true,
        value_name = "TEAM",
        value_hint = ValueHint::Other,
        overrides_with = "team",
        help_heading = WHICH,
        help = "Its team [default: [owner] team of that config.ini, then the saved default]"
    )]
    pub team: Option<String>,
    #[arg(
        short = 'u',
        long,
        global = true,
        value_name = "URL",
        value_hint = ValueHint::Url,
        overrides_with = "rest_api_url",
        help_heading = WHICH,
        help = "The Control Service's base URL, or local for the store on this machine"
    )]
    pub rest_api_url: Option<String>,
    #[arg(
        long,
        global = true,
        overrides_with = "allow_insecure_http",
        hide_short_help = true,
        help_heading = WHICH,
        help = "Send the login over plain http, where others can read it"
    )]
    pub allow_insecure_http: bool,
}

// What both commands have.
#[derive(Args)]
#[group(skip)]
#[command(
    disable_help_subcommand = true,
    override_usage = "vdk {many} [-n JOB] [-t TEAM] [-u URL|local] <ACTION>",
    help_template = TEMPLATE,
    after_help = "vdk {many} --help lists all options.",
    after_long_help = "\
A value on the command line is seen by everyone who can list processes on this machine, and is kept \
in the shell's history: better are the prompt, a file, or stdin.

Several changes in one command are one write: all of them or none.

The verbs list, get KEY..., set KEY [VALUE] and delete KEY... are second spellings of the options: \
vdk {many} -n JOB get KEY

The names --delete-all-job-{many} and --overwrite-all-job-{many} work as well.

Exit codes, environment and files: vdk --help"
)]
pub struct KeyValueArgs {
    #[command(subcommand)]
    pub command: Option<KeyValueCommand>,
    #[command(flatten)]
    pub which: WhichArgs,
    /// Keys and values, in turn.
    #[arg(
        long,
        num_args = 2,
        value_names = ["KEY", "VALUE"],
        value_hint = ValueHint::Other,
        allow_hyphen_values = true,
        help_heading = WRITE,
        help = "Set a {one}; without VALUE a hidden prompt asks for it",
        long_help = "\
Set a {one}; without VALUE, or before another option, a hidden prompt asks for it. A VALUE may begin \
with a dash; one that is spelled exactly like an option of this command, such as --list, needs \
--set-prompt or --set-file"
    )]
    pub set: Vec<String>,
    #[arg(
        long,
        value_name = "KEY",
        value_hint = ValueHint::Other,
        allow_hyphen_values = true,
        hide_short_help = true,
        help_heading = WRITE,
        help = "Set a {one} from a hidden prompt, or from a line of stdin without a terminal"
    )]
    pub set_prompt: Vec<String>,
    /// Keys and files, in turn.
    #[arg(
        long,
        num_args = 2,
        value_names = ["KEY", "PATH"],
        value_hint = ValueHint::FilePath,
        allow_hyphen_values = true,
        help_heading = WRITE,
        help = "Set a {one} from a file, byte for byte; - is stdin"
    )]
    pub set_file: Vec<String>,
    /// Keys and JSON texts, in turn.
    #[arg(
        long,
        num_args = 2,
        value_names = ["KEY", "JSON"],
        value_hint = ValueHint::Other,
        allow_hyphen_values = true,
        hide_short_help = true,
        help_heading = WRITE,
        help = "Set a {one} to a JSON value: a number, boolean, null, array or object"
    )]
    pub set_json: Vec<String>,
    #[arg(
        long,
        value_name = "KEY...",
        value_hint = ValueHint::Other,
        allow_hyphen_values = true,
        action = clap::ArgAction::Append,
        help_heading = WRITE,
        help = "Delete keys: one or several"
    )]
    pub delete: Vec<String>,
    #[arg(
        long,
        aliases = ["delete-all-job-secrets", "delete-all-job-properties"],
        overrides_with = "delete_all",
        help_heading = WRITE,
        help = "Delete all {many} of the job"
    )]
    pub delete_all: bool,
    #[arg(
        long,
        aliases = ["overwrite-all-job-secrets", "overwrite-all-job-properties"],
        overrides_with = "overwrite_all",
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        allow_hyphen_values = true,
        help_heading = WRITE,
        help = "Replace all {many} by the JSON object in FILE; - is stdin"
    )]
    pub overwrite_all: Option<String>,
    #[arg(
        short,
        long,
        overrides_with = "yes",
        help_heading = WRITE,
        help = "Answer yes to every question"
    )]
    pub yes: bool,
    #[arg(
        long,
        overrides_with = "dry_run",
        help_heading = WRITE,
        help = "Show which keys a write would add, change, keep and remove"
    )]
    pub dry_run: bool,
    #[arg(
        long,
        value_name = "KEY",
        value_hint = ValueHint::Other,
        allow_hyphen_values = true,
        help_heading = READ,
        help = "Print a {one}; may be repeated"
    )]
    pub get: Vec<String>,
    #[arg(long, overrides_with = "list", help_heading = READ, help = "{list}")]
    pub list: bool,
    #[arg(
        long,
        overrides_with = "get_all",
        hide_short_help = true,
        help_heading = READ,
        help = "List keys and values"
    )]
    pub get_all: bool,
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        overrides_with = "output",
        ignore_case = true,
        value_parser = FORMATS,
        help_heading = OUTPUT,
        help = "Output format [default: text]",
        long_help = "\
text: a table; json; raw: the value of one --get and nothing else; dotenv and shell: assignments, \
where all keys are names of variables; yaml [default: text]"
    )]
    pub output: Option<String>,
}

/// Arguments whose help names what a command works on.
const NAMED: [&str; 8] =
    ["set", "set_prompt", "set_file", "set_json", "delete_all", "overwrite_all", "get", "list"];

/// Puts the names of what a command works on into its help.
pub(super) fn named(command: Command, one: &str, many: &str, list: &str) -> Command {
    let command =
        command.override_usage(format!("vdk {many} [-n JOB] [-t TEAM] [-u URL|local] <ACTION>"));
    if !help::is_shown() {
        return command;
    }
    let fill = |text: &StyledStr| {
        // Its own to_string would look for escape sequences, byte by byte.
        let text = text.ansi().to_string();
        text.replace("{one}", one).replace("{many}", many).replace("{list}", list)
    };
    let filled = |text: Option<&StyledStr>| text.map(&fill);
    let (after, after_long) =
        (filled(command.get_after_help()), filled(command.get_after_long_help()));
    command
        .mut_args(|arg| {
            // The other texts are the same for both, and every start would pay for them.
            if !NAMED.contains(&arg.get_id().as_str()) {
                return arg;
            }
            let (help, long) = (filled(arg.get_help()), filled(arg.get_long_help()));
            let arg = arg.help(help.unwrap_or_default());
            match long {
                Some(long) => arg.long_help(long),
                None => arg,
            }
        })
        .mut_subcommands(|command| {
            let (about, after) = (filled(command.get_about()), filled(command.get_after_help()));
            let command = command.about(about.unwrap_or_default());
            match after {
                Some(after) => command.after_help(after),
                None => command,
            }
        })
        .before_help(format!("Examples:\n{}", examples(many)))
        .after_help(after.unwrap_or_default())
        .after_long_help(after_long.unwrap_or_default())
}

/// Returns the examples of `vdk secrets` or `vdk properties`, one per line.
fn examples(many: &str) -> String {
    let lines = match many {
        "secrets" => [
            "--set db-password                   # asks, hidden",
            "--set db-user ana --delete old-key  # one write",
            "--set-file tls-key ./key.pem",
            "--get db-password -o raw            # for $(…)",
            "--overwrite-all new.json --dry-run",
        ],
        _ => [
            "--set source-table orders",
            "--set last-id 41 --delete old-key   # one write",
            "--set-json limits '{\"max\": 5}'",
            "--get last-id -o raw                # for $(…)",
            "--overwrite-all new.json --dry-run",
        ],
    };
    lines.map(|line| format!("  vdk {many} -n ingest {line}")).join("\n")
}
