//! Tests of `import`: what files give, what is refused, and what happens to stored keys.

mod formats;
mod merge;
mod readers;

use vdk_testing::{Home, Run};

/// Runs `import` with `args`.
fn import(home: &Home, args: &[&str]) -> Run {
    home.secrets(&[&["import"], args].concat())
}

/// Runs `import -` with `args` and this input.
fn import_text(home: &Home, args: &[&str], text: impl AsRef<[u8]>) -> Run {
    home.run_with([&["secrets", "-n", "j", "-t", "t", "import", "-"], args].concat(), text)
}
