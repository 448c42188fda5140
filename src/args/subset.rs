//! The options that choose keys of a set, and rename them.

use clap::{ArgAction, Args, ValueHint};
use vdk_client::run::{Names, Naming, Subset};

// Which keys.
#[derive(Args)]
#[group(skip)]
pub struct SubsetArgs {
    #[arg(
        long,
        value_name = "KEY,...",
        value_hint = ValueHint::Other,
        action = ArgAction::Append,
        help = "Only these keys; * stands for any text"
    )]
    only: Vec<String>,
    #[arg(
        long,
        value_name = "KEY,...",
        value_hint = ValueHint::Other,
        action = ArgAction::Append,
        help = "All keys but these"
    )]
    except: Vec<String>,
}

impl SubsetArgs {
    /// Returns whether every key is chosen.
    pub fn is_all(&self) -> bool {
        self.only.is_empty() && self.except.is_empty()
    }

    /// Returns the subset that is asked for.
    pub fn subset(&self) -> Subset {
        Subset::new(self.only.clone(), self.except.clone())
    }
}

// Under which names.
#[derive(Args)]
#[group(skip)]
pub struct RenamingArgs {
    #[arg(
        long,
        value_name = "RULE",
        overrides_with = "names",
        value_parser = ["keep", "upper"],
        default_value = "keep",
        help = "keep: the key as it is; upper: db-user is DB_USER"
    )]
    names: String,
    #[arg(
        long,
        value_name = "TEXT",
        value_hint = ValueHint::Other,
        overrides_with = "strip_prefix",
        help = "Leave this out where a key begins with it"
    )]
    strip_prefix: Option<String>,
    #[arg(
        long,
        value_name = "TEXT",
        value_hint = ValueHint::Other,
        overrides_with = "prefix",
        help = "Put this before each key, and then apply --names"
    )]
    prefix: Option<String>,
}

impl RenamingArgs {
    /// Returns whether every key keeps its name.
    pub fn keeps_names(&self) -> bool {
        self.names == "keep" && self.strip_prefix.is_none() && self.prefix.is_none()
    }

    /// Returns the new name of `key`.
    pub fn name(&self, key: &str) -> String {
        if self.keeps_names() {
            return key.into();
        }
        let rest = self.strip_prefix.as_deref().and_then(|prefix| key.strip_prefix(prefix));
        let prefix = self.prefix.as_deref().unwrap_or_default();
        let names = if self.names == "upper" { Names::Upper } else { Names::Keep };
        let naming = Naming { names, ..Naming::default() };
        naming.variable(&format!("{prefix}{}", rest.unwrap_or(key)))
    }
}
