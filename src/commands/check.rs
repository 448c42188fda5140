//! `vdk check`: what the code of a data job needs, against what is set.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, ValueHint};
use vdk_api::{Collection, Document, JsonText, KeyMetadata, Owner};
use vdk_client::metadata::metadata_of;
use vdk_client::service::{KEYS_FILE, KeysFile, Service};
use vdk_client::{Client, Error};

use super::job::owner;
use crate::args::key_values::WhichArgs;
use crate::context::Context;
use crate::error::Exit;
use crate::formats::{self, findings, sarif};
use crate::lints::job::{self, Keys, Level, Rule, Set};
use crate::terminal::input::{Input, read_text};

// The arguments of `vdk check`.
#[derive(Args)]
#[group(skip)]
#[command(
    long_about = "\
Check what the code of a data job needs against what is set.

Python, notebooks, SQL and config.ini are parsed, and nothing of them is run. Names are compared with the \
keys of the job; values are not shown, and only those of properties are looked at, for credentials.",
    after_long_help = help()
)]
pub struct CheckArgs {
    #[arg(
        value_name = "JOB_DIR",
        value_hint = ValueHint::DirPath,
        default_value = ".",
        help = "The folder of the job"
    )]
    folder: PathBuf,
    #[command(flatten)]
    which: WhichArgs,
    #[arg(
        long,
        overrides_with = "offline",
        help = "Check the code alone: no service or store is asked"
    )]
    offline: bool,
    #[arg(
        long,
        overrides_with = "stdin_keys",
        help = "Read the keys that are set from stdin, and ask no service or store",
        long_help = "Read the keys that are set from stdin, and ask no service or store: what vdk secrets \
                     --list -o json prints, or {\"secrets\": [\"KEY\", …], \"properties\": [\"KEY\", …]}"
    )]
    stdin_keys: bool,
    #[arg(
        long,
        value_name = "ID,...",
        value_hint = ValueHint::Other,
        action = ArgAction::Append,
        value_delimiter = ',',
        ignore_case = true,
        hide_possible_values = true,
        value_parser = rules(),
        help = "Only these rules"
    )]
    rule: Vec<Rule>,
    #[arg(
        long,
        value_name = "ID,...",
        value_hint = ValueHint::Other,
        action = ArgAction::Append,
        value_delimiter = ',',
        ignore_case = true,
        hide_possible_values = true,
        value_parser = rules(),
        help = "All rules but these"
    )]
    ignore: Vec<Rule>,
    #[arg(
        long,
        value_name = "LEVEL",
        overrides_with = "fail_on",
        ignore_case = true,
        value_parser = ["error", "warning", "never"],
        default_value = "error",
        help = "The level of findings from which on the exit code is 1"
    )]
    fail_on: String,
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        overrides_with = "output",
        ignore_case = true,
        value_parser = ["text", "json", "sarif", "github"],
        default_value = "text",
        help = "text, json, sarif 2.1.0, or annotations of GitHub Actions"
    )]
    output: String,
}

/// A job and its team, if they are known.
type KnownOwner = Option<(String, Option<String>)>;

/// Returns the rules for the help.
fn help() -> String {
    let mut text = String::from("Rules:\n");
    for rule in Rule::ALL {
        text.push_str(&format!("  {}  {:7}  {}\n", rule.id(), rule.level().as_str(), rule.about()));
    }
    text + "\nA read with a default is a warning where one without is an error.\n\n\
            To ignore a finding: a comment '# vdk: ignore[VDK001] reason' on its line, or '-- vdk: \
            ignore[VDK009]' in SQL, or in config.ini, for the whole job or one key of it:\n\n  \
            [check]\n  ignore = VDK007, VDK003[old-key]"
}

/// Returns the parser of a rule's id, which completion offers.
fn rules() -> impl TypedValueParser<Value = Rule> {
    let ids = PossibleValuesParser::new(Rule::ALL.iter().map(|rule| rule.id()));
    ids.try_map(|id| Rule::parse(&id).ok_or("no such rule"))
}

