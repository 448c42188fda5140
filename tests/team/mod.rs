//! Tests of commands over all jobs of a team.

mod acceptance;
mod find;
mod generate;
mod jobs;
mod replace;
mod storages;

use serde_json::json;
use vdk_testing::scripted_service::Request;
use vdk_testing::{Home, Run};

/// Returns the number of the page that a request asks for.
fn page_number(request: &Request) -> Option<usize> {
    let (_, query) = request.path.split_once("pageNumber%3A%20")?;
    query.split('%').next()?.parse().ok()
}

/// Returns the page that a request asks for, of a service that has one page of jobs.
pub fn only_page(request: &Request, jobs: impl Iterator<Item = String>) -> Option<String> {
    let is_first = page_number(request)? == 1;
    Some(page(jobs.filter(|_| is_first).map(|job| (job, "sales"))))
}

/// Returns a page of jobs, as a service answers it.
fn page(jobs: impl IntoIterator<Item = (String, &'static str)>) -> String {
    let content: Vec<_> = jobs
        .into_iter()
        .map(|(job, team)| json!({"jobName": job, "config": {"team": team}}))
        .collect();
    json!({"data": {"content": content}}).to_string()
}

/// Stores all secrets or properties of a job.
fn set(home: &Home, collection: &str, team: &str, job: &str, json: &str) {
    let words = [collection, "-t", team, "-n", job, "--yes", "--overwrite-all", "-"];
    home.run_with(words, json).done();
}

/// Checks that a command fails because it did not do all, which is told beside what it did.
fn is_partial(run: &Run, code: i32, words: &str) {
    assert_eq!(run.code, code, "{run:?}");
    assert!(run.stderr.contains(words), "{run:?}");
}
