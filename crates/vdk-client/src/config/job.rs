//! The data job of the working directory, as its `config.ini` describes it. Users also work in the
//! folders below that of the job.

use std::borrow::Cow;
use std::env;
use std::path::{Path, PathBuf};

use vdk_api::BOM;

use crate::Error;
use crate::config::ini::{Ini, is_head_of};
use crate::config::paths;
use crate::config::{broken_ini, read_file};

/// The section that marks a `config.ini` of a job.
const OWNER: &str = "owner";

/// The settings of a data job.
pub struct JobConfig {
    /// The folder of the job; its name is that of the job.
    pub folder: PathBuf,
    /// The place of the file, seen from the working directory.
    pub place: String,
    /// The team that it names.
    pub team: Option<String>,
}

impl JobConfig {
    /// Reads the data job that the folder `from` belongs to, which is the working directory if it is
    /// empty: the nearest `config.ini` with a section `[owner]`, there or in a folder above.
    pub fn find(from: &Path) -> Result<Option<Self>, Error> {
        let here = match from.as_os_str().is_empty() {
            true => env::current_dir(),
            false => from.canonicalize(),
        };
        let mut place = from.join(paths::JOB_CONFIG).display().to_string();
        if let Some(team) = read(Path::new(&place))? {
            return Ok(Some(JobConfig { folder: here.unwrap_or_default(), place, team }));
        }
        let Ok(here) = here else { return Ok(None) };
        let home = dirs::home_dir();
        let is_edge =
            |folder: &Path| home.as_deref() == Some(folder) || folder.join(".git").exists();
        let mut folder = here.as_path();
        while !is_edge(folder) {
            // Another user's file must not choose the team.
            let Some(above) = folder.parent().filter(|above| vdk_platform::is_own(above)) else {
                break;
            };
            folder = above;
            place = match from.as_os_str().is_empty() {
                true => format!("../{place}"),
                false => folder.join(paths::JOB_CONFIG).display().to_string(),
            };
            if let Some(team) = read(&folder.join(paths::JOB_CONFIG))? {
                return Ok(Some(JobConfig { folder: folder.into(), place, team }));
            }
        }
        Ok(None)
    }
}

/// Returns the text of a file that begins with the mark of UTF-16, as PowerShell writes it.
fn utf16(bytes: &[u8]) -> Option<String> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    Some(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

/// Reads the team that a `config.ini` names; `None` if the file is not there, or not that of a job.
fn read(path: &Path) -> Result<Option<Option<String>>, Error> {
    let Some(bytes) = read_file(path)? else { return Ok(None) };
    let broken = |why: &str| broken_ini(path, why, "Correct the file, or give --name and --team.");
    if let Some(text) = utf16(&bytes) {
        let is_owner = text.lines().any(|line| is_head_of(line, OWNER));
        return if is_owner { Err(broken("it is UTF-16 text, not UTF-8")) } else { Ok(None) };
    }
    let text = String::from_utf8_lossy(&bytes);
    let is_garbled = matches!(text, Cow::Owned(_));
    let head = format!("[{OWNER}]");
    if is_garbled && text.lines().any(|line| line.to_ascii_lowercase().contains(&head)) {
        return Err(broken("it is not UTF-8 text"));
    }
    let is_team = |line: &str| {
        let name = line.split_once(['=', ':']).map(|(name, _)| name.trim());
        name.is_some_and(|name| name.eq_ignore_ascii_case("team"))
    };
    let is_head = |line: &str| line.trim_start_matches(BOM).trim_start().starts_with('[');
    if !text.lines().any(is_head) && text.lines().any(is_team) {
        return Err(broken(&format!("its section [{OWNER}] is missing before the team")));
    }
    // Many programs have a `config.ini`, in their own dialects. One with our section, in any
    // spelling, is a job's: ignoring it would select another team.
    if !text.lines().any(|line| is_head_of(line, OWNER)) {
        return Ok(None);
    }
    if is_garbled {
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
    Ok(Some(team.filter(|team| !team.is_empty())))
}