/// Checks the job and prints what was found.
pub fn run(args: &CheckArgs, context: &Context) -> anyhow::Result<Exit> {
    let folder = args.folder.as_path();
    let code = job::read(folder).map_err(|error| {
        Error::usage("Cannot read the folder of the job.")
            .why(format!("{}: {error}.", vdk_api::escape::name(&folder.to_string_lossy())))
            .help("Name the folder that holds the job's code: vdk check JOB_DIR")
    })?;
    let here = folder != Path::new(".");
    let in_folder = here.then(|| context.working_in(folder)).transpose()?;
    let context = in_folder.as_ref().unwrap_or(context);
    let name = folder_name(folder);
    let is_offline = args.offline || args.stdin_keys;
    let keys = if args.stdin_keys { keys_of_stdin()? } else { Keys::default() };
    let (owner, keys) = if is_offline {
        (known_owner(args, context)?, keys)
    } else {
        let (owner, keys) = keys_of_job(args, name.as_deref(), context)?;
        (Some((owner.job.to_string(), Some(owner.team.to_string()))), keys)
    };
    let (job_name, team) = owner.unwrap_or_else(|| (name.unwrap_or_default(), None));
    let is_wanted = |rule: Rule| {
        (args.rule.is_empty() || args.rule.contains(&rule)) && !args.ignore.contains(&rule)
    };
    let has_keys = keys.secrets.is_some() || keys.properties.is_some();
    let report = job::judge(code, &keys, is_wanted);
    let subject = findings::Subject { folder, job: &job_name, team: team.as_deref(), has_keys };
    let text = match args.output.to_ascii_lowercase().as_str() {
        "json" => findings::json(&subject, &report),
        "sarif" => sarif::render(&subject, &report),
        "github" => findings::github(&subject, &report),
        _ => findings::text(&subject, &report),
    };
    formats::print(&text)?;
    let worst = report.findings.iter().map(|finding| finding.level).max();
    let fails = match args.fail_on.to_ascii_lowercase().as_str() {
        "never" => false,
        "warning" => worst >= Some(Level::Warning),
        _ => worst >= Some(Level::Error),
    };
    Ok(if fails { Exit::Cancelled } else { Exit::Done })
}

fn folder_name(folder: &Path) -> Option<String> {
    let whole = folder.canonicalize().ok()?;
    whole.file_name().and_then(|name| name.to_str()).map(String::from)
}

/// Returns the job and its team as far as they are named, without a question. A config.ini that cannot be read
/// is a finding.
fn known_owner(args: &CheckArgs, context: &Context) -> Result<KnownOwner, Error> {
    let settings = context.settings()?;
    let Ok(Some((job, _))) = settings.job(args.which.name.as_deref()) else { return Ok(None) };
    let team = settings.team(args.which.team.as_deref()).ok().flatten();
    Ok(Some((job.to_string(), team.map(|(team, _)| team.to_string()))))
}

/// Reads the keys of the job, which has the name of its folder if nothing else is given.
fn keys_of_job(
    args: &CheckArgs,
    folder_name: Option<&str>,
    context: &Context,
) -> Result<(Owner, Keys), Error> {
    let which = &args.which;
    let target = context.target(which.rest_api_url.as_deref())?;
    let is_named = context.settings()?.job(which.name.as_deref())?.is_some();
    let which = WhichArgs {
        name: which.name.clone().or_else(|| folder_name.filter(|_| !is_named).map(String::from)),
        ..which.clone()
    };
    let owner = owner(&which, context)?;
    let settings = context.settings()?.clone();
    let client = Client::open(settings, target, context.reports().clone())
        .allow_insecure_http(which.allow_insecure_http)
        .remembering_names(context.remembers_names())
        .keeping_connection();
    let mut was_stored = false;
    let mut read = |collection| -> Result<Set, Error> {
        let job = client.job(&owner, collection)?;
        let now = job.service.read()?;
        was_stored |= now.version != Some(0);
        Ok(Set::of(&now.document, collection))
    };
    let keys = Keys {
        secrets: Some(read(Collection::Secrets)?),
        properties: Some(read(Collection::Properties)?),
    };
    if context.settings()?.folder_of(&owner)?.is_some() {
        tell_of_keys_file(&client, &owner, &args.folder, context);
    }
    if !was_stored {
        context.reporter.note(&format!(
            "nothing was ever stored for job '{}' (team '{}')",
            owner.job, owner.team
        ));
    }
    Ok((owner, keys))
}

