//! Files of other programs with keys and values.

use vdk_api::{Collection, escape, may_be_secret};
use vdk_client::Error;
use vdk_client::change::NewValue;

use crate::args::import::{FORMATS, FileArgs};
use crate::formats::{self, Problem};
use crate::terminal::input::{Input, read_text};

/// Most places of a file that one error names.
const NAMED: usize = 10;

/// Reads the keys and values of a file.
pub fn read(
    input: &Input,
    args: &FileArgs,
    collection: Collection,
) -> Result<Vec<(String, NewValue)>, Error> {
    let format = format(args, input)?;
    let text = read_text(
        input,
        &format!("the {collection}"),
        "A file without keys has a comment, or {} in JSON.",
    )?;
    let parsed = formats::parse(&text, format, args.literal)
        .map_err(|problems| cannot_be_taken(&problems, input, format))?;
    let has = |key: &str| parsed.iter().any(|(found, _)| found == key);
    if args.format.is_none() && has("apiVersion") && has("kind") {
        return Err(Error::usage("This file is a manifest of Kubernetes.")
            .why("Its own keys, such as 'kind', would be taken.")
            .help(format!("For the keys of a Secret: -f k8s. To take it as it is: -f {format}")));
    }
    Ok(parsed)
}

/// Returns the format that is asked for: by its name, or by the ending of the file.
fn format(args: &FileArgs, input: &Input) -> Result<&'static str, Error> {
    let format = match (&args.format, input) {
        (Some(name), _) => FORMATS.into_iter().find(|known| known.eq_ignore_ascii_case(name)),
        (None, Input::Path(path)) => formats::by_ending(path),
        (None, Input::Stdin) => None,
    };
    format.ok_or_else(|| {
        Error::usage("Invalid arguments")
            .why("No format is given, and none follows from the name of the file.")
            .help(format!("Use -f with one of: {}.", FORMATS.join(", ")))
    })
}

/// Returns the error that names the places of a file, without their text.
fn cannot_be_taken(problems: &[Problem], input: &Input, format: &str) -> Error {
    let place = match input {
        Input::Path(path) if !may_be_secret(&path.to_string_lossy()) => {
            escape::line(&path.to_string_lossy()).into_owned()
        }
        Input::Path(_) => "the file".into(),
        Input::Stdin => "stdin".into(),
    };
    let each = problems.iter().take(NAMED).map(|problem| {
        let key = problem.key.as_deref().map(|key| format!(" (key {})", escape::name(key)));
        let at = match problem.line {
            0 => String::new(),
            line => format!(":{line}:{}", problem.column),
        };
        format!("{place}{at}: {}{}.", problem.why, key.unwrap_or_default())
    });
    let mut why = each.collect::<Vec<_>>().join("\n");
    if problems.len() > NAMED {
        why.push_str(&format!("\nAnd {} more places.", problems.len() - NAMED));
    }
    let help = match problems.iter().any(|problem| problem.is_literal) {
        true if format == "yaml" => "Put such values in quotes, or take them as text: --literal",
        true => "Put such values in single quotes, or take them as they stand: --literal",
        false => "Correct the file. If it has another format, name that with -f.",
    };
    Error::usage(format!("Cannot read {}.", name(input))).why(why).help(help)
}

/// Returns the name of the file for messages.
pub fn name(input: &Input) -> String {
    match input {
        Input::Path(path) => escape::name(&path.to_string_lossy()),
        Input::Stdin => "standard input".into(),
    }
}
