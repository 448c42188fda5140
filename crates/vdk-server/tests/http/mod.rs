//! Tests of the HTTP API.

mod ambiguous_requests;
mod api;
mod browsers;
mod generated_clients;
mod jobs;
mod malformed_requests;
mod metadata;
mod model;
mod openapi;
mod overload;
mod reverse_proxy;
mod slow_clients;
