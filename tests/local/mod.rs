//! Tests of the local store and of `vdk server`.

#[cfg(feature = "service")]
mod key_rotation;
#[cfg(feature = "service")]
mod restore;
#[cfg(all(unix, feature = "service"))]
mod server;
#[cfg(all(target_os = "linux", feature = "service"))]
mod server_syscalls;
#[cfg(all(target_os = "linux", feature = "service"))]
mod shared_file_systems;
mod store;
#[cfg(all(target_os = "linux", feature = "service"))]
mod syscall_faults;
#[cfg(target_os = "linux")]
mod without_locks;
