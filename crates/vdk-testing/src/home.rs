//! Runs the command line in a temporary home with an otherwise empty environment.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::program::program;

/// Returns the path of the `vdk` under test.
pub fn vdk() -> &'static str {
    program("vdk").to_str().unwrap()
}

/// A temporary home for the command line.
pub struct Home {
    folder: TempDir,
    pub(crate) variables: Vec<(String, String)>,
}

/// The result of a command.
#[derive(Debug, Clone)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    /// Creates a home without any configuration.
    pub fn new() -> Self {
        Home { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// Creates a home whose commands use the service at `url`.
    pub fn at(url: &str) -> Self {
        Home::new().with("VDK_CONTROL_SERVICE_REST_API_URL", url)
    }

    /// Sets an environment variable for all commands.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of a file in the configuration folder.
    pub fn config(&self, name: &str) -> PathBuf {
        self.path().join(".vdk.internal").join(name)
    }

    /// Writes a file in the configuration folder.
    pub fn write_config(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::create_dir_all(self.config("")).unwrap();
        std::fs::write(self.config(name), bytes).unwrap();
    }

    /// Writes a file in the home folder, which is the working directory, and returns its path.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_string()
    }

    /// Writes an executable script in the home folder and returns its path.
    #[cfg(unix)]
    pub fn program(&self, name: &str, text: &str) -> String {
        let path = self.path().join(name);
        crate::process::write_program(&path, text);
        path.to_str().unwrap().to_string()
    }

    /// Returns a command for the binary with only this home's environment.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(vdk());
        command
            .args(args)
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", "/usr/bin:/bin")
            .envs(self.variables.iter().map(|(k, v)| (k, v)))
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command and waits for its end.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        finish(self.command(args))
    }

    /// Runs a command with `input` on stdin.
    pub fn run_with<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        input: impl AsRef<[u8]>,
    ) -> Run {
        let mut command = self.command(args);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that refuses its input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(input.as_ref());
        Run::from(child.wait_with_output().unwrap())
    }

    /// Runs `vdk secrets -n j -t t` with `args`.
    pub fn secrets(&self, args: &[&str]) -> Run {
        self.run([&["secrets", "-n", "j", "-t", "t"], args].concat())
    }

    /// Returns all key/values as JSON text.
    pub fn all(&self) -> String {
        self.secrets(&["--get-all", "-o", "json"]).done().stdout.trim_end().to_string()
    }
}

/// Wraps `command` in a shell that allows core dumps.
pub fn with_core_dumps(command: Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -c unlimited 2>/dev/null; exec \"$@\"", "sh"]);
    shell.arg(command.get_program()).args(command.get_args()).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(command.get_current_dir().unwrap());
    shell
}

/// Runs a command and waits for its end.
pub fn finish(mut command: Command) -> Run {
    Run::from(command.output().unwrap())
}

impl From<std::process::Output> for Run {
    fn from(output: std::process::Output) -> Self {
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    /// Asserts exit code 0.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self
    }

    /// Asserts an error with this exit code and all four parts, which contains `words`.
    #[track_caller]
    pub fn failed(self, code: i32, words: &str) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        for part in ["what: ", "why: ", "consequences: ", "countermeasures: "] {
            assert!(self.stderr.contains(part), "no {part}in {}", self.stderr);
        }
        assert!(self.stderr.contains(words), "no '{words}' in {}", self.stderr);
        assert_eq!(self.stdout, "", "an error prints no data");
        self
    }
}
