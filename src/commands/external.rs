//! Hands unknown commands to the Python vdk, unchanged: to `vdk-python` of the wheel that this program
//! came with, or else to the next `vdk` on PATH. Ours may come first there.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use vdk_api::escape;
use vdk_client::Error;
use vdk_client::config::env_vars;

/// Replaces this process with the Python vdk. On Unix it returns only on failure.
pub fn hand_over(name: &str, args: &[OsString]) -> anyhow::Result<ExitCode> {
    if before().as_deref() == Some(NOBODY) {
        return Err(unknown(name).into());
    }
    let rounds = before().and_then(|rounds| rounds.parse().ok()).unwrap_or(0_u32).saturating_add(1);
    if rounds > MAX_ROUNDS {
        return Err(Error::usage(format!("Cannot run '{}'.", escape::line(name)))
            .why("The next vdk on PATH hands the command back to this one.")
            .help("Add the Python vdk to PATH, or remove the wrapper from it.")
            .into());
    }
    let Some(next) = python_vdk() else {
        return Err(unknown(name).into());
    };
    let mark = (env_vars::HANDED_OVER, format!("{} {rounds}", std::process::id()));
    become_program(&next, args, name, Some(mark))
}

/// Replaces this process with `program`, for the command `name`, with one variable more in its
/// environment. On Unix it returns only on failure; elsewhere with the program's exit code.
pub fn become_program(
    program: &Path,
    args: impl IntoIterator<Item = impl AsRef<OsStr>>,
    name: &str,
    variable: Option<(&str, String)>,
) -> anyhow::Result<ExitCode> {
    let mut command = Command::new(program);
    command.args(args).envs(variable);
    #[cfg(unix)]
    {
        let error = std::os::unix::process::CommandExt::exec(&mut command);
        Err(Error::usage(format!("Cannot run '{}'.", escape::line(name)))
            .why(format!("{}: {error}.", program.display()))
            .help("Check the installation of that program.")
            .into())
    }
    #[cfg(not(unix))]
    {
        let _ = name;
        let status = command.status()?;
        let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        Ok(ExitCode::from(code))
    }
}

/// Returns true if there is another vdk to hand commands to.
pub fn has_other_vdk() -> bool {
    python_vdk().is_some()
}

/// Limit on handovers, above any number of copies on PATH: a wrapper may start this vdk again.
const MAX_ROUNDS: u32 = 20;

/// What `vdk-python` says in place of a number if there is no Python vdk.
const NOBODY: &str = "nobody";

/// Returns how often this process has handed its command over already, or [`NOBODY`]. exec keeps the
/// process id; a process that a job starts has another.
fn before() -> Option<String> {
    let text = env::var(env_vars::HANDED_OVER).ok()?;
    let (id, before) = text.split_once(' ')?;
    (id.parse() == Ok(std::process::id())).then(|| before.into())
}

/// Returns the Python vdk. In the environment that a wheel was installed in, it is that of the same
/// environment: another one on PATH runs jobs with other packages.
fn python_vdk() -> Option<PathBuf> {
    let own = env::current_exe().and_then(|path| path.canonicalize()).ok()?;
    let beside = own.with_file_name(if cfg!(windows) { "vdk-python.exe" } else { "vdk-python" });
    if is_executable(&beside) { Some(beside) } else { next_vdk(&own) }
}

/// Returns the first `vdk` on PATH after the last copy of this program, so that two copies cannot
/// hand a command to each other forever. `own` is this program.
fn next_vdk(own: &Path) -> Option<PathBuf> {
    let file = if cfg!(windows) { "vdk.exe" } else { "vdk" };
    let places: Vec<PathBuf> =
        env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(file)).collect();
    let is_own = |path: &PathBuf| path.canonicalize().is_ok_and(|path| path == own);
    let behind = places.iter().rposition(is_own).map_or(0, |at| at + 1);
    places.into_iter().skip(behind).find(|path| is_executable(path))
}

/// Returns true if `path` is a program that this user may start.
pub fn is_executable(path: &Path) -> bool {
    let Ok(found) = path.metadata() else { return false };
    #[cfg(unix)]
    return found.is_file()
        && std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    return found.is_file();
}

fn unknown(name: &str) -> Error {
    let command = super::command();
    let ours = command.get_subcommands().filter(|command| !command.is_hide_set());
    let mut ours: Vec<_> = ours.map(clap::Command::get_name).collect();
    ours.sort_unstable();
    let likeness = |ours: &&&str| strsim::jaro_winkler(name, ours);
    let nearest = ours.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let what = format!("Unknown command {}.", escape::name(name));
    if let Some(nearest) = nearest.filter(|nearest| likeness(nearest) > 0.8) {
        return Error::usage(what)
            .why("This vdk does not have it, and no other vdk is on PATH.")
            .help(format!("Did you mean '{nearest}'? vdk --help lists the commands."));
    }
    Error::usage(what).why("This vdk does not have it, and no other vdk is on PATH.").help(format!(
        "Use one of {}. For data job commands such as run or deploy, install the Python vdk: pip \
         install quickstart-vdk",
        ours.join(", ")
    ))
}
