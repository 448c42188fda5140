//! The command-line definitions of `vdk login` and `vdk access`.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgGroup, Command, ValueHint};

use super::{flag, team, text_or_json, url};

/// `vdk login`.
pub fn login(command: Command) -> Command {
    command
        .arg(
            text("auth-type", "TYPE", "How to log in")
                .short('t')
                .ignore_case(true)
                .value_parser(PossibleValuesParser::new(["api-token", "credentials", "device"]))
                .default_value("api-token"),
        )
        .arg(text("api-token", "TOKEN", "API token; better VDK_API_TOKEN, stdin, or the prompt: other users see command lines").short('a'))
        .arg(
            text("api-token-authorization-url", "URL", "Where the API token is exchanged [default: VDK_API_TOKEN_AUTHORIZATION_URL, else, for a token of its own, /oauth2/token of the Control Service]")
                .short('u')
                .value_hint(ValueHint::Url),
        )
        .arg(
            text("issuer", "URL", "Identity provider: all its addresses are found from this one")
                .value_hint(ValueHint::Url),
        )
        .arg(text("client-id", "ID", "Client id at the provider").short('i'))
        .arg(text("client-secret", "SECRET", "Client secret, where the client has one; better VDK_CLIENT_SECRET").short('s'))
        .arg(
            text("oauth2-discovery-url", "URL", "Where the browser is sent to log in")
                .short('d')
                .value_hint(ValueHint::Url),
        )
        .arg(
            text("oauth2-exchange-url", "URL", "Where codes and refresh tokens are exchanged")
                .short('e')
                .value_hint(ValueHint::Url),
        )
        .arg(text("scope", "SCOPE", "Scopes to ask for, with spaces between, such as 'openid offline_access'"))
        .arg(text("timeout", "SECONDS", "How long to wait [default: 120 for the browser, for a device as long as its code is good]")
            .value_parser(seconds))
        .arg(insecure())
        .arg(flag("status").help("Tell who is logged in, where, and until when"))
        .arg(
            text("allow", "URL", "Let the saved login also be sent to this Control Service")
                .value_hint(ValueHint::Url),
        )
        .group(ArgGroup::new("instead").args(["status", "allow"]))
        .arg(text_or_json().help("How to print the status"))
        .after_help(
            "The login is kept in the keyring of the operating system, or, where there is none, in \
             vdk-cred.json, for this user alone. It is sent to the Control Service that is configured \
             when you log in, or to the first one that it is used with, and to no other.",
        )
}

/// `vdk access`.
pub fn access(command: Command) -> Command {
    let who = |command: Command| {
        command
            .arg(text("user", "NAME", "A user, by name"))
            .arg(text("service-account", "ID", "A service account, by its client id"))
            .arg(text("group", "NAME", "All whose token names this group"))
            .group(ArgGroup::new("who").required(true).args(["user", "service-account", "group"]))
    };
    let place = |command: Command| {
        command
            .arg(team("The team; * for all"))
            .arg(url("The Control Service's base URL"))
            .arg(insecure())
    };
    command
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            place(Command::new("list").about("List who may do what in a team"))
                .arg(text_or_json()),
        )
        .subcommand(
            place(who(Command::new("grant").about("Grant a role in a team, or change it"))).arg(
                Arg::new("role")
                    .value_name("ROLE")
                    .required(true)
                    .value_parser(PossibleValuesParser::new(["reader", "writer", "manager"]))
                    .help("reader reads values; writer also writes, and lists versions; manager also grants"),
            ),
        )
        .subcommand(place(who(Command::new("revoke").about("Take a role in a team back"))))
        .after_help(
            "Managers of a team do this. Whoever grants first in a team that never had grants becomes \
             its manager.",
        )
}

/// The option that permits a login over plain http.
pub fn insecure() -> Arg {
    flag("allow-insecure-http").help("Send the login over plain http, where others can read it")
}

fn text(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .overrides_with(name)
        .value_name(value)
        .value_hint(ValueHint::Other)
        .help(help)
}

/// Parses a timeout. The error does not repeat the argument, as clap's would do with a number.
fn seconds(text: &str) -> Result<u64, &'static str> {
    let seconds = text.parse().ok().filter(|seconds| (1..=3600).contains(seconds));
    seconds.ok_or("a number from 1 to 3600 is expected")
}
