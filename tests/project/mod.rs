//! What is made from the code, and what the tests themselves promise.

#[cfg(all(unix, feature = "service"))]
mod build_profiles;
mod docs;
#[cfg(feature = "service")]
mod fuzz_corpora;
mod generated_files;
mod ignored_tests;
#[cfg(unix)]
mod readme;
#[cfg(feature = "service")]
mod reference;
mod walls;
