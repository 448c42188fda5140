//! Names of jobs and teams, which are validated once and then trusted.

use std::fmt;

use crate::limits::{ACCESS_JOB, MAX_NAME_CHARACTERS, METADATA_FOLDER, RESERVED_JOB, SERVICE_TEAM};

/// A valid name of a job or of a team: not blank, not a dot segment, without control characters, at
/// most [`MAX_NAME_CHARACTERS`] characters. Nothing is trimmed or case-folded: two names are equal
/// only if their bytes are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

/// The reason why a text is not a valid name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is empty.
    #[error("it is empty")]
    Empty,
    /// The text is white space only.
    #[error("it has only white space")]
    Blank,
    /// The text is `.` or `..`, which a URL resolves as a path segment.
    #[error("'.' and '..' are path segments, so a request would go to another address")]
    DotSegment,
    /// The text contains a control character.
    #[error("it contains a control character")]
    Control,
    /// The text is too long; holds its length in characters.
    #[error("it is {0} characters long; at most {MAX_NAME_CHARACTERS} are allowed")]
    TooLong(usize),
}

impl Name {
    /// Validates `text` as a name.
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        if text.is_empty() {
            Err(NameError::Empty)
        } else if text.trim().is_empty() {
            Err(NameError::Blank)
        } else if text == "." || text == ".." {
            Err(NameError::DotSegment)
        } else if text.chars().any(char::is_control) {
            Err(NameError::Control)
        } else {
            match text.chars().count() {
                long if long > MAX_NAME_CHARACTERS => Err(NameError::TooLong(long)),
                _ => Ok(Name(text)),
            }
        }
    }

    /// Returns the name as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The owner of key/values: a job of a team.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The team that the job belongs to.
    pub team: Name,
    /// The data job.
    pub job: Name,
}

impl Owner {
    /// Returns false for what only a Control Service stores, under names that are reserved.
    pub fn is_job(&self) -> bool {
        self.team.as_str() != SERVICE_TEAM && !is_reserved_job(self.job.as_str())
    }

    /// Returns where the metadata of this job's secrets is stored: under a reserved name, which may be
    /// longer than others.
    pub fn metadata(&self) -> Owner {
        let job = Name(format!("{METADATA_FOLDER}/{}", self.job));
        Owner { team: self.team.clone(), job }
    }

    /// Returns the job whose metadata is stored here, if any is.
    pub fn described(&self) -> Option<Owner> {
        let job = described(self.job.as_str())?;
        Some(Owner { team: self.team.clone(), job: Name(job.into()) })
    }
}

/// Returns whether a Control Service stores its own data of a team under this job name.
pub fn is_reserved_job(job: &str) -> bool {
    [RESERVED_JOB, ACCESS_JOB].contains(&job) || described(job).is_some()
}

fn described(job: &str) -> Option<&str> {
    job.strip_prefix(METADATA_FOLDER)?.strip_prefix('/').filter(|job| !job.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_names_that_would_reach_another_address() {
        for (text, error) in [
            ("", NameError::Empty),
            (" \t", NameError::Blank),
            (".", NameError::DotSegment),
            ("..", NameError::DotSegment),
            ("a\u{7}b", NameError::Control),
            ("a\u{85}b", NameError::Control),
            ("a\r\nX: y", NameError::Control),
        ] {
            assert_eq!(Name::new(text), Err(error), "{text:?}");
        }
        assert_eq!(Name::new("ä".repeat(256)), Err(NameError::TooLong(256)));
    }

    #[test]
    fn reserves_names_for_metadata() {
        let name = |text: &str| Name::new(text).unwrap();
        let longest = "ä".repeat(255);
        for job in ["ingest", "a/b", "vdk-metadata", &longest] {
            let owner = Owner { team: name("t"), job: name(job) };
            assert!(owner.is_job(), "{job}");
            let metadata = owner.metadata();
            assert!(!metadata.is_job());
            assert_eq!(metadata.described(), Some(owner));
        }
        assert!(!is_reserved_job("vdk-metadata/"));
    }

    #[test]
    fn keeps_unusual_names_unchanged() {
        for text in ["a b", " a", "a/b", "...", "%2F", "ü☃", &"ä".repeat(255)] {
            assert_eq!(Name::new(text).map(|n| n.0), Ok(text.to_string()));
        }
    }
}
