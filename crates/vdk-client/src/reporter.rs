//! Messages of operations while they run. A program shows it as it likes, or not at all; no value and no
//! token is in it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::config::env_vars;

/// Receives the messages of operations.
pub trait Reporter: Send + Sync {
    /// Receives something worth knowing.
    fn note(&self, note: &Note);

    /// Receives something that may be wrong.
    fn warning(&self, warning: &Warning);

    /// Receives a step of an operation, for troubleshooting. `text` is called only if it is shown.
    fn debug(&self, text: &dyn Fn() -> String);

    /// Receives the news that a retry follows after `wait`, because of `why`. The guard is dropped
    /// when the wait ends.
    fn retry(&self, why: &str, wait: Duration) -> Guard;

    /// Receives the news that an operation waits for `whom`, until the guard is dropped.
    fn waiting(&self, whom: &str) -> Guard;
}

/// A reporter that several parts share.
pub type Reports = Arc<dyn Reporter>;

/// The end of a wait: its function runs when it is dropped.
#[derive(Default)]
pub struct Guard(Option<Box<dyn FnOnce()>>);

impl Guard {
    /// Creates a guard that calls `end` when it is dropped.
    pub fn new(end: impl FnOnce() + 'static) -> Self {
        Guard(Some(Box::new(end)))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end();
        }
    }
}

/// A reporter that shows nothing.
pub struct Silent;

impl Reporter for Silent {
    fn note(&self, _: &Note) {}

    fn warning(&self, _: &Warning) {}

    fn debug(&self, _: &dyn Fn() -> String) {}

    fn retry(&self, _: &str, _: Duration) -> Guard {
        Guard::default()
    }

    fn waiting(&self, _: &str) -> Guard {
        Guard::default()
    }
}

/// Something worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A login without a service is for `service` from now on, with which it was used first.
    LoginBound {
        /// The service's address.
        service: String,
    },
    /// There is no keyring, so the login is in `file`.
    LoginInFile {
        /// The file.
        file: PathBuf,
    },
    /// A store was made, whose master key is in `key_file`.
    StoreMade {
        /// The file, which has to be backed up.
        key_file: PathBuf,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::LoginBound { service } => {
                write!(f, "from now on the saved login is for {service}")
            }
            Note::LoginInFile { file } => write!(
                f,
                "no keyring found; the login is saved in {}, which only you can read",
                file.display()
            ),
            Note::StoreMade { key_file } => write!(
                f,
                "a new encrypted store was made; its master key is in {}: back it up",
                key_file.display()
            ),
        }
    }
}

/// Something that may be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The variable with the API token is set and empty.
    EmptyToken,
    /// A renewed login could not be saved in `file`.
    LoginNotSaved {
        /// The file.
        file: PathBuf,
    },
    /// The login before this one is still in the keyring.
    OldLoginInKeyring,
    /// Other users could read the login in `file`.
    LoginWasReadable {
        /// The file.
        file: PathBuf,
        /// True if they no longer can.
        closed: bool,
    },
    /// The configuration folder, or a file or folder of the store, is, or was, open to others.
    OpenFolder {
        /// The folder or file.
        folder: PathBuf,
        /// The rest of the sentence.
        state: &'static str,
    },
    /// A browser's redirect cannot be received; a pasted address still can.
    NoCallback {
        /// Host and port of the redirect.
        place: String,
        /// The cause.
        why: String,
    },
    /// An address has no scheme, and http is assumed.
    SchemeAssumed {
        /// The address.
        service: String,
    },
    /// Values travel unencrypted.
    Unencrypted {
        /// The service's address.
        service: String,
        /// True if a token does as well.
        login: bool,
    },
    /// Certificates are not verified.
    Unverified {
        /// The service's address.
        service: String,
    },
    /// The service rejected the token, and there is no other.
    NotRenewed {
        /// The failure and its cause.
        why: String,
    },
    /// Other writers on this machine are not kept away.
    NotLocked {
        /// The folder of locks.
        folder: PathBuf,
        /// The cause.
        why: String,
    },
    /// A write was acknowledged, and could not be read back.
    NotReadBack {
        /// The cause.
        why: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::EmptyToken => write!(f, "{} is empty and not used", env_vars::API_TOKEN),
            Warning::LoginNotSaved { file } => write!(
                f,
                "cannot save the renewed login in {}; when that is fixed, log in again: vdk login",
                file.display()
            ),
            Warning::OldLoginInKeyring => {
                f.write_str("cannot remove the previous login from the keyring")
            }
            Warning::LoginWasReadable { file, closed } => {
                let file = file.display();
                if *closed {
                    write!(f, "other users of this machine could read {file}; now only you can")
                } else {
                    write!(f, "other users of this machine can read {file}")
                }
            }
            Warning::OpenFolder { folder, state } => write!(f, "{} {state}", folder.display()),
            Warning::NoCallback { place, why } => write!(
                f,
                "cannot receive the browser's redirect on {place} ({why}); to use another \
                 port, register it at the provider and set {}",
                env_vars::REDIRECT_PORT
            ),
            Warning::SchemeAssumed { service } => {
                write!(f, "the address has no scheme; http is assumed: {service}")
            }
            Warning::Unencrypted { service, login } => {
                let login = if *login { "the login and " } else { "" };
                write!(f, "{login}all values are sent unencrypted to {service}")
            }
            Warning::Unverified { service } => write!(
                f,
                "{} is off: anyone who answers in place of {service} can read everything",
                env_vars::VERIFY_SSL
            ),
            Warning::NotRenewed { why } => f.write_str(why),
            Warning::NotLocked { folder, why } => write!(
                f,
                "cannot create a lock in {} ({why}): a concurrent write may be lost",
                folder.display()
            ),
            Warning::NotReadBack { why } => {
                write!(f, "the change is stored, but could not be read back to verify it: {why}")
            }
        }
    }
}
