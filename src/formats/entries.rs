//! The keys and values of a file that is imported, and the places in it that cannot be taken.

use indexmap::IndexMap;
use indexmap::map::Entry;
use vdk_client::change::NewValue;

/// A place of a file that cannot be taken. It has no text of the file but the key.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1; 0 if it is not known.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// The key of the value at that place, if it has one.
    pub key: Option<String>,
    /// What is there.
    pub why: String,
    /// True if it is text that could be taken as it stands.
    pub is_literal: bool,
}

impl Problem {
    /// Makes a problem of a place without a key.
    pub fn new(line: usize, column: usize, why: impl Into<String>) -> Self {
        Problem { line, column, key: None, why: why.into(), is_literal: false }
    }

    /// Makes a problem of a key whose place is not known.
    pub fn of_key(key: &str, why: impl Into<String>) -> Self {
        Problem::new(0, 0, why).of(key)
    }

    /// Notes that the text could be taken as it stands.
    pub fn literally(self) -> Self {
        Problem { is_literal: true, ..self }
    }

    /// Names the key.
    pub fn of(self, key: &str) -> Self {
        Problem { key: Some(key.into()), ..self }
    }
}

/// The lines of a text.
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the lines.
    pub fn new(text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Lines { text, starts: std::iter::once(0).chain(ends).collect() }
    }

    /// Returns line and column of a place, given in bytes. Both count from 1.
    pub fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        (line, before.chars().count() + 1)
    }
}

/// The keys with their values, or all places that cannot be taken.
pub type Parsed = Result<Vec<(String, NewValue)>, Vec<Problem>>;

/// Collects keys and values. No key may occur twice.
#[derive(Default)]
pub struct Entries {
    /// Keys with their lines.
    list: IndexMap<String, (usize, NewValue)>,
    problems: Vec<Problem>,
}

impl Entries {
    /// Has room for a text with an entry on each line.
    pub fn of_lines(text: &str) -> Self {
        const MOST: usize = 10_000;
        let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
        Entries { list: IndexMap::with_capacity(lines.min(MOST)), problems: Vec::new() }
    }

    /// Adds a key of a place.
    pub fn add(&mut self, line: usize, column: usize, key: &str, value: NewValue) {
        match self.list.entry(key.into()) {
            Entry::Occupied(there) => {
                let why = format!("the same key as in line {}", there.get().0);
                self.problems.push(Problem::new(line, column, why).of(key));
            }
            Entry::Vacant(new) => drop(new.insert((line, value))),
        }
    }

    /// Adds a place that cannot be taken.
    pub fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Returns all of it.
    pub fn finish(self) -> Parsed {
        let list = self.list.into_iter().map(|(key, (_, value))| (key, value));
        if self.problems.is_empty() { Ok(list.collect()) } else { Err(self.problems) }
    }
}

#[cfg(test)]
pub mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    /// Returns the keys and values as `key=value` lines, or the problems as `line:column key why`.
    pub fn shown(parsed: Parsed) -> Result<Vec<String>, Vec<String>> {
        let value = |value: &NewValue| match value {
            NewValue::Text(text) => text.expose_secret().to_string(),
            NewValue::Json(json) => json.expose().to_string(),
        };
        let problem = |of: &Problem| {
            format!("{}:{} {} {}", of.line, of.column, of.key.as_deref().unwrap_or("-"), of.why)
        };
        match parsed {
            Ok(list) => Ok(list.iter().map(|(key, of)| format!("{key}={}", value(of))).collect()),
            Err(problems) => Err(problems.iter().map(problem).collect()),
        }
    }

    #[test]
    fn refuses_a_key_that_occurs_twice() {
        let mut entries = Entries::default();
        for line in [3, 7] {
            entries.add(line, 1, "a", NewValue::Text("x".into()));
        }
        assert_eq!(shown(entries.finish()).unwrap_err(), ["7:1 a the same key as in line 3"]);
    }

    #[test]
    fn counts_lines_and_characters() {
        let lines = Lines::new("a\nüb\n");
        assert_eq!([0, 2, 4, 6].map(|at| lines.place(at)), [(1, 1), (2, 1), (2, 2), (3, 1)]);
    }
}
