//! Runs the binary on a pseudo terminal.

use std::io::{Read, Write};
use std::process::{Child, ExitStatus};

use pty_process::blocking::{Command, Pty};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::{Home, vdk};

/// Longest silence of a terminal. A test that fails must not hang.
const LIMIT: Timespec = Timespec { tv_sec: 120, tv_nsec: 0 };

/// The binary on a pseudo terminal.
pub struct Session {
    pty: Pty,
    pub child: Child,
    screen: String,
}

impl Session {
    /// Starts the binary with the environment of `home`.
    pub fn start(home: &Home, args: &[&str]) -> Self {
        Session::of(home, &[&[vdk()], args].concat())
    }

    /// Starts a shell that runs `script`, in which `$VDK` is the binary.
    pub fn shell(home: &Home, script: &str) -> Self {
        Session::of(home, &["/bin/sh", "-c", script])
    }

    fn of(home: &Home, words: &[&str]) -> Self {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        // A shell makes background processes ignore SIGINT, and their children inherit that.
        let command = if cfg!(target_os = "linux") {
            Command::new("/usr/bin/env").arg("--default-signal").args(words)
        } else {
            Command::new(words[0]).args(&words[1..])
        };
        let child = command
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", "/usr/bin:/bin")
            .env("VDK", vdk())
            .envs(home.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(home.path())
            .spawn(pts)
            .unwrap();
        Session { pty, child, screen: String::new() }
    }

    /// Reads until the screen contains `words`.
    #[track_caller]
    pub fn expect(&mut self, words: &str) -> &mut Self {
        self.expect_times(words, 1)
    }

    /// Reads until the screen shows `words` so many `times`.
    #[track_caller]
    pub fn expect_times(&mut self, words: &str, times: usize) -> &mut Self {
        while self.screen.matches(words).count() < times {
            let mut bytes = [0; 1024];
            let is_ready = poll(&mut [PollFd::new(&self.pty, PollFlags::IN)], Some(&LIMIT));
            assert!(is_ready.unwrap() > 0, "no '{words}' within the limit in {:?}", self.screen);
            match self.pty.read(&mut bytes) {
                Ok(n) if n > 0 => self.screen.push_str(&String::from_utf8_lossy(&bytes[..n])),
                _ => panic!("no '{words}' in {:?}", self.screen),
            }
        }
        self
    }

    /// Returns what the terminal has shown so far.
    pub fn screen(&self) -> &str {
        &self.screen
    }

    /// Types `text`.
    pub fn send(&mut self, text: impl AsRef<[u8]>) -> &mut Self {
        self.pty.write_all(text.as_ref()).unwrap();
        self
    }

    /// Returns whether the terminal shows what is typed.
    pub fn echoes(&self) -> bool {
        tcgetattr(&self.pty).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// Turns the echo of the terminal on or off, as a shell does.
    pub fn set_echo(&self, on: bool) {
        let mut settings = tcgetattr(&self.pty).unwrap();
        settings.local_modes.set(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG, on);
        tcsetattr(&self.pty, OptionalActions::Now, &settings).unwrap();
    }

    /// Waits for the end. Returns the status and everything that the terminal has shown.
    pub fn end(mut self) -> (ExitStatus, String) {
        let mut bytes = [0; 1024];
        // Linux reports an error when the last process closes the terminal.
        while let Ok(n @ 1..) = self.pty.read(&mut bytes) {
            self.screen.push_str(&String::from_utf8_lossy(&bytes[..n]));
        }
        (self.child.wait().unwrap(), self.screen)
    }
}
