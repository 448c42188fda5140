//! A line of bash, as completion gets it: split into words, with the quotes around them taken away, and
//! put back around what is inserted. bash itself gives words with their quotes, and splits them where
//! `COMP_WORDBREAKS` has a character, such as `=` and `:`.

/// A line of bash, split at the cursor.
#[derive(Debug, Default, PartialEq)]
pub struct BashLine {
    /// All words, without quotes. That of the cursor ends there.
    pub words: Vec<String>,
    /// The index of the word of the cursor.
    pub at: usize,
    /// For each word, into how many words bash splits it.
    pub parts: Vec<usize>,
    /// Characters of the cursor's word that are in front of the part that bash replaces.
    kept: usize,
    /// The quote that is open at the cursor.
    quote: Option<char>,
}

impl BashLine {
    /// Splits `line`, whose cursor is behind `point` characters.
    pub fn parse(line: &str, point: usize, breaks: &str) -> Self {
        let cut = line.char_indices().nth(point).map_or(line.len(), |(at, _)| at);
        let (before, after) = line.split_at(cut);
        let mut left = Splitter { breaks, ..Splitter::default() };
        left.run(before);
        left.begin();
        let at = left.words.len() - 1;
        // What stands right behind the cursor belongs to its word, and is not looked at.
        let rest = after.find([' ', '\t']).map_or("", |end| &after[end..]);
        let mut right = Splitter { breaks, ..Splitter::default() };
        right.run(rest);
        let (kept, quote) = (left.kept, left.quote);
        let (mut words, mut parts) = (left.words, left.parts);
        words.extend(right.words);
        parts.extend(right.parts);
        BashLine { words, at, parts, kept, quote }
    }

    /// Returns what bash is to insert for `candidate`, a whole word that begins with what is typed.
    pub fn insertion(&self, candidate: &str) -> String {
        let rest: String = candidate.chars().skip(self.kept).collect();
        match self.quote {
            Some('\'') => rest.replace('\'', "'\\''"),
            Some(_) => escaped(&rest, |c| "\"\\$`".contains(c)),
            None => {
                let tilde = if rest.starts_with('~') { "\\" } else { "" };
                tilde.to_string() + &escaped(&rest, |c| " \"'\\$`&|;<>()[]{}*?!#".contains(c))
            }
        }
    }
}

fn escaped(text: &str, is_special: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_special(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[derive(Default)]
struct Splitter<'a> {
    breaks: &'a str,
    words: Vec<String>,
    parts: Vec<usize>,
    /// Whether the last word has begun and not ended.
    is_open: bool,
    quote: Option<char>,
    kept: usize,
    /// Whether the last character was one at which bash splits; `None` at the beginning of a word.
    was_break: Option<bool>,
}

impl Splitter<'_> {
    fn begin(&mut self) {
        if !self.is_open {
            self.words.push(String::new());
            self.parts.push(1);
            (self.is_open, self.kept, self.was_break) = (true, 0, None);
        }
    }

    fn push(&mut self, c: char, is_break: bool) {
        self.begin();
        if let (Some(word), Some(parts)) = (self.words.last_mut(), self.parts.last_mut()) {
            word.push(c);
            // Each run of such characters, and each run of others, is a word of bash.
            *parts += usize::from(self.was_break.is_some_and(|was| was != is_break));
        }
        self.was_break = Some(is_break);
        if is_break {
            self.kept = self.length();
        }
    }

    fn length(&self) -> usize {
        self.words.last().map_or(0, |word| word.chars().count())
    }

    fn run(&mut self, text: &str) {
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match (self.quote, c) {
                (Some(quote), c) if c == quote => self.quote = None,
                (Some('"'), '\\') if chars.peek().is_some_and(|c| "\"\\$`".contains(*c)) => {
                    chars.next().into_iter().for_each(|c| self.push(c, false));
                }
                (Some(_), c) => self.push(c, false),
                (None, ' ' | '\t' | '\n') => self.is_open = false,
                (None, '\'' | '"') => {
                    self.begin();
                    self.quote = Some(c);
                    // bash replaces what is behind a quote that is open.
                    if !chars.clone().any(|other| other == c) {
                        self.kept = self.length();
                    }
                }
                (None, '\\') => chars.next().into_iter().for_each(|c| self.push(c, false)),
                (None, c) => self.push(c, self.breaks.contains(c)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKS: &str = " \t\n\"'><=;|&(:";

    fn parse(line: &str) -> BashLine {
        // The cursor is at the bar.
        let point = line.chars().position(|c| c == '|').unwrap();
        BashLine::parse(&line.replacen('|', "", 1), point, BREAKS)
    }

    #[test]
    fn splits_as_bash_does() {
        for (line, words, at) in [
            ("vdk secrets --get |", &["vdk", "secrets", "--get", ""][..], 3),
            ("vdk  -n 'a b' \"c\\\"d\" e\\ f g|", &["vdk", "-n", "a b", "c\"d", "e f", "g"], 5),
            ("vdk --get d|xyz -n j", &["vdk", "--get", "d", "-n", "j"], 2),
            ("vdk --get | -n j", &["vdk", "--get", "", "-n", "j"], 2),
            ("vdk '' |", &["vdk", "", ""], 2),
            ("vdk \"a b|", &["vdk", "a b"], 1),
            ("vdk ü|ä", &["vdk", "ü"], 1),
        ] {
            let parsed = parse(line);
            assert_eq!(
                (parsed.words, parsed.at),
                (words.iter().map(|w| w.to_string()).collect(), at),
                "{line}"
            );
        }
        assert_eq!(parse("vdk --only=a:b 'x=y' |").parts, [1, 5, 1, 1]);
    }

    #[test]
    fn inserts_with_the_quotes_that_are_open() {
        for (line, candidate, inserted) in [
            ("vdk --get a|", "a b$c", r"a\ b\$c"),
            ("vdk --get \"a|", "a b$c", r"a b\$c"),
            ("vdk --get 'a|", "a b$'c", r"a b$'\''c"),
            ("vdk --get=a|", "--get=a b", r"a\ b"),
            ("vdk --get=\"a:b|", "--get=a:b c", "a:b c"),
            ("vdk --get a:b|", "a:bc", "bc"),
            ("vdk --get |", "~x", r"\~x"),
            ("vdk --get \"a\"|", "ab c", r"ab\ c"),
        ] {
            assert_eq!(parse(line).insertion(candidate), inserted, "{line}");
        }
    }
}
