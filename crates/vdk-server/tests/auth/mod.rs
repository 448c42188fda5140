//! Tests of authentication and authorization.

mod roles;
mod tokens;
mod webhook;
