//! `vdk set-default` and `vdk reset-default`.

use clap::ArgMatches;
use vdk_client::Error;
use vdk_client::config::{REST_API_URL, Settings, TEAM_NAME, Target, checked_name};

use super::text;
use crate::error::Exit;
use crate::terminal::reporter::TerminalReporter;

/// Saves the given defaults.
pub fn set(flags: &ArgMatches, reporter: TerminalReporter) -> anyhow::Result<Exit> {
    let settings = Settings::new(&reporter.shared())?;
    let (team, url) = (text(flags, "team"), text(flags, "rest-api-url"));
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
        return Err(Error::usage(
            "The address of the Control Service is not saved.",
            "It has no scheme, and only you know whether it is https or http.",
            "Give the whole URL, such as https://vdk.example.org, or local.",
        )
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
pub fn reset(flags: &ArgMatches, reporter: TerminalReporter) -> anyhow::Result<Exit> {
    let settings = Settings::new(&reporter.shared())?;
    let (team, url) = (flags.get_flag("team"), flags.get_flag("rest-api-url"));
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
    Error::usage(
        format!("There is nothing to {verb}."),
        "Neither --team nor --rest-api-url was given.",
        "Give one of them, or both.",
    )
}
