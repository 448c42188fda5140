//! The audit log: one JSON line for each request of a known client, with key names and never a
//! value. Requests of all other clients share one line per address and minute. A request is refused
//! if its line cannot be written: room for the line of a write is reserved on the disk first. If
//! that line fails all the same, it is kept, and nothing else is done until it is written.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use ring::hmac;
use serde::Serialize;

mod chain;
mod file;
mod strangers;
pub mod verify;

use chain::Coder;
pub use file::tail;
use file::{Place, last_line, open, reserve, room};
use strangers::Strangers;

/// Most key names in one line; `keyCount` holds the number of all.
const KEYS_NAMED: usize = 256;
/// Most characters of one key name in a line.
const NAME_SHOWN: usize = 256;
/// Bytes of the log's disk that lines about unknown clients leave free, but at most a tenth of it.
const NOT_FOR_STRANGERS: u64 = 64 * 1024 * 1024;

/// The destination of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nowhere: no lines are written.
    None,
    /// Standard output.
    Stdout,
    /// A file, appended to.
    File(PathBuf),
}

/// The audit log.
pub struct Audit {
    target: Target,
    out: Mutex<Out>,
    hmac: Option<hmac::Key>,
    blocked: AtomicBool,
    strangers: Strangers,
    /// True while lines about unknown clients wait for disk space.
    holds_back: AtomicBool,
}

struct Out {
    place: Place,
    coder: Coder,
    /// Bytes to write before anything else, such as lines of writes that could not be written.
    owed: Vec<u8>,
}

/// The record of a request, completed while the request runs.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The time of the request: RFC 3339, UTC.
    pub time: String,
    /// The id of the operation.
    pub op_id: String,
    /// The client: a user, a service account, or `anonymous`.
    pub who: String,
    /// The address that the request came from.
    pub from: String,
    /// The origin of the request according to a proxy. A client can forge it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarded_for: Option<String>,
    /// The method of the request.
    pub method: String,
    /// The requested operation: collection and verb, or `none`.
    pub operation: &'static str,
    /// The team, if the request names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The job, if the request names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// The grantee whose access was granted or revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grantee: Option<String>,
    /// The role that was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The names of the keys that were read or written, or their HMACs: a JSON array.
    #[serde(skip)]
    pub keys: Option<String>,
    /// The number of keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_count: Option<usize>,
    /// The version that was read or written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The status of the response.
    pub status: u16,
    /// The number of requests, if the line sums up those of an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The address under which the request is counted, if its client did not identify itself.
    #[serde(skip)]
    pub stranger: Option<String>,
}

impl Audit {
    /// Opens the log. If `hmac_key` is given, key names are replaced by their HMAC-SHA256 under it.
    pub fn open(target: Target, hmac_key: Option<&[u8]>) -> io::Result<Self> {
        let place = open(&target)?;
        let (last, is_torn) = last_line(&target);
        let coder = Coder::new(chain::key(hmac_key), fastrand::u64(..), last);
        let owed = if is_torn { b"\n".to_vec() } else { Vec::new() };
        let out = Mutex::new(Out { place, coder, owed });
        let hmac = hmac_key.map(|key| hmac::Key::new(hmac::HMAC_SHA256, key));
        Ok(Audit {
            target,
            out,
            hmac,
            blocked: AtomicBool::new(false),
            strangers: Strangers::default(),
            holds_back: AtomicBool::new(false),
        })
    }

    /// Returns the log's file, if it is a file.
    pub fn file(&self) -> Option<&Path> {
        match &self.target {
            Target::File(path) => Some(path),
            Target::None | Target::Stdout => None,
        }
    }

    /// Reopens the log after it was moved away. If that fails, the old file stays in use.
    pub fn reopen(&self) -> io::Result<()> {
        let fresh = open(&self.target)?;
        self.lock().place = fresh;
        Ok(())
    }

