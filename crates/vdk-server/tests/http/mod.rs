//! Tests of the HTTP API.

mod api;
mod malformed_requests;
mod model;
mod openapi;
mod overload;
