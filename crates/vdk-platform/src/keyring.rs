//! The operating system's keyring, with a timeout: a locked one may wait for the user, and one that
//! hangs never answers.

use std::fmt;
use std::sync::mpsc;
use std::time::Duration;

use keyring_core::{CredentialStore, Error};
use zeroize::Zeroizing;

use crate::variable::{InvalidVariable, variable};

/// Timeout of a request. The library's own timeout is two seconds, and looks like an absent
/// keyring.
const TIME_LIMIT: Duration = Duration::from_millis(1950);

/// The reason why a keyring request failed.
#[derive(Debug, PartialEq, Eq)]
pub enum KeyringError {
    /// There is no keyring on this machine or in this session.
    Absent,
    /// It is locked, hangs, or fails. The text follows the words "the keyring".
    Failed(String),
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeyringError::Absent => "is unavailable: no session bus, or no Secret Service on it",
            KeyringError::Failed(why) => why,
        })
    }
}

impl std::error::Error for KeyringError {}

/// Variable that chooses the storage of a new login or master key.
pub const CREDENTIAL_STORE: &str = "VDK_CREDENTIAL_STORE";

/// A storage of logins and master keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The operating system's keyring.
    Keyring,
    /// A file of this user alone.
    File,
}

/// Returns the storage that [`CREDENTIAL_STORE`] names, `keyring` or `file`.
pub fn chosen_place() -> Result<Option<Place>, InvalidVariable> {
    match variable(CREDENTIAL_STORE)?.as_deref() {
        None => Ok(None),
        Some("keyring") => Ok(Some(Place::Keyring)),
        Some("file") => Ok(Some(Place::File)),
        Some(_) => Err(InvalidVariable::new(CREDENTIAL_STORE, "keyring or file is expected")),
    }
}

/// Returns the secret saved under `user`; `None` if there is none.
pub fn get(user: &str) -> Result<Option<Zeroizing<String>>, KeyringError> {
    let user = user.to_string();
    ask(move |store| match store.build(SERVICE, &user, None)?.get_password() {
        Ok(secret) => Ok(Some(Zeroizing::new(secret))),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(error),
    })
}

/// Longest wait of [`get_if_unlocked`]: somebody has pressed a key and waits. A keyring that is well takes 20
/// ms on a slow machine.
const GLANCE: Duration = Duration::from_millis(100);

/// Returns the secret saved under `user` if the keyring is unlocked and answers at once. Asks nobody to
/// unlock it, so on systems whose keyring may ask at any time there is no answer.
pub fn get_if_unlocked(user: &str) -> Option<Zeroizing<String>> {
    let user = user.to_string();
    ask_within(GLANCE, move || glance(&user)).ok()
}

#[cfg(target_os = "linux")]
fn glance(user: &str) -> Result<Zeroizing<String>, KeyringError> {
    use dbus_secret_service::{EncryptionType, SecretService};
    let attributes = [("service", SERVICE), ("username", user)].into();
    let service = SecretService::connect(EncryptionType::Dh).map_err(|_| KeyringError::Absent)?;
    let found = service.search_items(attributes).map_err(|_| KeyringError::Absent)?;
    let secret = found.unlocked.first().and_then(|item| item.get_secret().ok());
    let secret = secret.and_then(|bytes| String::from_utf8(bytes).ok());
    secret.map(Zeroizing::new).ok_or(KeyringError::Absent)
}

#[cfg(windows)]
fn glance(user: &str) -> Result<Zeroizing<String>, KeyringError> {
    let found = open()?.build(SERVICE, user, None).and_then(|entry| entry.get_password());
    found.map(Zeroizing::new).map_err(keyring_error)
}

#[cfg(not(any(target_os = "linux", windows)))]
fn glance(_: &str) -> Result<Zeroizing<String>, KeyringError> {
    Err(KeyringError::Absent)
}

/// Saves `secret` under `user`.
pub fn set(user: &str, secret: Zeroizing<String>) -> Result<(), KeyringError> {
    let user = user.to_string();
    ask(move |store| store.build(SERVICE, &user, None)?.set_password(&secret))
}

