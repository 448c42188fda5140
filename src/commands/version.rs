//! `vdk version`.

use crate::args::OutputArgs;
use crate::error::Exit;
use crate::formats;

/// Prints the version and how the binary was built.
pub fn run(args: &OutputArgs) -> anyhow::Result<Exit> {
    let version = env!("CARGO_PKG_VERSION");
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let details =
        [("os", std::env::consts::OS), ("arch", std::env::consts::ARCH), ("profile", profile)];
    let text = if args.is_json() {
        let details: Vec<_> = details.map(|(key, value)| format!("\"{key}\": \"{value}\"")).into();
        format!("{{\"version\": \"{version}\", \"build_details\": {{{}}}}}\n", details.join(", "))
    } else {
        let details: Vec<_> = details.map(|(key, value)| format!("{key}={value}")).into();
        format!("Version: {version}\nBuild details: {}\n", details.join(", "))
    };
    formats::print(&text)?;
    Ok(Exit::Done)
}
