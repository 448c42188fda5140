//! The roles that were granted in teams.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use vdk_api::{
    ACCESS_JOB, ALL_TEAMS, Author, Grant, GranteeKind, Grants, Name, NameError, Owner, Role,
};

use super::Identity;
use super::cached_document::Record;
use crate::audit::now;
use crate::storage::{Backend, StorageError};

/// Most grants of a team, all of which are one document.
const MOST: usize = 2000;
/// Most teams whose grants are cached; others are read again.
const TEAMS: usize = 10_000;

/// The grants of all teams.
pub struct AllGrants {
    backend: Arc<dyn Backend>,
    /// All storages that may hold something of a team.
    storages: Vec<Arc<dyn Backend>>,
    teams: Mutex<HashMap<Name, Arc<Record<Grants>>>>,
    /// True if the first to grant a role in a team that holds nothing becomes its manager.
    pub claimable: bool,
}

/// The reason why grants were not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotChanged {
    /// The client is not authorized.
    AuthzError,
    /// There is no such grant.
    NoSuchGrant,
    /// The team would be left without a manager.
    LastManager,
    /// The team has too many grants.
    TooMany,
}

impl AllGrants {
    /// Manages the grants in `backend`, of teams whose key/values and credentials are in
    /// `storages`.
    pub fn new(
        backend: Arc<dyn Backend>,
        storages: Vec<Arc<dyn Backend>>,
        claimable: bool,
    ) -> Self {
        AllGrants { backend, storages, teams: Mutex::default(), claimable }
    }

    fn record(&self, team: &Name) -> Result<Arc<Record<Grants>>, NameError> {
        let owner = Owner { team: team.clone(), job: Name::new(ACCESS_JOB)? };
        let mut teams = self.teams.lock().unwrap_or_else(PoisonError::into_inner);
        if teams.len() > TEAMS {
            teams.clear();
        }
        let new = || Arc::new(Record::new(self.backend.clone(), owner));
        Ok(teams.entry(team.clone()).or_insert_with(new).clone())
    }

    /// Returns the grants of a team.
    pub async fn of(&self, team: &Name) -> Result<Arc<Grants>, StorageError> {
        self.record(team).map_err(impossible)?.get().await
    }

    /// Returns the role that `identity` has in `team`, by grants there and for all teams.
    pub async fn role(
        &self,
        identity: &Identity,
        team: &Name,
    ) -> Result<Option<Role>, StorageError> {
        let here = role_in(&*self.of(team).await?, identity);
        if here == Some(Role::Manager) {
            return Ok(here);
        }
        let all = Name::new(ALL_TEAMS).map_err(impossible)?;
        Ok(here.max(role_in(&*self.of(&all).await?, identity)))
    }

    /// Grants a role, or changes a granted one. Authorization is decided by the stored grants at
    /// that moment, not by grants that were read before.
    pub async fn grant(
        &self,
        identity: &Identity,
        team: &Name,
        to: (GranteeKind, &Name, Role),
        author: &Author,
    ) -> Result<Result<(), NotChanged>, StorageError> {
        let (kind, name, role) = to;
        let grant = |kind, name: &str, role| Grant {
            kind,
            name: name.into(),
            role,
            granted_by: author.who.clone(),
            granted_at: now(),
        };
        let manages = self.manages_otherwise(identity, team).await?;
        let may_claim = !manages && self.may_claim(identity, team).await?;
        let change = |grants: &mut Grants, is_new: bool| {
            if !manages && role_in(grants, identity) != Some(Role::Manager) {
                let claims = is_new && may_claim;
                let (kind, own) =
                    identity.name().filter(|_| claims).ok_or(NotChanged::AuthzError)?;
                grants.grants.push(grant(kind, own, Role::Manager));
            }
            let had_managers = has_manager(grants);
            grants.grants.retain(|grant| grant.kind != kind || grant.name != name.as_str());
            if grants.grants.len() >= MOST {
                return Err(NotChanged::TooMany);
            }
            grants.grants.push(grant(kind, name.as_str(), role));
            is_still_managed(had_managers, grants, team)
        };
        self.record(team).map_err(impossible)?.change(author, change).await
    }

    /// Revokes a grant.
    pub async fn revoke(
        &self,
        identity: &Identity,
        team: &Name,
        from: (GranteeKind, &Name),
        author: &Author,
    ) -> Result<Result<(), NotChanged>, StorageError> {
        let (kind, name) = from;
        let manages = self.manages_otherwise(identity, team).await?;
        let change = |grants: &mut Grants, _| {
            if !manages && role_in(grants, identity) != Some(Role::Manager) {
                return Err(NotChanged::AuthzError);
            }
            let before = grants.grants.len();
            let had_managers = has_manager(grants);
            grants.grants.retain(|grant| grant.kind != kind || grant.name != name.as_str());
            if grants.grants.len() == before {
                return Err(NotChanged::NoSuchGrant);
            }
            is_still_managed(had_managers, grants, team)
        };
        self.record(team).map_err(impossible)?.change(author, change).await
    }

    /// Returns whether `identity` may become the manager of `team` because it holds nothing: no
    /// grant, no document of either collection, even an emptied one, and no credentials. Otherwise,
    /// the first to ask could manage, and read, a team that holds something.
    async fn may_claim(&self, identity: &Identity, team: &Name) -> Result<bool, StorageError> {
        if !self.claimable || team.as_str() == ALL_TEAMS || identity.name().is_none() {
            return Ok(false);
        }
        // A team's managers can work on while another storage is unavailable.
        let record = self.record(team).map_err(impossible)?;
        if !record.no_older_than(Duration::ZERO).await?.grants.is_empty() {
            return Ok(false);
        }
        for storage in &self.storages {
            if storage.has_team(team).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns whether anybody manages `team` by a grant there.
    pub async fn has_manager(&self, team: &Name) -> Result<bool, StorageError> {
        Ok(has_manager(&*self.of(team).await?))
    }

    /// Returns whether `identity` manages `team` by anything but a grant there.
    async fn manages_otherwise(
        &self,
        identity: &Identity,
        team: &Name,
    ) -> Result<bool, StorageError> {
        if identity.manages_by_token(team) {
            return Ok(true);
        }
        let all = Name::new(ALL_TEAMS).map_err(impossible)?;
        if *team == all {
            return Ok(false);
        }
        let grants = self.record(&all).map_err(impossible)?.no_older_than(Duration::ZERO).await?;
        Ok(role_in(&grants, identity) == Some(Role::Manager))
    }
}

/// Rejects a change that leaves the team without a manager of its own.
fn is_still_managed(had_managers: bool, grants: &Grants, team: &Name) -> Result<(), NotChanged> {
    if !had_managers || has_manager(grants) || team.as_str() == ALL_TEAMS {
        Ok(())
    } else {
        Err(NotChanged::LastManager)
    }
}

fn has_manager(grants: &Grants) -> bool {
    grants.grants.iter().any(|grant| grant.role == Role::Manager)
}

fn role_in(grants: &Grants, identity: &Identity) -> Option<Role> {
    grants.grants.iter().filter(|grant| identity.is(grant.kind, &grant.name)).map(|g| g.role).max()
}

fn impossible(error: NameError) -> StorageError {
    StorageError::Damaged(error.to_string())
}
