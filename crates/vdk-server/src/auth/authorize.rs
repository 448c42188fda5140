//! Authorization: by the scope of a token, by grants, or by the webhook.

use secrecy::SecretString;
use vdk_api::{Name, Role};

use super::webhook::{No, Question, Webhook};
use super::{Auth, Identity};

/// The right that a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Reading values.
    Read,
    /// Listing keys, writing and deleting.
    Write,
    /// Viewing and changing access.
    Manage,
}

/// The reason why a request of an authenticated client is not authorized.
#[derive(Debug)]
pub enum AuthzError {
    /// The client's role is not sufficient.
    Role,
    /// The webhook denies the request, with this status and text.
    Denied(u16, String),
    /// The webhook or storage that decides is unavailable.
    Unavailable(String),
}

/// An operation to authorize.
pub struct AccessRequest<'a> {
    /// The team whose key/values it concerns.
    pub team: &'a Name,
    /// The job; empty if the operation concerns the team.
    pub job: &'a str,
    /// The right that it needs.
    pub right: Right,
    /// The method of the request.
    pub method: &'a str,
    /// The path of the request, encoded.
    pub path: &'a str,
    /// The token of the request, if the webhook needs it.
    pub token: Option<&'a SecretString>,
}

impl Right {
    /// Returns the lowest role that has this right.
    fn needs(self) -> Role {
        match self {
            Right::Read => Role::Reader,
            Right::Write => Role::Writer,
            Right::Manage => Role::Manager,
        }
    }
}

impl Auth {
    /// Returns whether a webhook decides instead of grants.
    pub fn has_webhook(&self) -> bool {
        self.webhook.is_some()
    }

    /// Returns `Some` if the webhook needs the user's token.
    pub fn wants_tokens(&self) -> Option<()> {
        self.webhook.as_ref().is_some_and(Webhook::wants_token).then_some(())
    }

    /// Authorizes an operation of `identity`.
    pub async fn allow(
        &self,
        identity: &Identity,
        wanted: &AccessRequest<'_>,
    ) -> Result<(), AuthzError> {
        if identity.is_anybody {
            return Ok(());
        }
        let role = match (&identity.scope, &self.webhook) {
            (Some(scope), _) => scope.is_for(wanted.team).then_some(scope.role),
            (None, Some(webhook)) => return self.ask(webhook, identity, wanted).await,
            (None, None) => {
                let role = self.grants.role(identity, wanted.team).await;
                role.map_err(|fault| AuthzError::Unavailable(fault.to_string()))?
            }
        };
        if role >= Some(wanted.right.needs()) { Ok(()) } else { Err(AuthzError::Role) }
    }

    /// Applies the original service's rules: the webhook decides for users, and the application of
    /// a team may act for the team. Nobody else is authorized.
    async fn ask(
        &self,
        webhook: &Webhook,
        identity: &Identity,
        wanted: &AccessRequest<'_>,
    ) -> Result<(), AuthzError> {
        let Some(user) = &identity.user else {
            let client = identity.client.as_deref().ok_or(AuthzError::Role)?;
            let credentials = self.credentials.as_ref().ok_or(AuthzError::Role)?;
            let of = credentials.of(wanted.team).await;
            let of = of.map_err(|fault| AuthzError::Unavailable(fault.to_string()))?;
            let is_theirs = of.is_some_and(|of| of.client_id == client);
            return if is_theirs && wanted.right != Right::Manage {
                Ok(())
            } else {
                Err(AuthzError::Role)
            };
        };
        let question = Question {
            user,
            team: wanted.team.as_str(),
            job: wanted.job,
            path: wanted.path,
            method: wanted.method,
            token: wanted.token,
        };
        webhook.ask(&question).await.map_err(|no| match no {
            No::Denied(status, why) => AuthzError::Denied(status, why),
            No::Unavailable(why) => AuthzError::Unavailable(why),
        })
    }
}
