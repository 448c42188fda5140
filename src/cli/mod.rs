//! The command line's clap definitions, and nothing else. They do no I/O, so that man pages and
//! completions can be generated anywhere.

mod access;
pub mod key_values;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, ValueHint};

/// Output formats of key/values.
pub const FORMATS: [&str; 6] = ["text", "json", "raw", "dotenv", "shell", "yaml"];
/// Shells with completions.
pub const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

/// Exit codes, for the help and the man pages.
pub const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    cancelled, or a login failed
  2    the command line, a setting, a file or a value is not valid
  3    not logged in, or not allowed
  4    there is no such key, job, team or address
  5    others kept changing the same key/values
  6    the service or the store cannot be reached, or fails
  7    a write was sent, and it is not known whether it was stored
  130  interrupted";
/// Environment variables.
pub const ENVIRONMENT: &str = "\
Environment:
  VDK_CONTROL_SERVICE_REST_API_URL          URL of the Control Service, or local
  VDK_BASE_CONFIG_FOLDER                    folder that holds .vdk.internal [home folder]
  VDK_MASTER_KEY_FILE                       file with the master key of the local store
  VDK_CREDENTIAL_STORE                      keyring or file: where a new login or master key goes
  VDK_API_TOKEN                             API token: used for every command, never written
  VDK_API_TOKEN_AUTHORIZATION_URL           where it is exchanged [/oauth2/token of the service]
  VDK_CLIENT_SECRET                         client secret for vdk login
  OAUTH2_REDIRECT_URI_PORT                  port for the browser's answer [31113]
  VDK_CONTROL_HTTP_CONNECT_TIMEOUT_SECONDS  for a connection [10]
  VDK_CONTROL_HTTP_READ_TIMEOUT_SECONDS     for a whole request [60]
  VDK_CONTROL_HTTP_TOTAL_RETRIES            repetitions of a command's requests [10]
  VDK_CONTROL_HTTP_CONNECT_RETRIES          of them for failed connections [6]
  VDK_CONTROL_HTTP_READ_RETRIES             of them for reads that broke off [6]
  VDK_CONTROL_HTTP_VERIFY_SSL               whether certificates are checked [true]
  SSL_CERT_FILE, SSL_CERT_DIR               certificate authorities to trust
  VDK_CONTROL_HTTP_CLIENT_CERT_FILE         client certificate (PEM), for a service that asks
  VDK_CONTROL_HTTP_CLIENT_KEY_FILE          its private key (PEM)
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY        proxies (http, https), but for loopback
  NO_PROXY                                  what they are not for
  VDK_OP_ID_OVERRIDE                        X-OPID of the requests [random]
  VDK_CONTROL_SERVICE_USER_AGENT            User-Agent of the requests
  NO_COLOR                                  no colours";
/// Files.
pub const FILES: &str = "\
Files, below .vdk.internal:
  vdk-configuration.ini  what set-default saves
  vdk-cred.json          the login, or where it is
  local/                 the encrypted store, the login at vdk server and, without a keyring,
                         the master.key
  locks/                 locks of running writes";

/// The examples come before the options, which are many.
const TEMPLATE: &str = "\
{about-with-newline}
{usage-heading} {usage}

{before-help}{all-args}{after-help}";

/// The version. A debug build says so, to tell it from an installed one.
const VERSION: &str = if cfg!(debug_assertions) {
    concat!(env!("CARGO_PKG_VERSION"), " (debug build)")
} else {
    env!("CARGO_PKG_VERSION")
};

/// Returns the whole command line.
pub fn command() -> Command {
    own_commands().subcommand(
        // Its options are those of the program that it becomes.
        Command::new("server")
            .about("Serve secrets and properties from this machine: the Control Service"),
    )
}

