//! The files of a job's code: regular ones below its folder, without environments and hidden folders.

use std::fs::{File, FileType};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use vdk_api::BOM;

use super::{Finding, unread};

/// Largest file that is read, in bytes.
const MAX_BYTES: u64 = 5 * 1024 * 1024;
const LINK: &str = "it is a link, which may lead out of the folder";
/// Deepest folder that is looked into.
const MAX_DEPTH: usize = 32;

/// Returns whether a file is a test of the job's code: below a folder for tests. One beside the steps is a step.
pub fn is_test(file: &str) -> bool {
    let mut parts = file.split('/').rev();
    let name = parts.next().unwrap_or_default();
    let is_below = parts.clone().next().is_some();
    let is_named = name.starts_with("test_") || name == "conftest.py";
    parts.any(|folder| folder == "tests" || folder == "test") || (is_below && is_named)
}

/// What a file holds, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Python,
    Notebook,
    Sql,
    /// The job's `config.ini`.
    Ini,
}

/// The files of a job, sorted by name as VDK runs them.
pub struct Listed {
    pub files: Vec<(Arc<str>, Kind)>,
    /// What was left out although it may be code.
    pub findings: Vec<Finding>,
}

/// Lists the code below `folder`.
pub fn list(folder: &Path) -> io::Result<Listed> {
    let mut listed = Listed { files: Vec::new(), findings: Vec::new() };
    walk(folder, "", 0, &mut listed)?;
    listed.files.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(listed)
}

fn walk(folder: &Path, above: &str, depth: usize, listed: &mut Listed) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            let file: Arc<str> = format!("{above}{}", name.to_string_lossy()).into();
            listed.findings.push(unread(&file, "its name is not UTF-8 text"));
            continue;
        };
        let (path, kind) = (entry.path(), entry.file_type()?);
        let file: Arc<str> = format!("{above}{name}").into();
        if path.is_dir() {
            if is_left_out(name, &path) {
                continue;
            }
            // A folder that is not read may hold code.
            if kind.is_symlink() {
                listed.findings.push(unread(&file, LINK));
            } else if depth == MAX_DEPTH {
                listed.findings.push(unread(&file, "the folder is too deep"));
            } else if let Err(error) = walk(&path, &format!("{file}/"), depth + 1, listed) {
                listed.findings.push(unread(&file, error));
            }
            continue;
        }
        let Some(holds) = kind_of(name, above) else { continue };
        match obstacle(kind, &path)? {
            Some(why) => listed.findings.push(unread(&file, why)),
            None => listed.files.push((file, holds)),
        }
    }
    Ok(())
}

fn kind_of(name: &str, above: &str) -> Option<Kind> {
    // VDK runs endings in any case.
    let (_, ending) = name.rsplit_once('.')?;
    Some(match ending.to_ascii_lowercase().as_str() {
        "py" => Kind::Python,
        "ipynb" => Kind::Notebook,
        "sql" => Kind::Sql,
        "ini" if name == "config.ini" && above.is_empty() => Kind::Ini,
        _ => return None,
    })
}

/// Returns whether a folder holds no code of the job.
fn is_left_out(name: &str, path: &Path) -> bool {
    name.starts_with('.')
        || ["__pycache__", "node_modules", "site-packages"].contains(&name)
        || path.join("pyvenv.cfg").exists()
}

/// Returns why a file is not read.
fn obstacle(kind: FileType, path: &Path) -> io::Result<Option<String>> {
    if kind.is_symlink() {
        // A link to another file of the job is that file, which is read under its own name.
        return Ok(Some(LINK.into()));
    }
    if !kind.is_file() {
        return Ok(Some("it is no regular file".into()));
    }
    let size = path.symlink_metadata()?.len();
    Ok((size > MAX_BYTES).then(|| format!("it has {size} bytes, and {MAX_BYTES} are read")))
}

/// Reads a file as text. Python may be in another encoding, if its first lines say so (PEP 263).
pub fn text(path: &Path, kind: Kind) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes));
    read.map_err(|error| error.to_string())?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix(BOM).map(String::from).unwrap_or(text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            match kind == Kind::Python && is_latin(&bytes) {
                true => Ok(bytes.into_iter().map(char::from).collect()),
                false => Err(format!("it is not UTF-8 text (byte {at})")),
            }
        }
    }
}

/// Returns whether the first two lines name an encoding whose bytes are characters.
fn is_latin(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n').take(2);
    lines.any(|line| {
        let line = String::from_utf8_lossy(line).to_lowercase();
        let named = line.split_once("coding").map(|(_, rest)| rest.trim_start_matches([':', '=']));
        let named = named.filter(|_| line.trim_start().starts_with('#')).map(str::trim_start);
        let named = named.unwrap_or_default().replace('_', "-");
        ["latin-1", "latin1", "iso-8859-1", "iso8859-1"].iter().any(|name| named.starts_with(name))
    })
}
