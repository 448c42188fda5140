//! `vdk set-default` and `vdk reset-default`.

use clap::{Args, ValueHint};
use vdk_client::Error;
use vdk_client::config::{REST_API_URL, TEAM_NAME, Target, checked_name};

use crate::context::Context;
use crate::error::Exit;

// The arguments of `vdk set-default`.
#[derive(Args)]
#[group(skip)]
pub struct SetArgs {
    #[arg(
        short,
        long,
        value_name = "TEAM",
        value_hint = ValueHint::Other,
        overrides_with = "team",
        help = "The team that commands use without -t"
    )]
    team: Option<String>,
    #[arg(
        short = 'u',
        long,
        value_name = "URL",
        value_hint = ValueHint::Url,
        overrides_with = "rest_api_url",
        help = "The Control Service that commands use without -u: a URL, or local"
    )]
    rest_api_url: Option<String>,
}

// The arguments of `vdk reset-default`.
#[derive(Args)]
#[group(skip)]
pub struct ResetArgs {
    #[arg(short, long, overrides_with = "team", help = "Forget the default team")]
    team: bool,
    #[arg(
        short = 'u',
        long,
        overrides_with = "rest_api_url",
        help = "Forget the default Control Service"
    )]
    rest_api_url: bool,
}

/// Saves the given defaults.
pub fn set(args: &SetArgs, context: &Context) -> anyhow::Result<Exit> {
    let reporter = context.reporter;
    let settings = context.settings()?;
    let (team, url) = (args.team.as_deref(), args.rest_api_url.as_deref());
    if team.is_none() && url.is_none() {
        return Err(nothing("set").into());
    }
    // Both are checked before either is saved.
    if let Some(team) = team {
        checked_name("team", team, "--team")?;
    }
    if url.is_some()
        && let Target::Service(base) = settings.target(url)?
        && base.scheme_was_missing()
    {
        return Err(Error::usage("The address of the Control Service is not saved.")
            .why("It has no scheme, so it could be https or http.")
            .help("Give the whole URL, such as https://vdk.example.org, or local.")
            .into());
    }
    if let Some(team) = team {
        settings.save(TEAM_NAME, Some(team))?;
        reporter.note(&format!("Default team name has been set to `{team}`."));
    }
    if let Some(url) = url {
        settings.save(REST_API_URL, Some(url))?;
        reporter.note(&format!("Default REST API URL has been set to `{url}`."));
    }
    Ok(Exit::Done)
}

/// Removes the named defaults.
pub fn reset(args: &ResetArgs, context: &Context) -> anyhow::Result<Exit> {
    let reporter = context.reporter;
    let settings = context.settings()?;
    let (team, url) = (args.team, args.rest_api_url);
    if !team && !url {
        return Err(nothing("reset").into());
    }
    if team {
        settings.save(TEAM_NAME, None)?;
        reporter.note("Default team name has been reset.");
    }
    if url {
        settings.save(REST_API_URL, None)?;
        reporter.note("Default REST API URL has been reset.");
    }
    Ok(Exit::Done)
}

fn nothing(verb: &str) -> Error {
    Error::usage(format!("Nothing to {verb}."))
        .why("Neither --team nor --rest-api-url is given.")
        .help("Give one of them, or both.")
}
