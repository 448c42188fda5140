//! `list --expiring`: the secrets of a team's jobs that have to be replaced soon.

use vdk_api::{Collection, Day, Days, Name};
use vdk_client::Error;
use vdk_client::metadata::{Described, all, is_absent, keeps_none};

use super::across::{Progress, client, not_looked_at, place};
use super::job::Job;
use crate::args::collections::SecretOptions;
use crate::args::key_values::WhichArgs;
use crate::context::Context;
use crate::error::Exit;
use crate::formats::described::Due;
use crate::formats::{self, Format, described};

/// Lists what is due within a time: in all jobs of the team, or in that of `-n`.
pub fn run(
    which: &WhichArgs,
    within: &str,
    own: &SecretOptions,
    format: Format,
    context: &Context,
) -> anyhow::Result<Exit> {
    let parsed = match within {
        "0d" => Ok(None),
        within => within.parse::<Days>().map(Some),
    };
    let within = parsed.map_err(|error| {
        Error::usage("Cannot list what is due.")
            .why(format!("--expiring: {error}."))
            .help("Give a time such as 30d or 4w.")
    })?;
    if !matches!(format, Format::Text | Format::Json) {
        return Err(Error::usage("Invalid arguments")
            .why("--expiring prints no values, so there is nothing to print in that format.")
            .help("Use -o text or -o json.")
            .into());
    }
    let today = Day::today();
    let (team, described, total) = match &which.name {
        Some(_) => of_job(which, context)?,
        None => of_team(which, context)?,
    };
    let last = within.map_or(today, |within| today.after(within));
    let mut rows: Vec<Due> = described
        .found
        .into_iter()
        .filter_map(|(job, key, metadata)| {
            let due = metadata.due(today).filter(|due| *due <= last)?;
            Some(Due { job, key, due, owner: metadata.owner })
        })
        .collect();
    rows.sort_by(|a, b| (a.due, &a.job, &a.key).cmp(&(b.due, &b.job, &b.key)));
    formats::print(&match format == Format::Json {
        true => described::due_json(team.as_str(), &rows),
        false => described::due_text(&rows, today),
    })?;
    let (looked, place) =
        (described.looked, place(&context.target(which.rest_api_url.as_deref())?));
    if total == 0 {
        context.reporter.note(&format!("team '{team}' has no jobs with secrets at {place}"));
        // A name that is mistyped must not pass for one where nothing is due.
        return Ok(if own.exit_code { Exit::NotFound } else { Exit::Done });
    }
    context
        .reporter
        .note(&format!("looked at {looked} of {total} jobs of team '{team}' at {place}"));
    match not_looked_at(described.failed, looked, total) {
        Some(error) => Err(error.into()),
        None if own.exit_code && !rows.is_empty() => Ok(Exit::Cancelled),
        None => Ok(Exit::Done),
    }
}

fn of_job(which: &WhichArgs, context: &Context) -> Result<(Name, Described, usize), Error> {
    let job = Job::find(Collection::Secrets, which, context)?;
    let set = job.client.read()?;
    if set.version == Some(0) {
        job.tell_that_nothing_is_there();
        let team = job.owner().team.clone();
        return Ok((team, Described::default(), 0));
    }
    let (set, (_, now)) = (set.document, job.metadata(context)?);
    let name = job.name().to_string();
    let found = all(&now.document)?.into_iter().filter(|(key, _)| set.get(key).is_some());
    let found = found.map(|(key, metadata)| (name.clone(), key, metadata)).collect();
    Ok((job.owner().team.clone(), Described { found, looked: 1, failed: Vec::new() }, 1))
}

fn of_team(which: &WhichArgs, context: &Context) -> Result<(Name, Described, usize), Error> {
    let target = context.target(which.rest_api_url.as_deref())?;
    let (team, _) = context.team(which.team.as_deref())?;
    let client = client(which, target.clone(), context)?;
    let jobs: Vec<_> = client.jobs(&team)?.into_iter().map(|job| job.job).collect();
    // A service without metadata says so for the first.
    let first = &jobs[..jobs.len().min(1)];
    if client.described(&team, first, &|_| ())?.failed.iter().any(|(_, error)| is_absent(error)) {
        let error = keeps_none(&place(&target));
        return Err(error.help("For one job, in its folder: list --expiring TIME -n JOB"));
    }
    let progress = Progress::new(jobs.len());
    let described = client.described(&team, &jobs, &|done| progress.show(done))?;
    drop(progress);
    Ok((team, described, jobs.len()))
}
