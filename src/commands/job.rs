//! The job that a command works on: its name, the storage of its key/values, and the checks and
//! messages around a write.

use std::sync::Arc;

use secrecy::ExposeSecret;
use vdk_api::{Collection, Document, MAX_DOCUMENT_BYTES, Name, Owner};
use vdk_client::auth::given_token;
use vdk_client::change;
use vdk_client::change::{Change, KeyChange, NewValue, Prepared};
use vdk_client::config::{Target, checked_name};
use vdk_client::http::BaseUrl;
use vdk_client::service::Snapshot;
use vdk_client::{Client, Error, Silent, nearest};

use super::across::place;
use crate::args::key_values::WhichArgs;
use crate::args::shell_word;
use crate::args::transfer::OtherArgs;
use crate::context::Context;
use crate::formats::quoted;
use crate::lints::homoglyph;
use crate::terminal::prompt;
use crate::terminal::reporter::TerminalReporter;

/// One collection of a job's key/values, and the service that stores it.
pub struct Job {
    /// Secrets or properties.
    pub collection: Collection,
    /// The job in the storage.
    pub client: vdk_client::Job,
    owner: Owner,
    target: Target,
    insecure: bool,
    reporter: TerminalReporter,
}

impl Job {
    /// Finds the job that flags or configuration name. Sends no request yet.
    pub fn find(
        collection: Collection,
        which: &WhichArgs,
        context: &Context,
    ) -> Result<Self, Error> {
        Job::find_for(collection, which, context, context.settings()?.op_id()?)
    }

    /// Finds the job as [`Job::find`] does. Its writes are marked with `op_id`.
    pub fn find_for(
        collection: Collection,
        which: &WhichArgs,
        context: &Context,
        op_id: String,
    ) -> Result<Self, Error> {
        let (settings, reporter) = (context.settings()?, context.reporter);
        let target = context.target(which.rest_api_url.as_deref())?;
        let owner = owner(which, context)?;
        let insecure = which.allow_insecure_http;
        let client = Client::open(settings.clone(), target.clone(), context.reports().clone())
            .allow_insecure_http(insecure)
            .remembering_names(context.remembers_names());
        let client = client.job_for(&owner, collection, op_id)?;
        Ok(Job { collection, client, owner, target, insecure, reporter })
    }

    /// Finds the other side of a comparison or a transfer: what `other` does not give is as here.
    pub fn other(&self, other: &OtherArgs, context: &Context) -> Result<Self, Error> {
        let (settings, reporter) = (context.settings()?, context.reporter);
        let target = match other.to_url.as_deref() {
            Some(url) => context.target(Some(url))?,
            None => self.target.clone(),
        };
        let name = |given: &Option<String>, what, option, same: &Name| match given {
            Some(text) => checked_name(what, text, option).map(|(name, _)| name),
            None => Ok(same.clone()),
        };
        let team = name(&other.to_team, "team", "--to-team", &self.owner.team)?;
        let job = name(&other.to_name, "job", "--to-name", &self.owner.job)?;
        let (owner, collection) =
            (Owner { team, job }, other.collection()?.unwrap_or(self.collection));
        let client = Client::open(settings.clone(), target.clone(), context.reports().clone())
            .allow_insecure_http(self.insecure)
            .remembering_names(context.remembers_names());
        let client = match &target {
            Target::Service(there) if !self.gets_token(there, context)? => {
                client.with_saved_login_only()
            }
            _ => client,
        };
        let client = client.job(&owner, collection)?;
        Ok(Job { collection, client, owner, target, insecure: self.insecure, reporter })
    }

    /// Returns whether a token of the environment is for the service on the other side, too: it is for
    /// that of this side, or else for the configured one, if there is any.
    fn gets_token(&self, there: &BaseUrl, context: &Context) -> Result<bool, Error> {
        let target = match &self.target {
            Target::Local => context.settings()?.configured_target()?,
            target => Some(target.clone()),
        };
        let Some(Target::Service(place)) = target else { return Ok(true) };
        let is_for_it = place.origin() == there.origin();
        if !is_for_it && given_token()?.is_some() {
            self.reporter.note(&format!(
                "the API token is for {place}; {there} gets the login that is saved for it"
            ));
        }
        Ok(is_for_it)
    }

    /// Returns the metadata of the job's secrets, and what it is now: that of its place, or that in the
    /// folder of the job.
    pub fn metadata(&self, context: &Context) -> Result<(vdk_client::Job, Snapshot), Error> {
        let settings = context.settings()?;
        let client = Client::open(settings.clone(), self.target.clone(), context.reports().clone())
            .allow_insecure_http(self.insecure);
        client.metadata_or_file(&self.owner, settings.folder_of(&self.owner)?)
    }

