//! Key/values as JSON text: what is taken is kept to the byte, what is refused is not quoted, and
//! what is printed is the same values.

use serde_json::Value;
use vdk::formats::{Format, members};
use vdk_api::{Document, JsonText, json};

/// A text that no message of ours has in it.
const MARK: &str = "s3cr3t";

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    value(text);
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            assert!(!error.to_string().contains(MARK));
            let depth = json::depth(text);
            let is_object = matches!(serde_json::from_str(text), Ok(Value::Object(_)));
            assert!(!is_object || depth > vdk_api::MAX_DEPTH, "refused: {error}");
            return;
        }
    };
    // The parser of serde_json is another one: it builds the values.
    let members = match serde_json::from_str(text) {
        Ok(Value::Object(members)) => members,
        // Half of a pair of surrogates is no character that it could build.
        _ if text.contains("\\u") => return,
        other => panic!("we take it, and serde_json says {other:?}"),
    };
    assert_eq!(members.len(), document.len());
    for (key, value) in document.iter() {
        assert_eq!(serde_json::from_str::<Value>(value.expose()).ok().as_ref(), members.get(key));
        assert!(text.contains(value.expose()), "no value is written anew");
    }
    assert!(!format!("{document:?}").contains(MARK) || document.keys().any(|k| k.contains(MARK)));
    let written = document.to_json();
    let again = Document::parse(&written).unwrap();
    assert_eq!(*again.to_json(), *written);
    assert_eq!(again.duplicate(), None);
    let pairs = |document: &Document| -> Vec<(String, String)> {
        document.iter().map(|(k, v)| (k.to_string(), v.expose().to_string())).collect()
    };
    assert_eq!(pairs(&again), pairs(&document));
    assert_eq!(json::keys(&written).count(), document.len());
    printed(&document);
});

/// What goes to a terminal, a file or a pipe.
fn printed(document: &Document) {
    let value = |text: &str| serde_json::from_str::<Value>(text).ok();
    let json = render(document, "json").unwrap();
    assert!(json.is_ascii() && json.ends_with("}\n"));
    assert_eq!(value(&json), value(&document.to_json()));
    for format in ["text", "yaml"] {
        let shown = render(document, format).unwrap();
        let bad = |c: char| c.is_control() && c != '\n';
        assert!(!shown.contains(bad), "{format} has control characters: {shown:?}");
    }
    if document.len() == 1
        && let Some((_, only)) = document.iter().next()
    {
        let raw = render(document, "raw").unwrap();
        let text = only.to_text().map_or_else(|| only.expose().to_string(), |t| t.to_string());
        assert_eq!(raw, text);
    }
}

/// One value: its type, and that it is the same as itself however it is written.
fn value(text: &str) {
    let Ok(one) = JsonText::parse(text) else { return };
    let Ok(parsed) = serde_json::from_str::<Value>(one.expose()) else { return };
    let kind = one.kind().to_string();
    assert_eq!(kind == "a string", one.expose().starts_with('"'));
    assert_eq!(kind == "an object", parsed.is_object());
    assert_eq!(kind == "an array", parsed.is_array());
    assert!(one.same_as(&one) && one.is_exactly(&one));
    if let Ok(respaced) = serde_json::to_string_pretty(&parsed)
        && let Ok(other) = JsonText::parse(&respaced)
        && parsed != Value::Null
        && !text.contains("\\u")
    {
        assert!(one.is_exactly(&other) || has_twice(&one), "{text} {respaced}");
        assert_eq!(one.same_as(&other), other.same_as(&one));
    }
    if let Some(text) = one.to_text() {
        assert_eq!(JsonText::from_text(&text).to_text().as_deref(), Some(&*text));
    }
}

/// Whether an object in it has a key twice: which of them counts is nobody's rule.
fn has_twice(value: &JsonText) -> bool {
    value.expose().contains('{')
}

/// Renders key/values in the named format.
fn render(document: &Document, format: &str) -> Result<String, String> {
    let format = Format::parse(format).unwrap();
    let printed = members(&document.iter().collect(), format);
    printed.map(|text| text.to_string()).map_err(|error| error.to_string())
}
