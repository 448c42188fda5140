//! What makes a change of the audit log show: each line carries its number in the run of the service
//! that wrote it, and the authentication code of all that it says. Several processes may write to one
//! file: each has a run of its own, whose first line names the last one that it found there.

use std::io::Write;

use ring::{hkdf, hmac};

/// Between a line and its code, which is what the line ends with.
const CODE: &str = ",\"code\":\"";
const END: &str = "\"}";
/// Digits of a run's name.
const RUN: usize = 16;

/// The key of the codes: derived from the operator's, or one that is no secret, with which whoever
/// can write the log can make it anew.
pub fn key(secret: Option<&[u8]>) -> hmac::Key {
    // Names of keys are signed with the secret itself: what a user names a key says nothing of this.
    let extracted =
        hkdf::Salt::new(hkdf::HKDF_SHA256, b"vdk audit log").extract(secret.unwrap_or_default());
    match extracted.expand(&[b"line"], hmac::HMAC_SHA256) {
        Ok(material) => material.into(),
        Err(ring::error::Unspecified) => unreachable!("a key of 32 bytes is within the bounds"),
    }
}

/// What a process writes at the end of its lines.
pub struct Coder {
    key: hmac::Key,
    run: String,
    line: u64,
    /// The run and the number of the line that was the last one in the file.
    after: Option<(String, u64)>,
}

impl Coder {
    /// One for a new run, which goes on in a file after this line.
    pub fn new(key: hmac::Key, run: u64, after: Option<(String, u64)>) -> Self {
        Coder { key, run: format!("{run:016x}"), line: 0, after }
    }

    /// Ends a line, a JSON object with members.
    pub fn end(&mut self, object: &mut Vec<u8>) {
        self.line += 1;
        object.pop();
        if let Some((run, line)) = self.after.as_ref().filter(|_| self.line == 1) {
            let _ = write!(object, ",\"after\":\"{run}/{line}\"");
        }
        let _ = write!(object, ",\"run\":\"{}\",\"line\":{}", self.run, self.line);
        let code = hmac::sign(&self.key, object);
        object.extend_from_slice(CODE.as_bytes());
        object.extend_from_slice(hexadecimal(code.as_ref()).as_bytes());
        object.extend_from_slice(END.as_bytes());
    }

    /// Takes the last line back: it is not written.
    pub fn back(&mut self) {
        self.line -= 1;
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])).collect()
}

fn is_run(text: &str) -> bool {
    text.len() == RUN && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A line as it is read.
pub struct Line<'a> {
    /// The run that wrote it.
    pub run: &'a str,
    /// Its number there, from 1.
    pub number: u64,
    /// The line that was the last one in the file when the run began.
    pub after: Option<(&'a str, u64)>,
    signed: &'a str,
    code: &'a str,
}

impl<'a> Line<'a> {
    /// Finds what a line ends with; `None` where that is nothing of ours.
    pub fn of(line: &'a str) -> Option<Self> {
        let (signed, code) = line.strip_suffix(END)?.rsplit_once(CODE)?;
        let (head, number) = signed.rsplit_once(",\"line\":")?;
        let (head, run) = head.strip_suffix('"')?.rsplit_once(",\"run\":\"")?;
        let after = head.strip_suffix('"').and_then(|head| head.rsplit_once(",\"after\":\""));
        let after =
            after.and_then(|(_, place)| place.split_once('/')).filter(|(run, _)| is_run(run));
        let after = after.and_then(|(run, number)| Some((run, number.parse().ok()?)));
        let number = number.parse().ok().filter(|number| *number > 0 && is_run(run))?;
        Some(Line { run, number, after: after.filter(|_| number == 1), signed, code })
    }

    /// Whether it is as it was written.
    pub fn is_whole(&self, key: &hmac::Key) -> bool {
        hexadecimal(hmac::sign(key, self.signed.as_bytes()).as_ref()) == self.code
    }
}
