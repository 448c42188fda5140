//! The user's editor: which one, and how it is started.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use vdk_platform::signals;

/// Options by which vim keeps no copy of the text elsewhere: no swap file, no history of registers and
/// searches, no backup, no file of undo steps. The last is set before and after the user's own settings.
const VIM: [&str; 9] =
    ["-n", "-i", "NONE", "--cmd", NO_COPIES, "-c", NO_COPIES, "-c", "silent! set viminfofile=NONE"];
const NO_COPIES: &str = "set nobackup nowritebackup noundofile noswapfile";
/// Editors that keep a history of files in a place of their own.
const WITH_HISTORY: [&str; 5] = ["code", "code-insiders", "codium", "cursor", "subl"];
/// Time in which nobody has edited anything.
const AT_ONCE: Duration = Duration::from_millis(300);

/// An editor, as the environment names it.
pub struct Editor {
    /// The words of the shell that start it.
    command: String,
}

/// How the editor ended.
pub struct Ended {
    /// Its status.
    pub status: ExitStatus,
    /// True if it ended before anybody could edit.
    pub at_once: bool,
}

impl Editor {
    /// Returns the editor of `VISUAL`, or else `EDITOR`, or else `vi`.
    pub fn of_user() -> Self {
        let named = ["VISUAL", "EDITOR"].into_iter().filter_map(std::env::var_os);
        let named = named.map(|text: OsString| text.to_string_lossy().trim().to_string());
        let command = named.into_iter().find(|text| !text.is_empty());
        Editor { command: command.unwrap_or_else(|| "vi".into()) }
    }

    /// Returns the name of the program, without its folder and what stands before it.
    pub fn name(&self) -> String {
        let words = shlex::split(&self.command).unwrap_or_default();
        let is_before = |word: &&String| {
            word.contains('=')
                || matches!(word.as_str(), "env" | "exec" | "command" | "nohup" | "nice")
        };
        let program = words.iter().find(|word| !is_before(word)).map_or("sh", String::as_str);
        program.rsplit('/').next().unwrap_or_default().into()
    }

    /// Returns whether it keeps a history of the text on the disk.
    pub fn has_history(&self) -> bool {
        WITH_HISTORY.contains(&self.name().as_str())
    }

    /// Opens a file and waits for the end, as git does: a shell reads the words, so that options and
    /// quotes work.
    pub fn open(&self, file: &Path) -> io::Result<Ended> {
        let mut command = Command::new("sh");
        // The shell itself does not end at Ctrl-C, which is for the editor.
        let script = format!("trap : INT QUIT; {} \"$@\"", self.command);
        command.arg("-c").arg(script).arg(&self.command);
        if self.is_vim() {
            command.args(VIM);
        }
        let started = Instant::now();
        let _keys = signals::leave_keys_to_child();
        let status = command.arg(file).status()?;
        Ok(Ended { status, at_once: started.elapsed() < AT_ONCE })
    }

    /// Returns whether it is vim or neovim, which `vi` often is.
    fn is_vim(&self) -> bool {
        let is_vim = |name: &str| ["vim", "nvim", "gvim"].iter().any(|vim| name.starts_with(vim));
        let name = self.name();
        if is_vim(&name) {
            return true;
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path).map(|folder| folder.join(&name));
        let real = found.into_iter().find_map(|file| file.canonicalize().ok());
        let real = real.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy());
        matches!(name.as_str(), "vi" | "view" | "editor") && real.is_some_and(|name| is_vim(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_program_among_its_words() {
        for (command, name) in [
            ("vim", "vim"),
            ("/usr/bin/vim -f", "vim"),
            ("env A=1 vim", "vim"),
            ("A='x y' '/my apps/code' --wait", "code"),
            ("'unclosed", "sh"),
        ] {
            assert_eq!(Editor { command: command.into() }.name(), name);
        }
    }
}
