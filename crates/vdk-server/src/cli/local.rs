//! `vdk server`: the service on the store of `-u local`, for the user who runs it. The command line
//! becomes this program with the hidden command `local`; the command calls itself `vdk server`.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgMatches, Command};
use secrecy::SecretString;
use vdk_api::{ErrorBody, LOCKS_FOLDER, STORE_FOLDER, login_lock, server_login, server_login_file};
use vdk_platform::lock::Lock;
use vdk_platform::{private_file, process};
use vdk_store::{LocalKeys, MasterKeys, Notice, STORE_FILE};

use crate::cli::options::{is_set, options, settings};
use crate::server::{ServeError, check_files, run};
use crate::settings::SettingsError;
use crate::storage::open::master_keys;
use crate::{cli::token, log, operand};

/// The hidden command of `vdk-control-service`.
pub const COMMAND: &str = "local";
/// Levels of messages, as `vdk -v` takes them.
const LEVELS: [&str; 5] = ["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"];
const NOTHING_CHANGED: &str = "Nothing was changed.";
/// Longest wait for another process that changes the login.
const LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// Defines the command line of `vdk server`.
pub fn command() -> Command {
    options(Command::new("vdk server"))
        .about("Run a Control Service on this machine")
        .long_about(
            "Run a Control Service on this machine.\n\n\
             It serves the encrypted store of -u local on http://127.0.0.1:8092. Commands with \
             -u local can use the store at the same time. You are logged in to the service while \
             it runs. Other users have no access without a token: vdk server token create",
        )
        .max_term_width(80)
        .subcommand(token::command())
}

/// Runs `vdk server`. Behind the command [`COMMAND`] come the level of messages (`vdk -v`) and the
/// configuration folder, then the arguments of `vdk server`.
pub fn main(mut words: impl Iterator<Item = OsString>) -> ExitCode {
    let (level, folder) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (level, folder) = (level.to_string_lossy().to_ascii_uppercase(), PathBuf::from(folder));
    if !LEVELS.contains(&level.as_str()) || !folder.is_absolute() {
        say("usage: vdk-control-service local LEVEL FOLDER ARGUMENTS… (vdk server runs it)");
        return ExitCode::from(2);
    }
    let words = std::iter::once("vdk server".into()).chain(words);
    let options = command().try_get_matches_from(words);
    let options = options.unwrap_or_else(|error| operand::without_words(error).exit());
    let code = match serve(&options, &folder, Teller::new(&level)) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, error)) => {
            for (label, part) in [
                ("what", &error.what),
                ("why", &error.why),
                ("consequences", &error.consequences),
                ("countermeasures", &error.countermeasures),
            ] {
                // A line of a part cannot pass for a part: some of it may be somebody else's text.
                say(&format!("{label}: {}", part.replace('\n', "\n  ")));
            }
            ExitCode::from(code)
        }
    };
    log::flush();
    code
}

/// An exit code, and what the user reads.
type Error = (u8, ErrorBody);

fn usage(what: &str, why: impl std::fmt::Display, help: &str) -> Error {
    (2, ErrorBody::new(what, format!("{why}."), NOTHING_CHANGED, help))
}

/// Makes the error of a failed service. `is_made` tells that there is a store that was not there
/// before.
fn failed(failed: ServeError, folder: &Path, is_made: bool) -> Error {
    let help = "Fix the cause, then run the command again.";
    let what = "The Control Service failed.";
    let consequences = match is_made {
        true => format!("A new encrypted store was made in {}.", folder.display()),
        false => NOTHING_CHANGED.into(),
    };
    (6, ErrorBody::new(what, format!("{failed}."), consequences, help))
}

