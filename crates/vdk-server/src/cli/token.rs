//! The operator's commands that create, list and revoke API tokens. They work on the storage
//! itself, whether or not a service runs on it.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use clap::{Arg, ArgMatches, Command};
use secrecy::ExposeSecret;
use vdk_api::{ALL_TEAMS, Author, Name, SERVICE_TEAM};
use vdk_store::MasterKeys;

use crate::audit::harmless;
use crate::auth::{ApiTokens, NewToken, Scope, Tokens};
pub use crate::escape::escape as shown;
use crate::server::{ServeError, threads};
use crate::settings::Settings;
use crate::storage::StorageError;
use crate::storage::open::open_storage;

/// Lifetime of a token in seconds; `None` if it does not expire.
#[derive(Clone)]
struct Life(Option<i64>);

/// Builds the command `token`.
pub fn command() -> Command {
    let text =
        |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    Command::new("token")
        .about("Create, list and revoke API tokens, for use without an identity provider")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("create")
                .about("Create an API token and print it once")
                .arg(
                    text("user", "NAME")
                        .required(true)
                        .value_parser(parse_name)
                        .help("User of the token"),
                )
                .arg(
                    text("team", "TEAM")
                        .requires("role")
                        .value_parser(parse_name)
                        .help("Team of the token; * for all"),
                )
                .arg(
                    text("role", "ROLE")
                        .requires("team")
                        .value_parser(["reader", "writer", "manager"])
                        .help("Role in that team [default: the roles of its user]"),
                )
                .arg(
                    text("expires", "TIME")
                        .default_value("90d")
                        .value_parser(parse_life)
                        .help("Lifetime: 12h, 90d, 1year, or never"),
                ),
        )
        .subcommand(
            Command::new("list").about("List the API tokens without their secret parts").arg(
                Arg::new("output")
                    .short('o')
                    .long("output")
                    .value_name("FORMAT")
                    .value_parser(["text", "json"])
                    .default_value("text")
                    .help("Output format"),
            ),
        )
        .subcommand(
            Command::new("revoke")
                .about("Revoke an API token; its access tokens stop working within a minute")
                .arg(
                    Arg::new("id")
                        .value_name("ID")
                        .required(true)
                        .help("Id of the token, as list shows it"),
                ),
        )
}

/// Runs the subcommand in `options`. Returns `false` if there is no token with the id to revoke.
pub fn run(
    mut settings: Settings,
    keys: &dyn MasterKeys,
    options: &ArgMatches,
) -> Result<bool, ServeError> {
    let text = |options: &ArgMatches, name: &str| {
        options.get_one::<String>(name).cloned().unwrap_or_default()
    };
    let failed = |fault: StorageError| ServeError(format!("cannot access the API tokens: {fault}"));
    threads::for_command()?.block_on(async {
        // Tokens are stored with the properties, so no Vault is needed.
        settings.secrets = match std::mem::take(&mut settings.secrets) {
            crate::settings::Secrets::Vault(_) => crate::settings::Secrets::Off,
            other => other,
        };
        let (_, properties) = open_storage(&mut settings, keys).await?;
        let tokens = Tokens::of(properties).map_err(ServeError)?;
        let author = Author { who: "operator".into(), op_id: "token".into() };
        match options.subcommand() {
            Some(("create", options)) => {
                let role = options.get_one::<String>("role").and_then(|role| role.parse().ok());
                let team = options.get_one::<String>("team").cloned();
                let new = NewToken {
                    user: text(options, "user"),
                    scope: team.zip(role).map(|(team, role)| Scope { team, role }),
                    life: options.get_one::<Life>("expires").and_then(|life| life.0),
                    purpose: None,
                };
                let made = tokens.create(&new, &author).await.map_err(failed)?;
                let (id, token) = made.map_err(|why| ServeError(why.into()))?;
                print(token.expose_secret())?;
                note(&format!(
                    "created token {id} for {} ({}), {}; it is shown only once",
                    new.user,
                    scope(new.scope.as_ref()),
                    new.life.map_or("without expiry".into(), |life| {
                        format!("valid until {}", time(crate::auth::unix_time() + life))
                    }),
                ));
                Ok(true)
            }
            Some(("revoke", options)) => {
                let id = text(options, "id");
                match tokens.revoke(&id, &author).await.map_err(failed)? {
                    true => {
                        note(&format!(
                            "revoked token {id}; all services reject it within a minute"
                        ));
                        Ok(true)
                    }
                    false => Ok(false),
                }
            }
            Some((_, options)) => {
                let all = tokens.all().await.map_err(failed)?;
                let is_json = text(options, "output") == "json";
                print(&if is_json { as_json(&all) } else { as_table(&all) })?;
                Ok(true)
            }
            None => Ok(true),
        }
    })
}

fn parse_name(text: &str) -> Result<String, String> {
    match Name::new(text) {
        Ok(_) if text.contains(['/', '\\']) => Err("it contains a slash, as no request may".into()),
        Ok(_) if text == SERVICE_TEAM => Err("this name is reserved for the service".into()),
        Ok(_) => Ok(text.into()),
        Err(error) => Err(error.to_string()),
    }
}

fn parse_life(text: &str) -> Result<Life, &'static str> {
    const LONGEST: u64 = 100 * 366 * 24 * 3600;
    if text == "never" {
        return Ok(Life(None));
    }
    let life = humantime::parse_duration(text).ok().map(|life| life.as_secs());
    let life = life.filter(|seconds| (1..=LONGEST).contains(seconds));
    let life = life.and_then(|seconds| i64::try_from(seconds).ok());
    life.map(|life| Life(Some(life))).ok_or("a duration such as 12h or 90d, or never, is expected")
}

fn scope(scope: Option<&Scope>) -> String {
    match scope {
        None => "roles of the user".into(),
        Some(Scope { team, role }) if team == ALL_TEAMS => format!("{role} in all teams"),
        Some(Scope { team, role }) => format!("{role} in {team}"),
    }
}

fn time(seconds: i64) -> String {
    let since = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    match UNIX_EPOCH.checked_add(since) {
        Some(time) => humantime::format_rfc3339_seconds(time).to_string(),
        None => "?".into(),
    }
}

fn as_json(all: &Arc<ApiTokens>) -> String {
    let all = all.iter().map(|(id, token)| {
        serde_json::json!({
            "id": id, "user": token.user,
            "team": token.scope.as_ref().map(|scope| &scope.team),
            "role": token.scope.as_ref().map(|scope| scope.role),
            "made": time(token.made), "expires": token.expires.map(time), "over": token.is_over(),
        })
    });
    let json = serde_json::Value::from_iter(all).to_string();
    String::from_utf8(harmless(json.into_bytes())).unwrap_or_default()
}

fn as_table(all: &Arc<ApiTokens>) -> String {
    let mut rows = vec![["id", "user", "role", "created", "expires"].map(String::from)];
    rows.extend(all.iter().map(|(id, token)| {
        let expires = match token.expires {
            Some(_) if token.is_over() => "expired".into(),
            Some(end) => time(end),
            None => "never".into(),
        };
        let may = shown(&scope(token.scope.as_ref()));
        [id.clone(), shown(&token.user), may, time(token.made), expires]
    }));
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..5).map(width).collect();
    let line = |row: &[String; 5]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn print(text: &str) -> Result<(), ServeError> {
    writeln!(std::io::stdout().lock(), "{text}").map_err(|error| ServeError(error.to_string()))
}

fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "note: {text}");
}
