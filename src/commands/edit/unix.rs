//! The steps of an edit: editor, preview, question, write.

use std::path::PathBuf;

use vdk_api::{Collection, Document, escape};
use vdk_client::change::{self, Applied, Change, ChangeError};
use vdk_client::{Error, ErrorKind, NOTHING_CHANGED};
use zeroize::Zeroizing;

use super::editor::Editor;
use super::text::Subject;
use crate::args::Beside;
use crate::args::edit::EditArgs;
use crate::args::key_values::WhichArgs;
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
    let mut session = Session::new(&job, subject, asks, reporter)?;
    if own.resume {
        session.resume()?
    } else {
        session.start()?
    }
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
}

impl<'a> Session<'a> {
    fn new(
        job: &'a Job,
        subject: Subject,
        asks: bool,
        reporter: TerminalReporter,
    ) -> Result<Self, Error> {
        let name = subject.file_name(job.name(), job.collection.as_str());
        let files = Files::new(reporter).map_err(|error| no_file(&error))?;
        Ok(Session { job, subject, asks, reporter, files, name, base: Document::default() })
    }

    /// Begins with what is stored.
    fn start(&mut self) -> Result<(), Error> {
        let read = self.job.client.service.read()?;
        if let Some(key) = read.document.duplicate() {
            return Err(change::edit_failure(ChangeError::Duplicate(key.into())));
        }
        if let (Subject::One(key), false) = (&self.subject, read.document.is_empty())
            && read.document.get(key).is_none()
        {
            self.reporter.note(&format!("'{}' is a new key", escape::line(key)));
        }
        self.begin(read.document)?;
        Ok(())
    }

