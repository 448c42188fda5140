//! Secrets in HashiCorp Vault or OpenBao: KV version 2, each job's document as JSON text in one
//! field of one record, at the path and under the names that the original service uses. Vault's
//! check-and-set is the precondition of a write, its versions are the versions.

mod author_notes;
mod authors;
mod client;
mod coalesce;
mod consistency;
mod metadata;
mod mount;
mod record;
mod token;
mod versions;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_trait::async_trait;
use author_notes::Notes;
use bytes::Bytes;
use client::{Answer, Http, Lost};
use coalesce::Together;
use mount::Mount;
use record::{Names, Read, ReadData, Record, WriteBody, Written, is_plain, record};
use reqwest::Method;
use token::Tokens;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};
use vdk_api::{Author, Name, Owner, Version, encode_segment};
use zeroize::Zeroizing;

use super::{Backend, EngineStatus, Expected, PATIENCE, Reason, StorageError, Stored};
use crate::settings::VaultSettings;

const JSON: &str = "application/json";
/// A record of the service itself, which may not exist.
const OWN_RECORD: &str = "vdk-control-service/signing-keys";
/// Most writes of authors at once.
const NOTE_WRITES: usize = 4;

/// Secrets in Vault.
pub struct Vault(Arc<Inner>);

struct Inner {
    http: Arc<Http>,
    tokens: Arc<Tokens>,
    mount: Mount,
    notes: Notes,
    note_writes: Semaphore,
    no_patch: AtomicBool,
    reads: Together<Result<Stored, StorageError>>,
}

impl Vault {
    /// Makes a client for the Vault in `settings`, from within a runtime. Sends nothing yet.
    pub fn new(settings: VaultSettings) -> Result<Self, String> {
        let VaultSettings { nodes, login, mount, namespace, ca } = settings;
        let http = Arc::new(Http::new(nodes, namespace.as_deref(), ca.as_deref())?);
        let tokens = Arc::new(Tokens::new(http.clone(), login));
        let kept = tokens.clone();
        // This ends with the service.
        tokio::spawn(async move { kept.upkeep().await });
        let mount = mount.split('/').map(encode_segment).collect::<Vec<_>>().join("/");
        let (notes, note_writes) = (Notes::default(), Semaphore::new(NOTE_WRITES));
        let inner = Arc::new(Inner {
            http,
            tokens,
            mount: Mount::new(mount),
            notes,
            note_writes,
            no_patch: AtomicBool::new(false),
            reads: Together::new(),
        });
        let checked = inner.clone();
        tokio::spawn(async move { checked.warn_of_mount().await });
        Ok(Vault(inner))
    }
}

