//! Access to a team's key/values: roles, and the grants that assign them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The team that stands for all teams, in grants and in API tokens.
pub const ALL_TEAMS: &str = "*";

/// A set of rights to a team's key/values. Each role includes the rights of those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// Read values, current and old.
    Reader,
    /// Also write, delete, roll back, and list the versions with their keys.
    Writer,
    /// Also see, grant and revoke access.
    Manager,
}

/// The kind of name that a role is granted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum GranteeKind {
    /// A person, identified by the user name in their token.
    User,
    /// A program, identified by its client id.
    ServiceAccount,
    /// Everybody whose token names this group.
    Group,
}

/// A role that is granted in a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Grant {
    /// The kind of `name`.
    pub kind: GranteeKind,
    /// The user name, client id or group.
    pub name: String,
    /// The granted role.
    pub role: Role,
    /// The user or service account that granted the role.
    pub granted_by: String,
    /// The time of the grant: RFC 3339, UTC.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    pub granted_at: String,
}

/// The grants of a team.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Grants {
    /// The grants in the order in which they were made.
    pub grants: Vec<Grant>,
}

/// The body of a request that grants a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewGrant {
    /// The role to grant.
    pub role: Role,
}

/// Names of the roles, the same in JSON, in paths and on command lines.
const ROLES: [(&str, Role); 3] =
    [("reader", Role::Reader), ("writer", Role::Writer), ("manager", Role::Manager)];
const KINDS: [(&str, GranteeKind); 3] = [
    ("user", GranteeKind::User),
    ("service-account", GranteeKind::ServiceAccount),
    ("group", GranteeKind::Group),
];

/// The error for a text that names no known role or kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is expected")]
pub struct UnknownWord(&'static str);

impl FromStr for Role {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = ROLES.iter().find(|(word, _)| *word == text);
        found.map(|(_, role)| *role).ok_or(UnknownWord("reader, writer or manager"))
    }
}

impl FromStr for GranteeKind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = KINDS.iter().find(|(word, _)| *word == text);
        found.map(|(_, kind)| *kind).ok_or(UnknownWord("user, service-account or group"))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ROLES.iter().find(|(_, role)| role == self).map_or(Ok(()), |(word, _)| f.write_str(word))
    }
}

impl fmt::Display for GranteeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        KINDS.iter().find(|(_, kind)| kind == self).map_or(Ok(()), |(word, _)| f.write_str(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_the_same_words_in_json_and_text() {
        for (word, role) in ROLES {
            assert_eq!(serde_json::to_value(role).unwrap(), word);
            assert_eq!((role.to_string().as_str(), word.parse()), (word, Ok(role)));
        }
        for (word, kind) in KINDS {
            assert_eq!(serde_json::to_value(kind).unwrap(), word);
            assert_eq!((kind.to_string().as_str(), word.parse()), (word, Ok(kind)));
        }
        assert!("Reader".parse::<Role>().is_err() && "team".parse::<GranteeKind>().is_err());
        assert!(Role::Reader < Role::Writer && Role::Writer < Role::Manager);
    }
}
