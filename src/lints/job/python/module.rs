//! One module: a file, or the cells of a notebook.

use std::sync::Arc;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{ModModule, PySourceType};
use ruff_python_parser::{Parsed, parse_unchecked_source};
use ruff_text_size::{Ranged, TextRange};

use super::depth;
use crate::lints::job::notebook::CellStart;
use crate::lints::job::{Code, Finding, Place, Rule, ignores, unread};

const TOO_DEEP: &str = "an expression in it is nested too deeply";

/// A module whose text is Python.
pub struct Module {
    file: Arc<str>,
    text: String,
    cells: Option<Vec<CellStart>>,
    /// Offsets at which lines begin, in bytes.
    lines: Vec<usize>,
    parsed: Parsed<ModModule>,
}

/// Parses a module. What cannot be parsed is a finding, and is left out.
pub fn parse(
    file: &Arc<str>,
    text: String,
    cells: Option<Vec<CellStart>>,
    code: &mut Code,
) -> Option<Module> {
    if depth::is_too_nested(&text) {
        code.findings.push(unread(file, TOO_DEEP));
        return None;
    }
    let kind = if cells.is_some() { PySourceType::Ipynb } else { PySourceType::Python };
    let parsed = parse_unchecked_source(&text, kind);
    // Python ends lines at \n, \r\n and \r.
    let is_end = |at: &usize| match text.as_bytes()[*at] {
        b'\n' => true,
        byte => byte == b'\r' && text.as_bytes().get(at + 1) != Some(&b'\n'),
    };
    let starts = (0..text.len()).filter(is_end).map(|at| at + 1);
    let lines = std::iter::once(0).chain(starts).collect();
    let module = Module { file: file.clone(), text, cells, lines, parsed };
    if let Some(error) = module.parsed.errors().first() {
        let message = format!("not read: {}", error.error);
        let place = module.place(error.location, error.location);
        code.findings.push(Finding::new(Rule::VDK012, message).at(&place));
        return None;
    }
    if depth::is_too_deep(&module.parsed.syntax().body) {
        code.findings.push(unread(file, TOO_DEEP));
        // Freeing it would be as deep.
        std::mem::forget(module);
        return None;
    }
    for token in module.parsed.tokens() {
        if token.kind() == TokenKind::Comment {
            let place = module.place(token.range(), token.range());
            code.ignores.extend(ignores::parse(&module.text[token.range()], &place));
        }
    }
    Some(module)
}

impl Module {
    /// Returns the statements.
    pub fn body(&self) -> &[ruff_python_ast::Stmt] {
        &self.parsed.syntax().body
    }

    /// Returns a part of the text.
    pub fn text(&self, range: TextRange) -> &str {
        &self.text[range]
    }

    /// Returns the file's path without its ending, split at `/`; a package's file is the package.
    pub fn path(&self) -> Vec<&str> {
        let path = self.file.rsplit_once('.').map_or(&*self.file, |(path, _)| path);
        let mut parts: Vec<_> = path.split('/').collect();
        if parts.last() == Some(&"__init__") {
            parts.pop();
        }
        parts
    }

    /// Returns the path of the package that the module is in.
    pub fn package(&self) -> Vec<&str> {
        let mut parts: Vec<_> = self.file.split('/').collect();
        parts.pop();
        parts
    }

    /// Returns the place of `range`, which is a part of the expression `whole`.
    pub fn place(&self, range: TextRange, whole: TextRange) -> Place {
        let line_of = |offset: usize| self.lines.partition_point(|start| *start <= offset) - 1;
        let start = range.start().to_usize().min(self.text.len());
        let line = line_of(start);
        let column = self.text[self.lines[line]..start].chars().count() + 1;
        let cell = self
            .cells
            .as_ref()
            .and_then(|cells| cells.iter().rev().find(|(_, first)| *first <= line).copied());
        let first = cell.map_or(0, |(_, first)| first);
        let number = |offset: usize| (line_of(offset) + 1).saturating_sub(first);
        Place {
            file: self.file.clone(),
            cell: cell.map(|(number, _)| number),
            line: line + 1 - first,
            column,
            lines: (
                number(whole.start().to_usize().min(start)),
                number(whole.end().to_usize().max(start)),
            ),
        }
    }
}
