//! Generates any key/values as JSON text. They contain what a careless reader changes: long
//! numbers, every way to write a character, white space, nesting.

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// Keys and the texts of their values.
pub type Members = Vec<(String, String)>;

/// Returns a configuration with `cases` cases, or with `PROPTEST_CASES` if that is more. Keeps an
/// input that fails beside the test.
pub fn cases(cases: u32) -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: wanted.unwrap_or(0).max(cases),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// Generates up to `most` members with different keys.
pub fn members(most: usize) -> impl Strategy<Value = Members> {
    prop::collection::vec((key(), value()), 0..=most).prop_map(|mut members| {
        let mut seen = HashSet::new();
        members.retain(|(key, _)| seen.insert(key.clone()));
        members
    })
}

/// Returns the text of an object with these members, without white space between them.
pub fn object(members: &Members) -> String {
    let member = |(key, value): &(String, String)| {
        // Only characters that must be escaped are.
        format!("{}:{value}", serde_json::to_string(key).unwrap())
    };
    format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
}

/// Generates a key: a usual name, or any text.
pub fn key() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z][a-z0-9_.-]{0,12}", 1 => "\\PC{0,8}", 1 => any::<String>()]
}

/// Generates a value of any type, at most a few levels deep.
pub fn value() -> impl Strategy<Value = String> {
    prop_oneof![2 => scalar(), 1 => nested()]
}

fn nested() -> impl Strategy<Value = String> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        let member = (space(), string(), space(), inner.clone(), space());
        prop_oneof![
            prop::collection::vec((space(), inner), 0..4).prop_map(|items| {
                let items = items.iter().map(|(space, item)| format!("{space}{item}{space}"));
                format!("[{}]", items.collect::<Vec<_>>().join(","))
            }),
            prop::collection::vec(member, 0..4).prop_map(|members| {
                let members =
                    members.iter().map(|(a, key, b, item, c)| format!("{a}{key}{b}:{c}{item}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => string(),
        1 => Just("null".to_string()),
        1 => any::<bool>().prop_map(|truth| truth.to_string()),
        2 => "-?(0|[1-9][0-9]{0,29})",
        2 => "-?(0|[1-9][0-9]{0,12})\\.[0-9]{1,25}",
        1 => "-?[1-9](\\.[0-9]{1,3})?[eE][+-]?[0-9]{1,3}",
        1 => prop::sample::select(vec!["1e400", "-1E400", "1e-400", "-0", "-0.0", "1.50"])
            .prop_map(String::from),
    ]
}

/// Generates a string with its quotes. Each character is written in one of its possible ways.
fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[ -!#-\\[\\]-~]{1,6}",
        2 => "[\\u{7f}-\\u{10ffff}]",
        1 => r#"\\["\\/bfnrt]"#,
        1 => r"\\u00[0-9a-fA-F]{2}",
        1 => r"\\ud83d\\ude0[0-9]",
        // Half of a surrogate pair: no text can contain it, but it must be kept.
        1 => r"\\ud[89a-f][0-9a-f]{2}",
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![6 => Just(""), 1 => Just(" "), 1 => Just("\n\t\r ")]
}
