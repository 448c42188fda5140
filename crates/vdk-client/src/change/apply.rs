//! The write loop: read, edit, and write if nothing changed in between. If the service cannot check
//! that, read again. It serves secrets and properties, services and the embedded store.

use std::time::{Duration, Instant};

use vdk_api::Document;
use vdk_api::escape;

use super::{Applied, Change, ChangeError, KeyChange};
use crate::Reports;
use crate::http::BudgetExhausted;
use crate::service::{Service, Snapshot, Written};
use crate::{Error, ErrorKind, NOTHING_CHANGED, Warning};

/// Most attempts of a write against concurrent writers.
const MAX_TRIES: u32 = 50;
/// Longest time for them.
const MAX_TIME: Duration = Duration::from_secs(30);

/// A write that was sent and may have been stored.
struct Sent {
    change: Applied,
    failure: Error,
}

/// A change as it was applied to what a job had, for example to show it before it is written.
pub struct Prepared {
    /// What the job had.
    pub before: Snapshot,
    /// What the change makes of it.
    pub applied: Applied,
}

/// The result of a write.
pub struct Done {
    /// The state before the write.
    pub before: Snapshot,
    /// True if anything was sent. An unchanged document is not written: its version would say
    /// nothing, and displace one that does.
    pub wrote: bool,
    /// The number of the version that holds the change, if it is known.
    pub version: Option<u64>,
}

impl Change {
    /// Reads what the edit applies to. A change that keeps nothing needs no readable set.
    pub fn read_from(&self, service: &dyn Service) -> Result<Snapshot, Error> {
        if self.is_of_all() { service.read_to_replace() } else { service.read() }
    }

    /// Reads, and applies the edit to what is there.
    pub fn prepare(&self, service: &dyn Service) -> Result<Prepared, Error> {
        let before = self.read_from(service)?;
        let applied = self.apply(&before.document, false).map_err(edit_failure)?;
        Ok(Prepared { before, applied })
    }
}

/// Applies `edit` to the key/values in `service`. What was prepared is written as it is; if somebody
/// wrote since, everything is read again.
pub fn write(
    service: &dyn Service,
    edit: &Change,
    mut prepared: Option<Prepared>,
    reports: &Reports,
) -> Result<Done, Error> {
    let wrote = |before, version| Ok(Done { before, wrote: true, version });
    let started = Instant::now();
    // The last write that may have been stored. If a later step fails, its outcome is unknown.
    let mut sent: Option<Sent> = None;
    let mut undone: Option<Document> = None;
    let mut tries = 0;
    loop {
        let Prepared { before, applied: change } = match prepared.take() {
            Some(prepared) => prepared,
            None => {
                let before = match (edit.read_from(service), &sent) {
                    (Ok(now), Some(sent))
                        if now.is_readable && sent.change.is_in(&now.document) =>
                    {
                        let version = now.version;
                        return wrote(now, version);
                    }
                    (Ok(now), _) => now,
                    (Err(error), _) => return Err(since(sent, error)),
                };
                match edit.apply(&before.document, sent.is_some()) {
                    Ok(applied) => Prepared { before, applied },
                    Err(error) => return Err(since(sent, edit_failure(error))),
                }
            }
        };
        if sent.is_none() && before.is_readable && change.is_nothing() {
            return Ok(Done { version: before.version, before, wrote: false });
        }
        reports.debug(&|| tell(&change));
        match service.write(&change.after, before.tag.as_deref()) {
            Written::Stored { conditional: true, version } => return wrote(before, version),
            Written::Stored { conditional: false, .. } => {
                let now = match service.read() {
                    Ok(now) if change.is_in(&now.document) => return wrote(before, now.version),
                    Ok(now) => now.document,
                    Err(error) => {
                        reports.warning(&Warning::NotReadBack { why: error.body.why });
                        return wrote(before, None);
                    }
                };
                // Another writer would be gone by now: the service itself stores something else.
                if undone.is_some_and(|last| *last.to_json() == *now.to_json()) {
                    return Err(kept_otherwise(service));
                }
                undone = Some(now);
                reports.debug(&|| "another writer undid this change".into());
                sent = Some(Sent { change, failure: conflict(service, tries + 1) });
            }
            Written::Conflict => reports.debug(&|| "another writer was faster".into()),
            Written::Refused(failure) => return Err(since(sent, failure)),
            Written::NotNow(failure, cause) => {
                if let Err(spent) = service.wait(cause, &failure.body.why) {
                    return Err(since(sent, spent_on(failure, spent)));
                }
                continue;
            }
            Written::Unknown(failure, cause) => {
                let what = format!("{}; checking whether the change was stored", failure.body.why);
                let waited = cause.map(|cause| service.wait(cause, &what));
                let now = Sent { change, failure };
                match waited {
                    Some(Ok(())) => sent = Some(now),
                    Some(Err(spent)) => {
                        return look_once_more(service, now, before, Some(spent));
                    }
                    None => return look_once_more(service, now, before, None),
                }
                continue;
            }
        }
        tries += 1;
        if tries >= MAX_TRIES || started.elapsed() >= MAX_TIME {
            return Err(conflict(service, tries));
        }
        let longest = 5 * u64::from(tries.min(10));
        std::thread::sleep(Duration::from_millis(fastrand::u64(1..=longest)));
    }
}

