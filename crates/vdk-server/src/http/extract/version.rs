//! The version that a request names, in its query or in its path.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};

use super::path;
use crate::http::error::ApiError;
use crate::http::openapi;

/// The version in the query: `None` is the current one.
pub struct VersionQuery(pub Option<u64>);

/// The version in the path.
pub struct PathVersion(pub u64);

impl<S: Sync> FromRequestParts<S> for VersionQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        struct Fields {
            version: Option<String>,
        }
        let fields = Query::<Fields>::try_from_uri(&parts.uri).map_err(|error| {
            ApiError::bad_request("Invalid query in the request.", error.body_text())
        })?;
        Ok(VersionQuery(fields.0.version.as_deref().map(number).transpose()?))
    }
}

impl<S: Sync> FromRequestParts<S> for PathVersion {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        #[derive(Deserialize)]
        struct Segments {
            version: String,
        }
        let Segments { version } = path(parts).await?;
        Ok(PathVersion(number(&version)?))
    }
}

fn number(text: &str) -> Result<u64, ApiError> {
    let number = text.parse().ok().filter(|n| (1..=i64::MAX.unsigned_abs()).contains(n));
    number.filter(|_| text.bytes().all(|byte| byte.is_ascii_digit())).ok_or_else(|| {
        ApiError::bad_request("Invalid version.", "Versions are numbers from 1, without a sign.")
    })
}

impl IntoParams for VersionQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "A kept version; if omitted, the current one";
        vec![parameter(ParameterIn::Query, Required::False, about)]
    }
}

impl IntoParams for PathVersion {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![parameter(ParameterIn::Path, Required::True, "A kept version")]
    }
}

fn parameter(place: ParameterIn, required: Required, about: &str) -> Parameter {
    ParameterBuilder::new()
        .name("version")
        .parameter_in(place)
        .required(required)
        .description(Some(about))
        .schema(Some(openapi::version()))
        .build()
}
