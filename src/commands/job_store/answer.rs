//! The answers of `vdk job-store`, a line of JSON each, and who is to blame for an error.

use vdk_api::{Document, JsonText, escape};
use vdk_client::config::{LOCAL, Target};
use vdk_client::service::Snapshot;
use vdk_client::{Error, ErrorKind};
use zeroize::Zeroizing;

use crate::error::Exit;

/// Returns the answer to the question where key/values are.
pub fn place(target: Option<&Target>) -> Zeroizing<String> {
    let place = match target {
        Some(Target::Local) => JsonText::from_text(LOCAL).expose().to_string(),
        Some(Target::Service(base)) => JsonText::from_text(base.as_str()).expose().to_string(),
        None => "null".into(),
    };
    Zeroizing::new(format!("{{\"place\":{place}}}\n"))
}

/// Returns key/values that were read, with their version.
pub fn document(snapshot: &Snapshot) -> Zeroizing<String> {
    let mut json = snapshot.document.to_json();
    // What others stored may have lines within a value.
    if json.contains(['\n', '\r'])
        && let Ok(value) = JsonText::parse(&json)
    {
        json = Zeroizing::new(value.compact().expose().into());
    }
    Zeroizing::new(format!("{{\"document\":{},\"version\":{}}}\n", *json, number(snapshot.version)))
}

/// Returns the answer that `version` is still the newest.
pub fn unchanged(version: u64) -> Zeroizing<String> {
    Zeroizing::new(format!("{{\"unchanged\":true,\"version\":{version}}}\n"))
}

/// Returns the answer that a change is stored, in `version` if it is known.
pub fn written(version: Option<u64>) -> Zeroizing<String> {
    Zeroizing::new(format!("{{\"version\":{}}}\n", number(version)))
}

fn number(version: Option<u64>) -> String {
    version.map_or("null".into(), |version| version.to_string())
}

/// What an error is about.
#[derive(Clone, Copy)]
pub enum Stage<'a> {
    /// The request itself.
    Request,
    /// Settings, login and keys, for this target if it is known.
    Setup(Option<&'a Target>),
    /// What the target reads and writes.
    Store(&'a Target),
}

/// Returns an error, and who can mend it.
pub fn error(error: &Error, stage: Stage) -> Zeroizing<String> {
    let body = &error.body;
    let mut parts = Document::default();
    for (name, part) in [
        ("what", &body.what),
        ("why", &body.why),
        ("consequences", &body.consequences),
        ("countermeasures", &body.countermeasures),
    ] {
        parts.set(name, JsonText::from_text(&escape::lines(part)));
    }
    let exit = Exit::from(error.kind) as u8;
    let status = error.status.map(|status| format!("\"status\":{status},")).unwrap_or_default();
    let blame = blame(error, stage);
    let parts = parts.to_json();
    Zeroizing::new(format!(
        "{{\"error\":{},\"exit\":{exit},{status}\"blame\":\"{blame}\"}}\n",
        *parts
    ))
}

/// Returns who can mend an error: `user` is the job's author, `config` whoever configures vdk where the
/// job runs, `platform` whoever runs the Control Service.
fn blame(error: &Error, stage: Stage) -> &'static str {
    let is_here =
        !matches!(stage, Stage::Setup(Some(Target::Service(_))) | Stage::Store(Target::Service(_)));
    match (error.kind, error.status) {
        _ if matches!(stage, Stage::Request) => "user",
        (_, Some(401)) => "config",
        (_, Some(403)) | (ErrorKind::NotFound, _) | (ErrorKind::Usage, Some(_)) => "user",
        // What the store of this machine refuses is too large.
        (ErrorKind::Usage, None) if matches!(stage, Stage::Store(Target::Local)) => "user",
        (ErrorKind::Usage | ErrorKind::NotAllowed | ErrorKind::Cancelled, _) => "config",
        (ErrorKind::Unavailable, _) if is_here => "config",
        (ErrorKind::Unavailable | ErrorKind::Conflict | ErrorKind::Unknown, _) => "platform",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn answers_in_one_line() {
        let document = Document::parse("{\"a\":[1.50,\n\t{}],\"b\":\"\\n\"}").unwrap();
        let snapshot = Snapshot { document, is_readable: true, tag: None, version: None };
        assert_eq!(
            *super::document(&snapshot),
            "{\"document\":{\"a\":[1.50,{}],\"b\":\"\\n\"},\"version\":null}\n"
        );
        let error = Error::new(ErrorKind::NotAllowed, "No.\nReally").why("\u{1b}");
        let text = super::error(&error, Stage::Store(&Target::Local));
        assert_eq!(text.matches('\n').count(), 1);
        assert!(text.contains("\"exit\":3") && text.contains("\"blame\":\"config\""), "{}", *text);
    }
}
