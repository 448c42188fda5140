//! Tests of authentication and authorization.

mod providers;
mod roles;
mod tokens;
mod webhook;
