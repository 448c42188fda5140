//! Tests with programs of others.

#[cfg(target_os = "linux")]
mod other_programs;
