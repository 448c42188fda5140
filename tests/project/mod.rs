//! Files that are made from the code, and promises of the tests themselves.

#[cfg(all(unix, feature = "service"))]
mod build_profiles;
mod docs;
mod generated_files;
mod ignored_tests;
#[cfg(unix)]
mod readme;
#[cfg(feature = "service")]
mod reference;
mod walls;
