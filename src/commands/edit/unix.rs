//! The steps of an edit: editor, preview, question, write.

use std::path::PathBuf;

use vdk_api::{Collection, Document, escape};
use vdk_client::change::{self, Applied, Change, ChangeError};
use vdk_client::{Error, ErrorKind, NOTHING_CHANGED};
use zeroize::Zeroizing;

use super::editor::Editor;
use super::text::Subject;
use crate::args::edit::EditArgs;
use crate::args::key_values::WhichArgs;
use crate::args::{Beside, shell_word};
use crate::commands::job::Job;
use crate::commands::key_values::warn;
use crate::commands::private_files::{Files, remove_leftovers};
use crate::context::Context;
use crate::error::Exit;
use crate::formats::{self, quoted};
use crate::terminal::prompt;
use crate::terminal::reporter::TerminalReporter;
use crate::terminal::streams::write_stderr;

/// The file with the document that the editor was given.
const BASE: &str = "base.json";

/// What a step leads to.
enum Next {
    Write(Change),
    EditAgain,
    Nothing,
}

/// Edits the key/values of the command line's job.
pub fn run(
    collection: Collection,
    args: &Beside<WhichArgs, EditArgs>,
    context: &Context,
) -> anyhow::Result<Exit> {
    let (own, reporter) = (&args.own, context.reporter);
    if !own.yes && !prompt::has_terminal() {
        return Err(Error::usage("Cannot ask without a terminal.")
            .why("edit asks before it stores what an editor made.")
            .help("For an editor that is a script, add -y.")
            .into());
    }
    let job = Job::find(collection, &args.global, context)?;
    let subject = own.key.clone().map_or(Subject::All, Subject::One);
    let asks = !own.yes && prompt::has_terminal();
    remove_leftovers();
    let session = match own.resume {
        true => Session::resume(&job, subject, asks, reporter)?,
        false => Session::start(&job, subject, asks, reporter)?,
    };
    Ok(session.run()?)
}

struct Session<'a> {
    job: &'a Job,
    subject: Subject,
    asks: bool,
    reporter: TerminalReporter,
    files: Files,
    /// The name of the edited file.
    name: String,
    base: Document,
    /// True if an editor has made a text, which is kept if it is not stored.
    has_text: bool,
}

impl<'a> Session<'a> {
    /// Begins with what is stored.
    fn start(
        job: &'a Job,
        subject: Subject,
        asks: bool,
        reporter: TerminalReporter,
    ) -> Result<Self, Error> {
        let read = job.client.service.read()?;
        if let Some(key) = read.document.duplicate() {
            return Err(change::edit_failure(ChangeError::Duplicate(key.into())));
        }
        if let Subject::One(key) = &subject
            && read.document.get(key).is_none()
        {
            reporter.note(&format!("'{}' is a new key", escape::line(key)));
        }
        let files = Files::new(reporter).map_err(|error| no_file(&error))?;
        let name = subject.file_name(job.name(), job.collection.as_str());
        let base = Document::default();
        let has_text = false;
        let mut session = Session { job, subject, asks, reporter, files, name, base, has_text };
        session.begin(read.document)?;
        Ok(session)
    }

    /// Goes on with the text that an earlier edit could not store.
    fn resume(
        job: &'a Job,
        subject: Subject,
        asks: bool,
        reporter: TerminalReporter,
    ) -> Result<Self, Error> {
        let none = |why: String| {
            Error::new(ErrorKind::NotFound, "There is no text to go on with.")
                .why(why)
                .help("Begin again without --resume.")
        };
        let files = Files::kept(&of(job, &subject)).ok_or_else(|| {
            none(format!("No edit of {} was kept in the last 24 hours.", job.described()))
        })?;
        let base = files.read(BASE).ok().flatten();
        let base = base.and_then(|bytes| Document::parse(std::str::from_utf8(&bytes).ok()?).ok());
        let base = base.ok_or_else(|| none("What was kept cannot be read.".into()))?;
        let name = subject.file_name(job.name(), job.collection.as_str());
        Ok(Session { job, subject, asks, reporter, files, name, base, has_text: true })
    }

