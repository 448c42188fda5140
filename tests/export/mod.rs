//! Tests of `export`: what real readers get from each format, and what it refuses.

mod files;
mod formats;
mod github;
mod readers;

pub use readers::by_compose;
use vdk_testing::{Home, Run};

/// Returns a home whose job `j` has these secrets, given as a JSON object.
fn with_secrets(json: &str) -> Home {
    let home = Home::at("local");
    let run = home.run_with(["secrets", "-n", "j", "-t", "t", "--overwrite-all", "-", "-y"], json);
    run.done();
    home
}

/// Runs `export` with `args`.
fn export(home: &Home, args: &[&str]) -> Run {
    home.secrets(&[&["export"], args].concat())
}
