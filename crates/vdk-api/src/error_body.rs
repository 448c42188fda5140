//! The four-part error of VDK: the body of the API's errors and the text of the command line's.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Response header with the value `unknown`: the write may have been stored although the status
/// reports a failure.
pub const NOT_KNOWN_HEADER: &str = "x-vdk-write-outcome";

/// An error in four parts. The members have the order of the Control Service's error body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Error))]
pub struct ErrorBody {
    /// The failure.
    #[cfg_attr(feature = "openapi", schema(min_length = 1))]
    pub what: String,
    /// The cause.
    #[cfg_attr(feature = "openapi", schema(min_length = 1))]
    pub why: String,
    /// The effect on the user's data.
    #[cfg_attr(feature = "openapi", schema(min_length = 1))]
    pub consequences: String,
    /// The next step for the user.
    #[cfg_attr(feature = "openapi", schema(min_length = 1))]
    pub countermeasures: String,
}

impl ErrorBody {
    /// Makes an error body of these four parts.
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