    /// Puts a document before the editor.
    fn begin(&mut self, base: Document) -> Result<(), Error> {
        self.put(BASE, &base.to_json())?;
        self.put(&self.name, &self.subject.text(&base))?;
        self.base = base;
        Ok(())
    }

    fn put(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        self.files.put(name, text).map_err(|error| no_file(&error))
    }

    fn run(mut self) -> Result<Exit, Error> {
        loop {
            let change = match self.edit_once() {
                Ok(Next::EditAgain) => continue,
                Ok(Next::Nothing) => {
                    self.files.remove();
                    return Ok(Exit::Done);
                }
                Ok(Next::Write(change)) => change,
                Err(error) if !self.has_text => return Err(error),
                Err(error) => return Err(self.keep(error)),
            };
            match self.job.write(&change) {
                Ok(()) => {
                    self.files.remove();
                    return Ok(Exit::Done);
                }
                Err(error) if error.kind == ErrorKind::Conflict && self.asks => {
                    if let Err(error) = self.again_or(error) {
                        return Err(self.keep(error));
                    }
                }
                Err(error) => return Err(self.keep(error)),
            }
        }
    }

    /// Opens the editor once, and finds out what to do with its text.
    fn edit_once(&mut self) -> Result<Next, Error> {
        let bytes = self.edited()?;
        self.has_text = true;
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return self.again_or(invalid("it is not UTF-8 text"));
        };
        let edited = match self.subject.parse(text, &self.base) {
            Ok(edited) => edited,
            Err(why) => return self.again_or(invalid(&why)),
        };
        let edit = Change::Edit { base: self.base.clone(), edited };
        let own = edit.apply(&self.base, false).map_err(change::edit_failure)?;
        if own.is_nothing() {
            self.reporter.note("nothing was changed");
            return Ok(Next::Nothing);
        }
        let now = self.job.client.service.read()?;
        match edit.apply(&now.document, false) {
            Ok(applied) => {
                self.job.check_size(&applied.after)?;
                self.confirm(edit, &applied)
            }
            Err(ChangeError::Both(keys)) if self.asks => {
                // With the old base, this text would still be merged without a loss.
                let mine = mine(&self.base, &own.after, &now.document);
                self.put(&self.name, &self.subject.text(&mine))?;
                self.put(BASE, &now.document.to_json())?;
                self.base = now.document;
                let names: Vec<&str> = keys.iter().map(String::as_str).collect();
                let why = format!(
                    "somebody else changed {} meanwhile. The file has your values of these keys \
                     now, and all others as they are stored",
                    quoted(&names, 5)
                );
                let error = change::edit_failure(ChangeError::Both(keys));
                self.again_or(error.why(why))
            }
            Err(error) => Err(change::edit_failure(error)),
        }
    }

    /// Runs the editor, and returns its text.
    fn edited(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let editor = Editor::of_user();
        if editor.has_history() {
            self.reporter.warning(&format!(
                "{} keeps a history of the files that it edits, and so of these values",
                editor.name()
            ));
        }
        let read = || self.files.read(&self.name).map_err(|error| no_file(&error));
        let before = read()?;
        // What an editor leaves is no text then, but that before it was one.
        let no_text = |why: &str| {
            let text = before.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
            match self.put(&self.name, text.unwrap_or_default()) {
                Ok(_) => cancelled(why),
                Err(error) => error,
            }
        };
        let ended = editor.open(&self.files.path(&self.name));
        let ended = ended.map_err(|error| no_text(&format!("sh: {error}.")))?;
        if !ended.status.success() {
            let name = editor.name();
            let shown = escape::name(&name);
            return Err(no_text(&format!("The editor {shown} ended with {}.", ended.status)));
        }
        let after = read()?;
        if ended.at_once && after == before && self.asks {
            self.reporter.note(
                "the editor ended at once: one with windows needs an option to wait, such as \
                 EDITOR='code --wait'",
            );
        }
        let Some(bytes) = after else { return Err(no_text("The file is gone.")) };
        if bytes.is_empty() && !self.subject.is_empty_in(&self.base) {
            return Err(no_text("The file is empty."));
        }
        Ok(bytes)
    }

    /// Shows the keys that change, and asks.
    fn confirm(&self, edit: Change, applied: &Applied) -> Result<Next, Error> {
        if self.asks {
            write_stderr(formats::edit(applied).as_bytes()).map_err(|error| no_file(&error))?;
            let place = self.job.described();
            match answer(&format!("Store this in {place}? [y/N/e] "))?.as_str() {
                "y" | "yes" => {}
                "e" | "edit" => return Ok(Next::EditAgain),
                _ => return Err(cancelled("The question was not answered with yes.")),
            }
            self.job.confirm_new()?;
        }
        warn(&edit, self.job.collection, self.reporter);
        Ok(Next::Write(edit))
    }

    /// Says what is wrong, and asks whether to edit again; otherwise, or without a terminal, fails.
    fn again_or(&self, error: Error) -> Result<Next, Error> {
        if !self.asks {
            return Err(error);
        }
        self.reporter.warning(error.body.why.trim_end_matches('.'));
        match answer("Edit again, or quit? [e/q] ")?.as_str() {
            "e" | "edit" => Ok(Next::EditAgain),
            _ => Err(cancelled("The text was not edited again.")),
        }
    }

    /// Keeps the text, and says how to go on with it.
    fn keep(mut self, error: Error) -> Error {
        let of = of(self.job, &self.subject);
        let help = match self.files.keep(&of) {
            Ok(()) => {
                let (collection, options) = (self.job.collection, self.job.options());
                let command = format!("vdk {collection} {options} edit --resume");
                match &self.subject {
                    Subject::One(key) if key.chars().any(vdk_api::is_harmful) => {
                        format!("{command}, and the same key")
                    }
                    Subject::One(key) => format!("{command} -- {}", shell_word(key)),
                    Subject::All => command,
                }
            }
            Err(why) => {
                let folder = self.files.folder().display();
                let help = format!("The text is in {folder}, and cannot be kept elsewhere: {why}.");
                return error.help(help);
            }
        };
        let help = format!("The text is kept for 24 hours. To go on with it: {help}");
        let help = format!("{} {help}", error.body.countermeasures);
        error.help(help.trim_start().to_string())
    }
}

