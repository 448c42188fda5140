//! Tests of authentication and authorization.

mod outages;
mod providers;
mod roles;
mod tokens;
mod webhook;
