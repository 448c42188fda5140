//! Paths of the Control Service's API, below its base URL. Source: the service's `api.yaml`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{Collection, Name, Owner};

/// Characters to escape: all but the unreserved ones of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns `text` as exactly one path segment, percent-encoded as UTF-8.
pub fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Returns the path of a job's key/values. The deployment id is the literal `TODO`, as every client
/// of the API sends it; the service ignores it.
pub fn key_values_path(owner: &Owner, collection: Collection) -> String {
    format!(
        "/data-jobs/for-team/{}/jobs/{}/deployments/TODO/{collection}",
        encode_segment(owner.team.as_str()),
        encode_segment(owner.job.as_str()),
    )
}

/// Returns the path of the versions of a job's key/values. The original service has no such path.
pub fn versions_path(owner: &Owner, collection: Collection) -> String {
    format!("{}/versions", key_values_path(owner, collection))
}

/// Returns the path of the service's information for a team.
pub fn info_path(team: &Name) -> String {
    format!("/data-jobs/for-team/{}/info", encode_segment(team.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_any_name_as_one_segment() {
        assert_eq!(encode_segment("a b/%+ü☃~"), "a%20b%2F%25%2B%C3%BC%E2%98%83~");
    }

    #[test]
    fn builds_the_paths_of_the_api() {
        let name = |text: &str| Name::new(text).unwrap();
        let owner = Owner { team: name("t 1"), job: name("j") };
        assert_eq!(
            key_values_path(&owner, Collection::Secrets),
            "/data-jobs/for-team/t%201/jobs/j/deployments/TODO/secrets"
        );
        assert_eq!(info_path(&owner.team), "/data-jobs/for-team/t%201/info");
    }
}
