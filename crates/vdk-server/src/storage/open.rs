//! The storages that the settings name: the embedded store, Vault, PostgreSQL.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use vdk_api::Collection;
use vdk_store::{FileKeyring, MasterKeys, Notice, StoreError};

use crate::settings::{MASTER_KEY, Secrets, Settings};
use crate::storage::{Backend, Embedded, Postgres, Vault};

/// Timeout of the database at the start.
const START: Duration = Duration::from_secs(3);

/// Next steps for a store whose log is missing.
const RESTORE_HINT: &str = ". Put the log back beside it, or move the file away and restore a \
     backup: vdk-control-service restore FILE. To go on with what is in the file, restore the file \
     itself: mv store.db old.db, then vdk-control-service restore old.db --accept-loss";

/// The reason why a storage cannot be opened, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The embedded store.
    #[error("cannot open the store in {}: {error}{hint}", folder.display())]
    Embedded {
        /// Its folder.
        folder: PathBuf,
        /// The fault.
        error: vdk_store::StoreError,
        /// What else the operator should know, or nothing.
        hint: String,
    },
    /// Vault or OpenBao.
    #[error("cannot use Vault: {0}")]
    Vault(String),
    /// PostgreSQL.
    #[error("cannot use the database: {0}")]
    Database(String),
    /// Nothing is configured.
    #[error("no storage for properties is configured")]
    NoProperties,
}

/// The storage of secrets, if there is one, and that of properties.
pub type Storage = (Option<Arc<dyn Backend>>, Arc<dyn Backend>);

/// Keeps the embedded store's master key in the operator's file, or beside the store.
pub fn master_keys(given: Option<PathBuf>) -> FileKeyring {
    FileKeyring::new(given, MASTER_KEY, |notice| match *notice {
        Notice::StoreMade { key_file } => tracing::warn!(
            file = %key_file.display(),
            "a new encrypted store was made; back up its master key"
        ),
        Notice::State { path, state } => {
            tracing::warn!(path = %path.display(), "a file or folder of the store {state}");
        }
    })
}

/// Returns a hint if part of the embedded store is unusable because it belongs to another user, as
/// after a command that root ran.
#[cfg(unix)]
fn of_another_user(folder: &Path) -> String {
    use std::os::unix::fs::MetadataExt;

    use rustix::fs::{Access, access};
    let own = rustix::process::geteuid().as_raw();
    // The logs of SQLite may be beside the store and its key.
    let files = folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    let parts = std::iter::once((folder.to_path_buf(), Access::EXEC_OK))
        .chain(files.map(|path| (path, Access::empty())))
        .map(|(path, more)| (path, Access::READ_OK | Access::WRITE_OK | more));
    for (path, needed) in parts {
        let owner = path.metadata().map_or(own, |found| found.uid());
        if owner != own && access(&path, needed).is_err() {
            return format!(
                ". {} belongs to user {owner}, but this is user {own}. Run every command of the \
                 service as its user. Give that user the folder: chown -R {own} '{}'",
                path.display(),
                folder.display()
            );
        }
    }
    String::new()
}

#[cfg(not(unix))]
fn of_another_user(_: &Path) -> String {
    String::new()
}

/// Opens the storages that the settings name, from within a runtime.
pub async fn open_storage(
    settings: &mut Settings,
    keys: &dyn MasterKeys,
) -> Result<Storage, OpenError> {
    let mut embedded = None;
    if settings.uses_embedded() {
        let limits = (settings.limits.secrets, settings.limits.properties);
        embedded = Some(Embedded::open(&settings.folder, keys, limits).map_err(|error| {
            let folder = settings.folder.clone();
            let hint = match &error {
                StoreError::LogMissing { .. } => RESTORE_HINT.into(),
                _ => of_another_user(&folder),
            };
            OpenError::Embedded { hint, folder, error }
        })?);
    }
    let (own_secrets, own_properties) = embedded.unzip();
    let secrets: Option<Arc<dyn Backend>> = match std::mem::take(&mut settings.secrets) {
        Secrets::Off => None,
        Secrets::Embedded => own_secrets.map(|own| Arc::new(own) as _),
        Secrets::Vault(vault) => {
            let vault = Vault::new(vault);
            Some(Arc::new(vault.map_err(OpenError::Vault)?))
        }
    };
    let properties: Arc<dyn Backend> = match (settings.database.take(), own_properties) {
        (Some(database), _) => {
            let postgres =
                Postgres::new(database, Collection::Properties).map_err(OpenError::Database)?;
            let postgres = Arc::new(postgres);
            // If it is unavailable, the first request that reaches it later migrates it.
            match timeout(START, postgres.migrate()).await {
                Ok(Ok(())) => {}
                Ok(Err(fault)) => {
                    tracing::warn!(backend = "postgresql", "the database is not ready: {fault}");
                }
                Err(_) => tracing::warn!(backend = "postgresql", "the database does not respond"),
            }
            postgres
        }
        (None, Some(own)) => Arc::new(own),
        (None, None) => return Err(OpenError::NoProperties),
    };
    Ok((secrets, properties))
}