    /// Returns that metadata, if it can be read at once.
    pub fn metadata_at_once(&self, context: &Context) -> Option<Document> {
        let settings = context.settings().ok()?;
        let client = Client::open(settings.clone(), self.target.clone(), Arc::new(Silent))
            .allow_insecure_http(self.insecure)
            .quick();
        let folder = settings.folder_of(&self.owner).ok()?;
        client.metadata_or_file(&self.owner, folder).ok().map(|(_, now)| now.document)
    }

    /// Returns whether both are the same collection of the same job at the same place.
    pub fn is_same(&self, other: &Self) -> bool {
        self.owner == other.owner
            && self.collection == other.collection
            && self.place() == other.place()
    }

    /// Returns whether both may be one set under two addresses: two names of a service, or the store
    /// of this machine and its server.
    pub fn may_be(&self, other: &Self) -> bool {
        self.owner == other.owner
            && self.collection == other.collection
            && self.place() != other.place()
    }

    /// Returns the options that name this job and its place, for a command to paste.
    pub fn options(&self) -> String {
        let words =
            [self.owner.job.as_str(), self.owner.team.as_str(), &self.place()].map(shell_word);
        let [job, team, place] = words;
        let insecure = if self.insecure { " --allow-insecure-http" } else { "" };
        format!("-n {job} -t {team} -u {place}{insecure}")
    }

    /// Returns where it is, as `-u` takes it.
    pub fn place(&self) -> String {
        place(&self.target)
    }

    /// Returns the job and its team.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Returns the collection, the job and its place, for messages.
    pub fn described(&self) -> String {
        format!("{} at {}", self.client.name, self.client.service.place())
    }

    /// Refuses more than a service stores, before anything is sent.
    pub fn check_size(&self, after: &Document) -> Result<(), Error> {
        let size = after.to_json().len();
        if size <= MAX_DOCUMENT_BYTES {
            return Ok(());
        }
        Err(Error::usage("These keys and values are too large.")
            .why(format!(
                "With them, {} would have {size} bytes of JSON, and at most {MAX_DOCUMENT_BYTES} \
                 are stored.",
                self.client.name
            ))
            .help("Take fewer keys, or store the locations of large values."))
    }

    /// Returns the job's name.
    pub fn name(&self) -> &str {
        self.owner.job.as_str()
    }

    /// Writes with one writer at a time on this machine. After a change of everything it prints how
    /// to undo it.
    pub fn write(&self, edit: &Change) -> Result<(), Error> {
        self.write_prepared(edit, None)
    }

    /// Writes a change that was prepared, as [`Job::write`] does.
    pub fn write_prepared(&self, edit: &Change, prepared: Option<Prepared>) -> Result<(), Error> {
        let done = self.client.apply_prepared(edit, prepared)?;
        self.warn_of_lookalikes(edit, &done.before);
        if !done.wrote {
            self.reporter.note_on_terminal(|| "nothing to change".into());
            return Ok(());
        }
        self.reporter.note_on_terminal(|| summary(edit, &done.before));
        self.tell_how_to_undo(edit, &done.before);
        Ok(())
    }

    /// Asks before everything is deleted or replaced.
    pub fn confirm(&self, edit: &Change) -> Result<(), Error> {
        const NAMED: usize = 5;
        if !edit.is_of_all() {
            return Ok(());
        }
        let before = edit.read_from(&*self.client.service)?;
        let change = edit.apply(&before.document, false).map_err(change::edit_failure)?;
        let (place, whose) = (self.client.service.place(), &self.client.name);
        if !before.is_readable {
            return prompt::confirm(&format!(
                "Replace {whose} at {place}, which another program wrote and which cannot be read?"
            ));
        }
        if change.is_nothing() {
            return Ok(());
        }
        let removed = change.keys(KeyChange::Removed);
        let named = |keys: &[&str]| match keys {
            [] => String::new(),
            keys => format!(" ({})", quoted(keys, NAMED)),
        };
        prompt::confirm(&if let Change::Clear = edit {
            let all = match removed.len() {
                1 => "its only key".into(),
                n => format!("all {n} keys"),
            };
            format!("Delete {whose} at {place}: {all}{}?", named(&removed))
        } else {
            let (changed, added) = (change.keys(KeyChange::Changed), change.keys(KeyChange::Added));
            format!(
                "Replace {whose} at {place}: {} deleted{}, {} changed{}, {} added{}?",
                count(removed.len()),
                named(&removed),
                changed.len(),
                named(&changed),
                added.len(),
                named(&added)
            )
        })
    }

