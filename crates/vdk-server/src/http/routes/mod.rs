//! The routes of the API: a module with a router for each resource.

mod access;
mod credentials;
mod docs;
mod health;
mod info;
mod jobs;
mod key_values;
mod metadata;
mod oauth;
mod properties;
mod secrets;

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::http::authenticate::Client;
use crate::http::error::ApiError;
use crate::http::{Service, openapi};

/// Makes the router of every route of the service.
pub fn router(service: Arc<Service>) -> Router {
    let (closed, open, _) = described();
    let open = open.merge(docs::router(|| described().2));
    // Also a wrong method tells strangers nothing about a closed path.
    closed
        .method_not_allowed_fallback(closed_method)
        .merge(open.method_not_allowed_fallback(method))
        .fallback(nowhere)
        .with_state(service)
}

/// Returns the closed and the open routes that the OpenAPI document describes, and the document.
fn described() -> (Router<Arc<Service>>, Router<Arc<Service>>, OpenApi) {
    let document = OpenApiRouter::with_openapi(openapi::document());
    let (closed, document) = document.merge(openapi::require_token(closed())).split_for_parts();
    let document = OpenApiRouter::with_openapi(document);
    let (open, document) = document.merge(open()).split_for_parts();
    (closed, open, document)
}

/// Returns the routes whose handlers take a [`Client`], by themselves or in their request.
fn closed() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::default()
        .merge(secrets::router())
        .merge(metadata::router())
        .merge(properties::router())
        .merge(jobs::router())
        .merge(access::router())
        .merge(credentials::router())
        .merge(info::router())
}

/// Returns the routes that need no token. They reveal nothing about any team.
fn open() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::default().merge(health::router()).merge(oauth::router())
}

async fn nowhere(_: Client) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "Unknown path.",
        "The path of the request is not part of this service's API.",
        "Check the path; /docs describes the API.",
    )
}

async fn closed_method(_: Client, method: Method) -> ApiError {
    self::method(method).await
}

async fn method(method: Method) -> ApiError {
    let method: String = method.as_str().chars().take(32).collect();
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "Method not allowed.",
        format!("This path does not support the method {method}."),
        "Use one of the methods in the Allow header; /docs describes the API.",
    )
}
