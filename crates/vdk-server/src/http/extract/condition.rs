//! The preconditions `If-Match` and `If-None-Match` (RFC 9110, sections 13.1.1, 13.1.2): of a write, what must
//! be current, and of a read, what the client has.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{Object, ObjectBuilder, Required, Type};
use vdk_api::Owner;

use crate::http::error::ApiError;
use crate::storage::{Backend, Expected, StorageError};

/// A precondition on the current version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// No precondition: the last write wins, as with the original service.
    None,
    /// `If-None-Match: *`: the document was never written.
    Absent,
    /// `If-Match: *`: the document was written at least once.
    Present,
    /// `If-Match: "3", "4"`: the version is one of these. A foreign tag matches nothing.
    OneOf(Vec<u64>),
}

impl Condition {
    /// Parses the precondition of a request. If there are both headers, both must hold.
    fn from_headers(headers: &HeaderMap) -> Result<Self, ApiError> {
        let if_match = joined(headers, header::IF_MATCH);
        let absent = match joined(headers, header::IF_NONE_MATCH).as_deref().map(str::trim) {
            None => false,
            Some("*") => true,
            Some(_) => {
                return Err(ApiError::bad_request(
                    "Invalid condition in the request.",
                    "If-None-Match takes only * on a write.",
                ));
            }
        };
        Ok(match (if_match.as_deref().map(str::trim), absent) {
            (None, false) => Condition::None,
            (None, true) => Condition::Absent,
            (Some("*"), false) => Condition::Present,
            (Some("*"), true) => Condition::OneOf(Vec::new()),
            (Some(tags), false) => Condition::OneOf(versions(tags)),
            (Some(tags), true) => Condition::OneOf(
                versions(tags).into_iter().filter(|version| *version == 0).collect(),
            ),
        })
    }

    /// Returns the precondition for the backend. If it names several versions, looks up which of
    /// them is current; the write then requires exactly that one.
    pub async fn expected(
        &self,
        backend: &dyn Backend,
        owner: &Owner,
    ) -> Result<Expected, StorageError> {
        match self {
            Condition::None => return Ok(Expected::Any),
            Condition::Absent => return Ok(Expected::Version(0)),
            Condition::OneOf(versions) if versions.len() == 1 => {
                return Ok(Expected::Version(versions[0]));
            }
            _ => {}
        }
        let current = StorageError::version_of(backend.read(owner).await)?;
        match self {
            // A document that was written once stays written.
            Condition::Present if current > 0 => Ok(Expected::Any),
            Condition::OneOf(versions) if versions.contains(&current) => {
                Ok(Expected::Version(current))
            }
            _ => Err(StorageError::Conflict { current: Some(current) }),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Condition {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Condition::from_headers(&parts.headers)
    }
}

impl IntoParams for Condition {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        vec![
            parameter(
                "If-Match",
                "Write only if one of these entity tags is current; *: only if anything was \
                 written",
                text().build(),
            ),
            parameter(
                "If-None-Match",
                "Write only if nothing was ever written",
                text().enum_values(Some(["*"])).build(),
            ),
        ]
    }
}

/// `If-None-Match` of a read: the version that the client has. A read of it answers 304 without the values.
#[derive(Debug, PartialEq, Eq)]
pub enum Unless {
    /// The client has nothing.
    Never,
    /// `*`: the client has some version.
    Written,
    /// The client has one of these. A foreign tag matches nothing.
    OneOf(Vec<u64>),
}

impl Unless {
    fn from_headers(headers: &HeaderMap) -> Self {
        match joined(headers, header::IF_NONE_MATCH).as_deref().map(str::trim) {
            None => Unless::Never,
            Some("*") => Unless::Written,
            Some(tags) => Unless::OneOf(versions(tags)),
        }
    }

    /// Returns true if the client has this version.
    pub fn has(&self, version: u64) -> bool {
        match self {
            Unless::Never => false,
            Unless::Written => version > 0,
            Unless::OneOf(versions) => versions.contains(&version),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Unless {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Unless::from_headers(&parts.headers))
    }
}

impl IntoParams for Unless {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "Answer 304 without a body if the version has one of these entity tags; *: if anything \
                     was written";
        vec![parameter(
            "If-None-Match",
            about,
            ObjectBuilder::new().schema_type(Type::String).build(),
        )]
    }
}

fn parameter(name: &str, about: &str, schema: Object) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(schema))
        .build()
}

