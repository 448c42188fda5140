//! The address of a document.

use vdk_api::{Collection, Owner};

/// The address of a document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Secrets or properties.
    pub collection: Collection,
    /// The job.
    pub owner: Owner,
}
