//! `vdk completion`: what a shell needs to complete command lines.

use clap::ArgMatches;
use clap_complete::aot::{Shell, generate};

use super::text;
use crate::exit::Exit;
use crate::{cli, output};

/// Prints the completions of the shell that was named.
pub fn run(flags: &ArgMatches) -> anyhow::Result<Exit> {
    if let Some(shell) = text(flags, "shell").and_then(|name| name.parse::<Shell>().ok()) {
        let mut script = Vec::new();
        generate(shell, &mut cli::command(), "vdk", &mut script);
        output::print(&String::from_utf8_lossy(&script))?;
    }
    Ok(Exit::Done)
}
