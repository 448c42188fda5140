//! `vdk completion`: the completion scripts of shells.

use std::io::{IsTerminal, stdout};
use std::path::Path;

use clap::ArgMatches;
use clap_complete::aot::Shell;

use super::text;
use crate::exit::{Exit, Failure};
use crate::talk::Talk;
use crate::{cli, output};

/// Prints the completions of the named shell, or of the user's.
pub fn run(flags: &ArgMatches, talk: Talk) -> anyhow::Result<Exit> {
    let given = text(flags, "shell").map(String::from);
    let users = || {
        let path = std::env::var("SHELL").ok()?;
        Path::new(&path).file_name().and_then(|name| name.to_str()).map(String::from)
    };
    let shell =
        given.or_else(users).and_then(|name| name.parse::<Shell>().ok()).ok_or_else(|| {
            Failure::usage(
                "The shell is not known.",
                "None was named, and SHELL names none that completions can be made for.",
                format!("Name one of {}: vdk completion bash", cli::SHELLS.join(", ")),
            )
        })?;
    output::print(&cli::completion_script(shell))?;
    if stdout().is_terminal() {
        talk.note(&format!("to switch them on: {}", how_to_install(shell)));
    }
    Ok(Exit::Done)
}

fn how_to_install(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => {
            "mkdir -p ~/.local/share/bash-completion/completions && vdk completion bash > \
             ~/.local/share/bash-completion/completions/vdk"
        }
        Shell::Zsh => "echo 'source <(vdk completion zsh)' >> ~/.zshrc",
        Shell::Fish => "vdk completion fish > ~/.config/fish/completions/vdk.fish",
        Shell::PowerShell => {
            "put this into $PROFILE: vdk completion powershell | Out-String | Invoke-Expression"
        }
        _ => "put this into rc.elv: eval (vdk completion elvish | slurp)",
    }
}
