//! `vdk completion`: the completion scripts of shells.

use std::io::{IsTerminal, stdout};
use std::path::Path;

use clap::Args;
use vdk_client::Error;

use crate::args::SHELLS;
use crate::context::Context;
use crate::error::Exit;
use crate::formats;

// The arguments of `vdk completion`.
#[derive(Args)]
#[group(skip)]
pub struct CompletionArgs {
    #[arg(
        value_name = "SHELL",
        value_parser = SHELLS,
        help = "The shell [default: the one that SHELL names]"
    )]
    shell: Option<String>,
}

/// Prints the completions of the named shell, or of the user's.
pub fn run(args: CompletionArgs, context: &Context) -> anyhow::Result<Exit> {
    let reporter = context.reporter;
    let users = || {
        let path = std::env::var("SHELL").ok()?;
        Path::new(&path).file_name().and_then(|name| name.to_str()).map(String::from)
    };
    let shell = args.shell.or_else(users);
    let (script, hint) = shell.as_deref().and_then(script).ok_or_else(|| {
        Error::usage("Unknown shell.")
            .why("No supported shell is given, and SHELL does not name one.")
            .help(format!("Give one of {}: vdk completion bash", SHELLS.join(", ")))
    })?;
    formats::print(script)?;
    if stdout().is_terminal() {
        reporter.note(&format!("to enable completions: {hint}"));
    }
    Ok(Exit::Done)
}

/// Returns the script of a shell, which a test keeps fresh, and the way to enable it.
fn script(shell: &str) -> Option<(&'static str, &'static str)> {
    Some(match shell {
        "bash" => (
            include_str!("../../completions/vdk.bash"),
            "mkdir -p ~/.local/share/bash-completion/completions && vdk completion bash > \
             ~/.local/share/bash-completion/completions/vdk",
        ),
        "zsh" => (
            include_str!("../../completions/_vdk"),
            "echo 'source <(vdk completion zsh)' >> ~/.zshrc",
        ),
        "fish" => (
            include_str!("../../completions/vdk.fish"),
            "vdk completion fish > ~/.config/fish/completions/vdk.fish",
        ),
        "powershell" => (
            include_str!("../../completions/_vdk.ps1"),
            "put this into $PROFILE: vdk completion powershell | Out-String | Invoke-Expression",
        ),
        "elvish" => (
            include_str!("../../completions/vdk.elv"),
            "put this into rc.elv: eval (vdk completion elvish | slurp)",
        ),
        _ => return None,
    })
}
