//! Files in the dialect of Python's `ConfigParser`, as the Python vdk writes and reads them: `=` or
//! `:`, option names in any case, exact section names, whole-line comments, indented continuation
//! lines, `[DEFAULT]` as fallback, `%` interpolation.
//!
//! Values are interpolated only on reading, so that a broken one affects nothing else. An edit
//! changes only the lines of its option. No crate reads this dialect: those for ini files strip
//! inline comments or quotes, and none interpolates.

use std::borrow::Cow;
use std::ops::Range;

use vdk_api::BOM;

/// A parsed file, which keeps its text.
#[derive(Debug, Default)]
pub struct Ini {
    lines: Vec<String>,
    sections: Vec<Section>,
}

#[derive(Debug)]
struct Section {
    name: String,
    /// Index of the line after the section's last option or comment.
    end: usize,
    options: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    value: String,
    lines: Range<usize>,
}

/// An option as it is written.
#[derive(Debug)]
pub struct IniOption<'a> {
    /// Its section.
    pub section: &'a str,
    /// Its name, in lower case.
    pub name: &'a str,
    /// Its value, before interpolation.
    pub value: &'a str,
    /// The index of its first line.
    pub line: usize,
}

/// The reason why a file or a value is invalid. It quotes no value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum IniError {
    /// A line that is neither section, option, comment nor continuation.
    #[error("line {0} is neither a [section], an option = value, nor a comment")]
    Line(usize),
    /// Options before any section.
    #[error("line {0} comes before the first [section]")]
    NoSection(usize),
    /// A section or option that occurs twice.
    #[error("line {0}: '{1}' occurs a second time")]
    Duplicate(usize, String),
    /// A `%` that is not an interpolation.
    #[error("the value of '{0}' has a '%' that is neither '%%' nor '%(option)s'")]
    Percent(String),
    /// An interpolation of something missing, or of itself.
    #[error(
        "the value of '{0}' refers to '{1}', which is missing, refers back to it, or is too long"
    )]
    Reference(String, String),
}

/// Returns true if a line is the head of the section `section`, in any spelling.
pub fn is_head_of(line: &str, section: &str) -> bool {
    let inner = line.trim().trim_start_matches(BOM).trim_start().strip_prefix('[');
    inner.is_some_and(|inner| is_meant(inner.split(']').next().unwrap_or(inner), section))
}

fn is_meant(name: &str, section: &str) -> bool {
    name.trim().eq_ignore_ascii_case(section)
}

const DEFAULT: &str = "DEFAULT";
/// Longest value that interpolation may make, in bytes.
const MAX_VALUE: usize = 64 * 1024;

impl Ini {
    /// Parses a whole file.
    pub fn parse(text: &str) -> Result<Self, IniError> {
        // Windows puts a byte order mark before text; Python's reader takes it as part of the text.
        let text = text.strip_prefix(BOM).unwrap_or(text);
        // Python's reader ends lines at a carriage return as well.
        let text = match text.contains('\n') {
            true => Cow::Borrowed(text),
            false => Cow::Owned(text.replace('\r', "\n")),
        };
        let mut ini = Ini { lines: text.lines().map(str::to_string).collect(), sections: vec![] };
        let mut indent = 0;
        let mut in_option = false;
        for (at, line) in text.lines().enumerate() {
            let trimmed = line.trim();
            if is_remark(line) {
                continue;
            }
            let depth = line.len() - line.trim_start().len();
            let section = ini.sections.last_mut();
            if in_option
                && depth > indent
                && let Some(option) = section.and_then(|s| s.options.last_mut())
            {
                option.value.push('\n');
                option.value.push_str(trimmed);
                option.lines.end = at + 1;
            } else if let Some(name) = trimmed.strip_prefix('[').and_then(|t| t.split_once(']')) {
                if ini.sections.iter().any(|s| s.name == name.0) && name.0 != DEFAULT {
                    return Err(IniError::Duplicate(at + 1, name.0.into()));
                }
                ini.sections.push(Section { name: name.0.into(), end: at + 1, options: vec![] });
                in_option = false;
                continue;
            } else {
                let (name, value) = trimmed.split_once(['=', ':']).ok_or(IniError::Line(at + 1))?;
                let name = name.trim().to_lowercase();
                if name.is_empty() {
                    return Err(IniError::Line(at + 1));
                }
                let section = ini.sections.last_mut().ok_or(IniError::NoSection(at + 1))?;
                if section.options.iter().any(|option| option.name == name) {
                    return Err(IniError::Duplicate(at + 1, name));
                }
                section.options.push(Entry { name, value: value.trim().into(), lines: at..at + 1 });
                indent = depth;
                in_option = true;
            }
            if let Some(section) = ini.sections.last_mut() {
                section.end = at + 1;
            }
        }
        Ok(ini)
    }