fn serve(options: &ArgMatches, folder: &Path, teller: Teller) -> Result<(), Error> {
    let invalid = |invalid: SettingsError| {
        let help = "Correct the setting. List all settings: vdk server --help";
        usage("Invalid setting.", invalid, help)
    };
    let settings = settings(options, folder.join(STORE_FOLDER)).map_err(invalid)?;
    if is_set(options, "check-config") {
        settings.warnings.iter().for_each(|warning| teller.warning(warning));
        check_files(&settings).map_err(invalid)?;
        teller.note("the settings are valid");
        return Ok(());
    }
    let keys: Box<dyn MasterKeys> = match &settings.master_key {
        Some(given) => Box::new(master_keys(Some(given.clone()))),
        None => Box::new(
            LocalKeys::from_environment(move |notice| match *notice {
                Notice::StoreMade { key_file } => teller.note(&format!(
                    "a new encrypted store was made; its master key is in {}: back it up",
                    key_file.display()
                )),
                Notice::State { path, state } => {
                    teller.warning(&format!("{} {state}", path.display()));
                }
            })
            .map_err(|invalid| {
                let why = invalid.to_string().replacen('t', "T", 1);
                usage("Invalid environment variable.", why, "Correct the variable or unset it.")
            })?,
        ),
    };
    let (store, store_folder) = (settings.folder.join(STORE_FILE), settings.folder.clone());
    let was_there = store.exists();
    let failed = |error| failed(error, &store_folder, !was_there && store.exists());
    if let Some(("token", token)) = options.subcommand() {
        return match token::run(settings, &*keys, token).map_err(failed)? {
            true => Ok(()),
            false => Err((
                4,
                ErrorBody::new(
                    "No token with this id found.",
                    "The token was never created, or it was removed. The id is not shown because \
                     it may be a token.",
                    NOTHING_CHANGED,
                    "List the ids: vdk server token list",
                ),
            )),
        };
    }
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let user = settings.security.then(process::user_name);
    let who = match &user {
        Some(_) => "You are logged in, other users are not",
        None => "Authentication is off, and every client has full access",
    };
    let mut login = None;
    let ready = |address: SocketAddr, token: Option<SecretString>| {
        let kept = Login::new(folder, address.port());
        let url = own_url(scheme, address);
        match token {
            Some(token) => {
                if let Err(error) = kept.write(&server_login(&url, &token)) {
                    teller.warning(&format!("cannot save the login to this server: {error}"));
                }
            }
            // A killed server leaves its login behind.
            None => kept.remove_or_warn(teller),
        }
        login = Some(kept);
        teller.note(&format!(
            "serving {scheme}://{address}, until Ctrl-C. {who}. To use it: vdk set-default -u {url}"
        ));
    };
    let served = run(settings, &*keys, user, ready);
    if let Some(login) = login {
        login.remove_or_warn(teller);
    }
    served.map_err(failed)
}

/// The file with the user's login at this server. It is for the address of this server alone, as
/// somebody else may listen on others of this machine.
struct Login {
    path: PathBuf,
    locks: PathBuf,
}

impl Login {
    fn new(folder: &Path, port: u16) -> Self {
        Login { path: folder.join(server_login_file(port)), locks: folder.join(LOCKS_FOLDER) }
    }

    /// Keeps commands that renew the login away from it.
    fn lock(&self) -> std::io::Result<Lock> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let lock = Lock::acquire(&self.locks, &login_lock(&name), LOCK_TIMEOUT)
            .map_err(|error| at(&self.locks, error))?;
        lock.ok_or_else(|| at(&self.path, "another process has locked it for a minute"))
    }

    fn write(&self, login: &str) -> std::io::Result<()> {
        let _lock = self.lock()?;
        private_file::replace(&self.path, login.as_bytes()).map_err(|error| at(&self.path, error))
    }

    fn remove(&self) -> std::io::Result<()> {
        if !self.path.exists() {
            return Ok(());
        }
        let _lock = self.lock()?;
        private_file::remove_leftovers(&self.path);
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(at(&self.path, error)),
            _ => Ok(()),
        }
    }

    fn remove_or_warn(&self, teller: Teller) {
        if let Err(error) = self.remove() {
            teller.warning(&format!("cannot remove the login to this server: {error}"));
        }
    }
}

/// Puts the path into an error.
fn at(path: &Path, error: impl std::fmt::Display) -> std::io::Error {
    std::io::Error::other(format!("{}: {error}", path.display()))
}

/// Returns the URL by which this machine reaches what listens at `address`.
fn own_url(scheme: &str, mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("{scheme}://{address}")
}

/// Messages on stderr, as many as `vdk -v LEVEL` asks for.
#[derive(Clone, Copy)]
struct Teller {
    warnings: bool,
    notes: bool,
}

impl Teller {
    fn new(level: &str) -> Self {
        let warnings = !["CRITICAL", "ERROR"].contains(&level);
        Teller { warnings, notes: warnings && level != "WARNING" }
    }

    fn note(self, text: &str) {
        if self.notes {
            say(&format!("note: {text}"));
        }
    }

    fn warning(self, text: &str) {
        if self.warnings {
            say(&format!("warning: {text}"));
        }
    }
}

/// Writes text to stderr, without characters that a terminal would act on.
fn say(text: &str) {
    let lines = text.lines().map(token::shown).collect::<Vec<_>>().join("\n");
    log::say(&lines);
}