/// Removes the secret saved under `user`.
pub fn delete(user: &str) -> Result<(), KeyringError> {
    let user = user.to_string();
    ask(move |store| match store.build(SERVICE, &user, None)?.delete_credential() {
        Err(Error::NoEntry) => Ok(()),
        done => done,
    })
}

/// The service name of all vdk entries in the keyring.
const SERVICE: &str = "vdk";

fn ask<T: Send + 'static>(
    question: impl FnOnce(&CredentialStore) -> Result<T, Error> + Send + 'static,
) -> Result<T, KeyringError> {
    ask_within(TIME_LIMIT, || open().and_then(|store| question(&*store).map_err(keyring_error)))
}

fn ask_within<T: Send + 'static>(
    limit: Duration,
    question: impl FnOnce() -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringError> {
    if !may_exist() {
        return Err(KeyringError::Absent);
    }
    let (answer, answered) = mpsc::channel();
    // If the keyring never answers, the thread ends with the process.
    let thread = std::thread::Builder::new().spawn(move || {
        let _ = answer.send(question());
    });
    if let Err(error) = thread {
        return Err(KeyringError::Failed(format!(
            "needs a thread, and none can be started: {error}"
        )));
    }
    answered.recv_timeout(limit).unwrap_or_else(|_| {
        Err(KeyringError::Failed(
            "did not answer within 2 seconds; it may be locked and waiting for its password".into(),
        ))
    })
}

fn keyring_error(error: Error) -> KeyringError {
    match &error {
        // A Secret Service that has no collection to store secrets in.
        #[cfg(target_os = "linux")]
        Error::NoStorageAccess(cause)
            if matches!(cause.downcast_ref(), Some(dbus_secret_service::Error::NoResult)) =>
        {
            KeyringError::Absent
        }
        Error::NoStorageAccess(_) => KeyringError::Failed(format!("is locked ({error})")),
        _ => KeyringError::Failed(format!("failed: {error}")),
    }
}

/// Returns true if there is a session bus. Without one the library would start its own.
#[cfg(target_os = "linux")]
fn may_exist() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    set("DBUS_SESSION_BUS_ADDRESS").is_some()
        || set("XDG_RUNTIME_DIR")
            .is_some_and(|folder| std::path::Path::new(&folder).join("bus").exists())
}

#[cfg(not(target_os = "linux"))]
fn may_exist() -> bool {
    true
}

#[cfg(target_os = "linux")]
fn open() -> Result<std::sync::Arc<CredentialStore>, KeyringError> {
    use dbus_secret_service::Error as Service;
    match dbus_secret_service_keyring_store::Store::new() {
        Ok(store) => Ok(store),
        Err(Error::PlatformFailure(cause)) => match cause.downcast_ref::<Service>() {
            // No bus at the address, or no Secret Service on it.
            Some(Service::Unavailable) => Err(KeyringError::Absent),
            Some(Service::Dbus(error)) if !is_failure(error.name()) => Err(KeyringError::Absent),
            _ => Err(KeyringError::Failed(format!("failed: {cause}"))),
        },
        Err(error) => Err(keyring_error(error)),
    }
}

/// Returns true if a bus error means that a service exists and fails.
#[cfg(target_os = "linux")]
fn is_failure(name: Option<&str>) -> bool {
    let name = name.and_then(|name| name.strip_prefix("org.freedesktop.DBus.Error."));
    matches!(
        name,
        Some(
            "NoReply" | "Timeout" | "TimedOut" | "AccessDenied" | "Disconnected" | "LimitsExceeded"
        )
    )
}

#[cfg(target_os = "macos")]
fn open() -> Result<std::sync::Arc<CredentialStore>, KeyringError> {
    match apple_native_keyring_store::keychain::Store::new() {
        Ok(store) => Ok(store),
        Err(error) => Err(keyring_error(error)),
    }
}

#[cfg(windows)]
fn open() -> Result<std::sync::Arc<CredentialStore>, KeyringError> {
    match windows_native_keyring_store::Store::new() {
        Ok(store) => Ok(store),
        Err(error) => Err(keyring_error(error)),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn open() -> Result<std::sync::Arc<CredentialStore>, KeyringError> {
    Err(KeyringError::Absent)
}
