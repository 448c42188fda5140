//! The conditions of a write: `If-Match` and `If-None-Match` (RFC 9110, sections 13.1.1, 13.1.2).

use axum::http::{HeaderMap, HeaderName, header};
use vdk_api::Owner;

use super::problem::Problem;
use crate::backend::{Backend, Expected, Fault};

/// What a write demands of the current version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing: the last write wins, as with the original service.
    None,
    /// `If-None-Match: *`: it was never written.
    Absent,
    /// `If-Match: *`: it was written at least once.
    Present,
    /// `If-Match: "3", "4"`: it is one of these versions; a tag that is not one of ours matches
    /// nothing.
    OneOf(Vec<u64>),
}

impl Condition {
    /// Reads the condition of a request.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self, Problem> {
        let if_match = joined(headers, header::IF_MATCH)?;
        let if_none_match = joined(headers, header::IF_NONE_MATCH)?;
        let invalid =
            |why: &str| Problem::bad_request("The condition of the request is not valid.", why);
        match (if_match.as_deref().map(str::trim), if_none_match.as_deref().map(str::trim)) {
            (Some(_), Some(_)) => Err(invalid("If-Match and If-None-Match do not go together.")),
            (None, None) => Ok(Condition::None),
            (None, Some("*")) => Ok(Condition::Absent),
            (None, Some(_)) => Err(invalid("If-None-Match takes only * on a write.")),
            (Some("*"), None) => Ok(Condition::Present),
            (Some(tags), None) => tags
                .split(',')
                .map(|tag| version(tag.trim()))
                .collect::<Option<Vec<_>>>()
                .map(|tags| Condition::OneOf(tags.into_iter().flatten().collect()))
                .ok_or_else(|| invalid("If-Match takes entity tags in double quotes, or *.")),
        }
    }

    /// What the backend is to compare. Where the condition names several versions it is looked up
    /// which of them is there, and the write then demands exactly that one.
    pub async fn expected(&self, backend: &dyn Backend, owner: &Owner) -> Result<Expected, Fault> {
        match self {
            Condition::None => return Ok(Expected::Any),
            Condition::Absent => return Ok(Expected::Version(0)),
            Condition::OneOf(versions) if versions.len() == 1 => {
                return Ok(Expected::Version(versions[0]));
            }
            _ => {}
        }
        let current = backend.read(owner).await?.version;
        match self {
            // A document that was written once stays written.
            Condition::Present if current > 0 => Ok(Expected::Any),
            Condition::OneOf(versions) if versions.contains(&current) => {
                Ok(Expected::Version(current))
            }
            _ => Err(Fault::Conflict { current: Some(current) }),
        }
    }
}

/// All headers of this name as one list.
fn joined(headers: &HeaderMap, name: HeaderName) -> Result<Option<String>, Problem> {
    let values: Vec<_> = headers.get_all(&name).iter().collect();
    if values.is_empty() {
        return Ok(None);
    }
    let texts = values.iter().map(|value| value.to_str()).collect::<Result<Vec<_>, _>>();
    texts.map(|texts| Some(texts.join(","))).map_err(|_| {
        Problem::bad_request("The condition of the request is not valid.", "It is not ASCII.")
    })
}

/// The version that an entity tag stands for: `Some(None)` for a tag that is none of ours or is
/// weak, which never matches strongly; `None` for what is no tag.
fn version(tag: &str) -> Option<Option<u64>> {
    let (strong, weak) = (tag.strip_prefix('"'), tag.strip_prefix("W/\""));
    let text = strong.or(weak)?.strip_suffix('"')?;
    if text.contains('"') {
        return None;
    }
    let is_plain = text == "0" || !text.starts_with(['0', '+']);
    Some(text.parse().ok().filter(|_| strong.is_some() && is_plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(headers: &[(HeaderName, &'static str)]) -> Result<Condition, ()> {
        let map = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
        Condition::from_headers(&map.collect()).map_err(|_| ())
    }

    #[test]
    fn conditions_are_read_as_the_rfc_says() {
        use axum::http::header::{IF_MATCH as M, IF_NONE_MATCH as N};
        assert_eq!(parse(&[]), Ok(Condition::None));
        assert_eq!(parse(&[(M, "\"3\"")]), Ok(Condition::OneOf(vec![3])));
        assert_eq!(parse(&[(M, "\"3\" , \"x\",W/\"4\", \"007\"")]), Ok(Condition::OneOf(vec![3])));
        assert_eq!(parse(&[(M, "*")]), Ok(Condition::Present));
        assert_eq!(parse(&[(N, "*")]), Ok(Condition::Absent));
        for bad in ["3", "\"3", "", "\"3\",", "\"3\" \"4\""] {
            assert_eq!(parse(&[(M, bad)]), Err(()), "{bad}");
        }
        assert_eq!(parse(&[(N, "\"3\"")]), Err(()));
        assert_eq!(parse(&[(M, "*"), (N, "*")]), Err(()));
    }
}
