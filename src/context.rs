//! Shared state of commands: messages, settings, and the questions for what is not configured. It is built
//! once, and reads settings when a command needs them.

use std::io::{IsTerminal, stderr, stdin, stdout};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use vdk_api::Name;
use vdk_client::config::{Found, Settings, Target, checked_name};
use vdk_client::http::{BaseUrl, Http};
use vdk_client::{Error, Reports, connect};

use crate::terminal::prompt;
use crate::terminal::reporter::TerminalReporter;

/// The context of one command.
pub struct Context {
    /// Messages on stderr.
    pub reporter: TerminalReporter,
    reports: Reports,
    settings: OnceLock<Arc<Settings>>,
}

impl Context {
    /// Creates a context whose messages have `level` (`vdk -v`).
    pub fn new(level: &str) -> Self {
        let reporter = TerminalReporter::new(level);
        Context { reporter, reports: Arc::new(reporter), settings: OnceLock::new() }
    }

    /// Returns a context for the data job in `folder`, in place of that of the working directory.
    pub fn working_in(&self, folder: &Path) -> Result<Self, Error> {
        let settings = Arc::new(Settings::new(&self.reports)?.working_in(folder));
        let reports = self.reports.clone();
        Ok(Context { reporter: self.reporter, reports, settings: OnceLock::from(settings) })
    }

    /// Returns the reporter of the client's operations.
    pub fn reports(&self) -> &Reports {
        &self.reports
    }

    /// Returns the settings. The configuration folder must be this user's.
    pub fn settings(&self) -> Result<&Arc<Settings>, Error> {
        if let Some(settings) = self.settings.get() {
            return Ok(settings);
        }
        let settings = Arc::new(Settings::new(&self.reports)?);
        Ok(self.settings.get_or_init(|| settings))
    }

    /// Returns the target: that of `-u`, or the configured one.
    pub fn target(&self, url: Option<&str>) -> Result<Target, Error> {
        self.settings()?.target(url)
    }

    /// Returns whether commands keep the names that they see at a service, for completion: somebody has
    /// to be there who completes.
    pub fn remembers_names(&self) -> bool {
        stdin().is_terminal() || stdout().is_terminal() || stderr().is_terminal()
    }

    /// Creates the client for a service with its login, and says whether that login has expired.
    pub fn connect(&self, base: &BaseUrl, insecure: bool) -> Result<(Http, bool), Error> {
        connect(self.settings()?, base, insecure, &self.reports)
    }

    /// Returns the job and its origin: that of `-n`, the configured one, or the user's answer.
    pub fn job(&self, flag: Option<&str>) -> Result<Found<Name>, Error> {
        self.known(self.settings()?.job(flag)?, "job", "Job Name", "--name")
    }

    /// Returns the team and its origin: that of `-t`, the configured one, or the user's answer.
    pub fn team(&self, flag: Option<&str>) -> Result<Found<Name>, Error> {
        self.known(self.settings()?.team(flag)?, "team", "Job Team", "--team")
    }

    fn known(
        &self,
        found: Option<Found<Name>>,
        what: &'static str,
        question: &str,
        flag: &str,
    ) -> Result<Found<Name>, Error> {
        if let Some((name, origin)) = found {
            let text = name.as_str();
            if text.trim() != text {
                self.reporter.warning(&format!(
                    "the {what} name '{text}' from {origin} begins or ends with white space, so \
                     it is another name than '{}'",
                    text.trim()
                ));
            }
            return Ok((name, origin));
        }
        let ask = prompt::has_terminal().then(|| prompt::ask(&format!("{question}: ")));
        if let Some(answer) = ask.transpose()?.flatten() {
            return checked_name(what, &answer, "the prompt");
        }
        let (why, help) = match what {
            "team" => (
                format!(
                    "{flag} is not set, no config.ini here or above sets the team in [owner], and no default is saved."
                ),
                format!("Give {flag}, or save a default: vdk set-default -t TEAM"),
            ),
            _ => (
                format!(
                    "{flag} is not set, and no config.ini of a data job is here or in a folder above."
                ),
                format!("Give {flag}, or run the command in the folder of the data job."),
            ),
        };
        Err(Error::usage(format!("No {what} is set.")).why(why).help(help))
    }
}
