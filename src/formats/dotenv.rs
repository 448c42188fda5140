//! Dotenv files. They have no standard: only what their readers agree on is written and taken.

mod plain;

use plain::{of_name, plain};
use vdk_client::Error;
use vdk_client::change::NewValue;
use zeroize::Zeroizing;

use super::Members;
use super::assignments::assignable;
use super::entries::{Entries, Parsed, Problem};

/// Writes `KEY='value'` lines, or `KEY="value"` if the value has a single quote: `sh`, Node and
/// python-dotenv read these alike. They differ in all escapes, so a value that needs one is
/// rejected. Even between single quotes, python-dotenv unescapes `\'` and `\\`, replaces `${NAME}`,
/// and reads a carriage return as a line feed.
pub fn render(members: &Members<'_>, out: &mut String) -> Result<(), Error> {
    let mark = |text: &str| if text.contains('\'') { '"' } else { '\'' };
    let differs = |text: &str| {
        let is_double = mark(text) == '"' && text.contains(['"', '\\', '$', '`']);
        let is_escape = text.contains("\\\\") || text.ends_with('\\');
        is_double || is_escape || text.contains('\r') || text.contains("${")
    };
    let why = "a value that readers of dotenv files interpret differently (a carriage return, \
               '${', a backslash at its end or before another, or a single quote beside '\"', \
               '\\', '$' or '`')";
    for (key, text) in assignable(members, |text| differs(text).then_some(why))? {
        let mark = mark(&text);
        out.push_str(key);
        out.push('=');
        out.push(mark);
        out.push_str(&text);
        out.push(mark);
        out.push('\n');
    }
    Ok(())
}

/// Reads a file as python-dotenv, Node and compose agree to. Nothing is expanded. What they read
/// differently is refused, or with `literal` taken as it stands.
pub fn parse(text: &str, literal: bool) -> Parsed {
    let replaced = text.contains('\r').then(|| Zeroizing::new(text.replace("\r\n", "\n")));
    let text = replaced.as_ref().map_or(text, |text| text.as_str());
    let mut reader = Reader { at: Place::new(text), literal, entries: Entries::of_lines(text) };
    while reader.at.peek().is_some() {
        if reader.plain_line() {
            continue;
        }
        reader.at.skip_blanks();
        match reader.at.peek() {
            None | Some('\n') => {}
            Some('#') => reader.at.skip_line(),
            Some(_) => {
                if let Err(problem) = reader.assignment() {
                    reader.entries.problem(problem);
                    reader.at.skip_line();
                }
            }
        }
        reader.at.next();
    }
    reader.entries.finish()
}

/// A place in the text.
#[derive(Clone)]
struct Place<'a> {
    rest: std::str::Chars<'a>,
    line: usize,
    column: usize,
}

impl<'a> Place<'a> {
    fn new(text: &'a str) -> Self {
        Place { rest: text.chars(), line: 1, column: 1 }
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        (self.line, self.column) =
            if c == '\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
        Some(c)
    }

    /// Skips characters within a line.
    fn skip_while(&mut self, is_skipped: impl Fn(char) -> bool) -> &'a str {
        let text = self.rest.as_str();
        let end = text.find(|c| !is_skipped(c)).unwrap_or(text.len());
        let (skipped, rest) = text.split_at(end);
        self.rest = rest.chars();
        self.column += skipped.chars().count();
        skipped
    }

    fn skip_blanks(&mut self) -> bool {
        !self.skip_while(is_blank).is_empty()
    }

    fn skip_line(&mut self) {
        self.skip_while(|c| c != '\n');
    }

    fn is_at_end_of_line(&self) -> bool {
        matches!(self.peek(), None | Some('\n'))
    }

    fn problem(&self, why: &str) -> Problem {
        Problem::new(self.line, self.column, why)
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Returns whether Python takes a character for white space, but not everybody.
fn is_odd_space(c: char) -> bool {
    matches!(c, '\u{1c}'..='\u{1f}') || (c.is_whitespace() && !is_blank(c))
}

struct Reader<'a> {
    at: Place<'a>,
    literal: bool,
    entries: Entries,
}

impl<'a> Reader<'a> {
    /// Reads a name, `=` and a value, up to the end of the line.
    fn assignment(&mut self) -> Result<(), Problem> {
        let mut start = self.at.clone();
        let mut key = self.name();
        if key == "export" && self.at.skip_blanks() {
            start = self.at.clone();
            key = self.name();
        }
        self.at.skip_blanks();
        if self.at.peek() != Some('=') {
            return Err(self.at.problem("a name and '=' are expected"));
        }
        if key.is_empty() || !key.bytes().all(of_name) {
            return Err(start
                .problem("a name that not all readers take (letters, digits, '_', '-' and '.')"));
        }
        self.at.next();
        self.at.skip_blanks();
        let mut problem = None;
        let value = self.value(&mut problem);
        match problem {
            Some(problem) => self.entries.problem(problem.of(key)),
            None => {
                let value = NewValue::Text(value.as_str().into());
                self.entries.add(start.line, start.column, key, value);
            }
        }
        Ok(())
    }

