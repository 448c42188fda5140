//! `vdk access`: the roles of users, service accounts and groups in a team.

use clap::ArgMatches;
use vdk_api::{Document, GrantRole, GranteeKind, Grants, Name, Role, access_path, grant_path};
use vdk_client::Error;
use vdk_client::config::{Settings, Target, checked_name};
use vdk_client::connect;
use vdk_client::http::TransportError;
use vdk_client::service::{change, get_answer};

use super::job::known;
use super::{text, wants_json};
use crate::error::Exit;
use crate::formats::{self, Format};
use crate::terminal::reporter::TerminalReporter;

/// Runs the subcommand.
pub fn run(flags: &ArgMatches, reporter: TerminalReporter) -> anyhow::Result<Exit> {
    let Some((verb, flags)) = flags.subcommand() else { return Ok(Exit::Usage) };
    let settings = Settings::new(&reporter.shared())?;
    let Target::Service(base) = settings.target(text(flags, "rest-api-url"))? else {
        if verb == "list" {
            reporter.note("the store on this machine is this user's alone, and has no grants");
            print(&Grants::default(), wants_json(flags))?;
            return Ok(Exit::Done);
        }
        return Err(Error::usage(
            "There is nobody to grant anything to.",
            "The address is local: the store on this machine is this user's alone.",
            "Give the URL of a Control Service with -u.",
        )
        .into());
    };
    let (team, _) =
        known(settings.team(text(flags, "team"))?, "team", "Job Team", "--team", reporter)?;
    let (http, expired) =
        connect(&settings, &base, flags.get_flag("allow-insecure-http"), &reporter.shared())?;
    if verb == "list" {
        let doing = format!("list who may do what in team '{team}'");
        let answer = get_answer(&http, &access_path(&team), &doing, expired)?;
        let grants: Grants = serde_json::from_slice(&answer.body).map_err(|_| {
            let what = format!("{} at {}", answer.describe(), answer.url);
            http.failure(&TransportError::InvalidResponse(what), &doing, None)
        })?;
        print(&grants, wants_json(flags))?;
        return Ok(Exit::Done);
    }
    let (kind, name) = grantee(flags)?;
    let path = grant_path(&team, kind, &name);
    if verb == "revoke" {
        let doing = format!("take the role of {kind} '{name}' in team '{team}' back");
        change(&http, "DELETE", &path, None, &doing, expired)?;
        reporter.note(&format!("{kind} '{name}' has no role in team '{team}' any more"));
    } else {
        let role: Role = text(flags, "role").unwrap_or_default().parse()?;
        let body = serde_json::to_string(&GrantRole { role })?;
        let doing = format!("grant {kind} '{name}' the role {role} in team '{team}'");
        change(&http, "PUT", &path, Some(body), &doing, expired)?;
        reporter.note(&format!("{kind} '{name}' is {role} in team '{team}'"));
    }
    Ok(Exit::Done)
}

fn print(grants: &Grants, as_json: bool) -> anyhow::Result<()> {
    if !as_json {
        return formats::print(&table(grants));
    }
    // Use the shared JSON printer: names are untrusted text.
    let document = Document::parse(&serde_json::to_string(grants)?)?;
    formats::print(&formats::members(&document.iter().collect(), Format::Json)?)
}

fn grantee(flags: &ArgMatches) -> Result<(GranteeKind, Name), Error> {
    let kinds = [
        ("user", GranteeKind::User, "--user"),
        ("service-account", GranteeKind::ServiceAccount, "--service-account"),
        ("group", GranteeKind::Group, "--group"),
    ];
    for (option, kind, origin) in kinds {
        if let Some(given) = text(flags, option) {
            return Ok((kind, checked_name(option, given, origin)?.0));
        }
    }
    // clap requires one of them.
    Err(Error::usage("Nobody is named.", "There is no --user.", "Give --user NAME."))
}

fn table(grants: &Grants) -> String {
    if grants.grants.is_empty() {
        return "No grants.\n".into();
    }
    let mut rows = vec![["who", "name", "role", "granted by", "at"].map(String::from)];
    rows.extend(grants.grants.iter().map(|grant| {
        let shown = |text: &str| vdk_api::escape::line(text).into_owned();
        [
            grant.kind.to_string(),
            shown(&grant.name),
            grant.role.to_string(),
            shown(&grant.granted_by),
            shown(&grant.granted_at),
        ]
    }));
    let mut builder = tabled::builder::Builder::default();
    for row in rows {
        builder.push_record(row);
    }
    let mut table = builder.build();
    table.with(tabled::settings::Style::blank()).with(tabled::settings::Padding::new(0, 1, 0, 0));
    let lines = table.to_string();
    lines.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
