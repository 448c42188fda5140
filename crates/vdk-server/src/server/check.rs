//! The check of settings without a start: it reads the files that the start reads, and connects to
//! nothing and writes nothing.

use std::fs::{OpenOptions, symlink_metadata};
use std::io::ErrorKind;
use std::path::Path;

use vdk_store::{KEY_FILE, MasterKeys};

use crate::audit::{OTHER, Target, holds_other};
use crate::settings::{DatabaseTls, MASTER_KEY, Secrets, Settings, SettingsError, WebhookSettings};
use crate::storage::open::master_keys;
use crate::tls::{Certificate, client_config};

/// Reads every file that `settings` name.
pub fn check_files(settings: &Settings) -> Result<(), SettingsError> {
    if let Some(files) = settings.tls.clone() {
        Certificate::read(files).map_err(SettingsError)?;
    }
    if let Secrets::Vault(vault) = &settings.secrets {
        let is_https = vault.nodes.iter().any(|node| node.scheme() == "https");
        authorities("vdk.vault.ca-certificate", is_https, vault.ca.as_deref())?;
    }
    if let Some(database) = &settings.database {
        let is_tls = database.tls == DatabaseTls::Verified;
        authorities("vdk.datasource.ca-certificate", is_tls, database.ca.as_deref())?;
    }
    let access = &settings.access;
    let is_https =
        access.uses_https() || access.webhook.as_ref().is_some_and(WebhookSettings::uses_https);
    authorities("vdk.access.ca-certificate", is_https, access.ca.as_deref())?;
    if settings.uses_embedded() {
        master_key(settings)?;
    }
    match &settings.audit {
        // The start makes the folder of the store.
        Target::File(path) if path.parent() == Some(&settings.folder) && !path.exists() => Ok(()),
        Target::File(path) => audit(path),
        Target::None | Target::Stdout => Ok(()),
    }
}

/// Reads the certificate authorities in `ca`, or the system's if connections need any.
fn authorities(name: &str, is_https: bool, ca: Option<&Path>) -> Result<(), SettingsError> {
    let read = client_config(is_https || ca.is_some(), ca);
    read.map(|_| ()).map_err(|why| SettingsError(format!("{name}: {why}")))
}

/// Reads the master key if there is one already.
fn master_key(settings: &Settings) -> Result<(), SettingsError> {
    if settings.master_key.is_none() && !settings.folder.join(KEY_FILE).exists() {
        return Ok(());
    }
    let read = master_keys(settings.master_key.clone()).create(&settings.folder);
    read.map(|_| ()).map_err(|error| SettingsError(format!("{MASTER_KEY}: {error}")))
}

fn audit(path: &Path) -> Result<(), SettingsError> {
    let wrong = |why: String| SettingsError(format!("vdk.audit.file: {}: {why}", path.display()));
    match symlink_metadata(path) {
        Ok(found) if !found.is_file() => Err(wrong("it is not a regular file".into())),
        Ok(_) if holds_other(path) => Err(wrong(OTHER.into())),
        Ok(_) => {
            let opened = OpenOptions::new().append(true).open(path);
            opened.map(|_| ()).map_err(|error| wrong(error.to_string()))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = path.parent().unwrap_or(path);
            if folder.is_dir() {
                Ok(())
            } else {
                Err(wrong(format!("the folder {} does not exist", folder.display())))
            }
        }
        Err(error) => Err(wrong(error.to_string())),
    }
}