    fn name(&mut self) -> &'a str {
        self.at.skip_while(|c| !is_blank(c) && !matches!(c, '=' | '\n' | '#'))
    }

    /// Reads a line with a name and a value, perhaps behind `export`, in which nothing is special: most are. Otherwise reads
    /// nothing and returns false.
    fn plain_line(&mut self) -> bool {
        let text = self.at.rest.as_str();
        let end = memchr::memchr(b'\n', text.as_bytes());
        let line = &text[..end.unwrap_or(text.len())];
        let bare = line.strip_prefix("export ").unwrap_or(line);
        let Some((key, value)) = plain(bare) else { return false };
        let column = line.len() - bare.len() + 1;
        self.entries.add(self.at.line, column, key, NewValue::Text(value.into()));
        self.at.rest = text[line.len()..].chars();
        self.at.column += line.len();
        self.at.next();
        true
    }

    /// Reads a value. `problem` becomes the first place at which readers differ.
    fn value(&mut self, problem: &mut Option<Problem>) -> Zeroizing<String> {
        let start = self.at.clone();
        if let Some(mark @ ('\'' | '"')) = self.at.peek() {
            match self.quoted(mark, problem) {
                Ok(value) => return value,
                Err(_) if self.literal => self.at = start,
                Err(bad) => {
                    problem.get_or_insert(bad);
                    if self.at.peek().is_none() {
                        // Nothing closes the quote: what follows may still be read.
                        self.at = start;
                    }
                    self.at.skip_line();
                    return Zeroizing::default();
                }
            }
        }
        self.bare(problem)
    }

    fn quoted(
        &mut self,
        mark: char,
        problem: &mut Option<Problem>,
    ) -> Result<Zeroizing<String>, Problem> {
        let start = self.at.clone();
        let mut value = Zeroizing::new(String::new());
        self.at.next();
        loop {
            let here = self.at.clone();
            let Some(c) = self.at.next() else {
                return Err(start.problem("a quote that is not closed").literally());
            };
            match (mark, c) {
                _ if c == mark => break,
                ('"', '\\') => {
                    let escaped = self.at.next();
                    let known = match escaped {
                        Some('n') => Some('\n'),
                        Some('r') => Some('\r'),
                        Some('t') => Some('\t'),
                        Some(c @ ('"' | '\\')) => Some(c),
                        _ => None,
                    };
                    if known.is_none() {
                        value.push('\\');
                        self.differs(&here, "a backslash that readers take differently", problem);
                    }
                    value.extend(known.or(escaped));
                }
                ('\'', '\\') if matches!(self.at.peek(), Some('\'' | '\\')) => {
                    value.push('\\');
                    value.extend(self.at.next());
                    self.differs(&here, "a backslash that readers take differently", problem);
                }
                ('"', '$' | '`') => {
                    value.push(c);
                    self.differs(&here, outside(c), problem);
                }
                (_, '\r') => {
                    value.push(c);
                    self.differs(&here, "a carriage return inside a line", problem);
                }
                _ => value.push(c),
            }
        }
        let has_blank = self.at.skip_blanks();
        match self.at.peek() {
            Some('#') if has_blank => self.at.skip_line(),
            _ if self.at.is_at_end_of_line() => {}
            _ => return Err(self.at.problem("text behind the closing quote").literally()),
        }
        Ok(value)
    }

    /// Reads a value without quotes, to the end of the line or a comment.
    fn bare(&mut self, problem: &mut Option<Problem>) -> Zeroizing<String> {
        let mut value = Zeroizing::new(String::new());
        while !self.at.is_at_end_of_line() {
            let here = self.at.clone();
            let c = self.at.next().unwrap_or_default();
            match c {
                '#' if value.ends_with(' ') => {
                    self.at.skip_line();
                    break;
                }
                '#' => self.differs(&here, "'#', where a comment begins for some readers", problem),
                '$' | '`' => self.differs(&here, outside(c), problem),
                '\\' => self.differs(&here, "a backslash that readers take differently", problem),
                '\'' | '"' => self.differs(&here, "a quote inside a value without quotes", problem),
                '\r' => self.differs(&here, "a carriage return inside a line", problem),
                c if is_odd_space(c) => {
                    self.differs(&here, "white space that some readers cut off", problem);
                }
                _ => {}
            }
            value.push(c);
        }
        let end = value.trim_end_matches(is_blank).len();
        value.truncate(end);
        value
    }

    fn differs(&self, here: &Place, why: &str, problem: &mut Option<Problem>) {
        if !self.literal {
            problem.get_or_insert_with(|| here.problem(why).literally());
        }
    }
}

