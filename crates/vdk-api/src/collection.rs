//! The two sets of key/values that a data job has.

use std::fmt;

/// Which set of key/values of a job is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Collection {
    /// Plain key/values that change often: the state of a job.
    Properties,
    /// Passwords and tokens: encrypted where they are stored.
    Secrets,
}

impl Collection {
    /// The plural name: the command, and the last segment of the API's path.
    pub fn as_str(self) -> &'static str {
        match self {
            Collection::Properties => "properties",
            Collection::Secrets => "secrets",
        }
    }
}

impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
