//! The options of `vdk secrets` and `vdk properties`, which differ in only one.

use clap::{Arg, ArgAction, Command, ValueHint};

use super::{FORMATS, TEMPLATE, flag, output, team, text_or_json, url};

const WHICH: &str = "Which job";
const READ: &str = "Reading";
const WRITE: &str = "Writing";
const OUTPUT: &str = "Output";

const HISTORY: &str = "\
The newest version is first. No values are shown; the changes of the oldest version are not known
where the one before it is not kept any more. A Control Service has to keep versions for this: the
original one does not.";

const ROLLBACK: &str = "\
The old version is written as a new one, and what was there stays in the history: rolling back can
be rolled back. As with every write, nothing is lost that somebody else writes meanwhile: it is a
version of its own.";

/// Adds the options of `vdk secrets`.
pub fn secrets(command: Command) -> Command {
    key_values(command, "secret", "secrets").arg(
        flag("show-secrets")
            .requires("list")
            .help_heading(READ)
            .help("With --list: show the values as well"),
    )
}

/// Adds the options of `vdk properties`.
pub fn properties(command: Command) -> Command {
    key_values(command, "property", "properties")
}

fn key_values(command: Command, one: &str, many: &str) -> Command {
    let list = match many {
        "secrets" => "List the keys",
        _ => "List keys and values",
    };
    let pair = |name: &'static str, value: &'static str| {
        Arg::new(name)
            .value_hint(ValueHint::Other)
            .long(name)
            .num_args(2)
            .value_names(["KEY", value])
            .allow_hyphen_values(true)
            .action(ArgAction::Append)
            .help_heading(WRITE)
    };
    let key = |name: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("KEY")
            .value_hint(ValueHint::Other)
            .allow_hyphen_values(true)
            .action(ArgAction::Append)
    };
    command
        .disable_help_subcommand(true)
        .override_usage(format!("vdk {many} [-n JOB] [-t TEAM] [-u URL|local] <WHAT TO DO>"))
        .subcommand(
            Command::new("history")
                .about(format!("Tell who wrote which {many}, and when"))
                .arg(text_or_json())
                .after_help(HISTORY),
        )
        .subcommand(
            Command::new("rollback")
                .about(format!("Bring an older version of all {many} back"))
                .arg(
                    Arg::new("version")
                        .required(true)
                        .value_name("VERSION")
                        .help("Number of the version, as history tells it"),
                )
                .arg(flag("yes").short('y').help("Do not ask"))
                .arg(
                    flag("dry-run")
                        .help("Only tell which keys it would add, change, keep and remove"),
                )
                .arg(text_or_json().help("How to print what --dry-run tells"))
                .after_help(ROLLBACK),
        )
        .arg(
            Arg::new("name")
                .global(true)
                .overrides_with("name")
                .short('n')
                .long("name")
                .value_name("JOB")
                .value_hint(ValueHint::Other)
                .help_heading(WHICH)
                .help(
                    "The data job [default: the one whose config.ini is in the working directory]",
                ),
        )
        .arg(
            team("Its team [default: [owner] team of that config.ini, then the saved default]")
                .global(true)
                .help_heading(WHICH),
        )
        .arg(
            url("The Control Service's base URL, or local for the store on this machine")
                .global(true)
                .help_heading(WHICH),
        )
        .arg(super::access::insecure().global(true).hide_short_help(true).help_heading(WHICH))
        .arg(
            pair("set", "VALUE")
                .help(format!("Set a {one}; without VALUE a hidden prompt asks for it"))
                .long_help(format!(
                    "Set a {one}; without VALUE, or before another option, a hidden prompt asks for \
                     it. A VALUE may begin with a dash; one that is spelled exactly like an option of \
                     this command, such as --list, needs --set-prompt or --set-file"
                )),
        )
        .arg(key("set-prompt").hide_short_help(true).help_heading(WRITE).help(format!(
            "Set a {one} from a hidden prompt, or from a line of stdin without a terminal"
        )))
        .arg(
            pair("set-file", "PATH")
                .value_hint(ValueHint::FilePath)
                .help(format!("Set a {one} from a file, byte for byte; - is stdin")),
        )
        .arg(
            pair("set-json", "JSON").hide_short_help(true).help(format!(
                "Set a {one} to a JSON value: a number, boolean, null, array or object"
            )),
        )
        .arg(
            key("delete")
                .value_name("KEY...")
                .help_heading(WRITE)
                .help("Delete keys: one or several"),
        )
        .arg(
            flag("delete-all")
                .aliases(["delete-all-job-secrets", "delete-all-job-properties"])
                .help_heading(WRITE)
                .help(format!("Delete all {many} of the job")),
        )
        .arg(
            Arg::new("overwrite-all")
                .overrides_with("overwrite-all")
                .long("overwrite-all")
                .aliases(["overwrite-all-job-secrets", "overwrite-all-job-properties"])
                .value_name("FILE")
                .allow_hyphen_values(true)
                .value_hint(ValueHint::FilePath)
                .help_heading(WRITE)
                .help(format!("Replace all {many} by the JSON object in FILE; - is stdin")),
        )
        .arg(
            flag("yes")
                .short('y')
                .help_heading(WRITE)
                .help("Do not ask before --delete-all and --overwrite-all"),
        )
        .arg(
            flag("dry-run")
                .help_heading(WRITE)
                .help("Only tell which keys a write would add, change, keep and remove"),
        )
        .arg(key("get").help_heading(READ).help(format!("Print a {one}; may be repeated")))
        .arg(flag("list").help_heading(READ).help(list))
        .arg(flag("get-all").hide_short_help(true).help_heading(READ).help("List keys and values"))
        .arg(output(&FORMATS).help_heading(OUTPUT).help("How to print it [default: text]").long_help(
            "text: a table; json; raw: the value of one --get and nothing else; dotenv and shell: \
             assignments, where all keys are names of variables; yaml [default: text]",
        ))
        .before_help(format!("Examples:\n{}", examples(many)))
        .help_template(TEMPLATE)
        .after_help(format!("vdk {many} --help lists all options."))
        .after_long_help(format!(
            "A value on the command line is seen by everyone who can list processes on this \
             machine, and is kept in the shell's history: better are the prompt, a file, or \
             stdin.\n\n\
             Several changes in one command are one write: all of them or none.\n\n\
             The names --delete-all-job-{many} and --overwrite-all-job-{many} work as well.\n\n\
             Exit codes, environment and files: vdk --help"
        ))
}

/// The examples of `vdk --help`.
pub const FIRST_STEPS: &str = "\
Examples:
  vdk set-default -u local -t sales          # or -u https://vdk.example.org
  vdk secrets -n ingest --set db-password    # asks, hidden
  vdk secrets -n ingest --list
  vdk secrets -n ingest --get db-password -o raw";

/// Returns the examples of `vdk secrets` or `vdk properties`, one per line.
pub fn examples(many: &str) -> String {
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
    lines.map(|line| format!("  vdk {many} -n ingest -t sales {line}")).join("\n")
}
