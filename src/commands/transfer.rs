//! `copy` and `move`: keys of one job in another, on the same or another service. A key is deleted here
//! only when it was read back there.

use std::collections::{HashMap, HashSet};

use vdk_api::{Collection, Document, JsonText, escape};
use vdk_client::change::{self, Change, ChangeError, Existing, NewValue, Renamed};
use vdk_client::run::Subset;
use vdk_client::service::Snapshot;
use vdk_client::{Error, ErrorKind};

use super::carry::Luggage;
use super::job::{Job, count};
use super::subset::no_such_keys;
use crate::args::Beside;
use crate::args::key_values::WhichArgs;
use crate::args::transfer::TransferArgs;
use crate::context::Context;
use crate::error::Exit;
use crate::formats::{self, quoted};
use crate::terminal::prompt;

/// Copies keys.
pub fn copy(
    collection: Collection,
    args: &Beside<WhichArgs, TransferArgs>,
    context: &Context,
) -> anyhow::Result<Exit> {
    let own = &args.own;
    if !own.other.is_given() {
        return Err(no_other_side("copy").into());
    }
    let here = Job::find(collection, &args.global, context)?;
    let there = here.other(&own.other, context)?;
    let Some(keys) = transferred(own, &here, &there, context)? else { return Ok(Exit::Done) };
    let luggage = Luggage::of(&keys, &here, &there, context)?;
    if write(&keys, own, &here, &there)? {
        luggage.put(&there, own.existing.rule()?, "not copied", context)?;
    }
    Ok(Exit::Done)
}

/// Moves keys, or renames them in the job.
pub fn move_keys(
    collection: Collection,
    args: &Beside<WhichArgs, TransferArgs>,
    context: &Context,
) -> anyhow::Result<Exit> {
    let own = &args.own;
    let here = Job::find(collection, &args.global, context)?;
    if !own.other.is_given() {
        return rename(own, &here, context);
    }
    let there = here.other(&own.other, context)?;
    if here.may_be(&there) {
        return Err(may_be_one_storage(&here, &there).into());
    }
    let Some(keys) = transferred(own, &here, &there, context)? else { return Ok(Exit::Done) };
    let luggage = Luggage::of(&keys, &here, &there, context)?;
    if !write(&keys, own, &here, &there)? {
        context.reporter.note(&format!("then {} would be deleted here", count(keys.len())));
        return Ok(Exit::Done);
    }
    luggage.put(&there, own.existing.rule()?, "lost", context)?;
    delete_here(keys, &here, &there, context)?;
    Ok(Exit::Done)
}

/// Deletes the keys that are there and still the same here.
pub fn delete_here(
    keys: Vec<Renamed>,
    here: &Job,
    there: &Job,
    context: &Context,
) -> Result<(), Error> {
    let both = |error: Error| {
        let what = match error.kind {
            ErrorKind::NotAllowed | ErrorKind::Conflict => "They are not deleted in",
            _ => "It is not known whether they are deleted in",
        };
        error.consequences(format!(
            "The keys are in {}. {what} {}.",
            there.described(),
            here.described()
        ))
    };
    let now = there.client.service.read().map_err(both)?.document;
    let is_there =
        |key: &Renamed| now.get(&key.name).is_some_and(|value| value.same_as(&key.value));
    let (moved, other): (Vec<_>, Vec<_>) = keys.into_iter().partition(is_there);
    let unchanged: Vec<_> = moved.into_iter().map(|key| (key.key, key.value)).collect();
    let change = Change::Remove(unchanged);
    let done = here.client.apply(&change).map_err(both)?;
    let Change::Remove(unchanged) = change else { return Ok(()) };
    let is_changed = |(key, was): &&(String, JsonText)| {
        done.before.document.get(key).is_some_and(|now| !now.is_exactly(was))
    };
    let changed: Vec<&str> =
        unchanged.iter().filter(is_changed).map(|(key, _)| key.as_str()).collect();
    let other: Vec<&str> = other.iter().map(|key| key.key.as_str()).collect();
    let gone: Vec<&str> = unchanged
        .iter()
        .map(|(key, _)| key.as_str())
        .filter(|key| !changed.contains(key))
        .collect();
    if changed.is_empty() && other.is_empty() {
        let place = there.described();
        context.reporter.note_on_terminal(|| format!("moved {} to {place}", count(gone.len())));
        return Ok(());
    }
    let mut why = Vec::new();
    if !changed.is_empty() {
        why.push(format!("{} changed here meanwhile", quoted(&changed, 5)));
    }
    if !other.is_empty() {
        why.push(format!("{} has another value there", quoted(&other, 5)));
    }
    Err(Error::new(ErrorKind::Conflict, "Some keys were not moved.")
        .why(format!("{}.", why.join("; ")))
        .consequences(format!(
            "They are kept in {}. The others ({}) are moved.",
            here.described(),
            gone.len()
        ))
        .help("See what differs with diff, and run the command again with --overwrite."))
}