    /// Goes on with the text that an earlier edit could not store.
    fn resume(&mut self) -> Result<(), Error> {
        let kept = Files::kept(&self.of()).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "There is no text to go on with.")
                .why(format!("No edit of {} failed in the last 24 hours.", self.job.described()))
                .help("Begin again without --resume.")
        })?;
        self.files = kept;
        let base = self.files.read(BASE).ok().flatten();
        let base = base.and_then(|bytes| Document::parse(std::str::from_utf8(&bytes).ok()?).ok());
        self.base = base.unwrap_or_default();
        Ok(())
    }

    /// Puts a document before the editor.
    fn begin(&mut self, base: Document) -> Result<(), Error> {
        self.put(BASE, &base.to_json())?;
        self.put(&self.name.clone(), &self.subject.text(&base))?;
        self.base = base;
        Ok(())
    }

    fn put(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        self.files.put(name, text).map_err(|error| no_file(&error))
    }

    fn run(mut self) -> Result<Exit, Error> {
        loop {
            let next = self.edit_once();
            match next {
                Ok(Next::EditAgain) => {}
                Ok(Next::Nothing) => return Ok(Exit::Done),
                Ok(Next::Write(change)) => match self.job.write(&change) {
                    Ok(()) => return Ok(Exit::Done),
                    Err(error) if error.kind == ErrorKind::Conflict && self.asks => {
                        self.reporter.warning(&error.body.why);
                    }
                    Err(error) => return Err(self.keep(error)),
                },
                Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
                Err(error) => return Err(self.keep(error)),
            }
        }
    }

    /// Opens the editor once, and finds out what to do with its text.
    fn edit_once(&mut self) -> Result<Next, Error> {
        let text = self.edited()?;
        let edited = match self.subject.parse(&text, &self.base) {
            Ok(edited) => edited,
            Err(why) => {
                let error = invalid(&why);
                return self.again_or(error, "edit again, or quit and keep the text");
            }
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
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                self.reporter.warning(&format!(
                    "somebody else changed {} meanwhile; the file has your values, and all others \
                     as they are now",
                    quoted(&keys, 5)
                ));
                let mine = mine(&self.base, &own.after, &now.document);
                self.begin(now.document)?;
                self.put(&self.name, &self.subject.text(&mine))?;
                let error = change::edit_failure(ChangeError::Both(
                    keys.iter().map(|k| (*k).into()).collect(),
                ));
                self.again_or(error, "edit again, or quit and keep the text")
            }
            Err(error) => Err(change::edit_failure(error)),
        }
    }

    /// Runs the editor, and returns its text.
    fn edited(&self) -> Result<Zeroizing<String>, Error> {
        let editor = Editor::of_user();
        if editor.has_history() {
            self.reporter.warning(&format!(
                "{} keeps a history of the files that it edits, and so of these values",
                editor.name()
            ));
        }
        let before = self.files.read(&self.name).map_err(|error| no_file(&error))?;
        let path = self.files.path(&self.name);
        let ended = editor.open(&path).map_err(|error| cancelled(&format!("sh: {error}.")))?;
        if !ended.status.success() {
            return Err(cancelled(&format!(
                "The editor ({}) ended with {}.",
                escape::line(editor.name()),
                ended.status
            )));
        }
        let after = self.files.read(&self.name).map_err(|error| no_file(&error))?;
        if ended.at_once && after == before && self.asks {
            self.reporter.note(
                "the editor ended at once: one with windows needs an option to wait, such as \
                 EDITOR='code --wait'",
            );
        }
        let is_new = before.as_ref().is_none_or(|text| text.is_empty());
        match after {
            Some(bytes)
                if !bytes.is_empty() || (is_new && before == Some(Zeroizing::default())) =>
            {
                match std::str::from_utf8(&bytes) {
                    Ok("") => Err(cancelled("The file is empty.")),
                    Ok(text) => Ok(Zeroizing::new(text.into())),
                    Err(_) => Err(invalid("it is not UTF-8 text")),
                }
            }
            _ => Err(cancelled("The file is empty, or gone.")),
        }
    }

    /// Shows the keys that change, and asks.
    fn confirm(&self, edit: Change, applied: &Applied) -> Result<Next, Error> {
        if self.asks {
            let shown = formats::edit(applied);
            write_stderr(shown.as_bytes()).map_err(|error| no_file(&error))?;
            let place = self.job.described();
            match prompt::ask(&format!("Store this in {place}? [y/N/e] "))?
                .unwrap_or_default()
                .to_lowercase()
                .as_str()
            {
                "y" | "yes" => {}
                "e" | "edit" => return Ok(Next::EditAgain),
                _ => return Err(cancelled("The question was not answered with yes.")),
            }
            self.job.confirm_new()?;
        }
        warn(&edit, self.job.collection, self.reporter);
        Ok(Next::Write(edit))
    }

    /// Asks whether to edit again; otherwise, or without a terminal, fails.
    fn again_or(&self, error: Error, what: &str) -> Result<Next, Error> {
        if !self.asks {
            return Err(error);
        }
        self.reporter.warning(&error.body.why);
        match prompt::ask(&format!("{what}? [e/q] "))?.unwrap_or_default().to_lowercase().as_str() {
            "e" | "edit" => Ok(Next::EditAgain),
            _ => Err(error),
        }
    }

    /// Returns what names the text that is kept.
    fn of(&self) -> String {
        let owner = self.job.owner();
        let (collection, place) = (self.job.collection, self.job.place());
        format!("{collection}\n{}\n{}\n{place}\n{}", owner.team, owner.job, self.name)
    }

    /// Keeps the text, and says how to go on with it.
    fn keep(self, error: Error) -> Error {
        let (of, collection) = (self.of(), self.job.collection);
        let key = match &self.subject {
            Subject::All => String::new(),
            Subject::One(_) => " KEY".into(),
        };
        match self.files.keep(&of) {
            Ok(()) => {
                let help = format!(
                    "{} Your text is kept for 24 hours in memory. To go on with it: vdk {collection} \
                     edit{key} --resume",
                    error.body.countermeasures
                );
                error.help(help.trim_start().to_string())
            }
            Err(_) => error,
        }
    }
}

/// Returns the current document with the values of an edit.
fn mine(base: &Document, edited: &Document, now: &Document) -> Document {
    let mut mine = now.clone();
    for (key, value) in edited.iter() {
        if base.get(key).is_none_or(|old| !old.is_exactly(value)) {
            mine.set(key, value.clone());
        }
    }
    let gone = |key: &str| base.get(key).is_some() && edited.get(key).is_none();
    mine.remove_all(gone);
    mine
}

fn cancelled(why: &str) -> Error {
    Error::new(ErrorKind::Cancelled, "The edit was cancelled.")
        .why(why)
        .consequences(NOTHING_CHANGED)
        .help("Run the command again, save the file, and leave the editor.")
}

fn invalid(why: &str) -> Error {
    let mut why = format!("The text cannot be stored: {why}.");
    if let Some(first) = why.get(..1) {
        why.replace_range(..1, &first.to_uppercase());
    }
    Error::usage("The text of the editor cannot be stored.").why(why).help("Correct it.")
}

fn no_file(error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "Cannot give the text to an editor.")
        .why(format!("A private folder in memory cannot be used: {error}."))
        .help("Set XDG_RUNTIME_DIR to a folder that only you can read.")
}
