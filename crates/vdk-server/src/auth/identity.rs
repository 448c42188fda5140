//! Who asks: read from the claims of a token, or from an API token.

use vdk_api::{ALL_TEAMS, GranteeKind, Name, Role};

use super::jwt::{Claims, Refused};
use super::tokens::{ApiToken, Scope};
use crate::settings::JwtRules;

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    pub(super) user: Option<String>,
    pub(super) client: Option<String>,
    pub(super) groups: Vec<String>,
    /// What the token is limited to.
    pub(super) scope: Option<Scope>,
    /// Nobody has to say who they are: everything is allowed.
    pub(super) is_anybody: bool,
}

impl Identity {
    /// Who asks where nobody has to say who they are.
    pub fn anybody() -> Self {
        Identity { is_anybody: true, ..Identity::default() }
    }

    /// The name for logs and histories.
    pub fn who(&self) -> String {
        match (&self.user, &self.client) {
            (Some(user), _) => user.clone(),
            (None, Some(client)) => format!("service-account:{client}"),
            (None, None) => "anonymous".into(),
        }
    }

    /// What the token is limited to, in words, where it is: no grant goes beyond that.
    pub fn limit(&self) -> Option<String> {
        let scope = self.scope.as_ref()?;
        let all = scope.team == ALL_TEAMS;
        let teams = if all { "all teams".into() } else { format!("team {}", scope.team) };
        Some(format!("the role {} in {teams}", scope.role))
    }

    /// The name that a grant to exactly this one has.
    pub(super) fn name(&self) -> Option<(GranteeKind, &str)> {
        if self.scope.is_some() {
            return None;
        }
        let user = self.user.as_deref().map(|user| (GranteeKind::User, user));
        user.or_else(|| Some((GranteeKind::ServiceAccount, self.client.as_deref()?)))
    }

    /// Whether the token itself is good for managing `team`.
    pub(super) fn manages_by_token(&self, team: &Name) -> bool {
        let manages = |scope: &Scope| scope.role == Role::Manager && scope.is_for(team);
        self.is_anybody || self.scope.as_ref().is_some_and(manages)
    }

    /// Whether a grant to `name` is one to this one. A token that is limited has what it is limited
    /// to, and nothing that its user was granted.
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
    /// Who is behind the claims of an identity provider's token.
    pub(super) fn identity(&self, claims: &Claims) -> Result<Identity, Refused> {
        let audiences = claims.list("aud");
        // A claim of another kind is not an absent one.
        if claims.has(&self.username_claim) && claims.text(&self.username_claim).is_none() {
            return Err(Refused::Over("the name of its user is none"));
        }
        if !self.audiences.is_empty() && !audiences.iter().any(|one| self.audiences.contains(one)) {
            return Err(Refused::Over("it is for another audience"));
        }
        if let Some((name, values)) = &self.custom_claim
            && !claims.list(name).iter().any(|one| values.contains(one))
        {
            return Err(Refused::Over("a claim that is demanded here is missing in it"));
        }
        let authorities = match &self.authorities_claim {
            Some(name) => claims.words(name),
            // As the original looks for them.
            None => [claims.words("scope"), claims.words("scp")].concat(),
        };
        if !self.roles.is_empty() && !authorities.iter().any(|one| self.roles.contains(one)) {
            return Err(Refused::Over("a role that is demanded here is missing in it"));
        }
        let user = claims.text(&self.username_claim).map(String::from);
        let client = match user {
            Some(_) => None,
            // The original's rule for OAuth applications.
            None => claims
                .text("sub")
                .map(|sub| sub.split_once(':').map_or(sub, |(_, client)| client).to_string()),
        };
        let is_name = |name: &str| Name::new(name).is_ok();
        if !user.as_deref().or(client.as_deref()).is_some_and(is_name) {
            return Err(Refused::Over("it names nobody, or by a name that none can have"));
        }
        let mut groups = claims.list(&self.groups_claim);
        groups.retain(|group| is_name(group));
        Ok(Identity { user, client, groups, ..Identity::default() })
    }
}
