//! Starts the program: in place of vdk, or as its child if its output is watched or it has files.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use vdk_api::escape;
use vdk_client::run::Forms;
use vdk_client::{Error, ErrorKind};
use vdk_platform::{child, process};

use super::environment::environment;
use super::failure::nothing_run;
use super::output::{Watched, watch};
use super::plan::Plan;
use crate::args::exec::ExecArgs;
use crate::commands::private_files::{Files, remove_leftovers};
use crate::context::Context;
use crate::error::{self, Exit};

/// Runs the program, and returns its exit code.
pub fn start(plan: &Plan, args: &ExecArgs, context: &Context) -> anyhow::Result<ExitCode> {
    remove_leftovers();
    if args.redact == "always" && (io::stdout().is_terminal() || io::stderr().is_terminal()) {
        return Err(nothing_run(
            ErrorKind::Usage,
            "Invalid arguments".into(),
            "--redact always needs a pipe, but stdout or stderr is a terminal, which programs \
             treat differently.",
            "Leave it out, or pass the output on: … | cat",
        )
        .into());
    }
    let files = match plan.entries.iter().any(|entry| entry.in_file) {
        true => Some(Files::new(context.reporter).map_err(|error| no_file(&error))?),
        false => None,
    };
    let mut paths = BTreeMap::new();
    for entry in plan.entries.iter().filter(|entry| entry.in_file) {
        if let Some(files) = &files {
            let path = files.add(&entry.key, &entry.text).map_err(|error| no_file(&error))?;
            paths.insert(entry.variable.clone(), path);
        }
    }
    let Some((program, words)) = args.command.split_first() else {
        return Ok(Exit::NoProgram.into());
    };
    let mut command = Command::new(program);
    let environment = environment(plan, args, &paths);
    environment.tell(context.reporter);
    command.args(words).env_clear().envs(environment.variables);
    let mut watched = Watched::new(&args.redact);
    let mut forms = Forms::default();
    if watched.any() {
        plan.entries.iter().for_each(|entry| forms.add(&entry.value));
    }
    if forms.is_empty() {
        watched = Watched::default();
    }
    let error = if files.is_none() && !watched.any() {
        process::restore_core_limit();
        command.exec()
    } else {
        match run(command, watched, &forms, files) {
            Ok(end) => return Ok(end.pass_on()),
            Err(error) => error,
        }
    };
    let exit = match error.kind() {
        _ if is_too_large(&error) => Exit::Usage,
        io::ErrorKind::NotFound => Exit::NoProgram,
        _ => Exit::CannotRun,
    };
    let failure = not_started(&program.to_string_lossy(), &error, plan);
    Ok(error::report_failure(&failure, exit, args.output.is_json()))
}

/// Runs the program as a child until it ends, and removes its files.
fn run(
    mut command: Command,
    watched: Watched,
    forms: &Forms,
    files: Option<Files>,
) -> io::Result<child::End> {
    let (stdout, stderr, output) = watch(watched, forms)?;
    command.stdout(stdout).stderr(stderr);
    let running = child::start(&mut command)?;
    // Its ends of the pipes: the program has copies.
    drop(command);
    let end = running.wait()?;
    drop(files);
    output.finish();
    Ok(end)
}

/// Returns whether variables and arguments are more than the system passes on.
fn is_too_large(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::TOOBIG.raw_os_error())
}

fn no_file(error: &io::Error) -> Error {
    nothing_run(
        ErrorKind::Unavailable,
        "Cannot write a value to a file.".into(),
        &format!("A private folder in memory cannot be used: {error}."),
        "Set XDG_RUNTIME_DIR to a folder that only you can read.",
    )
}

fn not_started(program: &str, error: &io::Error, plan: &Plan) -> Error {
    let shown = escape::name(program);
    if is_too_large(error) {
        let largest = plan.entries.iter().filter(|entry| !entry.in_file);
        let largest = largest.max_by_key(|entry| entry.text.len());
        let key = largest
            .map(|entry| format!("'{}' with {} bytes", escape::line(&entry.key), entry.text.len()));
        return nothing_run(
            ErrorKind::Usage,
            format!("Cannot run {shown}."),
            "All variables and arguments together are more than the system passes to a program.",
            &format!(
                "Pass fewer keys with --only, or large ones in files: --file KEY=VAR. The largest \
                 is {}.",
                key.unwrap_or_default()
            ),
        );
    }
    let (why, help) = match error.kind() {
        io::ErrorKind::NotFound => (
            "No such program was found.".to_string(),
            "Check the spelling, and PATH. A line of a shell needs a shell: sh -c '…'".into(),
        ),
        _ => (format!("{error}."), format!("Check that {shown} is a program that you may run.")),
    };
    nothing_run(ErrorKind::Usage, format!("Cannot run {shown}."), &why, &help)
}
