//! Arguments: preprocessed before clap, and turned into one operation after it.

pub mod collections;
pub mod describe;
pub mod edit;
pub mod errors;
pub mod exec;
pub mod export;
pub mod find;
pub mod generate;
pub mod help;
pub mod import;
pub mod key_values;
pub mod migrate;
pub mod operation;
pub mod positional;
pub mod preprocess;
pub mod replace;
pub mod subcommands;
pub mod subset;
pub mod transfer;

use clap::{ArgMatches, Args, Command, FromArgMatches, ValueHint};

use crate::formats::Format;

/// Formats of output.
pub const FORMATS: [&str; 6] = ["text", "json", "raw", "dotenv", "shell", "yaml"];
/// Those of commands that print no values.
pub const TEXT_OR_JSON: [&str; 2] = ["text", "json"];
/// Shells with completions.
pub const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

// Options before the command.
#[derive(Args)]
#[group(skip)]
pub struct GlobalArgs {
    #[arg(
        short,
        long,
        value_name = "LEVEL",
        overrides_with = "verbosity",
        ignore_case = true,
        value_parser = ["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"],
        help = "Log level for stderr; values and tokens are never logged [default: INFO]"
    )]
    verbosity: Option<String>,
    #[arg(short, long, overrides_with = "dev", help = "The same as -v DEBUG")]
    dev: bool,
}

impl GlobalArgs {
    /// Returns the level of messages.
    pub fn level(&self) -> &str {
        if self.dev { "DEBUG" } else { self.verbosity.as_deref().unwrap_or("INFO") }
    }
}

// `-o` of a command that prints text or JSON.
#[derive(Args, Clone)]
#[group(skip)]
pub struct OutputArgs {
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        overrides_with = "output",
        ignore_case = true,
        value_parser = TEXT_OR_JSON,
        default_value = "text",
        help = "Output format"
    )]
    output: String,
}

impl OutputArgs {
    /// Returns whether JSON is wanted.
    pub fn is_json(&self) -> bool {
        is_json(&self.output)
    }

    /// Returns the format.
    pub fn format(&self) -> Format {
        if self.is_json() { Format::Json } else { Format::Text }
    }
}

// How a change is asked about, or only shown.
#[derive(Args, Clone)]
#[group(skip)]
pub struct PreviewArgs {
    #[arg(short, long, overrides_with = "yes", help = "Do not ask")]
    pub yes: bool,
    #[arg(
        long,
        overrides_with = "dry_run",
        help = "Show what would happen to each key, and change nothing"
    )]
    pub dry_run: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Returns whether a format of [`TEXT_OR_JSON`], in any case, is JSON.
pub fn is_json(format: &str) -> bool {
    format.eq_ignore_ascii_case("json")
}

/// Returns whether the arguments ask for JSON. They need not be valid: the error that says so is
/// JSON as well.
pub fn wants_json(args: &[String]) -> bool {
    let mut args = args.iter().map(String::as_str);
    let mut format = None;
    while let Some(arg) = args.next() {
        if arg == "-o" || arg == "--output" {
            format = args.next();
        } else if let Some(value) = arg.strip_prefix("--output=").or(arg.strip_prefix("-o")) {
            format = Some(value.trim_start_matches('='));
        }
    }
    format.is_some_and(is_json)
}

/// Quotes `text` as one word of a POSIX shell.
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.into();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

// Permission to send the login over plain http.
#[derive(Args)]
#[group(skip)]
pub struct InsecureArgs {
    #[arg(
        long,
        overrides_with = "allow_insecure_http",
        help = "Send the login over plain http, where others can read it"
    )]
    pub allow_insecure_http: bool,
}

// The address of a Control Service, and permission to send the login there over plain http.
#[derive(Args)]
#[group(skip)]
pub struct ServiceArgs {
    #[arg(
        short = 'u',
        long,
        value_name = "URL",
        value_hint = ValueHint::Url,
        overrides_with = "rest_api_url",
        help = "The Control Service's base URL"
    )]
    pub rest_api_url: Option<String>,
    #[command(flatten)]
    pub insecure: InsecureArgs,
}

/// Arguments of a subcommand, beside global ones of the command above it: those are defined there, and
/// their values are here as well.
pub struct Beside<G, A> {
    /// The global arguments.
    pub global: G,
    /// Those of the subcommand.
    pub own: A,
}

impl<G: FromArgMatches, A: FromArgMatches> FromArgMatches for Beside<G, A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        let global = G::from_arg_matches_mut(matches)?;
        Ok(Beside { global, own: A::from_arg_matches_mut(matches)? })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<G: FromArgMatches, A: Args> Args for Beside<G, A> {
    fn augment_args(command: Command) -> Command {
        A::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        A::augment_args_for_update(command)
    }
}
