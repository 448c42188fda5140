//! The keys and values of a file that is imported, and the places in it that cannot be taken.

use std::collections::HashMap;

use vdk_client::change::NewValue;

/// A place of a file that cannot be taken. It has no text of the file but the key.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// The key of the value at that place, if it has one.
    pub key: Option<String>,
    /// What is there.
    pub why: String,
}

impl Problem {
    /// Makes a problem of a place without a key.
    pub fn new(line: usize, column: usize, why: impl Into<String>) -> Self {
        Problem { line, column, key: None, why: why.into() }
    }

    /// Makes a problem of the character at `offset` (bytes) of `text`.
    pub fn at(text: &str, offset: usize, why: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Problem::new(before.matches('\n').count() + 1, line.chars().count() + 1, why)
    }

    /// Names the key.
    pub fn of(self, key: &str) -> Self {
        Problem { key: Some(key.into()), ..self }
    }
}

/// The keys with their values, or all places that cannot be taken.
pub type Parsed = Result<Vec<(String, NewValue)>, Vec<Problem>>;

/// Collects keys and values. No key may occur twice.
#[derive(Default)]
pub struct Entries {
    list: Vec<(String, NewValue)>,
    lines: HashMap<String, usize>,
    problems: Vec<Problem>,
}

impl Entries {
    /// Adds a key of a place.
    pub fn add(&mut self, line: usize, column: usize, key: &str, value: NewValue) {
        match self.lines.get(key) {
            Some(first) => {
                let why = format!("the same key as in line {first}");
                self.problem(Problem::new(line, column, why).of(key));
            }
            None => {
                self.lines.insert(key.into(), line);
                self.list.push((key.into(), value));
            }
        }
    }

    /// Adds a place that cannot be taken.
    pub fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Returns all of it.
    pub fn finish(self) -> Parsed {
        if self.problems.is_empty() { Ok(self.list) } else { Err(self.problems) }
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
        let problem = Problem::at("a\nüb", 4, "x");
        assert_eq!((problem.line, problem.column), (2, 2));
    }
}
