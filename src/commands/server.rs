//! `vdk server`: becomes the program `vdk-control-service`, which serves the store of `-u local`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use vdk_client::Error;

use super::external::{become_program, is_executable};
use crate::context::Context;

/// The program, which is installed beside this one.
const PROGRAM: &str = if cfg!(windows) { "vdk-control-service.exe" } else { "vdk-control-service" };

/// Becomes the service with `args`, the arguments of `vdk server`; returns only if that fails. `level`:
/// the value of `-v`.
pub fn run(level: &str, args: impl Iterator<Item = OsString>) -> anyhow::Result<ExitCode> {
    let folder = Context::new(level).settings()?.clone().folder().to_path_buf();
    let Some(program) = find() else {
        return Err(Error::usage("The Control Service is not installed.")
            .why(format!("{PROGRAM} is neither beside this vdk nor on PATH."))
            .help("Install both programs from the clone: cargo install --locked --path .")
            .into());
    };
    let own = ["local".into(), level.into(), std::path::absolute(folder)?.into_os_string()];
    become_program(&program, own.into_iter().chain(args), "server", None)
}

/// Finds the program beside this one, wherever a link to it stands, or else on PATH.
fn find() -> Option<PathBuf> {
    let own = std::env::current_exe().and_then(|path| path.canonicalize()).ok();
    let beside = own.and_then(|own| Some(own.parent()?.join(PROGRAM)));
    let path = std::env::var_os("PATH").unwrap_or_default();
    // The working folder, which an empty or relative entry leads to, may be anybody's.
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    let on_path = folders.map(|folder| folder.join(PROGRAM));
    beside.into_iter().chain(on_path).find(|path| is_executable(path))
}
