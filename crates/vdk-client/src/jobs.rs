//! The jobs of a team: from the store of this machine, or by the GraphQL query that a Control Service
//! answers, the original one too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use vdk_api::{Collection, Document, Name, Owner, jobs_path};
use vdk_store::{Address, MasterKeys, Store, StoreError};

use crate::http::{Http, TransportError};
use crate::service::{get_answer, open_store, store_failure};
use crate::{Error, ErrorKind};

/// Jobs that are asked for at once. The original's client asks for as many.
const PAGE: usize = 100;
/// Most jobs of a team, as in the Control Service of this project.
const MOST: usize = 100_000;

/// A job that has secrets or properties, or had some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSummary {
    /// The name. That of a service is its own: it may be no name that commands take.
    pub job: String,
    /// The number of secrets, if it is known.
    pub secrets: Option<usize>,
    /// The number of properties, if it is known.
    pub properties: Option<usize>,
    /// The time of the last write, in milliseconds since 1970 (UTC), if it is known.
    pub written_at: Option<u64>,
}

impl JobSummary {
    fn unknown(job: String) -> Self {
        JobSummary { job, secrets: None, properties: None, written_at: None }
    }
}

/// Returns the jobs of `team` in the store in `folder`, sorted. A document that is damaged is not counted.
pub(crate) fn stored(
    folder: &Path,
    keys: &dyn MasterKeys,
    team: &Name,
) -> Result<Vec<JobSummary>, Error> {
    let Some(store) = open_store(folder, keys)? else { return Ok(Vec::new()) };
    let failure = |error: &StoreError| store_failure(error, "read");
    let mut jobs = BTreeMap::new();
    for collection in [Collection::Secrets, Collection::Properties] {
        for job in store.jobs(collection, team, MOST).map_err(|error| failure(&error))? {
            let Ok(name) = Name::new(job.clone()) else { continue };
            let owner = Owner { team: team.clone(), job: name };
            if owner.is_job() {
                jobs.insert(job, owner);
            }
        }
    }
    let summary = |(job, owner)| summary(&store, job, &owner);
    jobs.into_iter().map(summary).collect::<Result<_, _>>().map_err(|error| failure(&error))
}

fn summary(store: &Store, job: String, owner: &Owner) -> Result<JobSummary, StoreError> {
    let mut summary = JobSummary::unknown(job);
    for (collection, number) in [
        (Collection::Secrets, &mut summary.secrets),
        (Collection::Properties, &mut summary.properties),
    ] {
        match store.read_text(&Address { collection, owner: owner.clone() }) {
            Ok(text) => {
                *number = Document::parse(&text.json).ok().map(|document| document.len());
                if text.version > 0 {
                    summary.written_at = summary.written_at.max(Some(text.written_at));
                }
            }
            Err(StoreError::Damaged(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(summary)
}

/// What a service answers to the query.
#[derive(Deserialize)]
struct Answered {
    data: Page,
    /// What went wrong beside the data: a page that lacks jobs looks like a whole one.
    #[serde(default)]
    errors: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize)]
struct Page {
    content: Vec<Listed>,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
struct Listed {
    job_name: String,
    #[serde(default)]
    config: Option<Config>,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Config {
    #[serde(default)]
    team: Option<String>,
}

impl Listed {
    /// The original's filter is a pattern: jobs of other teams may come with those of this one.
    fn is_of(&self, team: &Name) -> bool {
        let own = self.config.as_ref().and_then(|config| config.team.as_deref());
        own.is_none_or(|own| own == team.as_str())
    }
}

/// Asks a service for the jobs of `team`, page by page. Returns them sorted.
pub(crate) fn asked(
    http: &Http,
    login_expired: bool,
    team: &Name,
) -> Result<Vec<JobSummary>, Error> {
    let doing = format!("list the jobs of team '{team}'");
    let mut all = BTreeSet::new();
    for page in 1..=MOST {
        let path = jobs_path(team, &query(team, page));
        let answer = get_answer(http, &path, &doing, login_expired)
            .map_err(|failure| cannot_list(failure, http, &doing))?;
        let invalid = |why: &str| {
            let what = format!("{} ({why}) at {}", answer.describe(), http.base());
            http.failure(&TransportError::InvalidResponse(what), &doing, None)
        };
        let Ok(Answered { data, errors }) = serde_json::from_slice(&answer.body) else {
            return Err(invalid("it is no page of jobs"));
        };
        if errors.is_some_and(|errors| !errors.is_empty()) {
            return Err(invalid("it reports errors"));
        }
        let (size, before) = (data.content.len(), all.len());
        all.extend(data.content);
        // A service may have smaller pages than it is asked for: only one that is empty is behind the
        // last. Some know no pages, and answer with all jobs each time.
        if size == 0 || (all.len() == before && size != PAGE) {
            let own = all.into_iter().filter(|job| job.is_of(team)).map(|job| job.job_name);
            let names: BTreeSet<_> = own.collect();
            return Ok(names.into_iter().map(JobSummary::unknown).collect());
        }
        if all.len() == before {
            return Err(invalid("it is the page before once more"));
        }
        if all.len() > MOST {
            break;
        }
    }
    Err(Error::new(ErrorKind::Unavailable, format!("Cannot {doing}."))
        .why(format!("{} lists more than {MOST} jobs.", http.base()))
        .help("Name the job of each command with -n."))
}

/// The query for a page, as the original's client sends it.
fn query(team: &Name, page: usize) -> String {
    // The escapes of JSON are those of GraphQL.
    let team = serde_json::Value::from(team.as_str());
    format!(
        "{{jobs(pageNumber: {page}, pageSize: {PAGE}, filter: [{{property: \"config.team\", pattern: \
         {team}, sort: ASC}}, {{property: \"jobName\", sort: ASC}}]) {{content {{jobName config {{team}}}}}}}}"
    )
}

/// A service that has no such route is as if it were away: nothing is known of its jobs.
fn cannot_list(mut failure: Error, http: &Http, doing: &str) -> Error {
    if matches!(failure.status, Some(404 | 405 | 501)) {
        failure.kind = ErrorKind::Unavailable;
        failure.body.what = format!("Cannot {doing}.");
        failure.body.countermeasures = format!(
            "Check the base URL, {}. If it is right, this service does not list jobs: name the job with \
             -n, or several for find and replace with --jobs FILE.",
            http.base()
        );
    }
    // The query is long, and says nothing that is not in the rest.
    if let Some((before, query)) = failure.body.why.split_once("?query=") {
        let rest = query.split_once(' ').map_or("", |(_, rest)| rest);
        failure.body.why = format!("{before} {rest}");
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_the_team_in_the_query() {
        let team = Name::new("a\"b\\").unwrap();
        assert!(query(&team, 3).contains(r#"jobs(pageNumber: 3, pageSize: 100, filter: [{property: "config.team", pattern: "a\"b\\", sort: ASC}"#));
    }

    #[test]
    fn keeps_jobs_of_the_team_only() {
        let page: Answered = serde_json::from_str(
            r#"{"data": {"content": [{"jobName": "a", "config": {"team": "sales"}},
                {"jobName": "b", "config": {"team": "presales"}}, {"jobName": "c"},
                {"jobName": "d", "config": null}]}}"#,
        )
        .unwrap();
        let team = Name::new("sales").unwrap();
        let own: Vec<_> = page
            .data
            .content
            .iter()
            .filter(|job| job.is_of(&team))
            .map(|job| &*job.job_name)
            .collect();
        assert_eq!(own, ["a", "c", "d"]);
    }
}
