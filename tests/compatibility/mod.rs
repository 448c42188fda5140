//! Programs of others that stand beside the command line.

#[cfg(target_os = "linux")]
mod other_programs;
