//! Tests of the HTTP API.

mod api;
mod generated_clients;
mod malformed_requests;
mod model;
mod openapi;
mod overload;
