//! Authentication and authorization.

mod roles;
mod tokens;
mod webhook;
