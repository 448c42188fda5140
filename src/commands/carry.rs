//! The metadata of keys that are copied, moved or renamed, and a word of keys that have expired.

use vdk_api::{Collection, Day, Document, escape};
use vdk_client::change::{Change, Existing, NewValue, Renamed};
use vdk_client::metadata;
use vdk_client::metadata::metadata_of;

use super::job::Job;
use crate::context::Context;
use crate::formats::quoted;

/// Metadata that goes with keys to another place or name.
pub struct Luggage(Vec<(String, NewValue)>);

impl Luggage {
    /// Reads the metadata of `keys`, before they may be gone. There is none of properties, and where it
    /// cannot be read that is told.
    pub fn of(keys: &[Renamed], here: &Job, there: &Job, context: &Context) -> Self {
        let all = [here.collection, there.collection];
        if all != [Collection::Secrets; 2] {
            return Luggage(Vec::new());
        }
        let found = match here.metadata(context) {
            Ok((_, now)) => now.document,
            Err(error) if metadata::is_none(&error) => Document::default(),
            Err(error) => {
                tell(&format!("cannot be read: {}", error.body.why), context);
                Document::default()
            }
        };
        let with = |key: &Renamed| {
            let json = found.get(&key.key)?.clone();
            Some((key.name.clone(), NewValue::Json(json)))
        };
        Luggage(keys.iter().filter_map(with).collect())
    }

    /// Writes it where the keys are now. The keys are there, so a failure is told and no more.
    pub fn put(self, there: &Job, context: &Context) {
        let Luggage(sets) = self;
        if sets.is_empty() {
            return;
        }
        let keys: Vec<String> = sets.iter().map(|(key, _)| key.clone()).collect();
        let change = Change::Import { sets, existing: Existing::Overwrite, replace: false };
        let written = there.metadata(context).and_then(|(job, _)| job.apply(&change));
        if let Err(error) = written {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            tell(&format!("of {} stays behind: {}", quoted(&keys, 5), error.body.why), context);
        }
    }
}

fn tell(what: &str, context: &Context) {
    context.reporter.warning(&format!("the metadata {what}"));
}

/// Warns of keys that have expired. What cannot be read is not told: nobody asked for it.
pub fn warn_of_expired(keys: &[&str], job: &Job, context: &Context) {
    let Ok((_, now)) = job.metadata(context) else { return };
    for key in keys {
        let expires = metadata_of(&now.document, key).ok().and_then(|one| one.expires);
        if let Some(day) = expires.filter(|day| *day < Day::today()) {
            let key = escape::line(key);
            context.reporter.warning(&format!("'{key}' has expired: its last day was {day}"));
        }
    }
}