/// Returns the error for the same job at two addresses. One service may have both, and then a key that
/// is deleted at one is gone at the other.
fn may_be_one_storage(here: &Job, there: &Job) -> Error {
    let collection = here.collection;
    Error::usage("Cannot move keys to another address under the same names.")
        .why(format!(
            "{} and {} may be one storage, where the keys would be deleted. That cannot be told \
             from here.",
            here.place(),
            there.place()
        ))
        .help(format!(
            "Copy them with copy, look at both sides with diff, and then delete them here: vdk \
             {collection} {} --delete KEY",
            here.options()
        ))
}

/// Gives keys other names in their job.
fn rename(args: &TransferArgs, here: &Job, context: &Context) -> anyhow::Result<Exit> {
    if args.rename.is_empty() || args.prefix.is_some() {
        return Err(no_other_side("move").into());
    }
    let Some(keys) = transferred(args, here, here, context)? else { return Ok(Exit::Done) };
    if let Some(key) = keys.iter().find(|key| key.key == key.name) {
        return Err(Error::usage("Invalid arguments")
            .why(format!("'{}' gets no other name.", escape::line(&key.key)))
            .help("Name each key with --rename OLD=NEW, or give another side: --to-name JOB")
            .into());
    }
    let existing = args.existing.rule()?;
    if existing == Existing::Keep {
        return Err(Error::usage("Invalid arguments")
            .why("A key whose new name is taken would be lost with --keep-existing.")
            .help("Leave it out, or replace the other value with --overwrite.")
            .into());
    }
    let luggage = Luggage::of(&keys, here, here, context)?;
    if apply(|existing| Change::Rename { names: keys, existing }, existing, args, here)? {
        luggage.put(here, Existing::Overwrite, "lost", context)?;
    }
    Ok(Exit::Done)
}

/// Writes the keys there. Returns false if it was only shown.
pub fn write(
    keys: &[Renamed],
    args: &TransferArgs,
    here: &Job,
    there: &Job,
) -> anyhow::Result<bool> {
    if there.is_same(here) {
        return Err(Error::usage("Invalid arguments")
            .why(format!("Both sides are {}.", here.described()))
            .help("Give another side. To rename keys in a job: move KEY --rename KEY=NEW")
            .into());
    }
    let set = |key: &Renamed| (key.name.clone(), NewValue::Json(key.value.clone()));
    let sets = keys.iter().map(set).collect();
    if !args.preview.dry_run {
        expose(keys, args, here, there)?;
    }
    let edit = |existing| Change::Import { sets, existing, replace: false };
    apply(edit, args.existing.rule()?, args, there)
}

/// Asks before secrets become properties.
fn expose(keys: &[Renamed], args: &TransferArgs, here: &Job, there: &Job) -> Result<(), Error> {
    let becomes_plain =
        (here.collection, there.collection) == (Collection::Secrets, Collection::Properties);
    if !becomes_plain || args.yes_expose {
        return Ok(());
    }
    let names: Vec<&str> = keys.iter().map(|key| key.key.as_str()).collect();
    let why = "Properties are shown in lists, and may be stored as plain text.";
    if prompt::has_terminal() {
        return prompt::confirm(&format!(
            "Make the secrets {} properties? {why}",
            quoted(&names, 5)
        ));
    }
    Err(Error::usage("Cannot make secrets properties without --yes-expose.")
        .why(why)
        .help("Add --yes-expose if these values are not secret."))
}

