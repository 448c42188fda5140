//! The API over sockets.

mod api;
mod malformed_requests;
mod model;
mod openapi;
mod overload;
