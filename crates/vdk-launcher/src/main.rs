//! The program `vdk` of the Python wheel: it becomes `vdk-native`, which lies in the same folder.
//!
//! vdk-core's script has the name `vdk` as well, and pip replaces one by the other without a word. So
//! nothing depends on this file: the program itself has a name that nobody else uses.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// The name of the program beside this one.
const PROGRAM: &str = if cfg!(windows) { "vdk-native.exe" } else { "vdk-native" };

/// The exit code of `vdk` for an installation that is broken.
const BROKEN: u8 = 2;

fn main() -> ExitCode {
    let own = env::current_exe().and_then(|path| path.canonicalize());
    let program = own.map(|own| own.with_file_name(PROGRAM)).unwrap_or_else(|_| PROGRAM.into());
    match start(&program, env::args_os().skip(1)) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(
                io::stderr(),
                "what: Cannot run vdk.\n\
                 why: {}: {error}.\n\
                 consequences: Nothing was done.\n\
                 countermeasures: Install it again: pip install --force-reinstall --no-deps \
                 vdk-native",
                program.display()
            );
            BROKEN.into()
        }
    }
}

/// Replaces this process with `program`. Returns only if that fails.
#[cfg(unix)]
fn start(program: &PathBuf, args: impl Iterator<Item = OsString>) -> io::Result<ExitCode> {
    Err(std::os::unix::process::CommandExt::exec(Command::new(program).args(args)))
}

/// Runs `program` and returns its exit code.
#[cfg(not(unix))]
fn start(program: &PathBuf, args: impl Iterator<Item = OsString>) -> io::Result<ExitCode> {
    let status = Command::new(program).args(args).status()?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1).into())
}
