//! The two collections of key/values that a data job has.

use std::fmt;

/// A collection of a job's key/values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Collection {
    /// Plain key/values that change often, such as the state of a job.
    Properties,
    /// Passwords and tokens, which are encrypted in storage.
    Secrets,
}

impl Collection {
    /// Returns the plural name: the command, and the last segment of the API's path.
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
