//! `vdk job-store`: reads and writes key/values for a program, such as a data job that runs. It serves many
//! requests in one process, so that a job logs in once. docs/design/job-store.md describes the protocol.

mod answer;
pub mod request;

use std::io::{self, BufRead, ErrorKind as IoKind, Read};
use std::sync::Arc;

use answer::Stage;
use request::{Action, Operation, Request};
use vdk_api::{MAX_BODY_BYTES, Owner};
use vdk_client::config::Settings;
use vdk_client::{Client, Error, Job};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::Exit;
use crate::terminal::streams;

/// Answers the requests on stdin until it ends, a line each.
pub fn run(context: &Context) -> anyhow::Result<Exit> {
    let mut stdin = streams::stdin();
    let mut store = Store { context, client: None, was_accepted: false };
    while let Some(line) = next_line(&mut stdin)? {
        let answer = match line {
            Line::Whole(text) => store.answer(&text),
            Line::TooLong => answer::error(&request::too_long(), Stage::Request),
        };
        match streams::write_stdout(answer.as_bytes()) {
            Err(error) if error.kind() == IoKind::BrokenPipe => break,
            written => written?,
        }
    }
    Ok(Exit::Done)
}

/// A line of the input.
enum Line {
    Whole(Zeroizing<Vec<u8>>),
    /// It has more than [`MAX_BODY_BYTES`], and was skipped.
    TooLong,
}

fn next_line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut line = Zeroizing::new(Vec::new());
    let most = MAX_BODY_BYTES as u64 + 1;
    input.by_ref().take(most).read_until(b'\n', &mut line)?;
    if line.len() <= MAX_BODY_BYTES || line.ends_with(b"\n") {
        return Ok((!line.is_empty()).then_some(Line::Whole(line)));
    }
    drop(line);
    loop {
        let bytes = input.fill_buf()?;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let skipped = end.map_or(bytes.len(), |end| end + 1);
        input.consume(skipped);
        if end.is_some() || skipped == 0 {
            return Ok(Some(Line::TooLong));
        }
    }
}

/// The store of a job's key/values, which is found at the first request that needs it.
struct Store<'a> {
    context: &'a Context,
    client: Option<Client>,
    /// True once a request has succeeded, so that the login that is kept was valid.
    was_accepted: bool,
}

impl Store<'_> {
    fn answer(&mut self, line: &[u8]) -> Zeroizing<String> {
        let request = match Request::parse(line) {
            Ok(request) => request,
            Err(error) => return answer::error(&error, Stage::Request),
        };
        let answered = match &request {
            Request::Where => self.place(),
            Request::Act(action) => {
                self.prepare(action).map(|(owner, op_id)| self.act(action, &owner, &op_id))
            }
        };
        answered.unwrap_or_else(|error| answer::error(&error, Stage::Setup(None)))
    }

    /// Returns the settings as they are now: somebody may save a default while a program runs.
    fn settings(&self) -> Result<Arc<Settings>, Error> {
        Settings::new(self.context.reports()).map(Arc::new)
    }

    /// Returns where key/values are.
    fn place(&self) -> Result<Zeroizing<String>, Error> {
        Ok(answer::place(self.settings()?.configured_target()?.as_ref()))
    }

    /// Returns the job with its team, and the id of the execution. Opens the client at the first request.
    fn prepare(&mut self, action: &Action) -> Result<(Owner, String), Error> {
        let settings = self.settings()?;
        let team = match &action.team {
            Some(team) => team.clone(),
            None => settings.default_team()?.ok_or_else(request::no_team)?.0,
        };
        let owner = Owner { team, job: action.job.clone() };
        let op_id = match &action.op_id {
            Some(id) => id.clone(),
            None => settings.op_id()?,
        };
        if self.client.is_none() {
            let (target, reports) = (settings.target(None)?, self.context.reports().clone());
            self.client = Some(Client::open(settings, target, reports).keeping_connection());
        }
        Ok((owner, op_id))
    }

    fn act(&mut self, action: &Action, owner: &Owner, op_id: &str) -> Zeroizing<String> {
        let Some(client) = &self.client else { return Zeroizing::default() };
        let target = client.target();
        let act = || {
            let job = client
                .job_for(owner, action.collection, op_id.into())
                .map_err(|error| (error, Stage::Setup(Some(target))))?;
            perform(&job, &action.operation).map_err(|error| (error, Stage::Store(target)))
        };
        let mut done = act();
        let is_refused = |done: &Result<_, (Error, Stage)>| {
            done.as_ref().is_err_and(|(error, _)| error.status == Some(401))
        };
        if is_refused(&done) {
            // A login that was accepted before has expired meanwhile. Nothing was done, as it was refused.
            // One that never was may be replaced by the next request.
            client.disconnect();
            if self.was_accepted {
                done = act();
            }
        }
        self.was_accepted |= done.is_ok();
        done.unwrap_or_else(|(error, stage)| answer::error(&error, stage))
    }
}

fn perform(job: &Job, operation: &Operation) -> Result<Zeroizing<String>, Error> {
    match operation {
        Operation::Read { unless: Some(version) } => match job.service.read_unless(*version)? {
            Some(snapshot) => Ok(answer::document(&snapshot)),
            None => Ok(answer::unchanged(*version)),
        },
        Operation::Read { unless: None } => Ok(answer::document(&job.read()?)),
        Operation::Write(change) => Ok(answer::written(job.apply(change)?.version)),
    }
}
