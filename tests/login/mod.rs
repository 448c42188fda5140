//! Logins: how they are made, kept, renewed and ended.

mod device;
#[cfg(all(target_os = "linux", feature = "server"))]
mod keyring;
#[cfg(all(target_os = "linux", feature = "server"))]
mod providers;
#[cfg(all(unix, feature = "server"))]
mod sessions;
mod token_exchange;
