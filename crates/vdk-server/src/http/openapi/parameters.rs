//! Parameters that several operations have.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{KnownFormat, Object, ObjectBuilder, Required, SchemaFormat, Type};

/// Returns the path parameter `parameter`, which is a name other than those in `reserved`.
pub fn name(parameter: &str, about: &str, reserved: &[&str]) -> Parameter {
    ParameterBuilder::new()
        .name(parameter)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(about))
        .schema(Some(vdk_api::name_schema(reserved)))
        .build()
}

/// Returns the schema of a version's number.
pub fn version() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(1_i64))
        .maximum(Some(i64::MAX))
        .build()
}
