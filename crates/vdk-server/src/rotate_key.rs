//! The operator's command `rotate-key`: new keys for the embedded store, even while it is in use.

use std::io::Write;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use vdk_store::{Store, forget_key_file, next_to, set_aside};

use crate::serve::Failed;
use crate::settings::{MASTER_KEY, Settings};
use crate::storage::master_keys;

/// Builds the command `rotate-key`.
pub fn command() -> Command {
    Command::new("rotate-key")
        .about("Replace both keys of the embedded store, and re-encrypt all of it")
        .long_about(
            "Replace both keys of the embedded store, and re-encrypt all of it.\n\n\
             The services that run on it go on meanwhile, and take the new keys up by themselves. \
             Should it be interrupted, everything stays readable; run it again.",
        )
        .arg(
            Arg::new("new-key-file")
                .long("new-key-file")
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .value_parser(value_parser!(PathBuf))
                .help(
                    "New file for the master key where vdk.storage.master-key-file names the old \
                     one; running services look for it in that name with .new behind it",
                ),
        )
        .arg(
            Arg::new("forget-old-key")
                .long("forget-old-key")
                .action(ArgAction::SetTrue)
                .conflicts_with("new-key-file")
                .help("Remove the old master key, without which no older backup can be opened"),
        )
}

/// Runs the command.
pub fn run(settings: &Settings, options: &ArgMatches) -> Result<(), Failed> {
    if !settings.uses_embedded() {
        return Err(Failed(
            "nothing is in the embedded store; Vault and PostgreSQL have keys of their own".into(),
        ));
    }
    let folder = &settings.folder;
    let file = options.get_one::<PathBuf>("new-key-file").map(PathBuf::as_path);
    if file.is_some_and(|file| file.as_os_str() == "-") {
        return Err(Failed("--new-key-file -: a key has to stay in a file; name one".into()));
    }
    let given = settings.master_key.as_deref();
    match (given, file) {
        (Some(given), None) => {
            return Err(Failed(format!(
                "{MASTER_KEY} names the master key, and the next one is written nowhere unless you \
                 say so: --new-key-file {}, where running services look for it",
                next_to(given).display()
            )));
        }
        (None, Some(_)) => {
            return Err(Failed(format!(
                "--new-key-file is for keys that {MASTER_KEY} names; the next one goes where the \
                 present one is"
            )));
        }
        _ => {}
    }
    let failed = |error| {
        Failed(format!("the keys of the store in {} stay as they are: {error}", folder.display()))
    };
    let keys = master_keys(given.map(PathBuf::from));
    let store = Store::open(folder, &keys).map_err(failed)?;
    let mut store =
        store.ok_or_else(|| Failed(format!("there is no store in {}", folder.display())))?;
    let rotated = store.rotate(file).map_err(|error| {
        Failed(format!(
            "the rotation of the keys in {} was broken off: {error}; everything is readable, and \
             another rotate-key completes it",
            folder.display()
        ))
    })?;
    let new = rotated.new.1;
    let place = match (given, file) {
        (Some(given), Some(file)) if file == next_to(given) => format!(
            "{}; running services find it there, and with the next start: mv {0} {}",
            file.display(),
            given.display()
        ),
        (_, Some(file)) => format!(
            "{}; name it in {MASTER_KEY}, and start running services anew with it",
            file.display()
        ),
        _ => "the key file beside the store: back it up".into(),
    };
    note(&format!("everything is sealed anew; the new master key '{new}' is in {place}"));
    if rotated.damaged > 0 {
        note(&format!(
            "{} versions were damaged before, and stay so: their old keys are gone",
            rotated.damaged
        ));
    }
    if let Some(error) = &rotated.unsettled {
        note(&format!("the new key is beside the old one until the next start: {error}"));
    }
    let mut there = Vec::new();
    for (_, old) in rotated.old {
        if rotated.unsettled.is_none() && options.get_flag("forget-old-key") {
            match forget_key_file(folder, &old) {
                Ok(()) => {
                    note(&format!("the old key '{old}', with which older backups open, is removed"))
                }
                Err(error) => there.push(format!("'{old}': {error}")),
            }
        } else if rotated.unsettled.is_none() {
            let aside = folder.join(set_aside(&old).unwrap_or_default());
            let aside = given.map_or(aside, PathBuf::from);
            note(&format!(
                "older backups open only with the old key '{old}', which stays in {}: make a new \
                 backup, and remove both",
                aside.display()
            ));
        }
    }
    if !there.is_empty() {
        return Err(Failed(format!("old keys are still there: {}", there.join("; "))));
    }
    match rotated.remains {
        None => Ok(()),
        Some(error) => Err(Failed(format!(
            "what the old keys sealed may still be in unused parts of the files: {error}; another \
             rotate-key removes it"
        ))),
    }
}

fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "note: {text}");
}
