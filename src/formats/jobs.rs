//! The jobs of a team: a table, or JSON.

use vdk_api::timestamp;
use vdk_client::JobSummary;

use super::notation::json_string;
use super::text;

/// Returns whether a number of keys is not known.
pub fn is_incomplete(job: &JobSummary) -> bool {
    job.secrets.is_none() || job.properties.is_none()
}

/// Renders a table. `with_numbers`: more than the names is known.
pub fn text(jobs: &[JobSummary], with_numbers: bool) -> String {
    if !with_numbers {
        return text::name_table("job", jobs.iter().map(|job| job.job.as_str()));
    }
    let number = |number: Option<usize>| number.map_or("-".into(), |number| number.to_string());
    text::job_table(jobs.iter().map(|job| {
        let written = job.written_at.map_or("-".into(), |at| text::local_time(&timestamp(at)));
        [job.job.clone(), number(job.secrets), number(job.properties), written]
    }))
}

/// Renders an array of `{team,job,secrets,properties,updatedAt}`, null where something is not known.
pub fn json(team: &str, jobs: &[JobSummary]) -> String {
    let team = json_string(team);
    let or_null = |text: Option<String>| text.unwrap_or_else(|| "null".into());
    let objects = jobs.iter().map(|job| {
        format!(
            "{{\"team\": {team}, \"job\": {}, \"secrets\": {}, \"properties\": {}, \"updatedAt\": {}}}",
            json_string(&job.job),
            or_null(job.secrets.map(|number| number.to_string())),
            or_null(job.properties.map(|number| number.to_string())),
            or_null(job.written_at.map(|at| json_string(&timestamp(at)))),
        )
    });
    format!("[{}]\n", objects.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_names_and_says_what_is_not_known() {
        let job = |name: &str| JobSummary {
            job: name.into(),
            secrets: None,
            properties: Some(2),
            written_at: Some(0),
        };
        let jobs = [job("a\u{1b}[2J\"ü")];
        assert_eq!(
            json("t", &jobs),
            "[{\"team\": \"t\", \"job\": \"a\\u001b[2J\\\"\\u00fc\", \"secrets\": null, \
             \"properties\": 2, \"updatedAt\": \"1970-01-01T00:00:00.000Z\"}]\n"
        );
        assert!(!text(&jobs, true).contains('\u{1b}') && !text(&jobs, false).contains('\u{1b}'));
        assert!(text(&jobs, true).contains("-          2"), "{}", text(&jobs, true));
        assert_eq!(json("t", &[]), "[]\n");
    }
}