/// Returns what names the text of an edit.
fn of(job: &Job, subject: &Subject) -> String {
    let owner = job.owner();
    let (collection, place, identity) = (job.collection, job.place(), subject.identity());
    format!("{collection}\n{}\n{}\n{place}\n{identity}", owner.team, owner.job)
}

fn answer(question: &str) -> Result<String, Error> {
    Ok(prompt::ask(question)?.unwrap_or_default().to_lowercase())
}

/// Returns the current document with the values of an edit.
fn mine(base: &Document, edited: &Document, now: &Document) -> Document {
    let mut mine = now.clone();
    for (key, value) in edited.iter() {
        if base.get(key).is_none_or(|old| !old.is_exactly(value)) {
            mine.set(key, value.clone());
        }
    }
    mine.remove_all(|key| base.get(key).is_some() && edited.get(key).is_none());
    mine
}

fn cancelled(why: &str) -> Error {
    Error::new(ErrorKind::Cancelled, "The edit was cancelled.")
        .why(why)
        .consequences(NOTHING_CHANGED)
        .help("To edit again, run the command again.")
}

fn invalid(why: &str) -> Error {
    Error::usage("The text of the editor cannot be stored.")
        .why(format!("The text cannot be stored: {why}."))
        .help("Correct it.")
}

fn no_file(error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "Cannot give the text to an editor.")
        .why(format!("A private folder in memory cannot be used: {error}."))
        .help("Set XDG_RUNTIME_DIR to a folder that only you can read.")
}
