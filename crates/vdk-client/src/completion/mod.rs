//! The names that a shell completes: of services, teams, jobs and keys. They come from settings, the
//! store of this machine, and what earlier commands saw at a service. Nothing is sent, nobody is asked,
//! and what cannot be known at once is left out.

mod cache;
mod remembering;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use cache::NameCache;
pub(crate) use remembering::Remembering;
use vdk_api::{Collection, Name, Owner, Version};
use vdk_platform::private_file;
use vdk_store::LocalKeys;

use crate::auth::Credentials;
use crate::config::{LOCAL, Settings, Target, checked_name, paths};
use crate::service::Service;
use crate::{Client, Silent};

/// A key, and the kind of its value in words.
pub type KeyAndKind = (String, String);

/// The place that a command line names so far. What it lacks is as configured.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The Control Service, or `local`.
    pub url: Option<String>,
    /// The team.
    pub team: Option<String>,
    /// The job.
    pub job: Option<String>,
}

/// The names that are known.
pub struct Names {
    settings: Arc<Settings>,
    cache: NameCache,
}

impl Names {
    /// Finds names for the user of `settings`.
    pub fn new(settings: Arc<Settings>) -> Self {
        let cache = NameCache::of(&settings);
        Names { settings, cache }
    }

    /// Returns `local`, the configured services, those of the saved login and those seen.
    pub fn urls(&self) -> Vec<String> {
        let mut urls = BTreeSet::from([LOCAL.to_string()]);
        if let Ok(Some(Target::Service(base))) = self.settings.configured_target() {
            urls.insert(base.to_string());
        }
        urls.extend(self.cache.urls());
        let login = private_file::read(&self.settings.path(paths::CREDENTIALS)).ok();
        let login = login.and_then(|bytes| Credentials::parse(&bytes).ok());
        for origin in login.map(|login| login.services).unwrap_or_default() {
            if !urls.iter().any(|url| url.trim_end_matches('/') == origin) {
                urls.insert(origin);
            }
        }
        urls.into_iter().collect()
    }

    /// Returns the configured team, and those at the place.
    pub fn teams(&self, place: &Place) -> Vec<String> {
        let mut teams = BTreeSet::new();
        teams.extend(self.settings.team(None).ok().flatten().map(|(team, _)| team.to_string()));
        teams.extend(self.settings.saved_team());
        teams.extend(match self.target(place) {
            Some(Target::Local) => {
                self.local_owners().map(|owner| owner.team.to_string()).collect()
            }
            Some(Target::Service(base)) => self.cache.teams(&base.to_string()),
            None => Vec::new(),
        });
        teams.into_iter().collect()
    }

    /// Returns the job of the working directory, and the jobs of the place's team. Without any team,
    /// those of all teams.
    pub fn jobs(&self, place: &Place) -> Vec<String> {
        let team = self.team(place);
        let mut jobs = BTreeSet::new();
        jobs.extend(self.settings.job(None).ok().flatten().map(|(job, _)| job.to_string()));
        match self.target(place) {
            Some(Target::Local) => {
                let of_team = |owner: &Owner| team.as_ref().is_none_or(|team| owner.team == *team);
                jobs.extend(self.local_owners().filter(of_team).map(|owner| owner.job.to_string()));
            }
            Some(Target::Service(base)) => {
                jobs.extend(self.cache.jobs(&base.to_string(), team.as_ref().map(Name::as_str)));
            }
            None => {}
        }
        jobs.into_iter().collect()
    }

    /// Returns the keys of the place's job, each with the kind of its value.
    pub fn keys(&self, place: &Place, collection: Collection) -> Vec<KeyAndKind> {
        let (Some(target), Some(owner)) = (self.target(place), self.owner(place)) else {
            return Vec::new();
        };
        match target {
            Target::Service(base) => self.cache.keys(&base.to_string(), &owner, collection),
            Target::Local => {
                let read = self.local(&owner, collection).and_then(|job| job.read().ok());
                let document = read.map(|snapshot| snapshot.document).unwrap_or_default();
                document.iter().map(|(key, value)| (key.into(), value.kind().to_string())).collect()
            }
        }
    }

    /// Returns the versions of the place's job that are kept on this machine.
    pub fn versions(&self, place: &Place, collection: Collection) -> Vec<Version> {
        let (Some(Target::Local), Some(owner)) = (self.target(place), self.owner(place)) else {
            return Vec::new();
        };
        let versions = self.local(&owner, collection).and_then(|job| job.versions().ok());
        versions.unwrap_or_default()
    }

    fn target(&self, place: &Place) -> Option<Target> {
        self.settings.target(place.url.as_deref()).ok()
    }

    fn team(&self, place: &Place) -> Option<Name> {
        Some(self.settings.team(place.team.as_deref()).ok()??.0)
    }

    fn owner(&self, place: &Place) -> Option<Owner> {
        let (job, _) = self.settings.job(place.job.as_deref()).ok()??;
        Some(Owner { team: self.team(place)?, job })
    }

    fn local_owners(&self) -> impl Iterator<Item = Owner> {
        // The list of owners is the same for every job.
        let any = checked_name("job", "any", "").ok().map(|(name, _)| name);
        let any = any.map(|name| Owner { team: name.clone(), job: name });
        let job = any.and_then(|any| self.local(&any, Collection::Secrets));
        job.map(|job| job.known()).unwrap_or_default().into_iter()
    }

    fn local(&self, owner: &Owner, collection: Collection) -> Option<Box<dyn Service>> {
        let keys = LocalKeys::from_environment(|_| {}).ok()?.without_questions();
        let client = Client::open(self.settings.clone(), Target::Local, Arc::new(Silent));
        Some(client.with_keys(Arc::new(keys)).job(owner, collection).ok()?.service)
    }
}
