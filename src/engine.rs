//! Writing: read, edit, write if nothing came in between, and where the service cannot promise
//! that, look again. One engine for secrets and properties, for services and the embedded store.

use std::time::{Duration, Instant};

use crate::edit::{Change, Edit, EditError};
use crate::exit::{Exit, Failure, NOTHING_CHANGED};
use crate::http::Spent;
use crate::sanitize;
use crate::service::{Service, Snapshot, Written};
use crate::talk::Talk;

/// How many times a write is tried against others who keep writing.
const MAX_TRIES: u32 = 50;
/// How long.
const MAX_TIME: Duration = Duration::from_secs(30);

/// A write that was sent and whose outcome is not known.
struct Pending {
    change: Change,
    failure: Failure,
}

/// Applies `edit` to what `service` has, and gives what was there before.
pub fn write(service: &dyn Service, edit: &Edit, talk: Talk) -> Result<Snapshot, Failure> {
    let started = Instant::now();
    let mut pending: Option<Pending> = None;
    // Whether some write may have been stored already, in part undone by another writer.
    let mut again = false;
    let mut tries = 0;
    loop {
        let before = match (service.read(), pending) {
            (Ok(now), Some(sent)) if sent.change.is_in(&now.document) => return Ok(now),
            (Ok(now), _) => now,
            (Err(error), Some(sent)) => return Err(unknown(sent.failure, Some(&error))),
            (Err(error), None) => return Err(error),
        };
        pending = None;
        let change = edit.apply(&before.document, again).map_err(edit_failure)?;
        talk.debug(|| {
            let touched: Vec<_> = change
                .fates()
                .filter(|(_, fate)| *fate != crate::edit::Fate::Kept)
                .map(|(key, fate)| format!("{} '{key}'", fate.as_str()))
                .collect();
            let size = change.after.to_json().len();
            format!("writing {} keys, {size} bytes: {}", change.after.len(), touched.join(", "))
        });
        match service.write(&change.after, before.tag.as_deref()) {
            Written::Stored { conditional: true } => return Ok(before),
            Written::Stored { conditional: false } => {
                match service.read() {
                    Ok(now) if change.is_in(&now.document) => return Ok(before),
                    Ok(_) => talk.debug(|| "another writer undid this change".into()),
                    Err(error) => {
                        let why = &error.body.why;
                        talk.warning(&format!("stored, but not verified by reading: {why}"));
                        return Ok(before);
                    }
                }
                again = true;
            }
            Written::Conflict => talk.debug(|| "another writer was faster".into()),
            Written::Refused(failure) => return Err(failure),
            Written::NotNow(failure, cause) => {
                let what = failure.body.why.clone();
                if let Err(spent) = service.wait(cause, &what) {
                    return Err(spent_on(failure, spent));
                }
                continue;
            }
            Written::Unknown(failure, cause) => {
                again = true;
                let what = format!("{}; looking whether it was stored", failure.body.why);
                let sent = Pending { change, failure };
                if let Err(spent) = service.wait(cause, &what) {
                    return look_once_more(service, sent, before, spent);
                }
                pending = Some(sent);
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

/// No patience is left for another write, but reading still tells what became of the last one.
fn look_once_more(
    service: &dyn Service,
    sent: Pending,
    before: Snapshot,
    spent: Spent,
) -> Result<Snapshot, Failure> {
    match service.read() {
        Ok(now) if sent.change.is_in(&now.document) => Ok(before),
        Ok(_) => Err(spent_on(unknown(sent.failure, None), spent)),
        Err(error) => Err(unknown(sent.failure, Some(&error))),
    }
}

fn spent_on(failure: Failure, spent: Spent) -> Failure {
    crate::service::after(failure, spent)
}

fn unknown(sent: Failure, reading: Option<&Failure>) -> Failure {
    let then = reading.map_or(String::new(), |error| {
        format!(" Reading to find out failed as well: {}", error.body.why)
    });
    Failure::new(
        Exit::Unknown,
        "It is not known whether the change was stored.",
        format!("{}{then}", sent.body.why),
        "Either all of the change is there or none of it; no other key was touched.",
        "Look with --list once the service answers, and run the command again if it is missing.",
    )
}

fn conflict(service: &dyn Service, tries: u32) -> Failure {
    Failure::new(
        Exit::Conflict,
        "The change could not be stored.",
        format!(
            "Others kept changing the same key/values at {}, or it does not keep what it \
             acknowledges: {tries} tries.",
            service.place()
        ),
        "The change is not there; no other key was touched.",
        "Run the command again when the others have finished.",
    )
}

/// What an edit that cannot be applied is for the user.
pub fn edit_failure(error: EditError) -> Failure {
    let list = |keys: Vec<String>| {
        let quoted: Vec<_> = keys.iter().map(|key| format!("'{}'", sanitize::line(key))).collect();
        quoted.join(", ")
    };
    match error {
        EditError::Missing(keys) => Failure::new(
            Exit::NotFound,
            "Cannot delete what is not there.",
            format!("There is no key {}.", list(keys)),
            NOTHING_CHANGED,
            "Check the spelling; --list shows the keys.",
        ),
        EditError::Types(mismatches) => {
            let each: Vec<_> = mismatches
                .iter()
                .map(|(key, mismatch)| {
                    format!("'{}' holds {}", sanitize::line(key), mismatch.stored)
                })
                .collect();
            Failure::usage(
                "A new value does not fit the type of the stored one.",
                format!("{}; the text given is no such value for --set.", each.join("; ")),
                "Give a value of that type, or replace value and type with --set-json KEY JSON.",
            )
        }
        EditError::Duplicate(key) => Failure::new(
            Exit::Unavailable,
            "The stored key/values cannot be changed safely.",
            format!("The key {} stands twice in the stored document.", list(vec![key])),
            format!("{NOTHING_CHANGED} Writing back would lose one of the two values."),
            "Replace everything with --overwrite-all.",
        ),
    }
}