/// Says where `keys.toml` differs from the metadata that the service keeps. That counts.
fn tell_of_keys_file(client: &Client, owner: &Owner, folder: &Path, context: &Context) {
    if !folder.join(KEYS_FILE).exists() {
        return;
    }
    let file = match KeysFile::in_folder(folder.into()).read() {
        Ok(now) => now.document,
        Err(error) => return context.reporter.warning(&error.body.why),
    };
    let there = client.metadata(owner).and_then(|job| Ok((job.read()?.document, job)));
    // A service that keeps none leaves it to the file.
    let Ok((there, job)) = there else { return };
    // Since when a time counts, and what is under way, is not what people write.
    let of = |document: &Document, key: &str| {
        let one = metadata_of(document, key).ok()?;
        Some(KeyMetadata { since: None, rotating: None, ..one })
    };
    let differs = |key: &&str| of(&file, key) != of(&there, key);
    let keys: Vec<&str> = file.keys().filter(differs).collect();
    if !keys.is_empty() {
        let (keys, place) = (formats::quoted(&keys, 5), job.service.place());
        context.reporter.note(&format!(
            "{KEYS_FILE} differs from the metadata at {place}, which counts: {keys}"
        ));
    }
}

/// Reads the keys that stdin names.
fn keys_of_stdin() -> Result<Keys, Error> {
    let purpose = "the keys that are set";
    let text = read_text(&Input::Stdin, purpose, "Give {} if none is set.")?;
    let invalid = |why: String| {
        Error::usage("Cannot read the keys that are set from standard input.")
            .why(why)
            .help("Give what vdk secrets --list -o json prints, or {\"secrets\": [\"KEY\"], \"properties\": [\"KEY\"]}.")
    };
    let list = |json: &str, what: &str| {
        let names = serde_json::from_str::<Vec<String>>(json);
        names.map(Set::named).map_err(|_| invalid(format!("{what} is not a list of names.")))
    };
    if text.trim_start().starts_with('[') {
        return Ok(Keys { secrets: Some(list(&text, "It")?), properties: None });
    }
    let document = Document::parse(&text).map_err(|error| invalid(format!("{error}.")))?;
    if let Some(key) = document.duplicate() {
        return Err(invalid(format!("It has '{}' twice.", vdk_api::escape::line(key))));
    }
    let is_of_lists = |(key, value): (&str, &JsonText)| {
        ["secrets", "properties"].contains(&key) && !value.expose().starts_with('"')
    };
    if !document.iter().any(is_of_lists) {
        let names = document.keys().map(String::from);
        return Ok(Keys { secrets: Some(Set::named(names)), properties: None });
    }
    if let Some(other) = document.keys().find(|key| !["secrets", "properties"].contains(key)) {
        let other = vdk_api::escape::line(other);
        return Err(invalid(format!("'{other}' is neither \"secrets\" nor \"properties\".")));
    }
    let named = |collection: &str| {
        let names = document.get(collection);
        names.map(|names| list(names.expose(), &format!("\"{collection}\""))).transpose()
    };
    Ok(Keys { secrets: named("secrets")?, properties: named("properties")? })
}
