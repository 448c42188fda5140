//! The options that choose keys of a set.

use clap::{ArgAction, Args, ValueHint};
use vdk_client::run::Subset;

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
    /// Returns the subset that is asked for.
    pub fn subset(&self) -> Subset {
        Subset::new(self.only.clone(), self.except.clone())
    }
}
