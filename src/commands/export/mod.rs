//! `export`: prints key/values in the format of another program, or writes them to a private file.

mod file;

use std::io::{self, IsTerminal};
use std::path::Path;

use vdk_api::{Collection, escape};
use vdk_client::{Error, ErrorKind, NOTHING_CHANGED};
use zeroize::Zeroizing;

use super::job::Job;
use super::names::{Purpose, named};
use crate::args::Beside;
use crate::args::export::{ExportArgs, FORMATS};
use crate::args::key_values::WhichArgs;
use crate::context::Context;
use crate::error::Exit;
use crate::formats::kubernetes::{self, Metadata};
use crate::formats::{self, Format, Members, docker, github, java_properties, toml};

/// The variable that names the runner's file for variables of the next steps.
const GITHUB_ENV: &str = "GITHUB_ENV";

/// Exports the key/values of the command line's job.
pub fn run(
    collection: Collection,
    args: &Beside<WhichArgs, ExportArgs>,
    context: &Context,
) -> anyhow::Result<Exit> {
    let own = &args.own;
    let format = format(own)?;
    let out = own.out.as_deref().filter(|out| *out != "-").map(Path::new);
    if let Some(out) = out {
        file::check(out, context.reporter)?;
    }
    let environment = if format == "github" { Some(github_environment(own)?) } else { None };
    let job = Job::find(collection, &args.global, context)?;
    let metadata = metadata(own, format, job.name())?;
    let read = job.client.service.read()?;
    if read.version == Some(0) || read.document.is_empty() {
        if let Some(out) = out.filter(|out| out.exists()) {
            return Err(Error::new(ErrorKind::NotFound, "There is nothing to export.")
                .why(format!("{} at {} has no keys.", job.client.name, job.client.service.place()))
                .consequences(format!("{} is as it was.", out.display()))
                .help(match job.meant() {
                    Some(meant) => {
                        format!("Did you mean {meant}? If not, remove the file yourself.")
                    }
                    None => "Check --name and --team, or remove the file yourself.".into(),
                })
                .into());
        }
        job.tell_that_nothing_is_there();
    }
    let place = format!("{} at {}", job.client.name, job.client.service.place());
    let see = format!("To see the keys: vdk {collection} --list");
    let purpose = Purpose { verb: "export", place: &place, see };
    let keys: Vec<&str> = read.document.keys().collect();
    let named = named(&keys, &own.subset, &own.renaming, &purpose)?;
    let members: Members<'_> = named
        .iter()
        .filter_map(|(name, key)| Some((name.as_str(), read.document.get(key)?)))
        .collect();
    let mut text = render(&members, format, &metadata).map_err(|error| {
        error.consequences(format!("Nothing was exported. {NOTHING_CHANGED}")).help(
            "Leave them out with --except, name them otherwise with --names, --prefix or \
             --strip-prefix, or use a format that has them, such as -o json.",
        )
    })?;
    match (environment, out) {
        (Some(environment), _) => {
            // Before anything can print a value, the runner has to know it.
            let mut masks = Zeroizing::new(String::new());
            if collection == Collection::Secrets {
                github::masks(&members, &mut masks);
            }
            formats::print(&masks)?;
            file::append(&environment, &mut text)?;
        }
        (None, Some(out)) => file::write(out, &text)?,
        (None, None) => {
            formats::print(&text)?;
            if io::stdout().is_terminal() {
                let note = "to write them to a file that only you can read: --out FILE";
                context.reporter.note_on_terminal(|| note.into());
            }
        }
    }
    Ok(Exit::Done)
}

fn invalid(why: impl Into<String>, help: &str) -> Error {
    Error::usage("Invalid arguments").why(why.into()).help(help)
}

/// Returns the format that is asked for: by its name, or by the ending of the file.
fn format(args: &ExportArgs) -> Result<&'static str, Error> {
    let format = match (&args.output, &args.out) {
        (Some(name), _) => FORMATS.into_iter().find(|known| known.eq_ignore_ascii_case(name)),
        (None, Some(out)) => formats::by_ending(Path::new(out)),
        (None, None) => None,
    };
    let Some(format) = format else {
        return Err(invalid(
            "No format is given, and none follows from the name of a file.",
            &format!("Use -o with one of: {}.", FORMATS.join(", ")),
        ));
    };
    if format != "k8s" && (args.manifest_name.is_some() || args.namespace.is_some()) {
        return Err(invalid(
            "--manifest-name and --namespace are for -o k8s.",
            "Add -o k8s, or leave them out.",
        ));
    }
    Ok(format)
}

/// Returns the runner's file for variables.
fn github_environment(args: &ExportArgs) -> Result<String, Error> {
    if args.out.is_some() {
        let why = "-o github writes to the file that GITHUB_ENV names, and not to --out.";
        return Err(invalid(why, "Leave out --out."));
    }
    if io::stdout().is_terminal() {
        return Err(invalid(
            "-o github prints values, as masks for the runner's log, and stdout is a terminal.",
            "Run it in a step of GitHub Actions.",
        ));
    }
    let set = std::env::var(GITHUB_ENV).ok().filter(|path| !path.is_empty());
    set.ok_or_else(|| {
        invalid(
            "GITHUB_ENV, which names the file for variables of the next steps, is not set.",
            "Run it in a step of GitHub Actions.",
        )
    })
}

/// Returns the metadata of the Secret. `job` is its name if none is given.
fn metadata<'a>(args: &'a ExportArgs, format: &str, job: &'a str) -> Result<Metadata<'a>, Error> {
    let (name, namespace) =
        (args.manifest_name.as_deref().unwrap_or(job), args.namespace.as_deref());
    if format == "k8s" {
        let rule = "lower-case letters, digits and '-'";
        if !kubernetes::is_subdomain(name) {
            return Err(invalid(
                format!("Not a name of a Secret: {} ({rule} and '.').", escape::name(name)),
                "Give one with --manifest-name.",
            ));
        }
        if let Some(namespace) = namespace
            && !kubernetes::is_label(namespace)
        {
            return Err(invalid(
                format!("Not a namespace: {} ({rule}, up to 63).", escape::name(namespace)),
                "Correct --namespace.",
            ));
        }
    }
    Ok(Metadata { name, namespace })
}

fn render(
    members: &Members<'_>,
    format: &str,
    metadata: &Metadata<'_>,
) -> Result<Zeroizing<String>, Error> {
    if let Some(shared) = Format::parse(format) {
        return formats::members(members, shared);
    }
    let room = members.iter().map(|(key, value)| 2 * (key.len() + value.expose().len()) + 128);
    let mut out = Zeroizing::new(String::with_capacity(room.sum()));
    match format {
        "docker" => docker::render(members, &mut out)?,
        "github" => {
            let delimiter = || format!("vdk_{:032x}", fastrand::u128(..));
            github::variables(members, delimiter, &mut out)?;
        }
        "k8s" => kubernetes::render(members, metadata, &mut out)?,
        "properties" => java_properties::render(members, &mut out)?,
        _ => toml::render(members, &mut out)?,
    }
    Ok(out)
}
