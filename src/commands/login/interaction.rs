//! Shows a login on the terminal: opens the browser, takes a pasted address, shows a device's code.

use std::io::{self, BufRead, Read};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use vdk_api::escape;
use vdk_client::auth::{DeviceCode, Interaction};
use vdk_client::config::env_vars;

use crate::error::write_stderr;
use crate::terminal::{self, prompt, streams};

/// Longest address that is taken from a stdin that is no terminal, in bytes.
const LONGEST: u64 = 64 * 1024;
/// Hidden, so that a terminal takes more than its 4,095 bytes of a line, and the code stays unseen.
const PASTE: &str = "If the browser cannot reach this machine, paste its last address (hidden): ";

/// The person at the terminal.
#[derive(Default)]
pub struct AtTerminal {
    has_browser: AtomicBool,
}

impl Interaction for AtTerminal {
    fn open_browser(&self, url: &str) {
        let opened = open(url);
        self.has_browser.store(opened, Ordering::Relaxed);
        let shown = escape::line(url);
        write_stderr(&if opened {
            format!("Log in with the browser that opened:\n  {shown}\n")
        } else {
            format!("Open this address in a browser and log in:\n  {shown}\n")
        });
    }

    fn can_paste(&self) -> bool {
        terminal::is_in_foreground()
    }

    fn pasted_address(&self, is_again: bool) -> Option<String> {
        if is_again {
            write_stderr("This address does not belong to this login. Paste the whole address.\n");
        }
        if prompt::has_terminal() {
            return if self.can_paste() { hidden_address() } else { None };
        }
        // Whatever stdin is for, it is not for a login that a browser shows.
        if self.has_browser.load(Ordering::Relaxed) {
            return None;
        }
        if !is_again {
            write_stderr(
                "If the browser cannot reach this machine, enter its last address as a line.\n",
            );
        }
        let mut line = String::new();
        let read = streams::stdin().take(LONGEST).read_line(&mut line).ok()?;
        if read as u64 == LONGEST {
            write_stderr("The line is too long for an address.\n");
        }
        (1..LONGEST).contains(&(read as u64)).then_some(line)
    }

    fn device_code(&self, code: &DeviceCode) {
        let shown = |text: &str| escape::line(text).into_owned();
        let (address, user_code) = (shown(&code.address), shown(&code.user_code));
        write_stderr(&format!("On any device open {address} and enter the code {user_code}\n"));
        if let Some(whole) = &code.whole_address {
            write_stderr(&format!("  or open {}\n", shown(whole)));
        }
    }
}

fn hidden_address() -> Option<String> {
    loop {
        let line = match terminal::hidden_line(PASTE) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                terminal::end_interrupted();
                return None;
            }
            line => line.ok()?,
        };
        if line.is_followed {
            write_stderr("That was more than one line. Paste the address as one line.\n");
        } else if let Some(why) = line.refused {
            write_stderr(&format!("{why}. Paste the address again.\n"));
        } else {
            return Some(line.text.to_string());
        }
    }
}

/// Opens `url` in the user's browser; false if there is none.
fn open(url: &str) -> bool {
    let named = std::env::var("BROWSER").ok().filter(|named| !named.is_empty());
    let named = named.into_iter().flat_map(|named| {
        let each: Vec<String> = named.split(':').map(String::from).collect();
        each
    });
    let has_screen = ["DISPLAY", "WAYLAND_DISPLAY"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    let system = if cfg!(target_os = "macos") {
        Some("open")
    } else if cfg!(windows) {
        Some("rundll32 url.dll,FileProtocolHandler")
    } else {
        has_screen.then_some("xdg-open")
    };
    named.chain(system.map(String::from)).any(|command| start(&command, url))
}

fn start(command: &str, url: &str) -> bool {
    // xdg-open and Python read quotes as a shell does. A path with blanks may be there as it is.
    let is_path = std::path::Path::new(command).is_file();
    let split = if is_path { Some(vec![command.to_string()]) } else { shlex::split(command) };
    let Some(mut words) = split.filter(|words| !words.is_empty()) else { return false };
    match words.iter_mut().find(|word| word.contains("%s")) {
        Some(word) => *word = word.replace("%s", url),
        None => words.push(url.into()),
    }
    let started = Command::new(&words[0])
        .args(&words[1..])
        // A browser keeps running, and other programs can read its environment.
        .env_remove(env_vars::API_TOKEN)
        .env_remove(env_vars::API_TOKEN_FILE)
        .env_remove(env_vars::CLIENT_SECRET)
        .env_remove(env_vars::CLIENT_SECRET_FILE)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = started else { return false };
    // It may stay in the foreground. Waiting in a thread leaves no zombie.
    let (ended, end) = mpsc::channel();
    let waiting = thread::Builder::new()
        .spawn(move || ended.send(child.wait().is_ok_and(|status| status.success())));
    waiting.is_err() || end.recv_timeout(Duration::from_secs(1)).unwrap_or(true)
}
