//! The audit log: one JSON line for each request of a known client, with key names and never a
//! value. Requests of all other clients share one line per address and minute. A request is refused
//! if its line cannot be written: room for the line of a write is reserved on the disk first. If
//! that line fails all the same, it is kept, and nothing else is done until it is written.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use ring::hmac;

mod chain;
mod entry;
mod file;
mod health;
mod output;
mod pace;
mod strangers;
pub mod verify;
mod writer;

pub use entry::{Entry, harmless, now};
pub use file::{OTHER, discards, holds_other, stdout, tail};
pub use health::NotWritten;

use health::{Health, Level};
use output::Output;
use strangers::Strangers;
use writer::Writer;

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
    writer: Writer,
    health: Arc<Health>,
    hmac: Option<hmac::Key>,
    strangers: Arc<Strangers>,
}

impl Audit {
    /// Opens the log. If `hmac_key` is given, key names are replaced by their HMAC-SHA256 under it.
    pub fn open(target: Target, hmac_key: Option<&[u8]>) -> io::Result<Self> {
        let (health, strangers) = (Arc::new(Health::new()), Arc::<Strangers>::default());
        let output = Output::open(target.clone(), chain::key(hmac_key), health.clone())?;
        let writer = Writer::new(output, health.clone(), strangers.clone())?;
        let hmac = hmac_key.map(|key| hmac::Key::new(hmac::HMAC_SHA256, key));
        Ok(Audit { target, writer, health, hmac, strangers })
    }

    /// Returns the log's file, if it is a file.
    pub fn file(&self) -> Option<&Path> {
        match &self.target {
            Target::File(path) => Some(path),
            Target::None | Target::Stdout => None,
        }
    }

    /// Reopens the log after it was moved away. If that fails, the old file stays in use.
    pub async fn reopen(&self) -> io::Result<()> {
        self.writer.reopen().await
    }

    /// Returns what is wrong with the log, for probes; `None` if it works.
    pub fn fault(&self) -> Option<&'static str> {
        match self.health.level() {
            Level::Good if !self.health.is_stuck() => None,
            Level::Moved => Some("moved, and cannot be opened again"),
            _ => Some("cannot be written"),
        }
    }

    /// Returns the bytes of lines that are still to be written.
    pub fn owed(&self) -> usize {
        self.health.owed()
    }

    /// Ensures that one more line can be written, before a change begins.
    pub fn reserve(&self) -> Result<(), NotWritten> {
        self.health.check(true)
    }

    /// Writes one line. If that fails and `must` is set, because the request has already been
    /// carried out, the line is kept and written first later.
    pub async fn write(&self, entry: Box<Entry>, must: bool) -> Result<(), NotWritten> {
        if self.target == Target::None {
            return Ok(());
        }
        self.writer.write(entry, must).await
    }

    /// Counts a request of an unidentified client at `address`. A line is written about once a
    /// minute, or later if the log's disk is nearly full.
    pub fn count_stranger(&self, address: String, entry: Entry) {
        let now = Instant::now();
        if let Some(line) = self.strangers.count(address, entry, now) {
            self.tell_of_strangers(vec![line], now);
        }
    }

    /// Writes the lines about unknown clients that are due.
    pub fn sum_up(&self) {
        let now = Instant::now();
        self.tell_of_strangers(self.strangers.due(now, false), now);
    }

    /// Writes what is left when the service ends.
    pub async fn finish(&self) {
        let now = Instant::now();
        self.tell_of_strangers(self.strangers.due(now, true), now);
        self.writer.finish().await;
    }

    fn tell_of_strangers(&self, lines: Vec<Entry>, now: Instant) {
        for line in lines {
            match self.health.check(false) {
                Ok(()) => self.writer.hand_over(Box::new(line)),
                Err(_) => self.strangers.back(line, now),
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
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use futures_util::future::join_all;

    use super::*;

    fn entry() -> Entry {
        Entry { time: now(), who: "a\n\u{1b}[2J".into(), status: 200, ..Entry::default() }
    }

    #[tokio::test]
    async fn writes_one_line_per_entry_and_reopens_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let audit = Audit::open(Target::File(path.clone()), None).unwrap();
        audit.write(entry().into(), false).await.unwrap();
        std::fs::rename(&path, folder.path().join("old")).unwrap();
        audit.write(entry().into(), false).await.unwrap();
        audit.reopen().await.unwrap();
        audit.write(entry().into(), false).await.unwrap();
        let lines =
            |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap().lines().count();
        assert_eq!((lines("old"), lines("audit.jsonl")), (2, 1));
    }

    #[tokio::test]
    async fn writes_lines_together_also_when_the_request_of_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let audit = Audit::open(Target::File(path.clone()), None).unwrap();
        let mut first = Box::pin(audit.write(entry().into(), false));
        let mut others = Box::pin(join_all((0..9).map(|_| audit.write(entry().into(), false))));
        assert!(first.as_mut().now_or_never().is_none());
        assert!(others.as_mut().now_or_never().is_none());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "", "the first hands all lines over");
        drop(first);
        assert!(others.await.iter().all(Result::is_ok));
        let log = std::fs::read_to_string(&path).unwrap();
        let statuses = log.lines().map(|line| line.contains("\"status\":200"));
        assert_eq!(statuses.collect::<Vec<_>>(), [&[false][..], &[true; 9]].concat());
    }

    #[tokio::test]
    async fn replaces_key_names_when_a_key_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let audit = |name: &str, key: Option<&[u8]>| {
            Audit::open(Target::File(folder.path().join(name)), key).unwrap()
        };
        let json = format!(r#"{{"db":"geheim","b\n":1,"{}":2}}"#, "x".repeat(300));
        let names = async |audit: &Audit, name: &str| -> Vec<String> {
            let mut entry = entry();
            audit.name_keys(&mut entry, &json);
            assert_eq!(entry.key_count, Some(3));
            audit.write(entry.into(), false).await.unwrap();
            let line = std::fs::read_to_string(folder.path().join(name)).unwrap();
            let line: serde_json::Value = serde_json::from_str(&line).unwrap();
            serde_json::from_value(line["keys"].clone()).unwrap()
        };
        let plain = names(&audit("plain", None), "plain").await;
        assert_eq!(plain[..2], ["db", "b\n"]);
        assert_eq!(plain[2].len(), NAME_SHOWN);
        let keyed = names(&audit("keyed", Some(b"key")), "keyed").await;
        assert!(keyed[0].starts_with("hmac-sha256:") && keyed[0] != keyed[1]);
    }
}