impl Inner {
    /// Sends a request with the service's token. Replaces the token once if it is rejected.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<(&'static str, Bytes)>,
    ) -> Result<Result<Answer, Lost>, StorageError> {
        let mut token = self.tokens.get().await?;
        let mut is_fresh = false;
        loop {
            let body = body.clone();
            let answer = self.http.send(method.clone(), path, Some(&token.secret), body).await;
            match &answer {
                // A rejection by a proxy says nothing about the token.
                Ok(refused) if refused.status != 403 || refused.said().is_none() => {}
                Ok(_) if is_fresh => self.tokens.is_denied().await,
                Ok(_) => {
                    if let Some(other) = self.tokens.replace(&token).await? {
                        (token, is_fresh) = other;
                        continue;
                    }
                }
                _ => {}
            }
            return Ok(answer);
        }
    }

    async fn get(&self, path: &str) -> Result<Answer, StorageError> {
        match self.send(Method::GET, path, None).await? {
            Ok(answer) => Ok(answer),
            // Vault may have closed the connection; reading again does no harm.
            Err(Lost::Broken(_)) => self.send(Method::GET, path, None).await?.map_err(Lost::read),
            Err(lost) => Err(lost.read()),
        }
    }

    fn data(&self, record: &str) -> String {
        format!("{}/data/{record}", self.mount.path)
    }

    fn metadata(&self, record: &str) -> String {
        format!("{}/metadata/{record}", self.mount.path)
    }

    async fn read(&self, record: &str, version: Option<u64>) -> Result<Stored, StorageError> {
        let read = self.read_record(record, version).await;
        match &read {
            Ok(stored) if stored.version > 0 => read,
            Ok(_) | Err(StorageError::NoSuchVersion) => self.absent(read).await?,
            Err(_) => read,
        }
    }

    /// Reads a record. Learns from it of which version the mount is, unless it is absent.
    async fn read_record(
        &self,
        record: &str,
        version: Option<u64>,
    ) -> Result<Stored, StorageError> {
        let query = version.map_or(String::new(), |version| format!("?version={version}"));
        let answer = self.get(&format!("{}{query}", self.data(record))).await?;
        if answer.is_absence() {
            return match version {
                Some(_) => Err(StorageError::NoSuchVersion),
                None => Ok(Stored::nothing()),
            };
        }
        if !matches!(answer.status, 200 | 404) || answer.said().is_some() {
            return Err(answer.fault(false));
        }
        // A 404 with the metadata of a version means that it was deleted. Any other response that
        // is not Vault's comes from a proxy in front of it, and says nothing about the record.
        let foreign = || {
            let (status, bytes) = (answer.status, answer.body.len());
            let why =
                format!("{status} with {bytes} bytes is not a response of a KV version 2 store");
            StorageError::Unavailable(Reason::Failing, why)
        };
        let found: Read<'_> = serde_json::from_slice(&answer.body).map_err(|_| foreign())?;
        let ReadData { data, metadata } = found.data.ok_or_else(foreign)?;
        let Some(current) = metadata.map(|metadata| metadata.version) else {
            // Version 1 returns what was written: a member of this name, without a version.
            data.ok_or_else(foreign)?;
            self.mount.learn(Some(false));
            return Err(self.mount.unversioned());
        };
        self.mount.learn(Some(true));
        // A version that was deleted in Vault has a number and no data.
        let Some(data) = data.filter(|data| data.get() != "null") else {
            return match version {
                Some(_) => Err(StorageError::NoSuchVersion),
                None => Ok(Stored { version: current, ..Stored::nothing() }),
            };
        };
        if is_plain(record) {
            let json = Zeroizing::new(data.get().to_string());
            return Ok(Stored { json, version: current });
        }
        let unreadable = |why: &str| StorageError::Unreadable {
            version: current,
            why: format!("the record {record} in Vault is not a set of secrets: {why}"),
        };
        let found: Record = serde_json::from_str(data.get())
            .map_err(|_| unreadable("it was not written by a Control Service"))?;
        let json = found.secrets_json.map(Zeroizing::new);
        let json = json.ok_or_else(|| unreadable("it has no field secretsJson"))?;
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&json).is_ok();
        if !is_json || vdk_api::json::describe(&json) != "an object" {
            return Err(unreadable("its secretsJson is not a JSON object"));
        }
        Ok(Stored { json, version: current })
    }

    async fn write(
        &self,
        record: &str,
        body: &mut WriteBody,
        expected: Expected,
    ) -> Result<u64, StorageError> {
        if !self.mount.is_versioned() {
            self.check_mount().await?;
        }
        let body_now = Some((JSON, body.on(expected)));
        let sent = self.send(Method::POST, &self.data(record), body_now).await?;
        let answer = sent.map_err(Lost::write)?;
        if answer.is_success() {
            let written: Result<Written, _> = serde_json::from_slice(&answer.body);
            // Version 1 stores the data with the same path and returns no version.
            self.mount.learn(written.is_ok().then_some(true));
            let written = written.map_err(|_| {
                StorageError::Unknown(
                    "no version in Vault's response, as from a KV version 1 mount".into(),
                )
            })?;
            return Ok(written.data.version);
        }
        if answer.is_conflict() {
            if expected == Expected::Any {
                return Box::pin(self.write_last(record, body)).await;
            }
            let current = StorageError::version_of(self.read(record, None).await).ok();
            return Err(StorageError::Conflict { current });
        }
        Err(answer.fault(true))
    }

    /// Writes on any version if the mount or the record requires that every write names the version
    /// it replaces.
    async fn write_last(&self, record: &str, body: &mut WriteBody) -> Result<u64, StorageError> {
        loop {
            let current = StorageError::version_of(self.read(record, None).await)?;
            match self.write(record, body, Expected::Version(current)).await {
                Err(StorageError::Conflict { .. }) => {}
                written => return written,
            }
        }
    }

    /// Returns the records and folders in `folder`, a path that ends in a slash or is empty.
    async fn names(&self, folder: &str) -> Result<Vec<String>, StorageError> {
        let path = self.metadata(folder);
        let answer = self.get(&format!("{path}?list=true")).await?;
        match answer.status {
            404 if answer.is_absence() => self.absent(Vec::new()).await,
            403 if answer.said().is_some() => Err(StorageError::Denied(format!(
                "the policy in Vault does not allow to list {path}, which shows the jobs of a team, and \
                 whether it can be claimed. Add list to the policy. Without it, set \
                 vdk.access.claimable-teams=false"
            ))),
            200..=299 => {
                let found: Names = serde_json::from_slice(&answer.body).map_err(|_| {
                    StorageError::Unavailable(
                        Reason::Failing,
                        "the response is not a list of a KV version 2 store".into(),
                    )
                })?;
                Ok(found.data.keys)
            }
            _ => Err(answer.fault(false)),
        }
    }
}

