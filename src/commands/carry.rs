//! The metadata of keys that are copied, moved or renamed, and a word of keys that have expired.

use vdk_api::{Collection, Day, Document, escape};
use vdk_client::change::{Change, Existing, NewValue, Renamed};
use vdk_client::metadata::metadata_of;
use vdk_client::{Error, metadata};

use super::job::Job;
use crate::context::Context;
use crate::formats::quoted;

/// Metadata that goes with keys to another place or name.
pub struct Luggage {
    sets: Vec<(String, NewValue)>,
    /// The names that the keys had.
    keys: Vec<String>,
}

impl Luggage {
    /// Reads the metadata of `keys`, before they may be gone. There is none of properties.
    pub fn of(keys: &[Renamed], here: &Job, there: &Job, context: &Context) -> Result<Self, Error> {
        let found = match [here.collection, there.collection] {
            [Collection::Secrets, Collection::Secrets] => match here.metadata(context) {
                Ok((_, now)) => now.document,
                Err(error) if metadata::is_none(&error) => Document::default(),
                Err(error) => return Err(error),
            },
            _ => Document::default(),
        };
        let mut luggage = Luggage { sets: Vec::new(), keys: Vec::new() };
        for key in keys.iter().filter(|key| found.get(&key.key).is_some()) {
            let mut one = metadata_of(&found, &key.key)?;
            // That is about a version of the other set.
            one.rotating = None;
            luggage.sets.push((key.name.clone(), NewValue::Json(one.to_json())));
            luggage.keys.push(key.key.clone());
        }
        Ok(luggage)
    }

    /// Writes it where the keys are now. What is known of them there stays, unless values are overwritten.
    /// `fate`: what it is there if that place keeps none, which is only told.
    pub fn put(
        self,
        there: &Job,
        existing: Existing,
        fate: &str,
        context: &Context,
    ) -> Result<(), Error> {
        let Luggage { sets, keys } = self;
        if sets.is_empty() {
            return Ok(());
        }
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let existing = if existing == Existing::Overwrite { existing } else { Existing::Keep };
        let change = Change::Import { sets, existing, replace: false };
        match there.metadata(context).and_then(|(job, _)| job.apply(&change)) {
            Ok(_) => Ok(()),
            Err(error) if metadata::is_none(&error) => {
                let (keys, why) = (quoted(&keys, 5), error.body.why);
                context.reporter.warning(&format!("the metadata of {keys} is {fate}: {why}"));
                Ok(())
            }
            Err(error) => Err(error.consequences(format!(
                "The keys are in {}. The metadata of {} may not be there: describe shows it.",
                there.described(),
                quoted(&keys, 5)
            ))),
        }
    }
}

/// Warns of keys that have expired. What cannot be read is not told: nobody asked for it.
pub fn warn_of_expired(keys: &[&str], job: &Job, context: &Context) {
    let Some(now) = job.metadata_at_once(context) else { return };
    for key in keys {
        let expires = metadata_of(&now, key).ok().and_then(|one| one.expires);
        if let Some(day) = expires.filter(|day| *day < Day::today()) {
            let key = escape::line(key);
            context.reporter.warning(&format!("'{key}' has expired: its last day was {day}"));
        }
    }
}
