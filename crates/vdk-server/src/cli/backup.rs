//! The operator's command `backup`: a copy of the embedded store, even while it is in use.

use std::io::{IsTerminal, Write, stdout};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, ValueHint, value_parser};
use vdk_store::{BackupError, Findings, KEY_FILE, Store};

use crate::audit;
use crate::cli::complain;
use crate::settings::{Secrets, Settings};
use crate::storage::open::master_keys;

/// The reason why a command on backups failed: its exit code, and a message.
pub struct Failed(pub u8, pub String);

/// Builds the command `backup`.
pub fn command() -> Command {
    Command::new("backup")
        .about("Write a backup of the embedded store, still encrypted, to a new file")
        .long_about(
            "Write a backup of the embedded store, still encrypted, to a new file.\n\n\
             Running services keep working. Everything that was acknowledged before the command \
             started is in the backup. The master key is not: keep a copy of it elsewhere. Vault \
             and PostgreSQL have their own tools.",
        )
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .value_hint(ValueHint::FilePath)
                .value_parser(value_parser!(PathBuf))
                .help("File to create; - is stdout"),
        )
}

/// Runs the command.
pub fn run(settings: &Settings, options: &ArgMatches) -> Result<(), Failed> {
    uses_embedded(settings)?;
    let folder = &settings.folder;
    let keys = master_keys(settings.master_key.clone());
    let failed = |error| Failed(6, format!("no backup is written: {error}"));
    let store = Store::open_to_read(folder, &keys).map_err(failed)?;
    let store =
        store.ok_or_else(|| Failed(4, format!("no store found in {}", folder.display())))?;
    let key = key_of(settings, &store.key().1);
    let file = options.get_one::<PathBuf>("file").map_or(Path::new(""), PathBuf::as_path);
    let (findings, name) = if file == Path::new("-") {
        (to_stdout(&store)?, "the backup".to_string())
    } else {
        (store.back_up(file).map_err(failed)?, file.display().to_string())
    };
    complain(&format!(
        "{name} has {} documents, encrypted with the master key '{}'. The key is not in it. Keep a \
         copy of {} elsewhere: nobody can read the backup without it",
        findings.documents,
        store.key().1,
        key.display()
    ));
    if findings.is_whole() {
        return Ok(());
    }
    Err(Failed(
        6,
        format!(
            "the store, and therefore {name}, is not whole: {}. Everything else is in it. Keep \
             older backups",
            findings.losses()
        ),
    ))
}

fn to_stdout(store: &Store) -> Result<Findings, Failed> {
    if stdout().is_terminal() {
        let why = "the backup is binary data, and standard output is a terminal; name a file";
        return Err(Failed(2, why.into()));
    }
    if audit::stdout().is_ok_and(|out| audit::discards(&out)) {
        let why = "no backup is written: standard output is closed or /dev/null";
        return Err(Failed(6, why.into()));
    }
    let mut out = stdout().lock();
    let copied = store.back_up_to(|part| out.write_all(part));
    copied.map_err(|error| match error {
        BackupError::Store(error) => Failed(6, format!("no backup is written: {error}")),
        BackupError::Target(error) => {
            Failed(6, format!("the backup is incomplete; cannot write to stdout: {error}"))
        }
    })
}

/// Returns the file that has the key with fingerprint `id`, or has to get it.
pub fn key_of(settings: &Settings, id: &str) -> PathBuf {
    let beside = || {
        let aside = settings.folder.join(format!("master-{id}.key"));
        if aside.exists() { aside } else { settings.folder.join(KEY_FILE) }
    };
    settings.master_key.clone().unwrap_or_else(beside)
}

/// Rejects settings without the embedded store, and tells how to back up what is elsewhere.
pub fn uses_embedded(settings: &Settings) -> Result<(), Failed> {
    let vault = "secrets are in Vault: use bao operator raft snapshot save (or vault …)";
    let database = "properties are in PostgreSQL: use pg_dump";
    let is_vault = matches!(settings.secrets, Secrets::Vault(_));
    let elsewhere = match (is_vault, settings.database.is_some()) {
        (true, true) => format!("{vault}; {database}"),
        (true, false) => vault.into(),
        (false, true) => database.into(),
        (false, false) => return Ok(()),
    };
    if settings.uses_embedded() {
        complain(&format!("this command covers the embedded store only. The {elsewhere}"));
        return Ok(());
    }
    Err(Failed(2, format!("the embedded store is not used. The {elsewhere}")))
}
