//! The four-part error of VDK: the body of the API's errors and the words of the command line.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Header of an answer whose write may have been stored although the status is that of a failure;
/// its value is `unknown`.
pub const NOT_KNOWN_HEADER: &str = "x-vdk-write-outcome";

/// What went wrong, why, what follows from it, and what to do. Members in the order of the
/// Control Service's error body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong.
    pub what: String,
    /// Why it did.
    pub why: String,
    /// What follows from it for the user's data.
    pub consequences: String,
    /// What the user can do.
    pub countermeasures: String,
}

impl ErrorBody {
    /// An error body of these four parts.
    pub fn new(
        what: impl Into<String>,
        why: impl Into<String>,
        consequences: impl Into<String>,
        countermeasures: impl Into<String>,
    ) -> Self {
        ErrorBody {
            what: what.into(),
            why: why.into(),
            consequences: consequences.into(),
            countermeasures: countermeasures.into(),
        }
    }
}

impl fmt::Display for ErrorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "what: {}\nwhy: {}\nconsequences: {}\ncountermeasures: {}",
            self.what, self.why, self.consequences, self.countermeasures
        )
    }
}
