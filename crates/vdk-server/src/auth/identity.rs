//! The identity of a client, read from the claims of a token or from an API token.

use vdk_api::{ALL_TEAMS, GranteeKind, Name, Role};

use super::api_tokens::{ApiToken, Scope};
use super::jwt::{Claims, TokenError};
use crate::settings::JwtRules;

/// The identity of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    pub(super) user: Option<String>,
    pub(super) client: Option<String>,
    pub(super) groups: Vec<String>,
    /// The limit of the token.
    pub(super) scope: Option<Scope>,
    /// True if authentication is disabled: everything is allowed.
    pub(super) is_anybody: bool,
}

impl Identity {
    /// Returns the identity of all clients if authentication is disabled.
    pub fn anybody() -> Self {
        Identity { is_anybody: true, ..Identity::default() }
    }

    /// Returns the name for logs and histories. Only a user's name may have any form, so one that
    /// looks like another kind is marked.
    pub fn who(&self) -> String {
        let looks = |user: &str| {
            user == "anonymous" || user.starts_with("service-account:") || user.starts_with("user:")
        };
        match (&self.user, &self.client) {
            (Some(user), _) if looks(user) => format!("user:{user}"),
            (Some(user), _) => user.clone(),
            (None, Some(client)) => format!("service-account:{client}"),
            (None, None) => "anonymous".into(),
        }
    }

    /// Returns the limit of the token as text, if there is one. No grant exceeds it.
    pub fn limit(&self) -> Option<String> {
        let scope = self.scope.as_ref()?;
        let all = scope.team == ALL_TEAMS;
        let teams = if all { "all teams".into() } else { format!("team {}", scope.team) };
        Some(format!("the role {} in {teams}", scope.role))
    }

    /// Returns the name for a grant to exactly this identity.
    pub(super) fn name(&self) -> Option<(GranteeKind, &str)> {
        if self.scope.is_some() {
            return None;
        }
        let user = self.user.as_deref().map(|user| (GranteeKind::User, user));
        user.or_else(|| Some((GranteeKind::ServiceAccount, self.client.as_deref()?)))
    }

    /// Returns whether the token itself allows managing `team`.
    pub(super) fn manages_by_token(&self, team: &Name) -> bool {
        let manages = |scope: &Scope| scope.role == Role::Manager && scope.is_for(team);
        self.is_anybody || self.scope.as_ref().is_some_and(manages)
    }

    /// Returns whether a grant to `name` applies to this identity. A limited token has only its own
    /// scope, and none of its user's grants.
    pub(super) fn is(&self, kind: GranteeKind, name: &str) -> bool {
        match kind {
            _ if self.scope.is_some() => false,
            GranteeKind::User => self.user.as_deref() == Some(name),
            GranteeKind::ServiceAccount => self.client.as_deref() == Some(name),
            GranteeKind::Group => self.groups.iter().any(|group| group == name),
        }
    }

    pub(super) fn of_token(token: &ApiToken) -> Self {
        Identity { user: Some(token.user.clone()), scope: token.scope.clone(), ..Self::default() }
    }
}

impl JwtRules {
    /// Returns the identity in the claims of an identity provider's token.
    pub(super) fn identity(&self, claims: &Claims) -> Result<Identity, TokenError> {
        let audiences = claims.list("aud");
        // A claim of another type is not an absent one.
        if claims.has(&self.username_claim) && claims.text(&self.username_claim).is_none() {
            return Err(TokenError::UserName);
        }
        if !self.audiences.is_empty() && !audiences.iter().any(|one| self.audiences.contains(one)) {
            return Err(TokenError::Audience);
        }
        if let Some((name, values)) = &self.custom_claim
            && !claims.list(name).iter().any(|one| values.contains(one))
        {
            return Err(TokenError::Claim);
        }
        let authorities = match &self.authorities_claim {
            Some(name) => claims.words(name),
            // The original service looks in both.
            None => [claims.words("scope"), claims.words("scp")].concat(),
        };
        if !self.roles.is_empty() && !authorities.iter().any(|one| self.roles.contains(one)) {
            return Err(TokenError::Role);
        }
        let user = claims.text(&self.username_claim).map(String::from);
        let client = match user {
            Some(_) => None,
            // The original service has this rule for OAuth applications.
            None => claims
                .text("sub")
                .map(|sub| sub.split_once(':').map_or(sub, |(_, client)| client).to_string()),
        };
        let is_name = |name: &str| Name::new(name).is_ok();
        if !user.as_deref().or(client.as_deref()).is_some_and(is_name) {
            return Err(TokenError::NoName);
        }
        let mut groups = claims.list(&self.groups_claim);
        groups.retain(|group| is_name(group));
        Ok(Identity { user, client, groups, ..Identity::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_no_two_identities_alike() {
        let user = |name: &str| Identity { user: Some(name.into()), ..Identity::default() }.who();
        let client = Identity { client: Some("etl".into()), ..Identity::default() }.who();
        assert_eq!((user("ana"), client.as_str()), ("ana".into(), "service-account:etl"));
        assert_ne!(user("service-account:etl"), client);
        assert_ne!(user("anonymous"), Identity::anybody().who());
        assert_ne!(user("user:anonymous"), user("anonymous"));
    }
}
