//! A document of the service's own, beside those of jobs and in the same storage: read through a
//! cache that is young enough for a revocation to hold on all replicas within a minute, and changed
//! on the condition that nobody else has.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tokio::time::Instant;
use vdk_api::{Author, Owner};
use zeroize::Zeroizing;

use crate::backend::{Backend, Expected, Fault, Reason};

/// How old what is read may be.
pub const FRESH: Duration = Duration::from_secs(10);
/// Most tries of a change that others are faster with.
const TRIES: usize = 50;

/// A document with a `T` in it; what was never written is the default.
pub struct Record<T> {
    backend: Arc<dyn Backend>,
    owner: Owner,
    seen: Mutex<Option<(Instant, Arc<T>)>>,
}

impl<T: Default + Serialize + DeserializeOwned> Record<T> {
    /// The document at `owner`.
    pub fn new(backend: Arc<dyn Backend>, owner: Owner) -> Self {
        Record { backend, owner, seen: Mutex::default() }
    }

    /// The document, as it was at most [`FRESH`] ago.
    pub async fn get(&self) -> Result<Arc<T>, Fault> {
        self.no_older_than(FRESH).await
    }

    /// The document, as it was at most `age` ago.
    pub async fn no_older_than(&self, age: Duration) -> Result<Arc<T>, Fault> {
        let mut seen = self.seen.lock().await;
        if let Some((at, value)) = &*seen
            && at.elapsed() < age
        {
            return Ok(value.clone());
        }
        let asked = Instant::now();
        let (value, _) = self.read().await?;
        let value = Arc::new(value);
        *seen = Some((asked, value.clone()));
        Ok(value)
    }

    /// The document, as it was last seen where it cannot be read now.
    pub async fn get_or_last(&self) -> Result<Arc<T>, Fault> {
        match self.get().await {
            Ok(value) => Ok(value),
            Err(fault) => match &*self.seen.lock().await {
                Some((_, value)) => Ok(value.clone()),
                None => Err(fault),
            },
        }
    }

    /// Changes the document; what `change` refuses is not written. It is told whether nothing was
    /// ever written, and may be called again where somebody else was faster.
    pub async fn change<R, E>(
        &self,
        author: &Author,
        mut change: impl FnMut(&mut T, bool) -> Result<R, E>,
    ) -> Result<Result<R, E>, Fault> {
        for _ in 0..TRIES {
            let (mut value, version) = self.read().await?;
            let done = match change(&mut value, version == 0) {
                Ok(done) => done,
                Err(refused) => return Ok(Err(refused)),
            };
            let json = serde_json::to_string(&value).map_err(|_| self.damaged())?;
            let json = Zeroizing::new(json);
            let expected = Expected::Version(version);
            match self.backend.write(&self.owner, json, expected, author).await {
                Ok(_) => {
                    *self.seen.lock().await = Some((Instant::now(), Arc::new(value)));
                    return Ok(Ok(done));
                }
                Err(Fault::Conflict { .. }) => {}
                Err(fault) => return Err(fault),
            }
        }
        Err(Fault::Away(Reason::Busy, "others kept changing the same document".into()))
    }

    async fn read(&self) -> Result<(T, u64), Fault> {
        let stored = self.backend.read(&self.owner).await?;
        if stored.version == 0 {
            return Ok((T::default(), 0));
        }
        let value = serde_json::from_str(&stored.json).map_err(|_| self.damaged())?;
        Ok((value, stored.version))
    }

    fn damaged(&self) -> Fault {
        Fault::Damaged(format!("the document {}/{}", self.owner.team, self.owner.job))
    }
}