#[async_trait]
impl Backend for Vault {
    fn name(&self) -> &'static str {
        "vault"
    }

    async fn read(&self, owner: &Owner) -> Result<Stored, StorageError> {
        let record = record(owner)?;
        bounded(self.0.reads.read(&record, self.0.read(&record, None)), StorageError::Unavailable)
            .await
    }

    async fn read_version(&self, owner: &Owner, version: u64) -> Result<Stored, StorageError> {
        bounded(self.0.read(&record(owner)?, Some(version)), StorageError::Unavailable).await
    }

    async fn write(
        &self,
        owner: &Owner,
        json: Zeroizing<String>,
        expected: Expected,
        author: &Author,
    ) -> Result<u64, StorageError> {
        let record = record(owner)?;
        let mut body = match is_plain(&record) {
            true => WriteBody::plain(&json),
            false => WriteBody::new(&format!("{}/{}", owner.team, owner.job), &json),
        };
        // The write may wait for long; one copy of the document is enough.
        drop(json);
        let writing = self.0.write(&record, &mut body, expected);
        let version = bounded(writing, |_, why| StorageError::Unknown(why)).await?;
        self.0.note_author(record, version, author);
        // It is completed even if the client disconnects.
        let (inner, owner, author) = (self.0.clone(), owner.clone(), author.clone());
        let _ = tokio::spawn(async move { inner.follow(&owner, &author).await }).await;
        Ok(version)
    }

    async fn versions(&self, owner: &Owner) -> Result<Vec<Version>, StorageError> {
        bounded(self.0.versions(&record(owner)?), StorageError::Unavailable).await
    }

    async fn has_team(&self, team: &Name) -> Result<bool, StorageError> {
        let folder = format!("{}/", encode_segment(team.as_str()));
        Ok(!bounded(self.0.names(&folder), StorageError::Unavailable).await?.is_empty())
    }

    async fn teams(&self, most: usize) -> Result<Vec<String>, StorageError> {
        let names = bounded(self.0.names(""), StorageError::Unavailable).await?;
        let teams = names.iter().filter_map(|name| name.strip_suffix('/')).take(most);
        Ok(teams.map(String::from).collect())
    }

    async fn jobs(&self, team: &Name, most: usize) -> Result<Vec<String>, StorageError> {
        let folder = format!("{}/", encode_segment(team.as_str()));
        let mut jobs = bounded(self.0.names(&folder), StorageError::Unavailable).await?;
        jobs.retain(|name| !name.ends_with('/'));
        jobs.sort_unstable();
        jobs.truncate(most);
        Ok(jobs)
    }

    async fn ready(&self) -> Result<(), StorageError> {
        let path = "sys/health?standbyok=true&perfstandbyok=true";
        let answer = self.0.http.send(Method::GET, path, None, None).await.map_err(Lost::read)?;
        match answer.status {
            200..=299 => {
                self.0.tokens.are_good().await?;
                // A valid token may have no rights here, and the mount may have another name.
                match self.0.check_mount().await {
                    Err(StorageError::Denied(why)) => {
                        Err(StorageError::Denied(format!("{}: {why}", self.0.data(OWN_RECORD))))
                    }
                    checked => checked,
                }
            }
            503 => Err(StorageError::Unavailable(Reason::Sealed, "Vault is sealed".into())),
            _ => Err(answer.fault(false)),
        }
    }

    async fn finish(&self) {
        let deadline = Instant::now() + Duration::from_secs(2);
        while !self.0.notes.is_empty() && Instant::now() < deadline {
            sleep(Duration::from_millis(10)).await;
        }
    }

    fn status(&self) -> EngineStatus {
        EngineStatus { lease: self.0.tokens.lease_left(), ..EngineStatus::default() }
    }
}

/// Ends work that takes longer than a client is to wait.
async fn bounded<T>(
    work: impl Future<Output = Result<T, StorageError>>,
    late: impl FnOnce(Reason, String) -> StorageError,
) -> Result<T, StorageError> {
    match timeout(PATIENCE, work).await {
        Ok(result) => result,
        Err(_) => Err(late(Reason::Unreachable, "no response in time".into())),
    }
}
