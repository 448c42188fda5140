//! `import`: any text is read or refused, and what `export` writes is read back.

use arbitrary::Arbitrary;
use vdk::formats::{Format, members, parse};
use vdk_api::{Document, JsonText};
use vdk_client::change::NewValue;

const FORMATS: [&str; 7] = ["json", "yaml", "dotenv", "docker", "k8s", "properties", "toml"];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    format: u8,
    literal: bool,
    text: &'a str,
    values: Vec<(&'a str, bool, &'a str)>,
}

fuzz_target!(|input: Input<'_>| {
    let format = FORMATS[usize::from(input.format) % FORMATS.len()];
    if let Err(problems) = parse(input.text, format, input.literal) {
        assert!(!problems.is_empty());
        for problem in problems {
            assert!(problem.line > 0 && problem.column > 0, "{problem:?}");
            // The end of the text may be told as the line behind it.
            let lines = input.text.matches(['\n', '\r']).count() + 2;
            assert!(problem.line <= lines, "{problem:?}");
        }
    }
    let mut document = Document::default();
    for (key, is_text, text) in input.values.iter().take(8) {
        let json = if *is_text { None } else { JsonText::parse(text).ok() };
        document.set(*key, json.unwrap_or_else(|| JsonText::from_text(text)));
    }
    for (name, format) in
        [("json", Format::Json), ("yaml", Format::Yaml), ("dotenv", Format::Dotenv)]
    {
        let Ok(written) = members(&document.iter().collect(), format) else { continue };
        let read = match parse(&written, name, false) {
            Ok(read) => read,
            Err(problems) => {
                // YAML has no half of a surrogate pair, and no object with a key twice.
                let is_known = written.to_lowercase().contains("\\ud")
                    || problems.iter().any(|problem| problem.why.contains("twice"));
                assert!(name == "yaml" && is_known, "{name}: {written:?} {problems:?}");
                continue;
            }
        };
        assert_eq!(read.len(), document.len(), "{name}");
        for ((key, value), (expected, old)) in read.iter().zip(document.iter()) {
            let is_same = match value {
                NewValue::Json(value) => value.is_exactly(old),
                NewValue::Text(text) => is_text(text, old),
            };
            assert!(key == expected && is_same, "{name}: {written:?}");
        }
    }
});

fn is_text(text: &secrecy::SecretString, value: &JsonText) -> bool {
    use secrecy::ExposeSecret;
    match value.to_text() {
        Some(old) => *old == text.expose_secret(),
        None => value.expose() == text.expose_secret(),
    }
}