    /// Says that nothing was ever stored, and suggests a similar name.
    pub fn tell_that_nothing_is_there(&self) {
        let meant = self.meant().map(|meant| format!("; did you mean {meant}?"));
        self.reporter.note(&format!(
            "nothing was ever stored for {} at {}{}",
            self.client.name,
            self.client.service.place(),
            meant.unwrap_or_default()
        ));
    }

    /// Returns the known job, or else team, that was most likely meant.
    pub fn meant(&self) -> Option<String> {
        let known = self.client.service.known();
        let in_team = known.iter().filter(|known| known.team == self.owner.team);
        let job = nearest(self.owner.job.as_str(), in_team.map(|known| known.job.as_str()));
        if let Some(job) = job {
            return Some(format!("job '{job}' (team '{}')", self.owner.team));
        }
        let teams = known.iter().map(|known| known.team.as_str());
        nearest(self.owner.team.as_str(), teams).map(|team| format!("team '{team}'"))
    }

    /// Asks before the first write of a job whose name is similar to another one.
    pub fn confirm_new(&self) -> Result<(), Error> {
        if !matches!(self.target, Target::Local) || self.client.service.read()?.version != Some(0) {
            return Ok(());
        }
        let Some(meant) = self.meant() else { return Ok(()) };
        let (job, team) = (&self.owner.job, &self.owner.team);
        prompt::confirm(&format!(
            "Nothing is stored for job '{job}' (team '{team}') yet, but {meant} exists. Continue?"
        ))
    }

    /// Warns if a new key looks like another one.
    pub fn warn_of_lookalikes(&self, edit: &Change, before: &Snapshot) {
        if let Some(warning) = homoglyph::warning(edit, &before.document) {
            self.reporter.warning(&warning);
        }
    }

    /// Prints how to return to the version before a change of everything.
    fn tell_how_to_undo(&self, edit: &Change, before: &Snapshot) {
        let Some(version) = before.version.filter(|_| edit.is_of_all()) else { return };
        if version > 0 && self.client.read_version(version).is_ok() {
            self.reporter.note(&format!(
                "the previous state is kept as version {version}. To restore it: vdk {} rollback \
                 {version} {}",
                self.collection,
                self.options()
            ));
        }
    }
}

/// Describes what was set and deleted, without values.
fn summary(edit: &Change, before: &Snapshot) -> String {
    const NAMED: usize = 5;
    let list = |verb: &str, each: Vec<String>| {
        let more = each.len().saturating_sub(NAMED);
        let named = each.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!named.is_empty()).then(|| format!("{verb} {named}{more}"))
    };
    let size = |value: &NewValue| match value {
        NewValue::Text(text) => match text.expose_secret().chars().count() {
            1 => "1 character".to_string(),
            count => format!("{count} characters"),
        },
        NewValue::Json(json) => json.kind().to_string(),
    };
    let parts = match edit {
        Change::Patch { sets, deletes } => {
            let sets = sets.iter().map(|(key, value)| format!("{key} ({})", size(value)));
            vec![list("set", sets.collect()), list("deleted", deletes.clone())]
        }
        Change::Clear => vec![Some("deleted all keys".into())],
        Change::Replace(document) => vec![Some(format!("wrote {}", count(document.len())))],
        Change::Remove(keys) => {
            vec![list("deleted", keys.iter().map(|(key, _)| key.clone()).collect())]
        }
        Change::Rename { names, .. } => {
            let each = names.iter().map(|of| format!("{} to {}", of.key, of.name));
            vec![list("renamed", each.collect())]
        }
        Change::Import { .. } | Change::Edit { .. } | Change::Merge { .. } => {
            match edit.apply(&before.document, true) {
                Ok(applied) => [KeyChange::Added, KeyChange::Changed, KeyChange::Removed]
                    .map(|change| {
                        let keys = applied.keys(change);
                        list(change.as_str(), keys.into_iter().map(String::from).collect())
                    })
                    .into(),
                Err(_) => Vec::new(),
            }
        }
    };
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Returns the job and its team. Notes their origin if no option names them.
pub fn owner(which: &WhichArgs, context: &Context) -> Result<Owner, Error> {
    let (job, job_origin) = context.job(which.name.as_deref())?;
    let (team, team_origin) = context.team(which.team.as_deref())?;
    if which.name.is_none() {
        context
            .reporter
            .note(&format!("job '{job}' ({job_origin}) of team '{team}' ({team_origin})"));
    } else if which.team.is_none() {
        context.reporter.note(&format!("team '{team}' ({team_origin})"));
    }
    Ok(Owner { team, job })
}

/// Returns a number of keys in words.
pub fn count(keys: usize) -> String {
    if keys == 1 { "1 key".into() } else { format!("{keys} keys") }
}
