//! The OAuth credentials of teams: one application a team, whose tokens may act for it if the
//! webhook decides for users. In Vault, they have the original service's path and format.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use vdk_api::{Author, Name, Owner, RESERVED_JOB};
use zeroize::Zeroizing;

use super::cached_document::Record;
use crate::storage::{Backend, StorageError};

/// The credentials of a team in the original service's format.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TeamCredentials {
    /// The team.
    pub team_name: String,
    /// The client id of the team's application.
    pub client_id: String,
    /// The client secret.
    pub client_secret: Zeroizing<String>,
}

/// The error that the client id belongs to another team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken;

/// The team of each client id.
type Clients = BTreeMap<String, String>;

/// The credentials of all teams.
pub struct AllCredentials {
    secrets: Arc<dyn Backend>,
    clients: Record<Clients>,
}

impl AllCredentials {
    /// Manages the credentials in `secrets`. Teams are looked up by client id in `clients`.
    pub fn new(secrets: Arc<dyn Backend>, clients: Record<Clients>) -> Self {
        AllCredentials { secrets, clients }
    }

    fn record(&self, team: &Name) -> Result<Record<TeamCredentials>, StorageError> {
        let job =
            Name::new(RESERVED_JOB).map_err(|error| StorageError::Damaged(error.to_string()))?;
        Ok(Record::new(self.secrets.clone(), Owner { team: team.clone(), job }))
    }

    /// Returns the credentials of a team.
    pub async fn of(&self, team: &Name) -> Result<Option<TeamCredentials>, StorageError> {
        let found = self.record(team)?.get().await?;
        Ok(Some(TeamCredentials::clone(&found)).filter(|found| !found.client_id.is_empty()))
    }

    /// Adds credentials to the list of client ids if they are missing there: the original service
    /// wrote them, or the list was unavailable then.
    pub async fn list(&self, team: &Name, found: &TeamCredentials) {
        let is_listed = |clients: Arc<Clients>| {
            clients.get(&found.client_id).is_some_and(|of| of == team.as_str())
        };
        if self.clients.get().await.is_ok_and(is_listed) {
            return;
        }
        let author = Author { who: "service".into(), op_id: "client ids".into() };
        match self.know(&found.client_id, team, &author).await {
            Ok(Ok(())) => {}
            Ok(Err(Taken)) => {
                tracing::warn!("the client id of team {team} also belongs to another team");
            }
            Err(fault) => {
                tracing::warn!("cannot add the client id of team {team} to the list: {fault}")
            }
        }
    }

    /// Writes the credentials of a team, unless the client id belongs to another team: its tokens
    /// would act for both.
    pub async fn set(
        &self,
        team: &Name,
        client_id: String,
        client_secret: Zeroizing<String>,
        author: &Author,
    ) -> Result<Result<(), Taken>, StorageError> {
        // First, and conditionally: two teams cannot both get the client id. The one in use stays
        // listed until the new one is stored.
        if let Err(taken) = self.know(&client_id, team, author).await? {
            return Ok(Err(taken));
        }
        let mine = client_id.clone();
        let new = TeamCredentials { team_name: team.as_str().into(), client_id, client_secret };
        let record = self.record(team)?;
        let change = record.change(author, |now, _| {
            *now = new.clone();
            Ok::<(), ()>(())
        });
        change.await?.unwrap_or_default();
        if let Err(fault) = self.tidy(team, &mine, author).await {
            tracing::warn!("cannot remove the old client id of team {team} from the list: {fault}");
        }
        Ok(Ok(()))
    }

    /// Removes the ids of a team from the list but `mine` and the one that is stored. Somebody else may
    /// store one at the same moment: what is stored in the end is listed again.
    async fn tidy(&self, team: &Name, mine: &str, author: &Author) -> Result<(), StorageError> {
        let stored = self.of(team).await?.unwrap_or_default().client_id;
        let tidied = self.clients.change(author, |clients, _| {
            clients.retain(|id, of| of != team.as_str() || *id == mine || *id == stored);
            Ok::<(), ()>(())
        });
        tidied.await?.unwrap_or_default();
        if let Some(stored) = self.of(team).await? {
            self.list(team, &stored).await;
        }
        Ok(())
    }

    async fn know(
        &self,
        client_id: &str,
        team: &Name,
        author: &Author,
    ) -> Result<Result<(), Taken>, StorageError> {
        let change = self.clients.change(author, |clients, _| {
            if clients.get(client_id).is_some_and(|of| of != team.as_str()) {
                return Err(Taken);
            }
            clients.insert(client_id.into(), team.as_str().into());
            Ok(())
        });
        change.await
    }

    /// Returns the teams of client ids. Unknown ids are left out.
    pub async fn teams(
        &self,
        client_ids: &[String],
    ) -> Result<Vec<(String, String)>, StorageError> {
        let clients = self.clients.get().await?;
        let found = client_ids.iter().filter_map(|id| Some((id.clone(), clients.get(id)?.clone())));
        Ok(found.collect())
    }
}
