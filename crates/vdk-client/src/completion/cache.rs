//! The names that commands have seen at services, in one file that only this user can read. It is
//! encrypted with a key in a file beside it: that keeps names out of backups and searches, not from a
//! program of the same user. Whatever is wrong with the files, the names are not known.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use vdk_api::{Collection, Document, Owner};
use vdk_platform::lock::Lock;
use vdk_platform::{make_folder, private_file};
use vdk_store::{KeyFile, MasterKey};
use zeroize::Zeroizing;

use super::KeyAndKind;
use crate::config::{Settings, paths};

/// Time after which names are forgotten, in seconds: 30 days.
const LIFETIME: u64 = 30 * DAY;
/// Age from which seeing the same names again is written, in seconds.
const DAY: u64 = 24 * 60 * 60;
/// Largest file, in bytes: the most that is read of a private file.
const LARGEST: usize = (1 << 20) - 64;
/// Room for the jobs of a list, in bytes of the file: names of other services must stay, too.
const ROOM_FOR_JOBS: usize = 256 * 1024;
/// Bytes of the file for a job beside its name.
const JOB_BYTES: usize = 64;
/// Longest wait for another command that writes names. Then these are not remembered.
const LOCK_TIMEOUT: Duration = Duration::from_millis(200);
/// Binds the file to its purpose and format.
const LABEL: &[u8] = b"vdk completion 1";
const NAMES: &str = "names";
const KEY: &str = "key";

/// The file with the names.
pub struct NameCache {
    /// `None` if it is switched off.
    folder: Option<PathBuf>,
    locks: PathBuf,
}

#[derive(Clone, Default, Deserialize, Serialize, PartialEq)]
#[serde(default)]
struct Content {
    services: BTreeMap<String, Teams>,
}

type Teams = BTreeMap<String, Team>;

#[derive(Clone, Default, Deserialize, Serialize, PartialEq)]
#[serde(default)]
struct Team {
    /// When the team was last seen, in seconds since 1970.
    seen: u64,
    jobs: BTreeMap<String, Job>,
}

#[derive(Clone, Default, Deserialize, Serialize, PartialEq)]
#[serde(default)]
struct Job {
    seen: u64,
    secrets: BTreeMap<String, String>,
    properties: BTreeMap<String, String>,
}

impl Job {
    fn keys(&mut self, collection: Collection) -> &mut BTreeMap<String, String> {
        match collection {
            Collection::Secrets => &mut self.secrets,
            Collection::Properties => &mut self.properties,
        }
    }
}

impl NameCache {
    /// Names the cache of this user. Accesses no file.
    pub fn of(settings: &Settings) -> Self {
        let folder = settings.keeps_names().then(|| settings.path(paths::COMPLETION));
        NameCache { folder, locks: settings.path(paths::LOCKS) }
    }

    /// Remembers the keys of a job at `url`, and forgets those that it had before. A job without any
    /// becomes known only by having some.
    pub fn remember(&self, url: &str, owner: &Owner, collection: Collection, seen: &Document) {
        let keys: BTreeMap<_, _> =
            seen.iter().map(|(key, value)| (key.into(), value.kind().to_string())).collect();
        self.change(|content, now| {
            let teams = content.services.entry(url.into()).or_default();
            let (team, job) = (owner.team.as_str(), owner.job.as_str());
            let is_known = teams.get(team).is_some_and(|team| team.jobs.contains_key(job));
            if keys.is_empty() && !is_known {
                return;
            }
            let team = teams.entry(team.into()).or_default();
            renew(&mut team.seen, now);
            let job = team.jobs.entry(job.into()).or_default();
            renew(&mut job.seen, now);
            *job.keys(collection) = keys;
        });
    }

    /// Remembers a team at `url`.
    pub fn remember_team(&self, url: &str, team: &str) {
        self.change(|content, now| {
            let teams = content.services.entry(url.into()).or_default();
            renew(&mut teams.entry(team.into()).or_default().seen, now);
        });
    }

    /// Remembers the jobs of a team at `url`, and forgets those that it had before. Of very many, only
    /// some: the others stay as they are. A team without any becomes known only by having some.
    pub fn remember_jobs(&self, url: &str, team: &str, jobs: &[&str]) {
        self.change(|content, now| {
            let teams = content.services.entry(url.into()).or_default();
            if jobs.is_empty() && !teams.contains_key(team) {
                return;
            }
            let team = teams.entry(team.into()).or_default();
            renew(&mut team.seen, now);
            let mut room = ROOM_FOR_JOBS;
            let listed: BTreeSet<&str> = jobs
                .iter()
                .take_while(|job| {
                    room = room.saturating_sub(job.len() + JOB_BYTES);
                    room > 0
                })
                .copied()
                .collect();
            if listed.len() == jobs.len() {
                team.jobs.retain(|job, _| listed.contains(job.as_str()));
            }
            for job in listed {
                renew(&mut team.jobs.entry(job.into()).or_default().seen, now);
            }
        });
    }