/// Returns all commands but `server`. `defer` builds a command's options only if the command line
/// names it.
fn own_commands() -> Command {
    Command::new("vdk")
        .version(VERSION)
        .about("Secrets and properties of Versatile Data Kit data jobs")
        .long_about(
            "Secrets and properties of Versatile Data Kit data jobs, from the terminal.\n\n\
             They are kept by a Control Service (-u URL) or in an encrypted store on this machine \
             (-u local). A command that is not listed here, such as run or deploy, is handed to \
             the next vdk on PATH.",
        )
        .before_help(key_values::FIRST_STEPS)
        .help_template(TEMPLATE)
        .after_help("vdk --help tells exit codes, environment variables and files as well.")
        .after_long_help(format!("{EXIT_CODES}\n\n{ENVIRONMENT}\n\n{FILES}"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .max_term_width(100)
        .arg(
            Arg::new("verbosity")
                .overrides_with("verbosity")
                .short('v')
                .long("verbosity")
                .value_name("LEVEL")
                .ignore_case(true)
                .value_parser(["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"])
                .help("How much to tell on stderr; never a value or a token [default: INFO]"),
        )
        .arg(
            Arg::new("dev")
                .overrides_with("dev")
                .short('d')
                .long("dev")
                .action(ArgAction::SetTrue)
                .help("The same as -v DEBUG"),
        )
        .subcommand(
            Command::new("secrets")
                .about("Set, get, list and delete secrets of a data job")
                .defer(key_values::secrets),
        )
        .subcommand(
            Command::new("properties")
                .about("Set, get, list and delete properties of a data job")
                .defer(key_values::properties),
        )
        .subcommand(Command::new("login").about("Log in to a Control Service").defer(access::login))
        .subcommand(
            Command::new("logout")
                .about("Forget the login, and revoke it where that can be done")
                .defer(|command| command.arg(access::insecure())),
        )
        .subcommand(
            Command::new("access")
                .about("See and change who may do what with a team's secrets and properties")
                .defer(access::access),
        )
        .subcommand(
            Command::new("set-default")
                .about("Save a default team or Control Service")
                .defer(set_default),
        )
        .subcommand(
            Command::new("reset-default").about("Forget a saved default").defer(reset_default),
        )
        .subcommand(
            Command::new("info")
                .about("Tell the version of a Control Service and the Python versions it supports")
                .defer(info),
        )
        .subcommand(local())
        .subcommand(
            Command::new("version")
                .about("Tell the version")
                .defer(|command| command.arg(text_or_json())),
        )
        .subcommand(
            Command::new("completion").about("Print the completions of a shell").defer(completion),
        )
}

fn set_default(command: Command) -> Command {
    command
        .arg(team("The team that commands use without -t"))
        .arg(url("The Control Service that commands use without -u: a URL, or local"))
}

fn reset_default(command: Command) -> Command {
    command
        .arg(flag("team").short('t').help("Forget the default team"))
        .arg(flag("rest-api-url").short('u').help("Forget the default Control Service"))
}

fn info(command: Command) -> Command {
    command
        .arg(team("A team of that Control Service"))
        .arg(url("The Control Service's base URL"))
        .arg(access::insecure())
        .arg(text_or_json())
}

fn local() -> Command {
    Command::new("local")
        .about("Look after the encrypted store on this machine (-u local)")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("status")
                .about("Where the store and its master key are")
                .defer(|command| command.arg(text_or_json())),
        )
        .subcommand(
            Command::new("backup")
                .about("Write a consistent copy of the store, still encrypted, to a new file")
                .defer(backup),
        )
        .subcommand(
            Command::new("export-key")
                .about("Write the master key, which opens the store, to a new file")
                .defer(|command| {
                    command.arg(key_file("File to make, readable by you alone; - is stdout"))
                }),
        )
        .subcommand(
            Command::new("import-key")
                .about("Take the master key of a store that was moved here")
                .defer(|command| command.arg(key_file("File with the key; - is stdin"))),
        )
        .subcommand(
            Command::new("rotate-key")
                .about("Make new keys, and seal everything in the store anew")
                .defer(rotate_key),
        )
}

fn rotate_key(command: Command) -> Command {
    let new_file = Arg::new("new-key-file")
        .long("new-key-file")
        .value_name("FILE")
        .value_hint(ValueHint::FilePath)
        .value_parser(clap::value_parser!(std::path::PathBuf))
        .help(
            "New file for the master key where VDK_MASTER_KEY_FILE names the old one; running \
             processes look for it in that name with .new behind it",
        );
    let forget = flag("forget-old-key")
        .conflicts_with("new-key-file")
        .help("Forget the old master key, without which no older backup can be opened");
    command
        .long_about(
            "Make new keys, and seal everything in the store anew.\n\n\
             The new master key goes where the old one is. Other processes may use the store \
             meanwhile, and take the new keys up by themselves. Should it be interrupted, \
             everything stays readable; run it again.",
        )
        .arg(new_file)
        .arg(forget)
}

fn backup(command: Command) -> Command {
    command.arg(
        Arg::new("file")
            .required(true)
            .value_name("FILE")
            .value_hint(ValueHint::FilePath)
            .value_parser(clap::value_parser!(std::path::PathBuf))
            .help("File to make; - is stdout"),
    )
}

fn completion(command: Command) -> Command {
    command.arg(
        Arg::new("shell")
            .value_name("SHELL")
            .value_parser(PossibleValuesParser::new(SHELLS))
            .help("The shell [default: the one that SHELL names]"),
    )
}

fn flag(name: &'static str) -> Arg {
    Arg::new(name).long(name).overrides_with(name).action(ArgAction::SetTrue)
}

fn team(help: &'static str) -> Arg {
    Arg::new("team")
        .overrides_with("team")
        .short('t')
        .long("team")
        .value_name("TEAM")
        .value_hint(ValueHint::Other)
        .help(help)
}

fn url(help: &'static str) -> Arg {
    Arg::new("rest-api-url")
        .overrides_with("rest-api-url")
        .short('u')
        .long("rest-api-url")
        .value_name("URL")
        .value_hint(ValueHint::Url)
        .help(help)
}

fn key_file(help: &'static str) -> Arg {
    Arg::new("file")
        .value_name("FILE")
        .required(true)
        .allow_hyphen_values(true)
        .value_hint(ValueHint::FilePath)
        .value_parser(clap::value_parser!(std::path::PathBuf))
        .help(help)
}

fn text_or_json() -> Arg {
    output(&["text", "json"]).default_value("text").help("How to print it")
}

fn output(formats: &[&'static str]) -> Arg {
    Arg::new("output")
        .overrides_with("output")
        .short('o')
        .long("output")
        .value_name("FORMAT")
        .ignore_case(true)
        .value_parser(PossibleValuesParser::new(formats.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_are_sound() {
        let mut command = command();
        command.build();
        command.debug_assert();
    }

    #[test]
    fn values_may_look_like_anything() {
        let matches = command()
            .try_get_matches_from([
                "vdk", "secrets", "--set", "-k", "--", "--set", "a", "--list", "-n", "j",
            ])
            .unwrap();
        let secrets = matches.subcommand_matches("secrets").unwrap();
        let sets: Vec<Vec<&String>> =
            secrets.get_occurrences("set").unwrap().map(Iterator::collect).collect();
        assert_eq!(sets, [["-k", "--"], ["a", "--list"]]);
        assert!(!secrets.get_flag("list"));
        assert_eq!(secrets.get_one::<String>("name").unwrap(), "j");
    }

    #[test]
    fn the_last_of_repeated_options_counts() {
        let line = "vdk -v INFO -v DEBUG secrets -n a -n b -t c -t d -o text -o json --list --list -u x -u y";
        let matches = command().try_get_matches_from(line.split(' ')).unwrap();
        let secrets = matches.subcommand_matches("secrets").unwrap();
        for (option, last) in
            [("name", "b"), ("team", "d"), ("output", "json"), ("rest-api-url", "y")]
        {
            assert_eq!(secrets.get_one::<String>(option).unwrap(), last);
        }
    }

    #[test]
    fn the_originals_spellings_are_known() {
        for line in [
            "secrets --delete-all-job-secrets -o JSON",
            "secrets --delete-all-job-properties",
            "properties --overwrite-all-job-properties -",
            "properties --overwrite-all-job-secrets=f",
        ] {
            let words = ["vdk", "-v", "debug"].into_iter().chain(line.split(' '));
            command().try_get_matches_from(words).unwrap();
        }
        for line in
            ["secrets --lis", "secrets -v DEBUG", "secrets word", "properties --show-secrets"]
        {
            assert!(
                command().try_get_matches_from(["vdk"].into_iter().chain(line.split(' '))).is_err()
            );
        }
    }
}
