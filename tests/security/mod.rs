//! Tests of attackers: other users and programs on this machine, and authors of hostile text.

#[cfg(all(target_os = "linux", feature = "service"))]
mod child_processes;
#[cfg(all(target_os = "linux", feature = "service"))]
mod leak_hunt;
mod leaks;
#[cfg(target_os = "linux")]
mod other_users;
#[cfg(unix)]
mod terminal_escapes;