    /// Forgets a job at `url` that is not there any more.
    pub fn forget(&self, url: &str, owner: &Owner) {
        self.change(|content, _| {
            let team =
                content.services.get_mut(url).and_then(|all| all.get_mut(owner.team.as_str()));
            if let Some(team) = team {
                team.jobs.remove(owner.job.as_str());
            }
        });
    }

    /// Removes the files of the cache below the configuration folder, also if it is switched off.
    pub fn remove(settings: &Settings) {
        // What cannot be removed can still be read by its user alone.
        let _ = fs::remove_dir_all(settings.path(paths::COMPLETION));
    }

    /// Returns the addresses of all services.
    pub(super) fn urls(&self) -> Vec<String> {
        self.read().services.into_keys().collect()
    }

    /// Returns the teams at `url`.
    pub(super) fn teams(&self, url: &str) -> Vec<String> {
        self.at(url).into_keys().collect()
    }

    /// Returns the jobs at `url`: of one team, or of all.
    pub(super) fn jobs(&self, url: &str, team: Option<&str>) -> Vec<String> {
        let teams = self.at(url).into_iter();
        let teams = teams.filter(|(name, _)| team.is_none_or(|team| team == name));
        teams.flat_map(|(_, team)| team.jobs.into_keys()).collect()
    }

    /// Returns the keys of a job at `url`.
    pub(super) fn keys(&self, url: &str, owner: &Owner, collection: Collection) -> Vec<KeyAndKind> {
        let mut teams = self.at(url);
        let team = teams.get_mut(owner.team.as_str());
        let job = team.and_then(|team| team.jobs.get_mut(owner.job.as_str()));
        job.map(|job| std::mem::take(job.keys(collection)))
            .unwrap_or_default()
            .into_iter()
            .collect()
    }

    fn at(&self, url: &str) -> Teams {
        self.read().services.remove(url).unwrap_or_default()
    }

    fn read(&self) -> Content {
        self.key().and_then(|key| self.opened(&key)).unwrap_or_default()
    }

    fn key(&self) -> Option<MasterKey> {
        KeyFile::at(self.folder.as_ref()?.join(KEY)).read(&|_| {}).ok()?
    }

    /// Reads the file, without what is too old.
    fn opened(&self, key: &MasterKey) -> Option<Content> {
        let sealed = private_file::read(&self.folder.as_ref()?.join(NAMES)).ok()?;
        let mut content: Content =
            serde_json::from_slice(&key.open(LABEL, sealed.to_vec())?).ok()?;
        let oldest = now().saturating_sub(LIFETIME);
        content.keep_since(oldest);
        Some(content)
    }

    fn change(&self, change: impl FnOnce(&mut Content, u64)) {
        // Completion is a convenience: that it cannot be made better stops no command.
        let _ = self.try_change(change);
    }

    fn try_change(&self, change: impl FnOnce(&mut Content, u64)) -> Option<()> {
        let folder = self.folder.as_ref()?;
        let _lock = Lock::acquire(&self.locks, "completion", LOCK_TIMEOUT).ok()??;
        let key = match self.key() {
            Some(key) => key,
            None => {
                make_folder(folder).ok()?;
                let file = KeyFile::at(folder.join(KEY));
                // A damaged file, or one that others could read.
                let _ = fs::remove_file(file.path());
                let key = MasterKey::generate().ok()?;
                file.create(&key).ok()?;
                key
            }
        };
        let before = self.opened(&key).unwrap_or_default();
        let mut content = before.clone();
        change(&mut content, now());
        if content == before {
            return None;
        }
        let mut plain = Zeroizing::new(serde_json::to_vec(&content).ok()?);
        while plain.len() > LARGEST {
            content.drop_oldest()?;
            *plain = serde_json::to_vec(&content).ok()?;
        }
        private_file::replace(&folder.join(NAMES), &key.seal(LABEL, plain).ok()?).ok()
    }
}

impl Content {
    fn keep_since(&mut self, oldest: u64) {
        self.services.retain(|_, teams| {
            teams.retain(|_, team| {
                team.jobs.retain(|_, job| job.seen >= oldest);
                team.seen >= oldest
            });
            !teams.is_empty()
        });
    }

    /// Drops the jobs and teams that were seen least recently; `None` if there are none.
    fn drop_oldest(&mut self) -> Option<()> {
        let teams = || self.services.values().flat_map(|teams| teams.values());
        let jobs = teams().flat_map(|team| team.jobs.values().map(|job| job.seen));
        let oldest = jobs.min().or_else(|| teams().map(|team| team.seen).min())?;
        self.keep_since(oldest + 1);
        Some(())
    }
}

/// Sets the time of `seen` anew unless it is of today: most commands see what the last one saw, and then
/// write nothing.
fn renew(seen: &mut u64, now: u64) {
    if now.abs_diff(*seen) >= DAY {
        *seen = now;
    }
}

