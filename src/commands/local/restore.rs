//! `vdk local restore`: a backup becomes the store on this machine.

use std::io::stdin;
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use vdk_api::escape;
use vdk_client::config::env_vars::MASTER_KEY_FILE;
use vdk_client::service::store_failure;
use vdk_client::{Error, ErrorKind};
use vdk_store::{LocalKeys, Restore, RestoreError, Restored, StoreError};

use crate::error::Exit;
use crate::terminal::prompt;
use crate::terminal::reporter::TerminalReporter;

// The arguments of `vdk local restore`.
#[derive(Args)]
#[group(skip)]
#[command(long_about = "\
Restore a backup as the store on this machine.

The backup is checked whole before anything changes: every document must decrypt. A store that is \
replaced is kept beside the new one. The master key is not in the backup.")]
pub struct RestoreArgs {
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, help = "Backup; - is stdin")]
    file: PathBuf,
    #[arg(short, long, overrides_with = "yes", help = "Do not ask")]
    yes: bool,
    #[arg(
        long,
        overrides_with = "accept_loss",
        help = "Restore what is there, although something is damaged or missing"
    )]
    accept_loss: bool,
}

/// Restores a backup as the store in `folder`.
pub fn run(
    folder: &Path,
    keys: &LocalKeys,
    args: &RestoreArgs,
    reporter: TerminalReporter,
) -> anyhow::Result<Exit> {
    let restore = |replace| {
        let restore = Restore { replace, accept_loss: args.accept_loss };
        if args.file == Path::new("-") {
            restore.read(stdin().lock(), Path::new("standard input"), folder, keys)
        } else {
            restore.file(&args.file, folder, keys)
        }
    };
    let restored = match restore(args.yes) {
        // Nothing of the backup was read yet.
        Err(error @ (RestoreError::NotEmpty | RestoreError::Unreadable(_))) => {
            if !prompt::has_terminal() {
                return Err(refused(&error, args).into());
            }
            prompt::confirm("Replace the store on this machine? It is kept beside the new one.")?;
            restore(true)
        }
        restored => restored,
    };
    let Restored { findings, key, replaced } = restored.map_err(|error| refused(&error, args))?;
    reporter.note(&format!(
        "{} documents are restored; their master key '{}' is not in the backup; keep a copy of it \
         elsewhere: vdk local export-key FILE",
        findings.documents, key.1
    ));
    if let Some(replaced) = replaced {
        reporter.note(&format!("the store before is kept in {}", replaced.display()));
    }
    if !findings.is_whole() {
        reporter.warning(&format!("accepted losses: {}", findings.losses()));
    }
    Ok(Exit::Done)
}

fn refused(error: &RestoreError, args: &RestoreArgs) -> Error {
    let (kind, help) = match error {
        RestoreError::Open => {
            (ErrorKind::Conflict, "End every vdk that uses it, vdk server included.".to_string())
        }
        RestoreError::NotEmpty | RestoreError::Unreadable(_) => {
            (ErrorKind::Conflict, "To replace it and keep it beside the new one, add --yes.".into())
        }
        RestoreError::HasLog(_) => (
            ErrorKind::Usage,
            "Make a backup of it with vdk local backup, where VDK_BASE_CONFIG_FOLDER names its \
             folder."
                .into(),
        ),
        RestoreError::LogMissing | RestoreError::Incomplete(_) => (
            ErrorKind::Usage,
            "Use another backup. To restore what is in this one, add --accept-loss.".into(),
        ),
        RestoreError::Read(_) => (ErrorKind::Usage, "Name a backup that you can read.".into()),
        RestoreError::Store(StoreError::NotAStore { .. }) => {
            (ErrorKind::Usage, "Use another backup.".into())
        }
        RestoreError::Store(StoreError::Key(_)) => (
            ErrorKind::Unavailable,
            format!(
                "Name the file that vdk local export-key wrote: {MASTER_KEY_FILE}=KEY vdk local \
                 restore FILE. Then import it: vdk local import-key KEY"
            ),
        ),
        RestoreError::Store(error) => return store_failure(error, "restore"),
    };
    let name = match args.file.display().to_string() {
        name if name == "-" => "the backup from standard input".into(),
        name if vdk_api::may_be_secret(&name) => "the backup".into(),
        name => escape::line(&name).to_string(),
    };
    let what = match error {
        RestoreError::Open | RestoreError::NotEmpty | RestoreError::Unreadable(_) => {
            "Cannot replace the store on this machine.".to_string()
        }
        _ => format!("Cannot restore {name}."),
    };
    let why = error.to_string();
    let mut letters = why.chars();
    let why: String =
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    Error::new(kind, what).why(format!("{why}.")).help(help)
}