    /// Returns a section name that is a misspelling of `section`.
    pub fn misspelled_section(&self, section: &str) -> Option<&str> {
        let names = self.sections.iter().map(|found| found.name.as_str());
        names.into_iter().find(|name| *name != section && is_meant(name, section))
    }

    /// Returns whether the file has the section.
    pub fn has_section(&self, section: &str) -> bool {
        self.sections.iter().any(|s| s.name == section)
    }

    /// Returns an option's interpolated value; `None` if section or option are missing.
    pub fn get(&self, section: &str, option: &str) -> Result<Option<String>, IniError> {
        match self.raw(section, option) {
            Some(raw) => self.interpolate(section, option, raw, 10).map(Some),
            None => Ok(None),
        }
    }

    /// Returns every option as it is written, in order.
    pub fn options(&self) -> impl Iterator<Item = IniOption<'_>> {
        self.sections.iter().flat_map(|section| {
            section.options.iter().map(|option| IniOption {
                section: &section.name,
                name: &option.name,
                value: &option.value,
                line: option.lines.start,
            })
        })
    }

    fn raw(&self, section: &str, option: &str) -> Option<&str> {
        let find = |name: &str| {
            self.sections
                .iter()
                .filter(|s| s.name == name)
                .find_map(|s| s.options.iter().find(|o| o.name == option))
        };
        if !self.has_section(section) {
            return None;
        }
        find(section).or_else(|| find(DEFAULT)).map(|entry| entry.value.as_str())
    }

    fn interpolate(
        &self,
        section: &str,
        option: &str,
        raw: &str,
        depth: usize,
    ) -> Result<String, IniError> {
        let mut out = String::new();
        let mut rest = raw;
        while let Some((before, after)) = rest.split_once('%') {
            out.push_str(before);
            if let Some(tail) = after.strip_prefix('%') {
                out.push('%');
                rest = tail;
            } else if let Some((name, tail)) =
                after.strip_prefix('(').and_then(|inner| inner.split_once(")s"))
            {
                let name = name.to_lowercase();
                let reference = || IniError::Reference(option.into(), name.clone());
                let value = self.raw(section, &name).ok_or_else(reference)?;
                let depth = depth.checked_sub(1).ok_or_else(reference)?;
                out.push_str(&self.interpolate(section, &name, value, depth)?);
                // Nested references multiply the length with every level.
                if out.len() > MAX_VALUE {
                    return Err(reference());
                }
                rest = tail;
            } else {
                return Err(IniError::Percent(option.into()));
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    /// Returns the file's text with `option` set to `value` and nothing else changed.
    pub fn with(&self, section: &str, option: &str, value: &str) -> String {
        let line = format!("{option} = {}", value.replace('%', "%%"));
        let mut lines = self.lines.clone();
        match self.sections.iter().find(|s| s.name == section) {
            Some(found) => match found.options.iter().find(|o| o.name == option) {
                Some(entry) => {
                    let line = format!("{}{line}", self.indent(entry.lines.start));
                    lines.splice(entry.lines.clone(), [line]);
                }
                None => {
                    let beside = match found.options.last() {
                        Some(entry) => Some(entry.lines.start),
                        None => (found.end..lines.len()).find(|at| !is_remark(&lines[*at])),
                    };
                    let indent = beside.map_or("", |at| self.indent(at));
                    lines.insert(found.end, format!("{indent}{line}"));
                }
            },
            None => {
                if lines.last().is_some_and(|last| !last.trim().is_empty()) {
                    lines.push(String::new());
                }
                lines.extend([format!("[{section}]"), line, String::new()]);
            }
        }
        lines.join("\n") + "\n"
    }

    /// Returns the white space at the start of a line. A line with more of it than the option
    /// before continues that option, so an option must not have less than the one it replaces.
    fn indent(&self, at: usize) -> &str {
        let line = &self.lines[at];
        &line[..line.len() - line.trim_start().len()]
    }

    /// Returns the file's text without `option` and nothing else changed.
    pub fn without(&self, section: &str, option: &str) -> String {
        let mut lines = self.lines.clone();
        let found = self.sections.iter().find(|s| s.name == section);
        if let Some(entry) = found.and_then(|s| s.options.iter().find(|o| o.name == option)) {
            lines.drain(entry.lines.clone());
        }
        lines.join("\n") + "\n"
    }
}

/// Returns true if a line is blank or a comment.
fn is_remark(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with(['#', ';'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(text: &str, option: &str) -> Result<Option<String>, IniError> {
        Ini::parse(text).and_then(|ini| ini.get("defaults", option))
    }

    #[test]
    fn reads_values_as_python_does() {
        let text = "# c\n[defaults]\nTeam-Name : a b ; no comment\n; c\nrest-api-url = \"x\"\n  y\n\n[other]\nteam-name = z\n";
        assert_eq!(get(text, "team-name").unwrap().unwrap(), "a b ; no comment");
        assert_eq!(get(text, "rest-api-url").unwrap().unwrap(), "\"x\"\ny");
        assert_eq!(get(text, "nope").unwrap(), None);
        assert_eq!(get("[DEFAULT]\nteam-name=d\n[defaults]\n", "team-name").unwrap().unwrap(), "d");
        assert_eq!(get("[DEFAULT]\nteam-name=d\n", "team-name").unwrap(), None);
    }

    #[test]
    fn ends_lines_at_carriage_returns() {
        assert_eq!(get("[defaults]\rx = 1\ry = 2\r", "x"), Ok(Some("1".into())));
        assert_eq!(get("[defaults]\r\nx = 1\r\n", "x"), Ok(Some("1".into())));
    }

    #[test]
    fn interpolates_percent_signs() {
        let text = "[defaults]\na = 100%%\nb = %(A)s!\nc = 5%\nd = %(d)s\ne = %(x)s\n";
        assert_eq!(get(text, "a").unwrap().unwrap(), "100%");
        assert_eq!(get(text, "b").unwrap().unwrap(), "100%!");
        assert_eq!(get(text, "c"), Err(IniError::Percent("c".into())));
        assert!(matches!(get(text, "d"), Err(IniError::Reference(..))));
        let levels: String =
            (0..9).map(|n| format!("a{} = {}\n", n + 1, format!("%(a{n})s").repeat(20))).collect();
        let bomb = format!("[defaults]\na0 = x\n{levels}");
        assert!(matches!(get(&bomb, "a9"), Err(IniError::Reference(..))));
        assert_eq!(get(text, "e"), Err(IniError::Reference("e".into(), "x".into())));
    }

    #[test]
    fn names_the_line_of_an_error() {
        for (text, error) in [
            ("a = b\n", IniError::NoSection(1)),
            ("[s]\nnonsense\n", IniError::Line(2)),
            ("[s]\na=1\nA=2\n", IniError::Duplicate(3, "a".into())),
            ("[s]\n[s]\n", IniError::Duplicate(2, "s".into())),
        ] {
            assert_eq!(Ini::parse(text).map(|_| ()), Err(error), "{text}");
        }
    }

    #[test]
    fn edits_only_its_own_lines() {
        let text = "; keep me\n[other]\nX = 1\n\n[defaults]\n# and me\nteam-name = a\n  b\nz = 1\n";
        let ini = Ini::parse(text).unwrap();
        assert_eq!(
            ini.with("defaults", "team-name", "100%"),
            text.replace("team-name = a\n  b", "team-name = 100%%")
        );
        assert_eq!(ini.with("defaults", "rest-api-url", "u"), format!("{text}rest-api-url = u\n"));
        assert_eq!(ini.without("defaults", "team-name"), text.replace("team-name = a\n  b\n", ""));
        assert_eq!(
            Ini::default().with("defaults", "team-name", "t"),
            "[defaults]\nteam-name = t\n\n"
        );
        let again = Ini::parse(&ini.with("defaults", "q", "%(x)s")).unwrap();
        assert_eq!(again.get("defaults", "q").unwrap().unwrap(), "%(x)s");
    }

    #[test]
    fn keeps_indented_lines_through_edits() {
        for text in [
            "[defaults]\n  team-name = a\n  z = 1\n  [other]\n  z = 2\n",
            "[defaults]\n; c\n\n  [other]\nz = 2\n",
            "[defaults]\n; c\n  z = 1\n[other]\nz = 2\n",
        ] {
            let ini = Ini::parse(text).unwrap();
            for option in ["team-name", "rest-api-url"] {
                let edited = Ini::parse(&ini.with("defaults", option, "b")).unwrap();
                assert_eq!(edited.get("defaults", option), Ok(Some("b".into())), "{text}");
                for section in ["defaults", "other"] {
                    assert_eq!(edited.get(section, "z"), ini.get(section, "z"), "{text}");
                }
            }
        }
    }
}
