//! The store on this machine, and the service that serves it.

#[cfg(feature = "server")]
mod key_rotation;
#[cfg(feature = "server")]
mod server;
#[cfg(all(target_os = "linux", feature = "server"))]
mod server_syscalls;
mod store;
#[cfg(all(target_os = "linux", feature = "server"))]
mod syscall_faults;
