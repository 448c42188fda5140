//! The command line of `vdk server`, which is another program's: its options are written down in
//! `server.txt`, and a test holds them to their definition. Each line is a command's words, an option's
//! spellings, what its value is called, `files` or the values in braces, and its help, with tabs between
//! them. A line without spellings is the command itself.

use clap::{Arg, ArgAction, Command, ValueHint};

const OPTIONS: &str = include_str!("server.txt");

/// Returns the command line, as far as completion needs it.
pub fn command() -> Command {
    of("server", OPTIONS)
}

fn of(path: &'static str, all: &'static str) -> Command {
    let name = path.rsplit(' ').next().unwrap_or(path);
    let mut command = Command::new(name);
    for line in all.lines() {
        let mut fields = line.splitn(5, '\t');
        let Some([words, spellings, value, hint, help]) = take(&mut fields) else { continue };
        let is_below = words.rsplit_once(' ').is_some_and(|(above, _)| above == path);
        if words == path && spellings.is_empty() {
            command = command.about(help);
        } else if words == path {
            command = command.arg(arg(spellings, value, hint, help));
        } else if is_below && spellings.is_empty() {
            command = command.subcommand(of(words, all));
        }
    }
    command
}

fn arg(
    spellings: &'static str,
    value: &'static str,
    hint: &'static str,
    help: &'static str,
) -> Arg {
    let mut arg = Arg::new(spellings).help(help);
    for spelling in spellings.split(' ') {
        arg = match spelling.strip_prefix("--") {
            Some(long) => arg.long(long),
            None => match spelling.chars().nth(1).filter(|_| spelling.starts_with('-')) {
                Some(short) => arg.short(short),
                None => arg,
            },
        };
    }
    arg = match value {
        "" => arg.action(ArgAction::SetTrue),
        value => arg.value_name(value),
    };
    match hint.strip_prefix('{').and_then(|values| values.strip_suffix('}')) {
        Some(values) => arg.value_parser(values.split(',').collect::<Vec<_>>()),
        None if hint == "files" => arg.value_hint(ValueHint::FilePath),
        None => arg,
    }
}

fn take(fields: &mut std::str::SplitN<'static, char>) -> Option<[&'static str; 5]> {
    Some([fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next()?])
}
