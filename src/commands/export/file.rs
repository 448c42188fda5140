//! The file of an export: private, complete at any moment, and never one that git tracks.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, absolute};
use std::process::{Command, Stdio};
use std::time::Duration;

use vdk_client::{Error, ErrorKind, NOTHING_CHANGED};
use vdk_platform::private_file;

use crate::terminal::reporter::TerminalReporter;

/// Refuses a file that should not be replaced by one with values.
pub fn check(path: &Path, reporter: TerminalReporter) -> Result<(), Error> {
    let refused = |why: String, help: &str| {
        Err(Error::new(ErrorKind::Usage, "Cannot export to this file.")
            .why(why)
            .consequences(format!("Nothing was exported. {NOTHING_CHANGED}"))
            .help(help))
    };
    let shown = path.display();
    if path.as_os_str().is_empty() {
        return refused(
            "The name of the file is empty.".into(),
            "Quote variables: --out \"$FILE\"",
        );
    }
    if is_of_the_system(path) {
        let help = "Leave out --out to write to stdout.";
        return refused(format!("{shown} is a file of the system, or a link to one."), help);
    }
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let help = "Name a file, or leave out --out and redirect stdout.";
        return refused(format!("{shown} is no regular file."), help);
    }
    match is_tracked(path) {
        Ok(true) => refused(
            format!("git tracks {shown}: the values would be in the next commit, for good."),
            "Name another file, or: git rm --cached FILE, and add it to .gitignore.",
        ),
        Ok(false) => Ok(()),
        Err(why) => {
            let why = why.trim();
            reporter.warning(&format!("cannot find out whether git tracks {shown}: {why}"));
            Ok(())
        }
    }
}

/// Returns whether the name belongs to the system, or is a link to such a name: the export would replace it,
/// as root also /dev/stdout.
fn is_of_the_system(path: &Path) -> bool {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize().unwrap_or_default();
    let is_system = |name: &Path| {
        let is_memory = name.starts_with("/dev/shm") && name != Path::new("/dev/shm");
        !is_memory && ["/dev", "/proc", "/sys"].iter().any(|root| name.starts_with(root))
    };
    let target = std::fs::read_link(path).map(|target| folder.join(target)).unwrap_or_default();
    is_system(&folder.join(path.file_name().unwrap_or_default())) || is_system(&target)
}

/// Returns whether git tracks the file. Fails in a repository whose git gives no answer.
fn is_tracked(path: &Path) -> Result<bool, String> {
    let whole = absolute(path).map_err(|error| error.to_string())?;
    let (folder, name) = (whole.parent(), whole.file_name());
    let (Some(folder), Some(name)) = (folder, name) else { return Ok(false) };
    if !folder.ancestors().any(|folder| folder.join(".git").exists()) {
        return Ok(false);
    }
    let mut git = Command::new("git");
    // A repository must not name a program that runs here.
    git.args(["-c", "core.fsmonitor=false", "--literal-pathspecs", "-C"]).arg(folder);
    git.args(["ls-files", "--error-unmatch", "--"]).arg(name);
    // It gets no token, and asks the repository of the folder, whatever GIT_DIR says.
    let needed = ["PATH", "HOME", "XDG_CONFIG_HOME", "SystemRoot"];
    let kept = needed.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    git.env_clear().envs(kept).stdin(Stdio::null());
    let output = git.output().map_err(|error| format!("git: {error}"))?;
    match output.status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or("").into()),
    }
}

/// Beginning of the name of a file that is not complete.
const UNFINISHED: &str = ".vdk-export-";
/// Age from which such a file is what a killed vdk left: writing one takes less than a second.
const LEFT: Duration = Duration::from_secs(60);

/// Writes the file in one step, readable by this user only.
pub fn write(path: &Path, text: &str) -> Result<(), Error> {
    private_file::remove_older(path, UNFINISHED, LEFT);
    private_file::put(path, text.as_bytes(), UNFINISHED)
        .map_err(|error| failed(path, &error, "The file is as it was."))
}

/// Appends to the runner's file, which begins a new line first.
pub fn append(path: &str, text: &mut String) -> Result<(), Error> {
    let mut append = || -> io::Result<()> {
        let mut file = File::options().read(true).append(true).create(true).open(path)?;
        let mut last = [b'\n'];
        if file.metadata()?.len() > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        if last != [b'\n'] {
            text.insert(0, '\n');
        }
        file.write_all(text.as_bytes())
    };
    append().map_err(|error| {
        failed(Path::new(path), &error, "The next steps may lack some of the variables.")
    })
}

fn failed(path: &Path, error: &io::Error, consequences: &str) -> Error {
    Error::new(ErrorKind::Usage, "Cannot write the export.")
        .why(format!("{}: {error}.", path.display()))
        .consequences(consequences)
        .help("Check the path and the space on its disk.")
}