fn tell(change: &Applied) -> String {
    let touched: Vec<_> = change
        .key_changes()
        .filter(|(_, key_change)| *key_change != KeyChange::Kept)
        .map(|(key, key_change)| format!("{} '{key}'", key_change.as_str()))
        .collect();
    let size = change.after.to_json().len();
    format!("writing {} keys, {size} bytes: {}", change.after.len(), touched.join(", "))
}

/// Reads once more to find out whether the last write was stored. No other write follows. `spent`:
/// why there is no retry; without it the service failed for its own reason.
fn look_once_more(
    service: &dyn Service,
    sent: Sent,
    before: Snapshot,
    spent: Option<BudgetExhausted>,
) -> Result<Done, Error> {
    match (service.read(), spent) {
        (Ok(now), _) if sent.change.is_in(&now.document) => {
            Ok(Done { before, wrote: true, version: now.version })
        }
        (Ok(_), Some(spent)) => Err(spent_on(unknown(sent.failure, None), spent)),
        (Ok(now), None) if now.document.to_json() == before.document.to_json() => Err(sent.failure),
        (Ok(_), None) => Err(unknown(sent.failure, None)),
        (Err(error), _) => Err(unknown(sent.failure, Some(&error))),
    }
}

/// Reports an unknown outcome if a write before the error may have been stored.
fn since(sent: Option<Sent>, error: Error) -> Error {
    match sent {
        Some(sent) => unknown(sent.failure, Some(&error)),
        None => error,
    }
}

fn spent_on(failure: Error, spent: BudgetExhausted) -> Error {
    crate::service::after(failure, spent)
}

fn unknown(sent: Error, reading: Option<&Error>) -> Error {
    let then = reading
        .map_or(String::new(), |error| format!(" A later step failed as well: {}", error.body.why));
    Error::new(ErrorKind::Unknown, "It is not known whether the change was stored.")
        .why(format!("{}{then}", sent.body.why))
        .consequences("Either the whole change is stored or none of it. No other key was changed.")
        .help(
            "When the service answers again, check with --list. If the change is missing, run the \
             command again.",
        )
}

fn conflict(service: &dyn Service, tries: u32) -> Error {
    Error::new(ErrorKind::Conflict, "The change could not be stored.")
        .why(format!(
            "Others kept changing the same keys and values at {}, or it does not keep what it \
             acknowledges ({tries} tries).",
            service.place()
        ))
        .consequences("The change is not stored. No other key was changed.")
        .help("Run the command again when the others have finished.")
}

fn kept_otherwise(service: &dyn Service) -> Error {
    Error::new(ErrorKind::Unavailable, "The service does not store what it was sent.")
        .why(format!(
            "{} acknowledged the change twice, but returns something else.",
            service.place()
        ))
        .consequences(
            "The keys of this change do not have the values that were sent. No other key was \
             changed.",
        )
        .help("Check the values with --get, and ask the operator of the service.")
}

/// Converts an edit error into a user-facing one.
pub fn edit_failure(error: ChangeError) -> Error {
    let list = |keys: Vec<String>| {
        let quoted: Vec<_> = keys.iter().map(|key| format!("'{}'", escape::line(key))).collect();
        quoted.join(", ")
    };
    match error {
        ChangeError::Missing { keys, meant } => {
            let meant = meant.map(|key| format!("Did you mean {}? ", list(vec![key])));
            Error::new(ErrorKind::NotFound, "Cannot delete a key that does not exist.")
                .why(format!("There is no key {}.", list(keys)))
                .help(format!("{}--list shows the keys.", meant.unwrap_or_default()))
        }
        ChangeError::Types(mismatches) => {
            let each: Vec<_> = mismatches
                .iter()
                .map(|(key, mismatch)| format!("'{}' holds {}", escape::line(key), mismatch.stored))
                .collect();
            Error::usage("A new value does not have the type of the stored one.")
                .why(format!("{}. The new text is not of that type.", each.join("; ")))
                .help("Give a value of that type, or replace value and type: --set-json KEY JSON")
        }
        ChangeError::Exists(keys) => {
            Error::new(ErrorKind::Conflict, "Some keys have another value already.")
                .why(format!("Another value is stored for {}.", list(keys)))
                .help(
                    "Replace stored values with --overwrite, or leave them with --keep-existing. \
                 --dry-run shows what would happen to each key.",
                )
        }
        ChangeError::Both(keys) => {
            Error::new(ErrorKind::Conflict, "Somebody else changed the same keys meanwhile.")
                .why(format!("Another value is stored for {} now.", list(keys)))
                .help("Look at the new values, and make your changes again.")
        }
        ChangeError::Duplicate(key) => {
            Error::new(ErrorKind::Unavailable, "Cannot change the stored keys and values safely.")
                .why(format!("The key {} occurs twice in the stored document.", list(vec![key])))
                .consequences(format!(
                    "{NOTHING_CHANGED} Writing back would lose one of the two values."
                ))
                .help("Replace everything with --overwrite-all.")
        }
    }
}
