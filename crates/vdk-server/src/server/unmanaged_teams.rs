//! A warning at the start about teams that have data and no manager. Only the operator can appoint
//! their first manager, as a team that holds anything cannot be claimed.

use std::collections::BTreeSet;
use std::sync::Arc;

use vdk_api::{ALL_TEAMS, Name, Role, SERVICE_TEAM};

use crate::http::Service;
use crate::storage::{Backend, StorageError};

/// Most teams that are checked.
const LOOKED_AT: usize = 10_000;
/// Most teams that the warning names.
const NAMED: usize = 5;

/// Warns of teams with data and no manager. Gives up if a storage is unavailable.
pub async fn warn_of_unmanaged_teams(service: Arc<Service>) {
    if !service.auth.enabled || service.auth.has_webhook() {
        return;
    }
    let teams = match unmanaged(&service).await {
        Ok(teams) => teams,
        Err(fault) => {
            tracing::debug!("cannot look for teams without a manager: {fault}");
            return;
        }
    };
    if teams.is_empty() {
        return;
    }
    let named = teams.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = if teams.len() > NAMED { ", …" } else { "" };
    tracing::warn!(
        count = teams.len(),
        "teams with data and no manager: {named}{more}; nobody can claim them. Appoint a manager: \
         vdk-control-service token create --user NAME --team TEAM --role manager"
    );
}

async fn unmanaged(service: &Service) -> Result<Vec<String>, StorageError> {
    let mut teams = BTreeSet::new();
    for storage in service.secrets.iter().chain([&service.properties]) {
        teams.extend(storage.teams(LOOKED_AT).await?);
    }
    let tokens = service.auth.tokens.all().await?;
    let scopes =
        tokens.values().filter(|token| !token.is_over()).filter_map(|token| token.scope.as_ref());
    let by_token: BTreeSet<_> = scopes
        .filter(|scope| scope.role == Role::Manager)
        .map(|scope| scope.team.as_str())
        .collect();
    let grants = &service.auth.grants;
    let is_managed = async |team: &str| match Name::new(team) {
        Ok(name) => Ok(by_token.contains(team) || grants.has_manager(&name).await?),
        Err(_) => Ok(true),
    };
    let mut unmanaged = Vec::new();
    // A manager of all teams can appoint one of each.
    if !is_managed(ALL_TEAMS).await? {
        for team in teams {
            if team != SERVICE_TEAM && team != ALL_TEAMS && !is_managed(&team).await? {
                unmanaged.push(team);
            }
        }
    }
    Ok(unmanaged)
}
