//! Authentication codes that reveal changes of the audit log. Each line carries its number in the
//! run of the service that wrote it, and a code of its whole content. Several processes may write
//! to one file: each has its own run, whose first line names the last line that it found there.

use std::io::Write;

use ring::{hkdf, hmac};

/// Separator between a line and its code, which ends the line.
const CODE: &str = ",\"code\":\"";
const END: &str = "\"}";
/// Length of a run's name, in digits.
const RUN: usize = 16;

/// Derives the key of the codes from the operator's secret. Without a secret, the key is public:
/// anybody who can write the log can forge lines.
pub fn key(secret: Option<&[u8]>) -> hmac::Key {
    // The secret itself signs the names of keys. A name that a user chooses must not give a code.
    let extracted =
        hkdf::Salt::new(hkdf::HKDF_SHA256, b"vdk audit log").extract(secret.unwrap_or_default());
    match extracted.expand(&[b"line"], hmac::HMAC_SHA256) {
        Ok(material) => material.into(),
        Err(ring::error::Unspecified) => unreachable!("a key of 32 bytes is within the bounds"),
    }
}

/// The writer of the codes that end the lines of a process.
pub struct Coder {
    key: hmac::Key,
    run: String,
    line: u64,
    /// The run and the number of the last line that was in the file.
    after: Option<(String, u64)>,
}

impl Coder {
    /// Starts a new run in a file that ends with the line `after`.
    pub fn new(key: hmac::Key, run: u64, after: Option<(String, u64)>) -> Self {
        Coder { key, run: format!("{run:016x}"), line: 0, after }
    }

    /// Adds place and code to the end of a line, a JSON object that is not empty.
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

    /// Takes the last numbers back because their lines were not written.
    pub fn back(&mut self, lines: u64) {
        self.line -= lines;
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])).collect()
}

fn is_run(text: &str) -> bool {
    text.len() == RUN && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A parsed line.
pub struct Line<'a> {
    /// The run that wrote the line.
    pub run: &'a str,
    /// The number of the line in its run, from 1.
    pub number: u64,
    /// The last line in the file at the start of the run.
    pub after: Option<(&'a str, u64)>,
    signed: &'a str,
    code: &'a str,
}

impl<'a> Line<'a> {
    /// Parses the end of a line; `None` if it has another form.
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

    /// Returns whether the line matches its code.
    pub fn is_whole(&self, key: &hmac::Key) -> bool {
        hexadecimal(hmac::sign(key, self.signed.as_bytes()).as_ref()) == self.code
    }
}
