//! Paths of the Control Service's API, below its base URL: the templates that its router and its
//! OpenAPI document use, and the paths that the client requests. Source: the service's `api.yaml`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{Collection, GranteeKind, Name, Owner};

/// Path of a job's secrets. The service ignores the deployment.
pub const SECRETS: &str = "/data-jobs/for-team/{team}/jobs/{job}/deployments/{deployment}/secrets";
/// Path of the versions of a job's secrets. The original service has no such path.
pub const SECRETS_VERSIONS: &str =
    "/data-jobs/for-team/{team}/jobs/{job}/deployments/{deployment}/secrets/versions";
/// Path for a rollback to one of these versions.
pub const SECRETS_ROLLBACK: &str = "/data-jobs/for-team/{team}/jobs/{job}/deployments/{deployment}/\
                                    secrets/versions/{version}/rollback";
/// Path of the metadata of a job's secrets. The original service has no such path.
pub const SECRETS_METADATA: &str =
    "/data-jobs/for-team/{team}/jobs/{job}/deployments/{deployment}/secrets/metadata";
/// Path of the versions of that metadata.
pub const SECRETS_METADATA_VERSIONS: &str =
    "/data-jobs/for-team/{team}/jobs/{job}/deployments/{deployment}/secrets/metadata/versions";

/// Path of a job's properties. The service ignores the deployment.
pub const PROPERTIES: &str =
    "/data-jobs/for-team/{team}/jobs/{job}/deployments/{deployment}/properties";
/// Path of the versions of a job's properties. The original service has no such path.
pub const PROPERTIES_VERSIONS: &str =
    "/data-jobs/for-team/{team}/jobs/{job}/deployments/{deployment}/properties/versions";
/// Path for a rollback to one of these versions.
pub const PROPERTIES_ROLLBACK: &str = "/data-jobs/for-team/{team}/jobs/{job}/deployments/\
                                       {deployment}/properties/versions/{version}/rollback";

/// Path of the service's information.
pub const INFO: &str = "/data-jobs/for-team/{team}/info";

/// Path of a team's jobs, which GraphQL queries ask for.
pub const JOBS: &str = "/data-jobs/for-team/{team}/jobs";

/// Path of a team's grants.
pub const ACCESS: &str = "/data-jobs/for-team/{team}/access";
/// Path of one grant.
pub const GRANT: &str = "/data-jobs/for-team/{team}/access/{kind}/{name}";

/// Path of a team's OAuth credentials.
pub const CREDENTIALS: &str = "/data-jobs/teams/{team}/oauth-credentials";
/// Path of the client id among them.
pub const CLIENT_ID: &str = "/data-jobs/teams/{team}/oauth-credentials/client-id";
/// Path at which the teams of client ids are looked up.
pub const CLIENT_IDS: &str = "/data-jobs/oauth-credentials/client-ids";

/// Path at which an API token is exchanged for an access token.
pub const TOKEN: &str = "/oauth2/token";
/// Path of the keys that sign access tokens.
pub const KEYS: &str = "/.well-known/jwks.json";
/// Path of the metadata of the service as an authorization server.
pub const METADATA: &str = "/.well-known/oauth-authorization-server";

/// Characters to escape: all but the unreserved ones of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns `text` as exactly one path segment, percent-encoded as UTF-8.
pub fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Returns the path of a job's key/values. The deployment id is the literal `TODO`, as every client
/// of the API sends it.
pub fn key_values_path(owner: &Owner, collection: Collection) -> String {
    let template = match collection {
        Collection::Secrets => SECRETS,
        Collection::Properties => PROPERTIES,
    };
    fill(template, &[owner.team.as_str(), owner.job.as_str(), "TODO"])
}

/// Returns the path of the versions of a job's key/values.
pub fn versions_path(owner: &Owner, collection: Collection) -> String {
    let template = match collection {
        Collection::Secrets => SECRETS_VERSIONS,
        Collection::Properties => PROPERTIES_VERSIONS,
    };
    fill(template, &[owner.team.as_str(), owner.job.as_str(), "TODO"])
}

/// Returns the path of the metadata of a job's secrets.
pub fn metadata_path(owner: &Owner) -> String {
    fill(SECRETS_METADATA, &[owner.team.as_str(), owner.job.as_str(), "TODO"])
}

/// Returns the path of the service's information for a team.
pub fn info_path(team: &Name) -> String {
    fill(INFO, &[team.as_str()])
}

/// Returns the path of a team's jobs, with a GraphQL `query`.
pub fn jobs_path(team: &Name, query: &str) -> String {
    format!("{}?query={}", fill(JOBS, &[team.as_str()]), encode_segment(query))
}

/// Returns the path of a team's grants.
pub fn access_path(team: &Name) -> String {
    fill(ACCESS, &[team.as_str()])
}

/// Returns the path of one grant.
pub fn grant_path(team: &Name, kind: GranteeKind, name: &Name) -> String {
    fill(GRANT, &[team.as_str(), &kind.to_string(), name.as_str()])
}

/// Replaces the parameters of a path by `values`, in their order.
fn fill(template: &str, values: &[&str]) -> String {
    let mut values = values.iter();
    let segments = template.split('/').map(|segment| match segment.strip_prefix('{') {
        Some(_) => values.next().map_or_else(String::new, |value| encode_segment(value)),
        None => segment.into(),
    });
    segments.collect::<Vec<_>>().join("/")
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
        assert_eq!(
            versions_path(&owner, Collection::Properties),
            "/data-jobs/for-team/t%201/jobs/j/deployments/TODO/properties/versions"
        );
        assert_eq!(info_path(&owner.team), "/data-jobs/for-team/t%201/info");
        assert_eq!(
            jobs_path(&owner.team, "{jobs(pageSize: 2)}"),
            "/data-jobs/for-team/t%201/jobs?query=%7Bjobs%28pageSize%3A%202%29%7D"
        );
        assert_eq!(
            grant_path(&owner.team, GranteeKind::ServiceAccount, &name("/a")),
            "/data-jobs/for-team/t%201/access/service-account/%2Fa"
        );
    }
}