/// Shows or makes a change. Returns false if it was only shown.
fn apply(
    change: impl FnOnce(Existing) -> Change,
    existing: Existing,
    args: &TransferArgs,
    job: &Job,
) -> anyhow::Result<bool> {
    let refuses = existing == Existing::Refuse;
    // A dry run shows all keys, also those that stop the transfer.
    let edit = change(if args.preview.dry_run && refuses { Existing::Overwrite } else { existing });
    let prepared = edit.prepare(&*job.client.service)?;
    let shown = &prepared.applied;
    if !shown.is_nothing() {
        job.check_size(&shown.after)?;
    }
    if args.preview.dry_run {
        job.warn_of_lookalikes(&edit, &prepared.before);
        let format = args.preview.output.format();
        formats::print(&match &edit {
            Change::Rename { names, .. } => formats::rename(shown, names, refuses, format),
            _ => formats::import(shown, refuses, format),
        })?;
        return Ok(false);
    }
    let asks = !args.preview.yes && prompt::has_terminal();
    if asks {
        job.confirm_new()?;
    }
    job.write_prepared(&edit, (!asks).then_some(prepared))?;
    Ok(true)
}

/// Returns the keys with their names there; `None` if there are none.
pub fn transferred(
    args: &TransferArgs,
    here: &Job,
    there: &Job,
    context: &Context,
) -> Result<Option<Vec<Renamed>>, Error> {
    if args.keys.is_empty() != args.all {
        return Err(Error::usage("Invalid arguments")
            .why("Either keys or --all say what is taken.")
            .help("Name the keys, or give --all."));
    }
    let Snapshot { document, version, .. } = here.client.service.read()?;
    if let Some(key) = document.duplicate() {
        return Err(change::edit_failure(ChangeError::Duplicate(key.into())));
    }
    let all: Vec<&str> = document.keys().collect();
    let chosen = Subset::new(args.keys.clone(), Vec::new()).choose(&all).map_err(|missing| {
        let see = format!("To see the keys: vdk {} --list", here.collection);
        let what = "Cannot take a key that does not exist.";
        no_such_keys(what, &missing, &all, &here.described(), &see)
    })?;
    if chosen.is_empty() {
        match version {
            Some(0) => here.tell_that_nothing_is_there(),
            _ => context.reporter.note(&format!("there are no keys in {}", here.described())),
        }
        return Ok(None);
    }
    let renamed = renamed(args, &chosen)?;
    let prefix = args.prefix.as_deref().unwrap_or_default();
    let name = |key: &str| match renamed.get(key) {
        Some(name) => (*name).to_string(),
        None => format!("{prefix}{key}"),
    };
    let mut names = HashSet::new();
    for key in &chosen {
        if !names.insert(name(key)) {
            return Err(Error::usage("Cannot give two keys one name.")
                .why(format!(
                    "More than one key would be '{}' in {}.",
                    escape::line(&name(key)),
                    there.client.name
                ))
                .help("Change --rename or --prefix."));
        }
    }
    context.reporter.debug(|| format!("{} of {} keys", chosen.len(), all.len()));
    Ok(Some(with_values(&chosen, name, &document)))
}

fn with_values(
    chosen: &[&str],
    name: impl Fn(&str) -> String,
    document: &Document,
) -> Vec<Renamed> {
    let each = chosen.iter().filter_map(|key| {
        let value = document.get(key)?.clone();
        Some(Renamed { key: (*key).into(), name: name(key), value })
    });
    each.collect()
}

/// Returns the new names that `--rename` gives. A key may have a `=`.
fn renamed<'a>(
    args: &'a TransferArgs,
    chosen: &[&str],
) -> Result<HashMap<&'a str, &'a str>, Error> {
    let mut names = HashMap::new();
    for word in &args.rename {
        let places = word.rmatch_indices('=').map(|(at, _)| (&word[..at], &word[at + 1..]));
        let pair = places.into_iter().find(|(old, new)| chosen.contains(old) && !new.is_empty());
        let Some((old, new)) = pair else {
            return Err(Error::usage("Invalid arguments")
                .why(format!(
                    "--rename takes OLD=NEW, where OLD is one of the keys: {} does not.",
                    escape::name(word)
                ))
                .help("Check the spelling, and that the key is among those that are taken."));
        };
        if names.insert(old, new).is_some() {
            return Err(Error::usage("Invalid arguments")
                .why(format!("--rename gives '{}' two names.", escape::line(old)))
                .help("Give one of them."));
        }
    }
    Ok(names)
}

fn no_other_side(verb: &str) -> Error {
    let help = match verb {
        "move" => "Give --to-name, --to-team or --to-url. To rename: move OLD --rename OLD=NEW",
        _ => "Give --to-name, --to-team, --to-url, --to-secrets or --to-properties.",
    };
    Error::usage("Invalid arguments").why(format!("{verb} needs another side.")).help(help)
}
