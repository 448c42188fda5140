//! The operator's command `restore`: puts a backup in the place of the embedded store.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use vdk_store::{KeyError, Restore, RestoreError, Restored, STORE_FILE, StoreError};

use crate::cli::backup::{Failed, key_of, uses_embedded};
use crate::cli::complain;
use crate::operand;
use crate::settings::{MASTER_KEY, Settings};
use crate::storage::open::master_keys;

/// Builds the command `restore`.
pub fn command() -> Command {
    Command::new("restore")
        .about("Restore a backup as the embedded store")
        .long_about(
            "Restore a backup as the embedded store.\n\n\
             The store must be closed, and empty or absent. The backup is checked whole before \
             anything changes: every document must decrypt. The master key is not in the backup. \
             Put it in its place first.",
        )
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .value_hint(ValueHint::FilePath)
                .value_parser(value_parser!(PathBuf))
                .help("Backup to restore; - is stdin"),
        )
        .arg(
            Arg::new("accept-loss")
                .long("accept-loss")
                .action(ArgAction::SetTrue)
                .help("Restore what is there, although something is damaged or missing"),
        )
}

/// Runs the command.
pub fn run(settings: &Settings, options: &ArgMatches) -> Result<(), Failed> {
    uses_embedded(settings)?;
    let folder = &settings.folder;
    let keys = master_keys(settings.master_key.clone());
    let file = options.get_one::<PathBuf>("file").map_or(Path::new(""), PathBuf::as_path);
    let restore = Restore { replace: false, accept_loss: options.get_flag("accept-loss") };
    let restored = if file == Path::new("-") {
        restore.read(std::io::stdin().lock(), Path::new("the standard input"), folder, &keys)
    } else {
        restore.file(file, folder, &keys)
    };
    let Restored { findings, key, .. } =
        restored.map_err(|error| refused(&error, &operand::name(file), settings))?;
    complain(&format!(
        "restored {} documents in {}. Their master key '{}' is in {}: keep a copy of it elsewhere",
        findings.documents,
        folder.display(),
        key.1,
        key_of(settings, &key.1).display()
    ));
    if !findings.is_whole() {
        complain(&format!("accepted losses: {}", findings.losses()));
    }
    Ok(())
}

fn refused(error: &RestoreError, file: &str, settings: &Settings) -> Failed {
    let folder = settings.folder.display();
    let (code, next) = match error {
        RestoreError::Open => (5, "Stop every service on it, then restore again".into()),
        RestoreError::NotEmpty => (
            5,
            format!(
                "To replace it, back it up, stop every service on it, and move {folder}/{STORE_FILE} \
                 away, with {STORE_FILE}-wal if there is one"
            ),
        ),
        RestoreError::Unreadable(_) => {
            (5, format!("Move {folder}/{STORE_FILE} and {STORE_FILE}-wal away, and restore again"))
        }
        RestoreError::HasLog(_) => (
            2,
            "Make a backup of it: vdk-control-service backup FILE, with vdk.storage.folder set to \
             its folder"
                .into(),
        ),
        RestoreError::LogMissing | RestoreError::Incomplete(_) => {
            (2, "Use another backup. To restore what is in this one, add --accept-loss".into())
        }
        RestoreError::Store(StoreError::Key(
            KeyError::Missing { id, .. } | KeyError::Wrong { id, .. },
        )) => (
            6,
            match &settings.master_key {
                Some(given) => {
                    format!("Put the key '{id}' into {} ({MASTER_KEY})", given.display())
                }
                None => format!(
                    "Put the file with the key '{id}' there, with mode 0600: \
                         {folder}/master-{id}.key"
                ),
            },
        ),
        RestoreError::Store(StoreError::NotAStore { .. }) => (2, "Use another backup".into()),
        RestoreError::Read(_) => (2, "Name a backup that you can read".into()),
        RestoreError::Store(_) => (6, "Remove the cause, then restore again".into()),
    };
    let what = match error {
        RestoreError::Open | RestoreError::NotEmpty | RestoreError::Unreadable(_) => {
            format!("cannot restore into {folder}")
        }
        _ => format!("cannot restore {file}"),
    };
    Failed(code, format!("{what}: {error}. Nothing was changed. {next}"))
}
