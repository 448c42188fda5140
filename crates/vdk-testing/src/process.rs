//! Runs in a child process what would affect other tests of the same process.

use std::path::Path;
use std::process::{Command, Stdio};

/// Names the test that a child process runs.
#[cfg(target_os = "linux")]
const ALONE: &str = "VDK_TEST_ALONE";

/// Runs `body`, the content of the test `name` (its path, `http::overload::…`), in a child process
/// that may open as many files and connections as the system allows.
#[cfg(target_os = "linux")]
pub fn with_all_descriptors(name: &str, body: impl FnOnce()) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    if std::env::var_os(ALONE).is_some_and(|test| test == name) {
        let limit = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
        return body();
    }
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args([name, "--exact", "--include-ignored", "--nocapture"]).env(ALONE, name);
    let output = test.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Copies a program in another process, for the reason of [`write_program`].
#[cfg(unix)]
pub fn copy_program(from: &str, to: &Path) {
    assert!(Command::new("cp").arg(from).arg(to).status().unwrap().success(), "{from}");
}

/// Writes a program in another process. A file that this process has open for writing cannot be
/// executed (ETXTBSY), and a test beside may fork while it is open.
#[cfg(unix)]
pub fn write_program(path: &Path, text: &str) {
    use std::io::Write;
    let mut shell = Command::new("sh");
    shell.args(["-c", "cat > \"$0\" && chmod 755 \"$0\""]).arg(path).stdin(Stdio::piped());
    let mut shell = shell.spawn().unwrap();
    shell.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(shell.wait().unwrap().success(), "{}", path.display());
}