/// Joins all headers of this name into one list.
fn joined(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let values: Vec<_> = headers.get_all(&name).iter().map(HeaderValue::as_bytes).collect();
    (!values.is_empty()).then(|| String::from_utf8_lossy(&values.join(&b',')).into_owned())
}

/// Returns the versions in a list of entity tags. A foreign tag matches nothing. An invalid tag
/// makes the whole list match nothing.
///
/// A weak tag counts like a strong one, although RFC 9110 (section 13.1.1) compares strongly: a
/// proxy that compresses a response weakens its tag (nginx: `W/"1"`), and its clients could never
/// write. That is safe here. Our tag is the number of a version, and the representation of a
/// version is one JSON text, byte by byte: two that differ never have the same tag.
fn versions(tags: &str) -> Vec<u64> {
    let (mut versions, mut rest) = (Vec::new(), tags);
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let strong = rest.strip_prefix("W/").unwrap_or(rest);
        let Some((tag, tail)) = strong.strip_prefix('"').and_then(|tag| tag.split_once('"')) else {
            // The rest is empty, or not a tag; a list with one of those is not trusted.
            return if rest.is_empty() { versions } else { Vec::new() };
        };
        let is_plain = tag == "0" || !tag.starts_with(['0', '+']);
        versions.extend(tag.parse::<u64>().ok().filter(|_| is_plain));
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(headers: &[(HeaderName, &'static str)]) -> Result<Condition, ()> {
        let map = headers.iter().map(|(name, value)| {
            (
                name.clone(),
                HeaderValue::from_str(value).or(HeaderValue::from_bytes(value.as_bytes())).unwrap(),
            )
        });
        Condition::from_headers(&map.collect()).map_err(|_| ())
    }

    #[test]
    fn parses_conditions_as_rfc_9110_defines_them() {
        use axum::http::header::{IF_MATCH as M, IF_NONE_MATCH as N};
        assert_eq!(parse(&[]), Ok(Condition::None));
        assert_eq!(parse(&[(M, "\"3\"")]), Ok(Condition::OneOf(vec![3])));
        let weak = "\"3\" , \"x\",W/\"4\", W/\"x\", \"007\"";
        assert_eq!(parse(&[(M, weak)]), Ok(Condition::OneOf(vec![3, 4])));
        assert_eq!(parse(&[(M, "*")]), Ok(Condition::Present));
        assert_eq!(parse(&[(M, "\"a,b\", \"3\""), (M, "\"4\"")]), Ok(Condition::OneOf(vec![3, 4])));
        assert_eq!(parse(&[(N, "*")]), Ok(Condition::Absent));
        for nothing in [
            "3",
            "W/3",
            "w/\"3\"",
            "W/W/\"3\"",
            "\"W/3\"",
            "\"3",
            "",
            "\"3\", 4",
            "\"99999999999999999999\"",
            "ä",
        ] {
            assert_eq!(parse(&[(M, nothing)]), Ok(Condition::OneOf(vec![])), "{nothing}");
        }
        assert_eq!(parse(&[(N, "\"3\"")]), Err(()));
        assert_eq!(parse(&[(M, "*"), (N, "*")]), Ok(Condition::OneOf(vec![])));
        assert_eq!(parse(&[(M, "\"0\", \"1\""), (N, "*")]), Ok(Condition::OneOf(vec![0])));
    }

    #[test]
    fn compares_what_a_client_has() {
        let unless = |text: Option<&'static str>| {
            let headers = text.map(|text| (header::IF_NONE_MATCH, HeaderValue::from_static(text)));
            Unless::from_headers(&headers.into_iter().collect())
        };
        for (text, of_never_written, of_third) in [
            (None, false, false),
            (Some("*"), false, true),
            (Some("\"3\""), false, true),
            (Some("W/\"3\""), false, true),
            (Some("\"0\""), true, false),
            (Some("\"2\", \"x\""), false, false),
            (Some("3"), false, false),
        ] {
            let unless = unless(text);
            assert_eq!((unless.has(0), unless.has(3)), (of_never_written, of_third), "{text:?}");
        }
    }
}
