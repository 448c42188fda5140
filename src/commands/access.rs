//! `vdk access`: the roles of users, service accounts and groups in a team.

use clap::{ArgGroup, Args, Subcommand, ValueHint};
use vdk_api::{Document, GranteeKind, Grants, Name, NewGrant, Role, access_path, grant_path};
use vdk_client::Error;
use vdk_client::completion::NameCache;
use vdk_client::config::{Target, checked_name};
use vdk_client::http::TransportError;
use vdk_client::service::{change, get_answer};

use crate::args::help::TEMPLATE;
use crate::args::{OutputArgs, ServiceArgs};
use crate::context::Context;
use crate::error::Exit;
use crate::formats::{self, Format};

// The arguments of `vdk access`.
#[derive(Args)]
#[group(skip)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    help_template = TEMPLATE,
    before_help = "\
Examples:
  vdk access list -t sales
  vdk access grant --user ana writer -t sales
  vdk access revoke --group /etl -t sales",
    after_help = "Only managers of a team can do this. The first to grant in an empty team that never \
                  had grants becomes its manager, unless the service forbids it."
)]
pub struct AccessArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    #[command(about = "List the roles in a team")]
    List {
        #[command(flatten)]
        place: PlaceArgs,
        #[command(flatten)]
        output: OutputArgs,
    },
    #[command(about = "Grant a role in a team, or change it")]
    Grant {
        #[command(flatten)]
        who: WhoArgs,
        #[command(flatten)]
        place: PlaceArgs,
        #[arg(
            value_name = "ROLE",
            value_parser = ["reader", "writer", "manager"],
            help = "reader reads values; writer also writes, and lists versions; manager also grants"
        )]
        role: String,
    },
    #[command(about = "Revoke a role in a team")]
    Revoke {
        #[command(flatten)]
        who: WhoArgs,
        #[command(flatten)]
        place: PlaceArgs,
    },
}

// A team at a Control Service.
#[derive(Args)]
#[group(skip)]
struct PlaceArgs {
    #[arg(
        short,
        long,
        value_name = "TEAM",
        value_hint = ValueHint::Other,
        overrides_with = "team",
        help = "The team; * for all"
    )]
    team: Option<String>,
    #[command(flatten)]
    service: ServiceArgs,
}

// The grantee, of one of three kinds.
#[derive(Args)]
#[group(skip)]
#[command(group(ArgGroup::new("who").required(true).args(["user", "service_account", "group"])))]
struct WhoArgs {
    #[arg(
        long,
        value_name = "NAME",
        value_hint = ValueHint::Other,
        overrides_with = "user",
        help = "A user, by name"
    )]
    user: Option<String>,
    #[arg(
        long,
        value_name = "ID",
        value_hint = ValueHint::Other,
        overrides_with = "service_account",
        help = "A service account, by its client id"
    )]
    service_account: Option<String>,
    #[arg(
        long,
        value_name = "NAME",
        value_hint = ValueHint::Other,
        overrides_with = "group",
        help = "A group: every user whose token names it"
    )]
    group: Option<String>,
}

/// Runs the subcommand.
pub fn run(args: AccessArgs, context: &Context) -> anyhow::Result<Exit> {
    let reporter = context.reporter;
    let (Verb::List { place, .. } | Verb::Grant { place, .. } | Verb::Revoke { place, .. }) =
        &args.verb;
    let Target::Service(base) = context.target(place.service.rest_api_url.as_deref())? else {
        if let Verb::List { output, .. } = &args.verb {
            reporter.note("the store on this machine belongs to one user and has no roles");
            print(&Grants::default(), output.is_json())?;
            return Ok(Exit::Done);
        }
        return Err(Error::usage("The local store has no roles.")
            .why("The address is local. The store on this machine belongs to one user.")
            .help("Give the URL of a Control Service: -u URL")
            .into());
    };
    let (team, _) = context.team(place.team.as_deref())?;
    let insecure = place.service.insecure.allow_insecure_http;
    let (http, expired) = context.connect(&base, insecure)?;
    match &args.verb {
        Verb::List { output, .. } => {
            let doing = format!("list the roles in team '{team}'");
            let answer = get_answer(&http, &access_path(&team), &doing, expired)?;
            let grants: Grants = serde_json::from_slice(&answer.body).map_err(|_| {
                let what = format!("{} at {}", answer.describe(), answer.url);
                http.failure(&TransportError::InvalidResponse(what), &doing, None)
            })?;
            if context.remembers_names() && team.as_str() != "*" {
                let settings = context.settings()?;
                NameCache::of(settings).remember_team(&base.to_string(), team.as_str());
            }
            print(&grants, output.is_json())?;
        }
        Verb::Revoke { who, .. } => {
            let (kind, name) = grantee(who)?;
            let path = grant_path(&team, kind, &name);
            let doing = format!("revoke the role of {kind} '{name}' in team '{team}'");
            change(&http, "DELETE", &path, None, &doing, expired)?;
            reporter.note(&format!("{kind} '{name}' no longer has a role in team '{team}'"));
        }
        Verb::Grant { who, role, .. } => {
            let (kind, name) = grantee(who)?;
            let path = grant_path(&team, kind, &name);
            let role: Role = role.parse()?;
            let body = serde_json::to_string(&NewGrant { role })?;
            let doing = format!("grant {kind} '{name}' the role {role} in team '{team}'");
            change(&http, "PUT", &path, Some(body), &doing, expired)?;
            reporter.note(&format!("{kind} '{name}' is {role} in team '{team}'"));
        }
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

fn grantee(who: &WhoArgs) -> Result<(GranteeKind, Name), Error> {
    let kinds = [
        ("user", &who.user, GranteeKind::User, "--user"),
        ("service-account", &who.service_account, GranteeKind::ServiceAccount, "--service-account"),
        ("group", &who.group, GranteeKind::Group, "--group"),
    ];
    for (option, given, kind, origin) in kinds {
        if let Some(given) = given {
            return Ok((kind, checked_name(option, given, origin)?.0));
        }
    }
    // clap requires one of them.
    Err(Error::usage("No grantee is given.").why("--user is not set.").help("Give --user NAME."))
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
