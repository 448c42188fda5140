//! Tests of data jobs that run under vdk-core with the plugin of the wheel: what they read and write, and
//! what they meet when something fails. They need the environments that `./tests/run` makes.

mod failures;
mod install;
mod processes;
mod semantics;
mod storages;

use std::path::{Path, PathBuf};
use std::process::Command;

use vdk_testing::{Home, Run, finish};

/// Returns the folder of the programs of an environment with vdk-core and the wheel.
fn core() -> PathBuf {
    environment("core")
}

/// Returns the folder of the programs of an environment that has the original's plugin as well.
fn both() -> PathBuf {
    environment("both")
}

fn environment(name: &str) -> PathBuf {
    jobs().join(name).join("bin")
}

/// Returns the folder that `tests/wheel` makes.
fn jobs() -> PathBuf {
    std::env::var_os("VDK_TEST_JOBS").unwrap().into()
}

/// Returns the command `vdk run` of a sample job in an environment, with the settings of `home`.
fn run(bin: &Path, home: &Home, job: &str, arguments: &str) -> Command {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/jobs/samples");
    let mut command = program(bin, home, "vdk");
    command.arg("run").arg(samples.join(job)).args(["--arguments", arguments]);
    command
}

/// Returns a program of an environment, with the settings of `home`.
fn program(bin: &Path, home: &Home, name: &str) -> Command {
    let mut command = home.command([""; 0]);
    let variables: Vec<_> =
        command.get_envs().map(|(k, v)| (k.into(), v.map(Into::into))).collect();
    let variables: Vec<(std::ffi::OsString, Option<std::ffi::OsString>)> = variables;
    command = Command::new(bin.join(name));
    command.env_clear().current_dir(home.path());
    command.envs(variables.into_iter().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", "/usr/bin:/bin").env("VDK_VERSION_CHECK_DISABLED", "true");
    // A job must not leave compiled files in the sources of this project.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Runs a sample job in the environment with vdk-core and the wheel.
fn job(home: &Home, name: &str) -> Run {
    finish(run(&core(), home, name, "{}"))
}

/// Returns the secrets or properties of a sample job, as JSON.
fn all(home: &Home, kind: &str, job: &str) -> String {
    let run = home.run([kind, "-n", job, "-t", "sales", "--get-all", "-o", "json"]);
    run.done().stdout.trim().into()
}

/// Sets a secret of a sample job.
fn set(home: &Home, job: &str, key: &str, value: &str) {
    home.run(["secrets", "-n", job, "-t", "sales", "--set", key, value]).done();
}
