//! Tests of authentication and authorization.

mod outages;
mod providers;
mod roles;
mod token_kinds;
mod tokens;
mod webhook;
