//! `exec`: runs a program with key/values as environment variables. A program that needs no watching
//! replaces vdk, so that its signals, its terminal and its exit code are its own.

mod environment;
mod failure;
#[cfg(unix)]
mod output;
mod plan;
mod preview;
#[cfg(unix)]
mod unix;

use std::process::ExitCode;

use plan::{Plan, Source};
use vdk_api::Collection;

use super::job::Job;
use crate::args::Beside;
use crate::args::exec::ExecArgs;
use crate::args::key_values::WhichArgs;
use crate::context::Context;
use crate::error::Exit;
use crate::formats;

/// Runs the program of the command line.
pub fn run(
    collection: Collection,
    args: &Beside<WhichArgs, ExecArgs>,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    let own = &args.own;
    let mut sources = vec![source(collection, &args.global, context)?];
    if own.with_properties && collection == Collection::Secrets {
        sources.push(source(Collection::Properties, &args.global, context)?);
    }
    let plan = Plan::new(&sources, own, context.reporter)?;
    if own.dry_run {
        formats::print(&preview::rendered(&plan, own))?;
        return Ok(Exit::Done.into());
    }
    context.reporter.debug(|| {
        let size = |entry: &plan::Entry| format!("{} ({} bytes)", entry.variable, entry.text.len());
        let sizes: Vec<_> = plan.entries.iter().map(size).collect();
        format!("passing {}", sizes.join(", "))
    });
    start(&plan, own, context)
}

/// Reads one collection of the job.
fn source(collection: Collection, which: &WhichArgs, context: &Context) -> anyhow::Result<Source> {
    let job = Job::find(collection, which, context)?;
    let read = job.client.service.read()?;
    if read.version == Some(0) || read.document.is_empty() {
        job.tell_that_nothing_is_there();
    }
    let name = format!("{} at {}", job.client.name, job.client.service.place());
    Ok(Source { collection, document: read.document, name })
}

#[cfg(unix)]
use unix::start;

#[cfg(not(unix))]
fn start(_: &Plan, _: &ExecArgs, _: &Context) -> anyhow::Result<ExitCode> {
    Err(vdk_client::Error::usage("Cannot run a program on this system.")
        .why("exec needs the processes and signals of Unix.")
        .consequences("Nothing was run.")
        .help("Print the values in a format that your shell reads: --list --show-secrets -o json")
        .into())
}
