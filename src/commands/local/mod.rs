//! `vdk local`: maintenance of the encrypted store on this machine.

mod backup;
mod restore;
mod rotate_key;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand, ValueHint};
use vdk_api::{Document, JsonText};
use vdk_client::Error;
use vdk_client::config::paths;
use vdk_client::local_keys;
use vdk_client::service::{no_store, open_store, store_failure};
use vdk_store::{
    KeyError, KeyFile, KeyPlace, LocalKeys, MasterKey, MasterKeys, STORE_FILE, Store, StoreError,
};
use zeroize::Zeroizing;

use self::backup::BackupArgs;
use self::restore::RestoreArgs;
use self::rotate_key::RotateArgs;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::Exit;
use crate::formats::{self, Format};
use crate::terminal::input::{Input, read_text};
use crate::terminal::reporter::TerminalReporter;

// The arguments of `vdk local`.
#[derive(Args)]
#[group(skip)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct LocalArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
#[command(defer = true)]
enum Verb {
    #[command(about = "Show where the store and its master key are")]
    Status(OutputArgs),
    #[command(about = "Write a consistent copy of the store, still encrypted, to a new file")]
    Backup(BackupArgs),
    #[command(about = "Restore a backup as the store on this machine")]
    Restore(RestoreArgs),
    #[command(about = "Write the master key, which opens the store, to a new file")]
    ExportKey(ExportArgs),
    #[command(about = "Import the master key of a store that was moved here")]
    ImportKey(ImportArgs),
    #[command(about = "Replace both keys, and re-encrypt everything in the store")]
    RotateKey(RotateArgs),
}

#[derive(Args)]
#[group(skip)]
struct ExportArgs {
    #[arg(
        value_name = "FILE",
        allow_hyphen_values = true,
        value_hint = ValueHint::FilePath,
        help = "File to make, readable by you alone; - is stdout"
    )]
    file: PathBuf,
}

#[derive(Args)]
#[group(skip)]
struct ImportArgs {
    #[arg(
        value_name = "FILE",
        allow_hyphen_values = true,
        value_hint = ValueHint::FilePath,
        help = "File with the key; - is stdin"
    )]
    file: PathBuf,
}

/// Runs the subcommand.
pub fn run(args: LocalArgs, context: &Context) -> anyhow::Result<Exit> {
    let reporter = context.reporter;
    let folder = context.settings()?.path(paths::LOCAL_STORE);
    let keys = local_keys(context.reports())?;
    match args.verb {
        Verb::Status(args) => status(&folder, &keys, args.is_json()),
        Verb::Backup(args) => backup::run(&folder, &keys, &args, reporter),
        Verb::Restore(args) => restore::run(&folder, &keys, &args, reporter),
        Verb::ExportKey(args) => export_key(&folder, &keys, &args.file, reporter),
        Verb::ImportKey(args) => import_key(&folder, &keys, &args.file, reporter),
        Verb::RotateKey(args) => rotate_key::run(&folder, &keys, &args, reporter),
    }
}

fn status(folder: &Path, keys: &LocalKeys, json: bool) -> anyhow::Result<Exit> {
    let store = existing(folder, keys)?;
    let (place, id) = store.key();
    let findings = store.count().map_err(|error| store_failure(&error, "read"))?;
    let age = store.key_age().map_err(|error| store_failure(&error, "read"))?;
    let mut status = Document::default();
    let mut add = |key: &str, value: String| status.set(key, JsonText::from_text(&value));
    add("store", folder.join(STORE_FILE).display().to_string());
    add("documents", findings.documents.to_string());
    add("master key", id.to_string());
    add("kept in", place.to_string());
    if let Some(made_at) = age.made_at {
        add("keys made", made_at);
    }
    if age.rotating {
        add("rotation", "in progress or interrupted: vdk local rotate-key".into());
    }
    if !findings.is_whole() {
        add("damage", findings.losses());
    }
    let format = if json { Format::Json } else { Format::Text };
    formats::print(&formats::members(&status.iter().collect(), format)?)?;
    Ok(Exit::Done)
}

fn export_key(
    folder: &Path,
    keys: &LocalKeys,
    file: &Path,
    reporter: TerminalReporter,
) -> anyhow::Result<Exit> {
    let store = existing(folder, keys)?;
    let (place, id) = store.key();
    let key =
        keys.load(place, &id, folder).map_err(|error| store_failure(&error.into(), "open"))?;
    if file == Path::new("-") {
        formats::print(&key.to_text())?;
        formats::print("\n")?;
        return Ok(Exit::Done);
    }
    KeyFile::at(file).create(&key).map_err(|error| {
        Error::usage("Cannot export the master key.")
            .why(format!("{error}."))
            .help("Name a file that does not exist yet, in a folder that you may write.")
    })?;
    reporter
        .note(&format!("anyone with {} and the store can read everything in it", file.display()));
    Ok(Exit::Done)
}

fn import_key(
    folder: &Path,
    keys: &LocalKeys,
    file: &Path,
    reporter: TerminalReporter,
) -> anyhow::Result<Exit> {
    let input = Input::new(&file.to_string_lossy());
    let text =
        read_text(&input, "the master key", "Give the file that vdk local export-key wrote.")?;
    let key = MasterKey::from_text(&text).ok_or_else(|| {
        Error::usage("Invalid master key.")
            .why("64 hexadecimal digits are expected.")
            .help("Give the file that vdk local export-key wrote.")
    })?;
    // Only a key that opens the store is accepted.
    let opened = Store::open(folder, &Just(key.to_text())).map_err(|error| match error {
        StoreError::Key(KeyError::Wrong { id, found, .. }) => {
            Error::usage("This is the key of another store.")
                .why(format!("The key is '{found}', but this store is encrypted with '{id}'."))
                .help("Import the key that was exported from this store.")
        }
        error => store_failure(&error, "open"),
    })?;
    let store = opened.ok_or_else(|| no_store(folder))?;
    let (place, id) = store.key();
    if keys.load(place, &id, folder).is_ok_and(|known| known.id() == key.id()) {
        reporter.note("the key of this store is already in its place");
        return Ok(Exit::Done);
    }
    let kept = match keys.import(folder, place, &key) {
        Err(KeyError::Keyring(_)) => keys.import(folder, KeyPlace::File, &key),
        kept => kept,
    };
    let kept = kept.map_err(|error| store_failure(&StoreError::Key(error), "save the key of"))?;
    reporter.note(&format!("the key opens the store and is saved in {kept}"));
    Ok(Exit::Done)
}

fn existing(folder: &Path, keys: &LocalKeys) -> Result<Store, Error> {
    open_store(folder, keys)?.ok_or_else(|| no_store(folder))
}

/// A source of one key, whichever is requested.
struct Just(Zeroizing<String>);

impl MasterKeys for Just {
    fn create(&self, _: &Path) -> Result<(KeyPlace, MasterKey), KeyError> {
        Err(KeyError::Random)
    }

    fn load(&self, place: KeyPlace, id: &str, _: &Path) -> Result<MasterKey, KeyError> {
        MasterKey::from_text(&self.0)
            .ok_or_else(|| KeyError::Missing { id: id.into(), place: place.to_string() })
    }

    fn shared(&self) -> Arc<dyn MasterKeys> {
        Arc::new(Just(self.0.clone()))
    }
}
