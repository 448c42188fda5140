//! Runs the command line in a home of its own, with nothing else in its environment.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::program::program;

/// The path of the `vdk` under test.
pub fn vdk() -> &'static str {
    program("vdk").to_str().unwrap()
}

/// A home of its own for the command line, gone when the test ends.
pub struct Home {
    folder: TempDir,
    pub(crate) variables: Vec<(String, String)>,
}

/// The result of a run.
#[derive(Debug, Clone)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    /// A fresh home in which nothing is configured.
    pub fn new() -> Self {
        Home { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// A fresh home whose commands go to `url`, for job `j` of team `t` unless a test says more.
    pub fn at(url: &str) -> Self {
        Home::new().with("VDK_CONTROL_SERVICE_REST_API_URL", url)
    }

    /// Sets an environment variable for all runs.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file below the configuration folder.
    pub fn config(&self, name: &str) -> PathBuf {
        self.path().join(".vdk.internal").join(name)
    }

    /// Writes a file below the configuration folder.
    pub fn write_config(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::create_dir_all(self.config("")).unwrap();
        std::fs::write(self.config(name), bytes).unwrap();
    }

    /// Writes a file in the home folder, which is the working directory, and gives its path.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_string()
    }

    /// Writes a program in the home folder, and gives its path.
    #[cfg(unix)]
    pub fn program(&self, name: &str, text: &str) -> String {
        let path = self.path().join(name);
        crate::process::write_program(&path, text);
        path.to_str().unwrap().to_string()
    }

    /// The binary with nothing in its environment but what it needs.
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

    /// Runs `args` to the end.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        finish(self.command(args))
    }

    /// Runs with `input` on stdin.
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
        // A run that refuses its input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(input.as_ref());
        Run::from(child.wait_with_output().unwrap())
    }

    /// `vdk secrets -n j -t t` with `args`.
    pub fn secrets(&self, args: &[&str]) -> Run {
        self.run([&["secrets", "-n", "j", "-t", "t"], args].concat())
    }

    /// All key/values as JSON text.
    pub fn all(&self) -> String {
        self.secrets(&["--get-all", "-o", "json"]).done().stdout.trim_end().to_string()
    }
}

/// A shell that allows core dumps and then becomes `command`.
pub fn with_core_dumps(command: Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -c unlimited 2>/dev/null; exec \"$@\"", "sh"]);
    shell.arg(command.get_program()).args(command.get_args()).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(command.get_current_dir().unwrap());
    shell
}

/// Runs a command to the end.
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
    /// Expects exit code 0.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self
    }

    /// Expects an error of this class, with all its parts, that says `words`.
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
