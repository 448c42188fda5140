//! Schemas of JSON that no derive describes. Only the service compiles them.

use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{Object, ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::{Document, MAX_DEPTH, MAX_KEYS, MAX_NAME_CHARACTERS};

impl PartialSchema for Document {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .description(Some(format!(
                "Keys and values. A value is any JSON, nested at most {MAX_DEPTH} levels deep."
            )))
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .max_properties(Some(MAX_KEYS))
            .into()
    }
}

impl ToSchema for Document {
    fn name() -> std::borrow::Cow<'static, str> {
        "KeyValues".into()
    }
}

/// Returns the schema of a name other than those in `reserved`.
pub fn name_schema(reserved: &[&str]) -> Object {
    let others: String = reserved.iter().map(|name| format!("(?!{name}$)")).collect();
    // No control characters or slashes, which Vault cannot store, and not only white space.
    let any = r"[^\x00-\x1f\x7f-\x9f/\\]*";
    let visible = r"[^\x00-\x1f\x7f-\x9f/\\\s]";
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(MAX_NAME_CHARACTERS))
        .pattern(Some(format!(r"^(?!\.{{1,2}}$){others}{any}{visible}{any}$")))
        .build()
}