/// Describes what some readers expand.
fn outside(c: char) -> &'static str {
    match c {
        '$' => "'$' outside of single quotes, which some readers expand and some do not",
        _ => "a backtick, which some readers take as a quote or run",
    }
}

#[cfg(test)]
mod tests {
    use super::super::entries::tests::shown;
    use super::*;

    #[test]
    fn reads_what_all_readers_agree_on() {
        let text = "\n# comment\nA=b\n  export  B = 'x # $y'  # note\r\nC=\"l1\nl2\\n\\t\\\\\\\"\"\nD=\nE=two words # c\nF-g.h='${X}'\nG=x=y\n";
        assert_eq!(
            shown(parse(text, false)).unwrap(),
            ["A=b", "B=x # $y", "C=l1\nl2\n\t\\\"", "D=", "E=two words", "F-g.h=${X}", "G=x=y"]
        );
    }

    #[test]
    fn refuses_what_readers_take_differently_and_takes_it_literally() {
        for (line, column, why, literal) in [
            ("A=$2a$10$x", 3, "'$' outside", "$2a$10$x"),
            ("A=\"a$b\"", 5, "'$' outside", "a$b"),
            ("A=a`b", 4, "a backtick", "a`b"),
            ("A=abc#def", 6, "'#'", "abc#def"),
            ("A=#x", 3, "'#'", "#x"),
            ("A=a\t#x", 5, "'#'", "a\t#x"),
            ("A=C:\\dir", 5, "a backslash", "C:\\dir"),
            ("A=\"a\\d\"", 5, "a backslash", "a\\d"),
            ("A='a\\\\b'", 5, "a backslash", "a\\\\b"),
            ("A='it\\'s'", 6, "a backslash", "it\\'s"),
            ("A=a'b", 4, "a quote inside", "a'b"),
            ("A='ab", 3, "a quote that is not", "'ab"),
            ("A='a'b", 6, "text behind", "'a'b"),
            ("A='a'#b", 6, "text behind", "'a'#b"),
            ("A=a\rB=c", 4, "a carriage", "a\rB=c"),
            ("A=a\u{a0}", 4, "white space", "a\u{a0}"),
            ("A=\u{1c}a", 3, "white space", "\u{1c}a"),
        ] {
            let problems = shown(parse(line, false)).unwrap_err();
            assert!(
                problems.len() == 1 && problems[0].starts_with(&format!("1:{column} A {why}")),
                "{line}: {problems:?}"
            );
            assert_eq!(shown(parse(line, true)).unwrap(), [format!("A={literal}")], "{line}");
        }
    }

    #[test]
    fn reads_plain_values_as_all_others() {
        let marks = ["", "'", "\""];
        for byte in (1..=127u8).filter(|byte| *byte != b'\n') {
            let value = format!("a{}b", char::from(byte));
            for line in marks.map(|mark| format!("{mark}{value}{mark}")) {
                for line in [format!("K={line}"), format!("K{line}=x")] {
                    let mut all = reader(&line);
                    let read = all.assignment().is_ok() && all.at.is_at_end_of_line();
                    if let Some((key, value)) = plain(&line) {
                        assert!(read, "{line}");
                        assert_eq!(
                            shown(all.entries.finish()).unwrap(),
                            [format!("{key}={value}")]
                        );
                    }
                }
            }
        }
        for line in ["a=x", "B='x'", "c=", "d=''", "e-.f=a-b=c:/d", "export g=\"x y\""] {
            let mut reader = reader(line);
            assert!(reader.plain_line() && reader.at.peek().is_none(), "{line}");
        }
        let text = "a=x\n\nb='y'\r\nc=$z\nd=\na=1";
        let problems = shown(parse(text, false)).unwrap_err();
        assert_eq!(problems[1], "6:1 a the same key as in line 1");
        assert!(problems[0].starts_with("4:3 c "), "{problems:?}");
    }

    fn reader(line: &str) -> Reader<'_> {
        Reader { at: Place::new(line), literal: false, entries: Entries::default() }
    }

    #[test]
    fn names_every_place() {
        let text = "A=$x\nno assignment\nä=1\n=x\nB='open\nC=`\nC=ok\nC=twice\n";
        assert_eq!(
            shown(parse(text, false)).unwrap_err(),
            [
                "1:3 A '$' outside of single quotes, which some readers expand and some do not",
                "2:4 - a name and '=' are expected",
                "3:1 - a name that not all readers take (letters, digits, '_', '-' and '.')",
                "4:1 - a name that not all readers take (letters, digits, '_', '-' and '.')",
                "5:3 B a quote that is not closed",
                "6:3 C a backtick, which some readers take as a quote or run",
                "8:1 C the same key as in line 7",
            ]
        );
    }
}
