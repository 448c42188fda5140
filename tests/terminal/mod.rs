//! Tests of terminals and standard streams.

#[cfg(unix)]
mod prompts;
#[cfg(unix)]
mod standard_streams;
