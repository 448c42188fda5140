//! Makes the reference pages from the definitions of both command lines.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Command;

use super::generated_files::whole_command;

/// Returns the pages: paths in the project, and contents.
pub fn files() -> BTreeMap<PathBuf, Vec<u8>> {
    let commands = whole_command().disable_help_subcommand(true).disable_help_flag(true);
    let service = vdk_server::command().disable_help_subcommand(true).disable_help_flag(true);
    let pages = [
        ("commands", "Which commands and options does `vdk` have?", commands, "vdk"),
        (
            "settings",
            "Which commands, options and settings does the service have?",
            service,
            "vdk-control-service",
        ),
    ];
    let pages = pages.map(|(file, title, mut command, name)| {
        command.build();
        let mut text =
            format!("# {title}\n\nThis page is `{name} --help` and that of its commands.\n");
        add(&command, name, &mut text);
        (format!("docs/reference/{file}.md").into(), text.into_bytes())
    });
    let original = vdk_server::original_settings_page().into_bytes();
    let original = ("docs/service/original-settings.md".into(), original);
    pages.into_iter().chain([original]).collect()
}

fn add(command: &Command, name: &str, text: &mut String) {
    let mut shown = command.clone().term_width(100).bin_name(name);
    let help = shown.render_long_help().to_string();
    let lines: Vec<_> = help.lines().map(str::trim_end).collect();
    text.push_str(&format!("\n## `{name}`\n\n```text\n{}\n```\n", lines.join("\n").trim()));
    for subcommand in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        add(subcommand, &format!("{name} {}", subcommand.get_name()), text);
    }
}
