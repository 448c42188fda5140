//! `vdk properties migrate`: credentials among the properties become secrets. It is a move whose keys may
//! be found by rule VDK004, and which looks at the code that reads them.

use std::path::PathBuf;

use vdk_api::{Collection, is_credential};
use vdk_client::change::Renamed;
use vdk_client::{Error, ErrorKind};

use super::job::{Job, count};
use super::transfer::{delete_here, transferred, write};
use crate::args::Beside;
use crate::args::key_values::WhichArgs;
use crate::args::migrate::MigrateArgs;
use crate::args::transfer::{OtherArgs, TransferArgs};
use crate::context::Context;
use crate::error::Exit;
use crate::formats::quoted;
use crate::lints::credential;
use crate::lints::job::{self, Reading};
use crate::terminal::prompt;

/// Moves the properties, or copies them.
pub fn run(args: Beside<WhichArgs, MigrateArgs>, context: &Context) -> anyhow::Result<Exit> {
    let Beside { global, own } = args;
    let here = Job::find(Collection::Properties, &global, context)?;
    let other = OtherArgs::secrets();
    let there = here.other(&other, context)?;
    let keys = match own.keys.as_slice() {
        [] => credentials(&here)?,
        keys => keys.to_vec(),
    };
    if keys.is_empty() {
        context.reporter.note(&format!("nothing looks like a credential in {}", here.described()));
        return Ok(Exit::Done);
    }
    let transfer = TransferArgs {
        keys,
        all: false,
        preview: own.preview.clone(),
        other,
        rename: Vec::new(),
        prefix: None,
        existing: own.existing,
        yes_expose: false,
    };
    let Some(keys) = transferred(&transfer, &here, &there, context)? else { return Ok(Exit::Done) };
    let readings = readings(&here, &keys, context)?;
    tell(&readings, context);
    let in_sql: Vec<_> = readings.iter().filter(|one| one.is_sql).collect();
    if let Some(first) = in_sql.first()
        && !own.preview.yes
        && !own.keep
        && !own.preview.dry_run
    {
        return Err(Error::usage("Cannot move a property that SQL has in braces.")
            .why(format!(
                "VDK puts properties there and no secrets: '{}' in {}, line {}.",
                first.key,
                first.file.display(),
                first.line
            ))
            .help("Change the SQL first, copy with --keep, or go on with --yes.")
            .into());
    }
    let asks = !own.preview.yes && !own.preview.dry_run && !own.keep && prompt::has_terminal();
    if asks {
        let names: Vec<&str> = keys.iter().map(|key| key.key.as_str()).collect();
        let it = if keys.len() == 1 { "it" } else { "them" };
        let code = match readings.len() {
            0 => String::new(),
            1 => format!(" The code reads {it} as a property in 1 place."),
            places => format!(" The code reads {it} as properties in {places} places."),
        };
        prompt::confirm(&format!(
            "Move {} ({}) to the secrets and delete {it} here?{code}",
            count(keys.len()),
            quoted(&names, 5)
        ))?;
    }
    if !write(&keys, &transfer, &here, &there)? {
        if !own.keep {
            context.reporter.note(&format!(
                "then {} would be deleted here, if the secrets have the same value",
                count(keys.len())
            ));
        }
        return Ok(Exit::Done);
    }
    if own.keep {
        context.reporter.note_on_terminal(|| format!("copied {}", count(keys.len())));
        return Ok(Exit::Done);
    }
    delete_here(keys.clone(), &here, &there, context)?;
    delete_again(keys, &here, &there, context)?;
    Ok(Exit::Done)
}

/// Returns the properties that look like credentials.
fn credentials(here: &Job) -> Result<Vec<String>, Error> {
    let document = here.client.service.read()?.document;
    let looks = document.iter().filter(|(key, value)| {
        credential::is_named_so(key) || value.to_text().is_some_and(|text| is_credential(&text))
    });
    Ok(looks.map(|(key, _)| key.to_string()).collect())
}

/// Returns where the code of the job reads the keys as properties, if its folder is the one that this runs
/// in.
fn readings(here: &Job, keys: &[Renamed], context: &Context) -> Result<Vec<Reading>, Error> {
    let Some(folder) = context.settings()?.job_folder(here.name())? else { return Ok(Vec::new()) };
    let code = job::read(&folder).map_err(|error| {
        Error::usage("Cannot read the folder of the job.")
            .why(format!("{}: {error}.", folder.display()))
            .help("Run the command in another folder, with --name and --team.")
    })?;
    let shown = std::env::current_dir()
        .ok()
        .and_then(|here| folder.strip_prefix(here).map(PathBuf::from).ok());
    let unread: Vec<&str> = code.unread().collect();
    if !unread.is_empty() {
        let files = quoted(&unread, 5);
        context.reporter.warning(&format!("{files} cannot be read, and may use these properties"));
    }
    if code.may_use_any() {
        context.reporter.note(
            "the code also uses properties whose names it does not show: look for these keys in it",
        );
    }
    let names: Vec<&str> = keys.iter().map(|key| key.key.as_str()).collect();
    Ok(code.readings(&shown.unwrap_or(folder), &names))
}

/// Lists what has to change in the code.
fn tell(readings: &[Reading], context: &Context) {
    for Reading { file, line, column, key, is_sql } in readings {
        let what = match is_sql {
            true => "has it in braces, where VDK puts no secrets",
            false => "reads it as a property: get_secret reads a secret",
        };
        let file = file.display();
        context.reporter.note(&format!("'{key}': {file}:{line}:{column} {what}"));
    }
}

/// Deletes keys that a job has written again since, from a copy that it read before; once.
fn delete_again(
    keys: Vec<Renamed>,
    here: &Job,
    there: &Job,
    context: &Context,
) -> Result<(), Error> {
    let back = |keys: Vec<Renamed>| -> Result<Vec<Renamed>, Error> {
        let now = here.client.service.read()?.document;
        let each = keys.into_iter().filter_map(|key| {
            let value = now.get(&key.key)?.clone();
            Some(Renamed { value, ..key })
        });
        Ok(each.collect())
    };
    let keys = back(keys)?;
    if keys.is_empty() {
        return Ok(());
    }
    delete_here(keys.clone(), here, there, context)?;
    let keys = back(keys)?;
    if keys.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = keys.iter().map(|key| key.key.as_str()).collect();
    Err(Error::new(ErrorKind::Conflict, "Some properties came back.")
        .why(format!("A job that runs writes {} again.", quoted(&names, 5)))
        .consequences(format!("They are in {} and in {}.", there.described(), here.described()))
        .help("Run the command again when the job has ended."))
}
