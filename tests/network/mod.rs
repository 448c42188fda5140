//! Tests of networks, services and certificates that fail.

mod failures;
mod fault_table;
#[cfg(feature = "service")]
mod ipv6;
mod proxy;
mod tls;
