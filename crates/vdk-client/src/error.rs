//! The error of every operation: a kind for programs, four parts for people.

use std::fmt;

use vdk_api::ErrorBody;
use vdk_platform::InvalidVariable;

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A login failed, or a person cancelled something.
    Cancelled,
    /// An argument, a setting, a file or a value is not valid.
    Usage,
    /// There is no login, or its user may not do this.
    NotAllowed,
    /// There is no such key, job, team or address.
    NotFound,
    /// Others kept changing the same key/values.
    Conflict,
    /// The service or the store is unavailable or fails.
    Unavailable,
    /// A write was sent, and it is not known whether it was stored.
    Unknown,
}

/// An error with its kind and its four parts for the user.
#[derive(Debug)]
pub struct Error {
    /// The kind.
    pub kind: ErrorKind,
    /// The HTTP status of the response that it is about, if there was one.
    pub status: Option<u16>,
    /// The text for the user.
    pub body: ErrorBody,
}

impl Error {
    /// Creates the error for a thread that cannot be started.
    pub(crate) fn no_thread(what: &str, error: &std::io::Error) -> Self {
        Error::new(ErrorKind::Unavailable, what)
            .why(format!("No thread can be started: {error}."))
            .help("Raise the limit of processes: ulimit -u, or the container's limit of pids.")
    }

    /// Creates an error of `kind` that says what failed. Its consequence is that nothing was
    /// changed, until [`Error::consequences`] sets another.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Error { kind, status: None, body: ErrorBody::new(what, "", NOTHING_CHANGED, "") }
    }

    /// Creates a usage or validation error.
    pub fn usage(what: impl Into<String>) -> Self {
        Error::new(ErrorKind::Usage, what)
    }

    /// Sets the HTTP status of the response that it is about.
    #[must_use]
    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Sets the cause.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.body.why = why.into();
        self
    }

    /// Sets the effect on the user's data.
    #[must_use]
    pub fn consequences(mut self, consequences: impl Into<String>) -> Self {
        self.body.consequences = consequences.into();
        self
    }

    /// Sets the next step for the user.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.body.countermeasures = help.into();
        self
    }
}

/// The consequence of an error that occurs before a write.
pub const NOTHING_CHANGED: &str = "Nothing was changed.";

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.body.fmt(f)
    }
}

impl std::error::Error for Error {}

impl From<InvalidVariable> for Error {
    fn from(invalid: InvalidVariable) -> Self {
        let why = invalid.to_string().replacen('t', "T", 1) + ".";
        Error::usage("Invalid setting.").why(why).help("Correct the variable or unset it.")
    }
}
