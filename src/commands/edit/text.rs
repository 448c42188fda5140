//! What the editor gets, and what its text means.

use vdk_api::{Document, JsonText, escape};
use zeroize::Zeroizing;

use crate::formats::lines;

/// The keys that are edited.
pub enum Subject {
    /// All, as JSON.
    All,
    /// One, as text: the characters of a string, or JSON.
    One(String),
}

impl Subject {
    /// Returns the name of the file. Editors choose their colours by it.
    pub fn file_name(&self, job: &str, collection: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        let name = match self {
            Subject::All => format!("{job}.{collection}.json"),
            Subject::One(key) => format!("{job}.{collection}.{key}"),
        };
        let name: String = name.chars().take(120).map(plain).collect();
        name.trim_start_matches(['.', '-']).into()
    }

    /// Returns what the text is of, for one that is kept.
    pub fn identity(&self) -> String {
        match self {
            Subject::All => "all".into(),
            Subject::One(key) => format!("key {}", serde_json::Value::from(key.as_str())),
        }
    }

    /// Returns whether a document has an empty text in it, so that an empty file is no mistake.
    pub fn is_empty_in(&self, document: &Document) -> bool {
        let Subject::One(key) = self else { return false };
        document.get(key).and_then(JsonText::to_text).is_some_and(|text| text.is_empty())
    }

    /// Returns the text for the editor.
    pub fn text(&self, document: &Document) -> Zeroizing<String> {
        match self {
            Subject::All => lines(&document.to_json()),
            Subject::One(key) => match document.get(key) {
                None => Zeroizing::default(),
                Some(value) => value.to_text().unwrap_or_else(|| lines(value.expose())),
            },
        }
    }

    /// Returns the document that a text makes of `base`, or says why it is none.
    pub fn parse(&self, text: &str, base: &Document) -> Result<Document, String> {
        let Subject::One(key) = self else {
            let document = Document::parse(text).map_err(|error| error.to_string())?;
            return match document.duplicate() {
                Some(key) => Err(format!(
                    "the key '{}' occurs twice{}",
                    escape::line(key),
                    second_line(text, key)
                )),
                None => Ok(as_spelled(&document, base)),
            };
        };
        let mut document = base.clone();
        let stored = base.get(key);
        let value = match stored {
            // Not all strings of JSON are text.
            Some(value) if value.to_text().is_none() => {
                JsonText::parse(text.trim()).map_err(|error| error.to_string())?
            }
            _ => {
                // Editors end the last line, which may have had no end.
                let was_ended =
                    stored.and_then(JsonText::to_text).is_some_and(|t| t.ends_with('\n'));
                let cut = text.strip_suffix('\n').filter(|_| !was_ended);
                JsonText::from_text(cut.unwrap_or(text))
            }
        };
        document.set(key.as_str(), value);
        Ok(as_spelled(&document, base))
    }
}

/// Returns a document whose values are spelled as in `base` where they are the same, and without the
/// line breaks for the editor elsewhere.
fn as_spelled(document: &Document, base: &Document) -> Document {
    let each = document.iter().map(|(key, value)| {
        let same = base.get(key).filter(|old| old.is_exactly(value));
        (key.to_string(), same.cloned().unwrap_or_else(|| value.compact()))
    });
    each.collect()
}

/// Returns the line of the second place of a key, if no other line can be meant.
fn second_line(text: &str, key: &str) -> String {
    let spelled = format!("{}:", serde_json::Value::from(key));
    let found = text.lines().zip(1..).filter(|(line, _)| line.trim_start().starts_with(&spelled));
    match found.map(|(_, line)| line).collect::<Vec<_>>()[..] {
        [_, line] => format!(", again in line {line}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_was_not_changed() {
        let json = r#"{"s":"a\nb","e":"x\n","n":1.50,"big":123456789012345678901234567890,"o":{"a":[1,null]},"":"\u00e4","half":"\ud800","none":""}"#;
        let document = Document::parse(json).unwrap();
        let all = Subject::All;
        assert_eq!(*all.parse(&all.text(&document), &document).unwrap().to_json(), json);
        for key in document.keys() {
            let one = Subject::One(key.into());
            for end in ["", "\n"] {
                let text = format!("{}{end}", *one.text(&document));
                if key == "e" && end == "\n" {
                    continue;
                }
                assert_eq!(*one.parse(&text, &document).unwrap().to_json(), json, "{key}");
            }
        }
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let base = Document::parse(r#"{"n":1}"#).unwrap();
        let all = |text| Subject::All.parse(text, &base).unwrap_err();
        assert!(all("{\n  \"a\": x\n}").contains("line 2, column 8"));
        assert!(
            all("{\n  \"a\": 1,\n  \"b\": 2,\n  \"a\": 3\n}")
                .contains("'a' occurs twice, again in line 4")
        );
        let one = Subject::One("n".into());
        assert!(one.parse("x", &base).unwrap_err().contains("not valid JSON"));
        assert_eq!(*one.parse("2.50\n", &base).unwrap().to_json(), r#"{"n":2.50}"#);
        let new = Subject::One("new".into());
        assert_eq!(*new.parse("a\nb\n", &base).unwrap().to_json(), r#"{"n":1,"new":"a\nb"}"#);
    }
}
