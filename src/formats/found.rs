//! What `find` found: a table, or JSON. No value is in it.

use vdk_client::search::{Found, How, Searched};

use super::notation::json_string;
use super::text::found_table;

/// Renders a table.
pub fn text(found: &[Found]) -> String {
    found_table(found.iter().map(|one| {
        let how = match one.how {
            How::Equal => "equal",
            How::Part => "part of the value",
            How::Name => "name",
        };
        [&one.job, one.collection.as_str(), &one.key, how]
    }))
}

/// Renders what was found, how many of all jobs were read, and those that could not be.
pub fn json(team: &str, searched: &Searched, total: usize) -> String {
    let team = json_string(team);
    let found = searched.found.iter().map(|one| {
        let how = match one.how {
            How::Equal => "equal",
            How::Part => "part",
            How::Name => "name",
        };
        format!(
            "{{\"team\": {team}, \"job\": {}, \"collection\": \"{}\", \"key\": {}, \"how\": \"{how}\"}}",
            json_string(&one.job),
            one.collection,
            json_string(&one.key),
        )
    });
    let failed = searched.failed.iter().map(|(job, error)| (job, error.body.why.as_str()));
    let not_asked = searched.not_asked.iter().map(|job| (job, "The service was not asked for it."));
    let failed = failed.chain(not_asked).map(|(job, why)| {
        let why = json_string(why);
        format!("{{\"team\": {team}, \"job\": {}, \"why\": {why}}}", json_string(job))
    });
    format!(
        "{{\"found\": [{}], \"looked\": {}, \"total\": {total}, \"failed\": [{}]}}\n",
        found.collect::<Vec<_>>().join(", "),
        searched.looked,
        failed.collect::<Vec<_>>().join(", ")
    )
}