    /// Returns whether a line could not be written or had no room, and there is still none.
    pub fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::Relaxed) && self.reserve().is_err()
    }

    /// Returns the bytes of lines that are still to be written; `None` while one is being written.
    pub fn owed(&self) -> Option<usize> {
        self.out.try_lock().ok().map(|out| out.owed.len())
    }

    /// Ensures that one more line can be written.
    pub fn reserve(&self) -> io::Result<()> {
        let mut out = self.lock();
        let result = out.settle().and_then(|()| match &mut out.place {
            Place::File { file, reserved_until } => reserve(file, reserved_until),
            _ => Ok(()),
        });
        self.blocked.store(result.is_err(), Ordering::Relaxed);
        result
    }

    /// Writes one line. If that fails and `must` is set, because the request has already been
    /// carried out, the line is kept and written first later.
    pub fn write(&self, entry: &Entry, must: bool) -> io::Result<()> {
        if self.target == Target::None {
            return Ok(());
        }
        let mut line = serde_json::to_vec(entry)?;
        if let Some(keys) = &entry.keys {
            line.pop();
            line.extend_from_slice(b",\"keys\":");
            line.extend_from_slice(keys.as_bytes());
            line.push(b'}');
        }
        let mut line = harmless(line);
        let mut out = self.lock();
        let settled = out.settle();
        if settled.is_err() && !must {
            self.blocked.store(true, Ordering::Relaxed);
            return settled;
        }
        out.coder.end(&mut line);
        line.push(b'\n');
        out.owed.extend_from_slice(&line);
        let result = settled.and_then(|()| out.settle());
        if result.is_err() {
            self.blocked.store(true, Ordering::Relaxed);
            // A line that was partly written must be completed.
            if !must && out.owed == line {
                out.owed.clear();
                out.coder.back();
            }
        }
        result
    }

    /// Counts a request of an unidentified client at `address`. A line is written about once a
    /// minute, or later if the log's disk is nearly full.
    pub fn count_stranger(&self, address: String, entry: Entry) {
        let now = Instant::now();
        if let Some(line) = self.strangers.count(address, entry, now) {
            self.tell_of_strangers(vec![line], now);
        }
    }

    /// Writes the lines about unknown clients that are due, or all of them when the service ends.
    pub fn sum_up(&self, all: bool) {
        let now = Instant::now();
        self.tell_of_strangers(self.strangers.due(now, all), now);
    }

    fn tell_of_strangers(&self, lines: Vec<Entry>, now: Instant) {
        for line in lines {
            let has_room = room(&self.lock().place)
                .is_none_or(|(free, all)| free >= NOT_FOR_STRANGERS.min(all / 10));
            if !has_room || self.write(&line, false).is_err() {
                if !self.holds_back.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        "the disk of the audit log is nearly full: requests without a valid token \
                         are counted, and logged when there is room"
                    );
                }
                self.strangers.back(line, now);
            } else {
                self.holds_back.store(false, Ordering::Relaxed);
            }
        }
    }

    /// Adds the key names of a JSON object to `entry`.
    pub fn name_keys(&self, entry: &mut Entry, json: &str) {
        if self.target == Target::None {
            return;
        }
        let (mut names, mut count) = (String::with_capacity(512), 0);
        for quoted in vdk_api::json::keys(json) {
            count += 1;
            if count <= KEYS_NAMED {
                names.push(if count == 1 { '[' } else { ',' });
                self.name(quoted, &mut names);
            }
        }
        names.push_str(if count == 0 { "[]" } else { "]" });
        (entry.keys, entry.key_count) = (Some(names), Some(count));
    }

    /// Appends one name, given as a JSON string.
    fn name(&self, quoted: &str, names: &mut String) {
        if self.hmac.is_none() && quoted.len() <= NAME_SHOWN {
            return names.push_str(quoted);
        }
        let plain = serde_json::from_str::<String>(quoted).unwrap_or_default();
        match &self.hmac {
            None => {
                let shown: String = plain.chars().take(NAME_SHOWN).collect();
                vdk_api::json::quote(&shown, names);
            }
            Some(secret) => {
                names.push_str("\"hmac-sha256:");
                for byte in hmac::sign(secret, plain.as_bytes()).as_ref() {
                    names.push_str(&format!("{byte:02x}"));
                }
                names.push('"');
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Out {
    /// Writes the bytes that are owed; the rest stays owed. Uses one call for a line, so that lines
    /// of several processes in one file do not mix.
    fn settle(&mut self) -> io::Result<()> {
        while !self.owed.is_empty() {
            let written = match &mut self.place {
                Place::File { file, .. } => file.write(&self.owed),
                Place::Stdout => io::stdout().lock().write(&self.owed),
                Place::Nowhere => Ok(self.owed.len()),
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(bytes) => drop(self.owed.drain(..bytes)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Escapes the characters of a JSON line that end a line for some readers, act on a terminal, or
/// reorder text. JSON allows them unescaped.
pub fn harmless(line: Vec<u8>) -> Vec<u8> {
    match std::str::from_utf8(&line) {
        Ok(text) if !text.is_ascii() || text.contains('\u{7f}') => {
            let mut escaped = String::with_capacity(text.len() + 16);
            for c in text.chars() {
                if vdk_api::is_harmful(c) {
                    let units = &mut [0; 2];
                    c.encode_utf16(units).iter().for_each(|unit| {
                        escaped.push_str(&format!("\\u{unit:04x}"));
                    });
                } else {
                    escaped.push(c);
                }
            }
            escaped.into_bytes()
        }
        _ => line,
    }
}

/// Returns the current time as an entry holds it.
pub fn now() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry { time: now(), who: "a\n\u{1b}[2J".into(), status: 200, ..Entry::default() }
    }

    #[test]
    fn writes_one_line_per_entry_and_reopens_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let audit = Audit::open(Target::File(path.clone()), None).unwrap();
        audit.write(&entry(), false).unwrap();
        std::fs::rename(&path, folder.path().join("old")).unwrap();
        audit.write(&entry(), false).unwrap();
        audit.reopen().unwrap();
        audit.write(&entry(), false).unwrap();
        let lines =
            |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap().lines().count();
        assert_eq!((lines("old"), lines("audit.jsonl")), (2, 1));
    }

    #[test]
    fn replaces_key_names_when_a_key_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let audit = |name: &str, key: Option<&[u8]>| {
            Audit::open(Target::File(folder.path().join(name)), key).unwrap()
        };
        let json = format!(r#"{{"db":"geheim","b\n":1,"{}":2}}"#, "x".repeat(300));
        let names = |audit: &Audit, name: &str| -> Vec<String> {
            let mut entry = entry();
            audit.name_keys(&mut entry, &json);
            assert_eq!(entry.key_count, Some(3));
            audit.write(&entry, false).unwrap();
            let line = std::fs::read_to_string(folder.path().join(name)).unwrap();
            let line: serde_json::Value = serde_json::from_str(&line).unwrap();
            serde_json::from_value(line["keys"].clone()).unwrap()
        };
        let plain = names(&audit("plain", None), "plain");
        assert_eq!(plain[..2], ["db", "b\n"]);
        assert_eq!(plain[2].len(), NAME_SHOWN);
        let keyed = names(&audit("keyed", Some(b"key")), "keyed");
        assert!(keyed[0].starts_with("hmac-sha256:") && keyed[0] != keyed[1]);
    }

    #[test]
    fn rejects_a_device_as_the_audit_file() {
        assert!(Audit::open(Target::File("/dev/full".into()), None).is_err());
    }
}
