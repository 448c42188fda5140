//! `vdk local rotate-key`: new keys for the store on this machine, while others use it.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use vdk_client::NOTHING_CHANGED;
use vdk_client::config::env_vars::MASTER_KEY_FILE;
use vdk_client::service::{no_store, store_failure};
use vdk_client::{Error, ErrorKind};
use vdk_store::{KeyError, KeyPlace, LocalKeys, Rotated, Store, StoreError};

use crate::error::Exit;
use crate::terminal::reporter::TerminalReporter;

// The arguments of `vdk local rotate-key`.
#[derive(Args)]
#[group(skip)]
#[command(long_about = "\
Replace both keys, and re-encrypt everything in the store.

The new master key goes where the old one is. Other processes may use the store meanwhile, and take \
the new keys up by themselves. Should it be interrupted, everything stays readable; run it again.")]
pub struct RotateArgs {
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        overrides_with = "new_key_file",
        help = "New file for the master key where VDK_MASTER_KEY_FILE names the old one; running \
                processes look for it in that name with .new behind it"
    )]
    new_key_file: Option<PathBuf>,
    #[arg(
        long,
        overrides_with = "forget_old_key",
        conflicts_with = "new_key_file",
        help = "Forget the old master key, without which no older backup can be opened"
    )]
    forget_old_key: bool,
}

/// Rotates the keys of the store in `folder`.
pub fn run(
    folder: &Path,
    keys: &LocalKeys,
    args: &RotateArgs,
    reporter: TerminalReporter,
) -> anyhow::Result<Exit> {
    let file = args.new_key_file.as_deref();
    let forget = args.forget_old_key;
    let refused =
        |why: String, hint: String| Error::usage("Cannot rotate the keys.").why(why).help(hint);
    match (keys.given(), file) {
        (Some(given), None) => {
            return Err(refused(
                format!(
                    "{MASTER_KEY_FILE} names the file of the master key, and no file for the new \
                     key is given."
                ),
                format!(
                    "Name the file in which running processes look for the new key: vdk local \
                     rotate-key --new-key-file {}",
                    given.next().path().display()
                ),
            )
            .into());
        }
        (None, Some(_)) => {
            return Err(refused(
                format!("--new-key-file needs {MASTER_KEY_FILE}, which is not set."),
                "Leave it out. The new key is stored where the current one is.".into(),
            )
            .into());
        }
        _ => {}
    }
    let store = Store::open(folder, keys).map_err(|error| store_failure(&error, "open"))?;
    let mut store = store.ok_or_else(|| no_store(folder))?;
    let rotated = store.rotate(file).map_err(|error| match error {
        StoreError::Key(KeyError::File { .. }) if file.is_some() => refused(
            format!("{error}."),
            "Name a file that does not exist yet, in a folder that you may write.".into(),
        ),
        error @ (StoreError::Key(_) | StoreError::Rotating) => store_failure(&error, "rotate"),
        error => broken_off(&error),
    })?;
    tell(&rotated, keys, file, reporter);
    let mut there = Vec::new();
    for (place, id) in &rotated.old {
        if forget && rotated.unsettled.is_none() {
            match keys.forget(*place, id, folder) {
                Ok(()) => reporter.note(&format!(
                    "the old key '{id}' is removed; older backups cannot be opened without it"
                )),
                Err(error) => there.push(format!("'{id}': {error}")),
            }
        } else {
            reporter.note(&format!(
                "older backups open only with the old key '{id}', which stays in {}. Make a new \
                 backup (vdk local backup), then remove the old key and the older backups",
                keys.after_rotation(*place, id, folder)
            ));
        }
    }
    if !there.is_empty() {
        return Err(Error::new(ErrorKind::Unavailable, "Cannot remove old master keys.")
            .why(format!("{}.", there.join("; ")))
            .consequences("The store is encrypted with the new key.")
            .help("Remove the old keys yourself.")
            .into());
    }
    match rotated.remains {
        None => Ok(Exit::Done),
        Some(error) => Err(Error::new(
            ErrorKind::Unavailable,
            "The keys are rotated, but the files of the store are not cleaned.",
        )
        .why(format!("{error}."))
        .consequences("Unused parts of the files may still hold data that the old keys encrypted.")
        .help("Run it again: vdk local rotate-key")
        .into()),
    }
}

fn tell(rotated: &Rotated, keys: &LocalKeys, file: Option<&Path>, reporter: TerminalReporter) {
    let (place, id) = &rotated.new;
    let place = match (keys.given(), file) {
        (Some(given), Some(file)) if file == given.next().path() => format!(
            "{}. Running processes find it there. Later, move it: mv {0} {}",
            file.display(),
            given.path().display()
        ),
        (_, Some(file)) => format!(
            "{}. Set {MASTER_KEY_FILE} to this file, and restart running processes",
            file.display()
        ),
        _ if *place == KeyPlace::Keyring => format!("{place}: back it up (vdk local export-key)"),
        _ => format!("{}: back it up (vdk local export-key)", KeyPlace::File),
    };
    reporter.note(&format!("everything is re-encrypted; the new master key '{id}' is in {place}"));
    if rotated.damaged > 0 {
        reporter.warning(&format!(
            "{} versions were damaged before and stay damaged: their old keys are gone",
            rotated.damaged
        ));
    }
    if let Some(error) = &rotated.unsettled {
        reporter.warning(&format!(
            "the new key stays beside the old one until the next write: {error}"
        ));
    }
}

fn broken_off(error: &StoreError) -> Error {
    let Error { kind, body, .. } = store_failure(error, "rotate the keys of");
    let unchanged = matches!(error, StoreError::NotAStore { .. } | StoreError::ReadOnly(_));
    let kept = if unchanged {
        NOTHING_CHANGED
    } else {
        "Everything is readable, but older keys may still be in use."
    };
    let hint = format!("{} Then run vdk local rotate-key again.", body.countermeasures);
    Error::new(kind, body.what).why(body.why).consequences(kept).help(hint)
}
