//! Tests of generated files, documentation and the structure of the project.

#[cfg(all(unix, feature = "service"))]
mod build_profiles;
mod choices;
mod docs;
mod generated_files;
#[cfg(target_os = "linux")]
mod hardening;
mod ignored_tests;
#[cfg(unix)]
mod readme;
#[cfg(feature = "service")]
mod reference;
mod walls;