/// Returns the seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use vdk_api::Name;

    const URL: &str = "https://vdk.example.org/";

    fn cache(folder: &tempfile::TempDir) -> NameCache {
        NameCache {
            folder: Some(folder.path().join("completion")),
            locks: folder.path().join("locks"),
        }
    }

    fn owner(team: &str, job: &str) -> Owner {
        Owner { team: Name::new(team).unwrap(), job: Name::new(job).unwrap() }
    }

    fn see(cache: &NameCache, job: &str, json: &str) {
        let document = Document::parse(json).unwrap();
        cache.remember(URL, &owner("sales", job), Collection::Secrets, &document);
    }

    fn keys(cache: &NameCache, job: &str) -> Vec<String> {
        let keys = cache.keys(URL, &owner("sales", job), Collection::Secrets);
        keys.into_iter().map(|(key, kind)| format!("{key}: {kind}")).collect()
    }

    #[test]
    fn remembers_what_was_seen_last() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(&folder);
        assert!(cache.urls().is_empty());
        see(&cache, "ingest", r#"{"b": 1, "a b": "x"}"#);
        see(&cache, "mistyped", "{}");
        assert_eq!(keys(&cache, "ingest"), ["a b: a string", "b: an integer"]);
        assert_eq!(cache.keys(URL, &owner("sales", "ingest"), Collection::Properties), []);
        see(&cache, "ingest", r#"{"b": true}"#);
        assert_eq!(keys(&cache, "ingest"), ["b: a boolean"]);
        see(&cache, "ingest", "{}");
        assert!(keys(&cache, "ingest").is_empty());
        cache.remember_team(URL, "dev");
        assert_eq!(cache.teams(URL), ["dev", "sales"]);
        assert_eq!(
            (cache.jobs(URL, None), cache.jobs(URL, Some("dev")).len()),
            (vec!["ingest".into()], 0)
        );
        see(&cache, "ingest", r#"{"b": 1}"#);
        cache.remember_jobs(URL, "sales", &["ingest", "load"]);
        assert_eq!(cache.jobs(URL, Some("sales")), ["ingest", "load"]);
        assert_eq!(keys(&cache, "ingest"), ["b: an integer"], "its keys stay");
        cache.remember_jobs(URL, "sales", &["ingest"]);
        cache.forget(URL, &owner("sales", "ingest"));
        assert!(cache.jobs(URL, None).is_empty());
        assert_eq!(cache.urls(), [URL]);
    }

    #[test]
    fn writes_only_what_is_new_and_seals_it() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(&folder);
        let file = folder.path().join("completion/names");
        see(&cache, "ingest", r#"{"customer-token": 1}"#);
        let first = fs::read(&file).unwrap();
        let holds = |name: &[u8]| first.windows(name.len()).any(|part| part == name);
        assert!(![&b"customer"[..], b"ingest", b"example"].into_iter().any(holds));
        see(&cache, "ingest", r#"{"customer-token": 2}"#);
        assert_eq!(fs::read(&file).unwrap(), first, "the same names are not written again");
        fs::write(&file, "damaged").unwrap();
        assert!(cache.urls().is_empty());
        see(&cache, "ingest", r#"{"k": 1}"#);
        fs::write(folder.path().join("completion/key"), "damaged").unwrap();
        assert!(cache.urls().is_empty());
        see(&cache, "ingest", r#"{"k": 1}"#);
        assert_eq!(keys(&cache, "ingest"), ["k: an integer"]);
    }

    #[test]
    fn forgets_after_30_days_and_drops_the_oldest_beyond_its_size() {
        let job = |seen| Job { seen, ..Job::default() };
        let jobs = [("new".into(), job(50)), ("old".into(), job(10))].into();
        let teams: Teams = [
            ("t".into(), Team { seen: 50, jobs }),
            ("u".into(), Team { seen: 9, jobs: [].into() }),
        ]
        .into();
        let mut content = Content { services: [(URL.into(), teams)].into() };
        content.keep_since(10);
        let names = |content: &Content| -> Vec<String> {
            content.services[URL]["t"].jobs.keys().cloned().collect()
        };
        assert_eq!(
            (content.services[URL].len(), names(&content)),
            (1, vec!["new".into(), "old".into()])
        );
        content.drop_oldest().unwrap();
        assert_eq!(names(&content), ["new"]);
        content.drop_oldest().unwrap();
        assert!(content.services.is_empty() && content.drop_oldest().is_none());
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(&folder);
        let many: Vec<String> =
            (0..40_000).map(|n| format!("\"key-of-some-length-{n}\": 1")).collect();
        see(&cache, "big", &format!("{{{}}}", many.join(",")));
        assert!(cache.jobs(URL, None).is_empty());
        see(&cache, "small", r#"{"k": 1}"#);
        let many: Vec<String> = (0..20_000).map(|n| format!("job-{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        cache.remember_jobs("https://other.example.org/", "t", &many);
        assert!((1_000..20_000).contains(&cache.jobs("https://other.example.org/", None).len()));
        cache.remember_jobs(URL, "mistyped", &[]);
        assert_eq!(cache.teams(URL), ["sales"]);
        assert_eq!(cache.jobs(URL, None), ["small"]);
    }
}
