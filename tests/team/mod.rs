//! Tests of commands over all jobs of a team.

mod find;
mod jobs;

use serde_json::json;

/// Returns a page of jobs, as a service answers it.
fn page(jobs: impl IntoIterator<Item = (String, &'static str)>) -> String {
    let content: Vec<_> = jobs
        .into_iter()
        .map(|(job, team)| json!({"jobName": job, "config": {"team": team}}))
        .collect();
    json!({"data": {"content": content}}).to_string()
}
