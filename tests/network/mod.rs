//! Networks and services that fail, and whom the command line trusts there.

mod failures;
mod fault_table;
#[cfg(feature = "service")]
mod ipv6;
mod proxy;
mod tls;
