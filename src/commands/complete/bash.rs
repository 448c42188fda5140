//! A line of bash, as completion gets it: split into words, with the quotes around them taken away, and
//! put back around what is inserted. bash itself gives words with their quotes, and splits them where
//! `COMP_WORDBREAKS` has a character, such as `=` and `:`.

/// A line of bash, split at the cursor.
#[derive(Debug, Default, PartialEq)]
pub struct BashLine {
    /// All words, without quotes and redirections. That of the cursor ends there.
    pub words: Vec<String>,
    /// The index of the word of the cursor.
    pub at: usize,
    /// For each word, its index among those that bash makes of the line.
    pub indices: Vec<usize>,
    /// Whether the word of the cursor is the file of a redirection.
    pub is_redirection: bool,
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
        let mut splitter = Splitter { breaks, ..Splitter::default() };
        splitter.run(before);
        splitter.begin();
        let at = splitter.words.len() - 1;
        let (kept, quote) = (splitter.kept, splitter.quote.take());
        // What stands right behind the cursor belongs to its word, and is not looked at.
        splitter.is_open = false;
        splitter.run(after.find([' ', '\t']).map_or("", |end| &after[end..]));
        let mut parsed = BashLine { kept, quote, ..BashLine::default() };
        let mut index = 0;
        for (number, word) in splitter.words.into_iter().enumerate() {
            if number == at {
                (parsed.at, parsed.is_redirection) = (parsed.words.len(), word.is_redirection);
            }
            if number == at || !word.is_redirection {
                parsed.words.push(word.text);
                parsed.indices.push(index);
            }
            index += word.parts;
        }
        parsed
    }

    /// Returns what bash is to insert for `candidate`, a whole word that begins with what is typed.
    pub fn insertion(&self, candidate: &str) -> String {
        let rest: String = candidate.chars().skip(self.kept).collect();
        let mut quoted = match self.quote {
            Some('\'') => rest.replace('\'', "'\\''"),
            // No escape within these quotes keeps bash from looking for an older command.
            Some(_) => escaped(&rest, |c| "\"\\$`".contains(c)).replace('!', "\"\\!\""),
            None => escaped(&rest, |c| " \"'\\$`&|;<>()[]{}*?!#~".contains(c)),
        };
        // bash closes the quote, unless it takes the last character for the end of it.
        if let Some(quote) = self.quote.filter(|quote| quoted.ends_with(*quote)) {
            quoted.push(quote);
        }
        quoted
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

#[derive(Debug, Default)]
struct Word {
    text: String,
    /// Into how many words bash splits it.
    parts: usize,
    /// The operator of a redirection, or the file behind it.
    is_redirection: bool,
}

#[derive(Default)]
struct Splitter<'a> {
    breaks: &'a str,
    words: Vec<Word>,
    /// Whether the last word has begun and not ended.
    is_open: bool,
    quote: Option<char>,
    kept: usize,
    /// Whether the last character was one at which bash splits; `None` at the beginning of a word.
    was_break: Option<bool>,
    /// Whether the next word is the file of a redirection.
    redirects: bool,
}

impl Splitter<'_> {
    fn begin(&mut self) {
        if !self.is_open {
            let is_redirection = std::mem::take(&mut self.redirects);
            self.words.push(Word { parts: 1, is_redirection, ..Word::default() });
            (self.is_open, self.kept, self.was_break) = (true, 0, None);
        }
    }

    fn push(&mut self, c: char, is_break: bool) {
        self.begin();
        if let Some(word) = self.words.last_mut() {
            word.text.push(c);
            // Each run of such characters, and each run of others, is a word of bash.
            word.parts += usize::from(self.was_break.is_some_and(|was| was != is_break));
        }
        self.was_break = Some(is_break);
        if is_break {
            // readline replaces these two as well.
            self.kept = self.length() - usize::from(matches!(c, '@' | '$'));
        }
    }

    fn length(&self) -> usize {
        self.words.last().map_or(0, |word| word.text.chars().count())
    }

    /// Begins a redirection. Digits or `&` right before its operator belong to it.
    fn redirect(&mut self) {
        let is_number = |word: &Word| word.text.chars().all(|c| c.is_ascii_digit() || c == '&');
        match self.words.last_mut().filter(|word| self.is_open && is_number(word)) {
            Some(word) => {
                word.is_redirection = true;
                word.parts += 1;
            }
            None => {
                (self.is_open, self.redirects) = (false, true);
                self.begin();
            }
        }
        (self.is_open, self.redirects) = (false, true);
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
                (None, '<' | '>') => {
                    self.redirect();
                    while chars.next_if(|c| "<>&|".contains(*c)).is_some() {}
                }
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

    const BREAKS: &str = " \t\n\"'@><=;|&(:";

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
            ("vdk <in 2>err -n a >> all 2>&1 b|", &["vdk", "-n", "a", "b"], 3),
            ("vdk > | -n a", &["vdk", "", "-n", "a"], 1),
            ("vdk a'>'b | >x", &["vdk", "a>b", ""], 2),
        ] {
            let parsed = parse(line);
            assert_eq!(
                (parsed.words, parsed.at),
                (words.iter().map(|w| w.to_string()).collect(), at),
                "{line}"
            );
        }
        assert_eq!(parse("vdk --only=a:b 'x=y' |").indices, [0, 1, 6, 7]);
        assert!(parse("vdk >a|").is_redirection && !parse("vdk >a |").is_redirection);
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
            ("vdk --get \"a|", "a!b", r#"a"\!"b"#),
            ("vdk --get 'a|", "a!b'", r"a!b'\'''"),
            ("vdk --get at@h|", "at@host", "@host"),
            ("vdk --get a=~r|", "a=~root", r"\~root"),
        ] {
            assert_eq!(parse(line).insertion(candidate), inserted, "{line}");
        }
    }
}
