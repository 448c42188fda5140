//! Responses that many operations have, under names of their own in the document.

use std::collections::BTreeMap;

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::{
    Components, ContentBuilder, Header, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder,
    Schema, Type,
};
use utoipa::{IntoResponses, PartialSchema, ToSchema};
use vdk_api::{ErrorBody, NOT_KNOWN_HEADER};

/// The error responses: the status, and what it means.
const ERRORS: [(u16, &str); 15] = [
    (400, "Invalid request"),
    (401, "The client is not authenticated: no token, or an invalid one"),
    (403, "The client is not authorized to do this in this team"),
    (404, "No such version, grant or credentials found"),
    (408, "Timeout: the body did not arrive in time"),
    (409, "The change conflicts with existing grants or credentials"),
    (412, "Another version is current; ETag names it"),
    (413, "The document exceeds the limit"),
    (415, "The body is not application/json, or is compressed"),
    (429, "Rate limit: too many invalid tokens from this address"),
    (500, "The stored document cannot be read; ETag names its version if it can be replaced"),
    (501, "The storage of secrets is switched off"),
    (502, "The storage denies access to this service"),
    (503, "The storage or the audit log is unavailable; the body says which"),
    (507, "The disk of the storage is full"),
];

/// The error response with a status, in the attributes of a handler.
pub struct ErrorResponse<const STATUS: u16>;

impl<const STATUS: u16> IntoResponses for ErrorResponse<STATUS> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        BTreeMap::from([reference(STATUS)])
    }
}

/// The response to a write, in the attributes of a handler.
pub struct Written<const STATUS: u16>;

impl<const STATUS: u16> IntoResponses for Written<STATUS> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let response = ResponseBuilder::new()
            .description("Written durably")
            .header("ETag", header(EntityTag::schema(), None));
        BTreeMap::from([(STATUS.to_string(), response.build().into())])
    }
}

/// The entity tag of a version.
pub struct EntityTag;

impl PartialSchema for EntityTag {
    fn schema() -> RefOr<Schema> {
        let about = "The version's number in double quotes; \"0\" if nothing was ever written";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(about))
            .pattern(Some("^\"[0-9]+\"$"))
            .into()
    }
}

impl ToSchema for EntityTag {}

fn header(schema: RefOr<Schema>, about: Option<&str>) -> Header {
    HeaderBuilder::new().schema(Some(schema)).description(about).build()
}

/// Returns an entry of an operation's responses that refers to the error response with `status`.
pub fn reference(status: u16) -> (String, RefOr<Response>) {
    let name = status.to_string();
    (name.clone(), Ref::from_response_name(name).into())
}

/// Returns the components of the document: the error responses and their body.
pub fn components() -> Components {
    let mut components = Components::new();
    let body = Ref::from_schema_name(ErrorBody::name());
    components.schemas.insert(ErrorBody::name().into(), ErrorBody::schema());
    for (status, about) in ERRORS {
        let content = ContentBuilder::new().schema(Some(body.clone())).build();
        let mut response =
            ResponseBuilder::new().description(about).content("application/json", content).build();
        let text = || String::schema();
        let headers = match status {
            401 => {
                vec![("WWW-Authenticate", header(text(), Some("The scheme, and what is wrong")))]
            }
            412 | 500 => vec![("ETag", header(EntityTag::schema(), None))],
            429 => vec![("Retry-After", header(text(), Some("Seconds to wait")))],
            503 => vec![
                ("Retry-After", header(text(), Some("Seconds to wait"))),
                (NOT_KNOWN_HEADER, header(text(), Some("unknown: the write may have been stored"))),
            ],
            _ => Vec::new(),
        };
        response
            .headers
            .extend(headers.into_iter().map(|(name, it)| (name.to_string(), it.into())));
        components.responses.insert(status.to_string(), response.into());
    }
    components
}
