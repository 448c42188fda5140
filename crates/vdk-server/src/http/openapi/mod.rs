//! The OpenAPI 3.1 document. Each operation is described at its handler; what all operations share
//! is here.

mod parameters;
mod responses;

use std::sync::Arc;

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

pub use parameters::{name, version};
pub use responses::{EntityTag, ErrorResponse, Written};

use super::Service;

/// Name of the security scheme: an access token.
const BEARER: &str = "bearer";

/// Returns the document without operations.
pub fn document() -> OpenApi {
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0"));
    let info = InfoBuilder::new()
        .title("VDK Control Service: secrets and properties")
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(license.build()))
        .description(Some(
            "Secrets and properties of data jobs. Each set is read and written as one JSON object. \
             Values are returned exactly as they were sent.",
        ));
    let mut components = responses::components();
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.bearer_format = Some("JWT".into());
    bearer.description = Some(
        "An access token of a configured identity provider, or of /oauth2/token in exchange for \
         an API token"
            .into(),
    );
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    OpenApiBuilder::new().info(info.build()).components(Some(components)).build()
}

/// Adds the requirement of a token to every operation of `router`, and the errors of clients who
/// are not authenticated or not authorized.
pub fn require_token(mut router: OpenApiRouter<Arc<Service>>) -> OpenApiRouter<Arc<Service>> {
    for (path, item) in &mut router.get_openapi_mut().paths.paths {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            responses.extend([401, 429, 503].map(responses::reference));
            if path.contains("{team}") {
                responses.extend([responses::reference(403)]);
            }
            let none: [&str; 0] = [];
            operation.security = Some(vec![SecurityRequirement::new(BEARER, none)]);
        }
    }
    router
}
