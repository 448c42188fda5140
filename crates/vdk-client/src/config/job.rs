//! The data job in the working directory, as its `config.ini` describes it.

use std::borrow::Cow;
use std::path::Path;

use crate::Error;
use crate::config::ini::{Ini, is_head_of};
use crate::config::paths;
use crate::config::{broken_ini, read_file};

/// The section that marks a `config.ini` of a job.
const OWNER: &str = "owner";

/// The settings of a data job.
pub struct JobConfig {
    /// The team that it names.
    pub team: Option<String>,
}

impl JobConfig {
    /// Reads the data job in the working directory: one whose `config.ini` has a section `[owner]`.
    pub fn here() -> Result<Option<Self>, Error> {
        let path = Path::new(paths::JOB_CONFIG);
        let Some(bytes) = read_file(path)? else { return Ok(None) };
        let broken =
            |why: &str| broken_ini(path, why, "Correct the file, or give --name and --team.");
        let text = String::from_utf8_lossy(&bytes);
        // Many programs have a `config.ini`, in their own dialects. One with our section, in any
        // spelling, is a job's: ignoring it would select another team.
        if !text.lines().any(|line| is_head_of(line, OWNER)) {
            return Ok(None);
        }
        if matches!(text, Cow::Owned(_)) {
            return Err(broken("it is not UTF-8 text"));
        }
        let ini = Ini::parse(&text).map_err(|error| broken(&error.to_string()))?;
        if let Some(name) = ini.misspelled_section(OWNER) {
            return Err(broken(&format!("its section is spelled [{name}], not [{OWNER}]")));
        }
        // A line of another program that only looks like the head of a section.
        if !ini.has_section(OWNER) {
            return Ok(None);
        }
        let team = ini.get(OWNER, "team").map_err(|error| broken(&error.to_string()))?;
        Ok(Some(JobConfig { team: team.filter(|team| !team.is_empty()) }))
    }
}
