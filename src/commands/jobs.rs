//! `vdk jobs`: the jobs of a team that have secrets or properties.

use clap::{Args, ValueHint};
use vdk_client::Client;
use vdk_client::config::Target;

use crate::args::help::TEMPLATE;
use crate::args::{OutputArgs, ServiceArgs};
use crate::context::Context;
use crate::error::Exit;
use crate::formats::{self, jobs};

// The arguments of `vdk jobs`.
#[derive(Args)]
#[group(skip)]
#[command(
    help_template = TEMPLATE,
    before_help = "\
Examples:
  vdk jobs -t sales
  vdk jobs -t sales -o json | jq -r '.[].job'",
    after_help = "Listed are the jobs that have secrets or properties, or had some. The store on this \
                  machine also knows their numbers and the last write. For a list of all that are \
                  deployed: vdk list of the Python vdk."
)]
pub struct JobsArgs {
    #[arg(
        short,
        long,
        value_name = "TEAM",
        value_hint = ValueHint::Other,
        overrides_with = "team",
        help = "The team"
    )]
    team: Option<String>,
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Lists the jobs of a team.
pub fn run(args: &JobsArgs, context: &Context) -> anyhow::Result<Exit> {
    let target = context.target(args.service.rest_api_url.as_deref())?;
    let (team, _) = context.team(args.team.as_deref())?;
    let is_local = matches!(target, Target::Local);
    let found = Client::open(context.settings()?.clone(), target, context.reports().clone())
        .allow_insecure_http(args.service.insecure.allow_insecure_http)
        .remembering_names(context.remembers_names())
        .jobs(&team)?;
    let is_damaged = |job: &&_| is_local && jobs::is_incomplete(job);
    for job in found.iter().filter(is_damaged) {
        context.reporter.warning(&format!(
            "job '{}' is damaged in the store: the number of its keys is not known",
            job.job
        ));
    }
    formats::print(&match args.output.is_json() {
        true => jobs::json(team.as_str(), &found),
        false => jobs::text(&found, is_local),
    })?;
    Ok(Exit::Done)
}
