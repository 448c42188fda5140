//! A service whose names are remembered as commands see them.

use vdk_api::{Collection, Document, Owner, Version};

use super::NameCache;
use crate::http::{BudgetExhausted, Cause};
use crate::service::{Service, Snapshot, Written};
use crate::{Error, ErrorKind};

/// One collection of a job at a service, whose names go to the cache.
pub(crate) struct Remembering {
    pub inner: Box<dyn Service>,
    pub cache: NameCache,
    pub owner: Owner,
    pub collection: Collection,
}

impl Remembering {
    fn remember(&self, read: Result<Snapshot, Error>) -> Result<Snapshot, Error> {
        let place = self.place();
        match &read {
            Ok(snapshot) if snapshot.is_readable => {
                self.cache.remember(&place, &self.owner, self.collection, &snapshot.document);
            }
            Err(error) if error.kind == ErrorKind::NotFound => {
                self.cache.forget(&place, &self.owner);
            }
            _ => {}
        }
        read
    }
}

impl Service for Remembering {
    fn place(&self) -> String {
        self.inner.place()
    }

    fn read(&self) -> Result<Snapshot, Error> {
        self.remember(self.inner.read())
    }

    fn read_to_replace(&self) -> Result<Snapshot, Error> {
        self.remember(self.inner.read_to_replace())
    }

    fn write(&self, document: &Document, tag: Option<&str>) -> Written {
        let written = self.inner.write(document, tag);
        if matches!(written, Written::Stored { .. }) {
            self.cache.remember(&self.place(), &self.owner, self.collection, document);
        }
        written
    }

    fn versions(&self) -> Result<Vec<Version>, Error> {
        self.inner.versions()
    }

    fn read_version(&self, version: u64) -> Result<Document, Error> {
        self.inner.read_version(version)
    }

    fn known(&self) -> Vec<Owner> {
        self.inner.known()
    }

    fn wait(&self, cause: Cause, what: &str) -> Result<(), BudgetExhausted> {
        self.inner.wait(cause, what)
    }
}
