//! What somebody may do: by the scope of their token, by grants, or by the webhook.

use secrecy::SecretString;
use vdk_api::{Name, Role};

use super::webhook::{No, Question, Webhook};
use super::{Auth, Identity};

/// What a request needs to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// To read values.
    Read,
    /// To list keys, to write, to delete.
    Write,
    /// To see and to change who may do what.
    Manage,
}

/// Why a request of somebody known is not carried out.
#[derive(Debug)]
pub enum NotAllowed {
    /// Their role is not enough.
    Role,
    /// What decides it denies it, with this status and these words.
    Denied(u16, String),
    /// What decides it is away.
    Away(String),
}

/// What a request wants to do.
pub struct Wanted<'a> {
    /// With the key/values of this team.
    pub team: &'a Name,
    /// And of this job; empty where it is about the team.
    pub job: &'a str,
    /// What it needs.
    pub right: Right,
    /// Its method.
    pub method: &'a str,
    /// Its path, encoded.
    pub path: &'a str,
    /// Its token, where that was asked for.
    pub token: Option<&'a SecretString>,
}

impl Right {
    /// The least role that has it.
    fn needs(self) -> Role {
        match self {
            Right::Read => Role::Reader,
            Right::Write => Role::Writer,
            Right::Manage => Role::Manager,
        }
    }
}

impl Auth {
    /// Whether a webhook decides, and not grants.
    pub fn has_webhook(&self) -> bool {
        self.webhook.is_some()
    }

    /// Something, where a webhook is to be shown the user's tokens.
    pub fn wants_tokens(&self) -> Option<()> {
        self.webhook.as_ref().is_some_and(Webhook::wants_token).then_some(())
    }

    /// Whether `identity` may do what is wanted.
    pub async fn allow(&self, identity: &Identity, wanted: &Wanted<'_>) -> Result<(), NotAllowed> {
        if identity.is_anybody {
            return Ok(());
        }
        let role = match (&identity.scope, &self.webhook) {
            (Some(scope), _) => scope.is_for(wanted.team).then_some(scope.role),
            (None, Some(webhook)) => return self.ask(webhook, identity, wanted).await,
            (None, None) => {
                let role = self.grants.role(identity, wanted.team).await;
                role.map_err(|fault| NotAllowed::Away(fault.to_string()))?
            }
        };
        if role >= Some(wanted.right.needs()) { Ok(()) } else { Err(NotAllowed::Role) }
    }

    /// The original's rules: the webhook decides for users, and the application of a team may act
    /// for it. Nobody else may anything.
    async fn ask(
        &self,
        webhook: &Webhook,
        identity: &Identity,
        wanted: &Wanted<'_>,
    ) -> Result<(), NotAllowed> {
        let Some(user) = &identity.user else {
            let client = identity.client.as_deref().ok_or(NotAllowed::Role)?;
            let credentials = self.credentials.as_ref().ok_or(NotAllowed::Role)?;
            let of = credentials.of(wanted.team).await;
            let of = of.map_err(|fault| NotAllowed::Away(fault.to_string()))?;
            let is_theirs = of.is_some_and(|of| of.client_id == client);
            return if is_theirs && wanted.right != Right::Manage {
                Ok(())
            } else {
                Err(NotAllowed::Role)
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
            No::Denied(status, why) => NotAllowed::Denied(status, why),
            No::Away(why) => NotAllowed::Away(why),
        })
    }
}
