//! The version of the program, and how it was built.

/// The version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The profile of the build.
pub const PROFILE: &str = if cfg!(debug_assertions) { "debug" } else { "release" };

/// Returns the details of the build, by name.
pub fn details() -> [(&'static str, &'static str); 3] {
    [("os", std::env::consts::OS), ("arch", std::env::consts::ARCH), ("profile", PROFILE)]
}
