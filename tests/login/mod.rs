//! Tests of logins: how they are made, saved, renewed and ended.

#[cfg(unix)]
mod browser;
mod device;
#[cfg(all(unix, feature = "service"))]
mod environment;
#[cfg(all(target_os = "linux", feature = "service"))]
mod keyring;
#[cfg(unix)]
mod profiles;
#[cfg(all(target_os = "linux", feature = "service"))]
mod providers;
mod redirect;
mod services;
#[cfg(all(unix, feature = "service"))]
mod sessions;
mod token_exchange;
