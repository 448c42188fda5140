//! The routes of the API: a module for each resource.

mod access;
mod credentials;
mod docs;
mod health;
mod key_values;
mod oauth;

use std::sync::Arc;

use axum::Router;
use axum::extract::Extension;
use axum::http::{Method, StatusCode};
use axum::routing::{get, post, put};
use vdk_api::Collection;

use crate::http::error::ApiError;
use crate::http::middleware::AuditEntry;
use crate::http::{Service, api};

/// Makes the router of every route of the service.
pub fn router(service: Arc<Service>) -> Router {
    let mut router = Router::new()
        .route("/", get(docs::page))
        .route("/docs", get(docs::page))
        .route("/openapi.json", get(docs::document))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route(api::INFO, get(health::info))
        .route(api::TOKEN, post(oauth::token))
        .route(api::KEYS, get(oauth::keys))
        .route(api::METADATA, get(oauth::metadata))
        .route(api::CREDENTIALS, get(credentials::read).put(credentials::write))
        .route(api::CLIENT_ID, get(credentials::client_id))
        .route(api::CLIENT_IDS, post(credentials::teams))
        .route(api::ACCESS, get(access::list))
        .route(api::GRANT, put(access::grant).delete(access::revoke));
    for collection in [Collection::Secrets, Collection::Properties] {
        let read = move |state, request| key_values::read(collection, state, request);
        let write = move |state, request| key_values::write(collection, state, request);
        let versions = move |state, request| key_values::versions(collection, state, request);
        let roll_back = move |state, request| key_values::roll_back(collection, state, request);
        router = router
            .route(&api::key_values(collection), get(read).put(write))
            .route(&api::versions(collection), get(versions))
            .route(&api::roll_back(collection), post(roll_back));
    }
    router.fallback(nowhere).method_not_allowed_fallback(not_allowed).with_state(service)
}

async fn nowhere() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "Unknown path.",
        "The path of the request is not part of this service's API.",
        "Check the path; /docs describes the API.",
    )
}

async fn not_allowed(method: Method, Extension(_): Extension<AuditEntry>) -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "Method not allowed.",
        format!("This path does not support the method {}.", short(method.as_str())),
        "Use one of the methods in the Allow header; /docs describes the API.",
    )
}

fn short(text: &str) -> String {
    text.chars().take(32).collect()
}
