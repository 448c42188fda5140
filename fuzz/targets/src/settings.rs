//! The properties file of the service: whatever is in it, the settings are sound or refused in
//! words that repeat no value; and what is written by the rules of Java reads back.

use arbitrary::Arbitrary;
use vdk_server::{SettingsError, Settings, Sources};

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    File(&'a [u8]),
    Pair(&'a str, &'a str),
}

/// In the value of each secret.
const MARK: &str = "k7-hidden-9w";

const SECRETS: [&str; 6] = [
    "spring.datasource.password",
    "vdk.vault.token",
    "vdk.vault.approle.secretid",
    "vdk.vault.approle.roleid",
    "vdk.audit.hmac-key",
    "vdk.access.webhook.refresh-token",
];

fuzz_target!(|input: Input<'_>| {
    match input {
        Input::File(bytes) => {
            let _ = settings(bytes);
            // A placeholder may put the secret where the operator wants it shown.
            for secret in SECRETS.iter().filter(|_| !contains(bytes, b"${")) {
                let mut file = bytes.to_vec();
                // A line that ends in a backslash goes on in the next one.
                file.extend_from_slice(format!("\n\n{secret}={MARK}\n").as_bytes());
                match settings(&file) {
                    Ok(settings) => assert!(!format!("{settings:?}").contains(MARK)),
                    Err(invalid) => assert!(
                        !invalid.to_string().contains(MARK) || contains(bytes, MARK.as_bytes()),
                        "{invalid}"
                    ),
                }
            }
        }
        Input::Pair(name, value) => {
            let file = format!("# c\n{}={}\n", escaped(name, true), escaped(value, false));
            let read = property(file.as_bytes(), name);
            assert_eq!(read.ok().flatten().as_deref(), Some(value), "{file:?}");
        }
    }
});

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// As `java.util.Properties.store` writes it, but for what is no ASCII, which stays.
fn escaped(text: &str, is_name: bool) -> String {
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        match c {
            ' ' if is_name || at == 0 => out.push_str("\\ "),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{c}' => out.push_str("\\f"),
            '\\' | '=' | ':' | '#' | '!' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// Reads the settings from a properties file with these bytes.
fn settings(file: &[u8]) -> Result<Settings, SettingsError> {
    let sources = Sources::default().with_bytes(file.to_vec())?;
    Settings::from_sources(&sources, "/nonexistent".into(), false)
}

/// Returns the value of `name` in a properties file with these bytes.
fn property(file: &[u8], name: &str) -> Result<Option<String>, SettingsError> {
    Ok(Sources::default().with_bytes(file.to_vec())?.in_file(name))
}
