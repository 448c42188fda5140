//! The operator's command `rotate-key`: new keys for the embedded store, even while it is in use.

use std::io::Write;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use vdk_store::Store;

use crate::server::ServeError;
use crate::settings::{MASTER_KEY, Settings};
use crate::storage::open::master_keys;

/// Builds the command `rotate-key`.
pub fn command() -> Command {
    Command::new("rotate-key")
        .about("Replace both keys of the embedded store and re-encrypt everything")
        .long_about(
            "Replace both keys of the embedded store and re-encrypt everything.\n\n\
             Running services keep working and load the new keys by themselves. If the command is \
             interrupted, everything stays readable. Run it again to complete the rotation.",
        )
        .arg(
            Arg::new("new-key-file")
                .long("new-key-file")
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .value_parser(value_parser!(PathBuf))
                .help(
                    "New file for the master key, if vdk.storage.master-key-file names the old \
                     one; running services look for that file name with .new appended",
                ),
        )
        .arg(
            Arg::new("forget-old-key")
                .long("forget-old-key")
                .action(ArgAction::SetTrue)
                .conflicts_with("new-key-file")
                .help("Remove the old master key; older backups then cannot be opened"),
        )
}

/// Runs the command.
pub fn run(settings: &Settings, options: &ArgMatches) -> Result<(), ServeError> {
    if !settings.uses_embedded() {
        return Err(ServeError(
            "the embedded store is not used; Vault and PostgreSQL have keys of their own".into(),
        ));
    }
    let folder = &settings.folder;
    let file = options.get_one::<PathBuf>("new-key-file").map(PathBuf::as_path);
    if file.is_some_and(|file| file.as_os_str() == "-") {
        return Err(ServeError(
            "invalid --new-key-file -: the key must be in a file; name one".into(),
        ));
    }
    let keys = master_keys(settings.master_key.clone());
    let given = keys.given();
    match (given, file) {
        (Some(given), None) => {
            return Err(ServeError(format!(
                "{MASTER_KEY} is set, so the new key needs a file of its own. Add the option, with \
                 the file in which running services look for it: --new-key-file {}",
                given.next().path().display()
            )));
        }
        (None, Some(_)) => {
            return Err(ServeError(format!(
                "--new-key-file needs {MASTER_KEY}, which is not set. Omit the option: the new key \
                 takes the place of the old one"
            )));
        }
        _ => {}
    }
    let failed = |error| {
        ServeError(format!("the keys of the store in {} are unchanged: {error}", folder.display()))
    };
    let store = Store::open(folder, &keys).map_err(failed)?;
    let mut store =
        store.ok_or_else(|| ServeError(format!("no store found in {}", folder.display())))?;
    let rotated = store.rotate(file).map_err(|error| {
        ServeError(format!(
            "the key rotation in {} failed: {error}. Everything is still readable. To complete the \
             rotation, run rotate-key again",
            folder.display()
        ))
    })?;
    let new = rotated.new.1;
    let place = match (given, file) {
        (Some(given), Some(file)) if file == given.next().path() => format!(
            "{}. Running services find it there. Before the next start, run: mv {0} {}",
            file.display(),
            given.path().display()
        ),
        (_, Some(file)) => format!(
            "{}. Set {MASTER_KEY} to this file, and restart running services",
            file.display()
        ),
        _ => "the key file beside the store. Back it up".into(),
    };
    note(&format!("everything is re-encrypted; the new master key '{new}' is in {place}"));
    if rotated.damaged > 0 {
        note(&format!(
            "{} versions were damaged before and stay unreadable: their old keys are removed",
            rotated.damaged
        ));
    }
    if let Some(error) = &rotated.unsettled {
        note(&format!("the new key stays beside the old one until the next start: {error}"));
    }
    let mut there = Vec::new();
    for (_, old) in rotated.old {
        if rotated.unsettled.is_none() && options.get_flag("forget-old-key") {
            match keys.forget(folder, &old) {
                Ok(()) => note(&format!(
                    "removed the old key '{old}'; older backups cannot be opened without it"
                )),
                Err(error) => there.push(format!("'{old}': {error}")),
            }
        } else if rotated.unsettled.is_none() {
            let aside = keys.replaced(folder, &old);
            note(&format!(
                "the old key '{old}' stays in {}. Only this key opens older backups. Make a new \
                 backup, then remove the old key and the older backups",
                aside.path().display()
            ));
        }
    }
    if !there.is_empty() {
        return Err(ServeError(format!("cannot remove old keys: {}", there.join("; "))));
    }
    match rotated.remains {
        None => Ok(()),
        Some(error) => Err(ServeError(format!(
            "data that the old keys encrypted may remain in unused parts of the files: {error}. To \
             remove it, run rotate-key again"
        ))),
    }
}

fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "note: {text}");
}
