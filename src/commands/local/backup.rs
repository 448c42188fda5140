//! `vdk local backup`: a copy of the store, even while it is in use.

use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use vdk_client::service::store_failure;
use vdk_client::{Error, ErrorKind};
use vdk_store::{BackupError, LocalKeys, Store, StoreError};

use crate::error::Exit;
use crate::terminal::reporter::TerminalReporter;
use crate::terminal::streams;

// The arguments of `vdk local backup`.
#[derive(Args)]
#[group(skip)]
pub struct BackupArgs {
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, help = "File to make; - is stdout")]
    file: PathBuf,
}

/// Backs up the store in `folder`.
pub fn run(
    folder: &Path,
    keys: &LocalKeys,
    args: &BackupArgs,
    reporter: TerminalReporter,
) -> anyhow::Result<Exit> {
    let is_stdout = args.file == Path::new("-");
    if is_stdout && stdout().is_terminal() {
        return Err(Error::usage("Cannot write the backup to a terminal.")
            .why("It is binary data, and standard output is a terminal.")
            .help("Name a file, or use a pipe: vdk local backup - | age -r … > store.db.age")
            .into());
    }
    let store = super::existing(folder, keys)?;
    let findings = if is_stdout {
        let copied = store.back_up_to(streams::write_stdout);
        copied.map_err(|error| match error {
            BackupError::Store(error) => store_failure(&error, "copy").into(),
            BackupError::Target(error) => anyhow::Error::from(error),
        })?
    } else {
        to_file(&store, &args.file)?
    };
    if !is_stdout {
        reporter.note(&format!(
            "{} is encrypted with the master key '{}', which is not in it; keep a copy of the key \
             elsewhere: vdk local export-key FILE",
            args.file.display(),
            store.key().1
        ));
    }
    if findings.is_whole() {
        return Ok(Exit::Done);
    }
    Err(Error::new(ErrorKind::Unavailable, "The store, and therefore the backup, is not whole.")
        .why(format!("{}.", findings.losses()))
        .consequences("Everything else is in the backup.")
        .help("Keep older backups. To restore one: vdk local restore FILE")
        .into())
}

fn to_file(store: &Store, file: &Path) -> Result<vdk_store::Findings, Error> {
    store.back_up(file).map_err(|error| match error {
        StoreError::Io { .. } => Error::usage("Cannot write the backup.")
            .why(format!("{error}."))
            .help("Name a file that does not exist yet, in a folder that you may write."),
        error => store_failure(&error, "copy"),
    })
}
