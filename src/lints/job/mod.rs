//! What the code of a data job reads and writes, and the rules that compare it with what is set. The
//! code is parsed, never imported or run.

mod files;
mod ignores;
mod ini;
mod judge;
mod notebook;
mod options;
mod python;
mod rule;
mod sql;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use judge::{Keys, Report, Set, judge};
pub use rule::{Level, Rule};
use vdk_api::Collection;

use files::Kind;
use ignores::Ignore;

/// Stack of the thread that walks the code, in bytes: an expression may be nested as deeply as
/// [`python`] allows.
const STACK: usize = 128 * 1024 * 1024;

/// A place in a file of a job.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, from the job's folder on, with `/`.
    pub file: Arc<str>,
    /// The cell of a notebook, from 1.
    pub cell: Option<usize>,
    /// The line, from 1, in the cell if there is one.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// The lines of the whole statement, where a comment can ignore it: the first and the last.
    pub lines: (usize, usize),
}

/// What a rule found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// How bad it is here.
    pub level: Level,
    /// Where, if it is in a file.
    pub place: Option<Place>,
    /// What the key belongs to.
    pub collection: Option<Collection>,
    /// The key, if one is meant.
    pub key: Option<String>,
    /// A sentence without values.
    pub message: String,
    /// A key that is set and was probably meant.
    pub suggestion: Option<String>,
}

impl Finding {
    fn new(rule: Rule, message: impl Into<String>) -> Self {
        Finding {
            rule,
            level: rule.level(),
            place: None,
            collection: None,
            key: None,
            message: message.into(),
            suggestion: None,
        }
    }

    fn at(self, place: &Place) -> Self {
        Finding { place: Some(place.clone()), ..self }
    }

    fn about(self, collection: Collection) -> Self {
        Finding { collection: Some(collection), ..self }
    }

    fn of(self, collection: Collection, key: &str) -> Self {
        Finding { key: Some(key.into()), ..self.about(collection) }
    }
}

/// How code uses a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// It is read; with a default, the code goes on without it.
    Read { default: bool },
    /// It is set or deleted.
    Written,
    /// The code looks whether it is there.
    Tested,
    /// SQL has it in braces.
    Substituted,
}

/// A use of a key whose name the code shows.
#[derive(Debug)]
struct Use {
    place: Place,
    collection: Collection,
    key: String,
    how: How,
}

/// What the code of a job does with its keys.
#[derive(Debug, Default)]
pub struct Code {
    uses: Vec<Use>,
    /// Uses whose names are known at run time only.
    dynamic: Vec<(Place, Collection)>,
    /// Places where a whole set goes where it cannot be followed.
    whole: Vec<(Place, Collection)>,
    /// Collections that are written with keys that are not known.
    written: Vec<Collection>,
    /// Collections of which code may use any key, in ways that are not worth a finding.
    open: Vec<Collection>,
    /// Whether the job's input goes to code that is not here.
    is_handed: bool,
    /// Every text in the code: a key that stands there may be used.
    texts: HashSet<String>,
    /// The sections of `config.ini` whose options secrets override: those that have a name in theirs.
    sections: HashSet<String>,
    findings: Vec<Finding>,
    ignores: Vec<Ignore>,
}

/// A place where code reads a property.
pub struct Reading {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; in a notebook, in its cell.
    pub line: usize,
    /// The character, from 1.
    pub column: usize,
    /// The property.
    pub key: String,
    /// Whether SQL has it in braces.
    pub is_sql: bool,
}

impl Code {
    /// Returns the files that were not read.
    pub fn unread(&self) -> impl Iterator<Item = &str> {
        let findings = self.findings.iter().filter(|finding| finding.rule == Rule::VDK012);
        findings.filter_map(|finding| finding.place.as_ref().map(|place| &*place.file))
    }

    /// Returns whether code may use properties that it does not show.
    pub fn may_use_any(&self) -> bool {
        let is_property =
            |(_, collection): &(Place, Collection)| *collection == Collection::Properties;
        self.is_handed
            || self.open.contains(&Collection::Properties)
            || self.dynamic.iter().chain(&self.whole).any(is_property)
    }

    /// Returns where the code, which is in `folder`, uses these properties.
    pub fn readings(&self, folder: &Path, keys: &[&str]) -> Vec<Reading> {
        let uses = self.uses.iter().filter(|one| {
            one.collection == Collection::Properties && keys.contains(&one.key.as_str())
        });
        let mut all: Vec<_> = uses.collect();
        all.sort_by_key(|one| &one.place);
        let each = all.into_iter().map(|one| Reading {
            file: folder.join(&*one.place.file),
            line: one.place.line,
            column: one.place.column,
            key: one.key.clone(),
            is_sql: one.how == How::Substituted,
        });
        each.collect()
    }
}

/// Reads the code of the job in `folder`.
pub fn read(folder: &Path) -> Result<Code, std::io::Error> {
    let listed = files::list(folder)?;
    std::thread::scope(|scope| {
        let walk = std::thread::Builder::new().stack_size(STACK);
        walk.spawn_scoped(scope, || read_files(folder, listed))?
            .join()
            .map_err(|_| std::io::Error::other("the code could not be walked"))
    })
}

fn read_files(folder: &Path, listed: files::Listed) -> Code {
    let mut code = Code { findings: listed.findings, ..Code::default() };
    let mut modules = Vec::new();
    for (file, kind) in listed.files {
        let path = folder.join(&*file);
        let text = match files::text(&path, kind) {
            Ok(text) => text,
            Err(why) => {
                code.findings.push(unread(&file, why));
                continue;
            }
        };
        match kind {
            Kind::Python => modules.extend(python::parse(&file, text, None, &mut code)),
            Kind::Notebook => match notebook::cells(&text) {
                Ok(notebook) => {
                    for (cell, sql) in &notebook.sql {
                        // The first line is the magic.
                        sql::read(&file, Some(*cell), 2, sql, &mut code);
                    }
                    let cells = Some(notebook.cells);
                    modules.extend(python::parse(&file, notebook.python, cells, &mut code));
                }
                Err(why) => code.findings.push(unread(&file, why)),
            },
            Kind::Sql => sql::read(&file, None, 1, &text, &mut code),
            Kind::Ini => ini::read(&file, &text, &mut code),
        }
    }
    python::read(&modules, &mut code);
    code
}

/// Returns the finding for a file that was not read.
fn unread(file: &Arc<str>, why: impl std::fmt::Display) -> Finding {
    let place = Place { file: file.clone(), cell: None, line: 1, column: 1, lines: (1, 1) };
    Finding::new(Rule::VDK012, format!("not read: {why}")).at(&place)
}
