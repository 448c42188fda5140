//! Reads of documents, and lists of them.

use vdk_api::{Collection, Kept, Name, Owner, VERSIONS_KEPT, Version, tell_versions};
use zeroize::Zeroizing;

use crate::address::Address;
use crate::database::census;
use crate::documents::heads::{current_if_keys_hold, head};
use crate::documents::versions::row;
use crate::documents::{Stored, StoredText, parsed};
use crate::error::StoreError;
use crate::store::Store;

impl Store {
    /// Reads the current version.
    pub fn read(&self, address: &Address) -> Result<Stored, StoreError> {
        parsed(self.read_text(address)?)
    }

    /// Reads the current version without parsing it.
    pub fn read_text(&self, address: &Address) -> Result<StoredText, StoreError> {
        let quick = current_if_keys_hold(&self.database, &self.keys.borrow(), address)?;
        if let Some(text) = quick {
            return Ok(text);
        }
        self.reading(|reading, keys| {
            if let Some(text) = current_if_keys_hold(&reading, keys, address)? {
                return Ok(text);
            }
            match head(&reading, keys, address)? {
                0 => Ok(StoredText { json: Zeroizing::new("{}".into()), ..StoredText::default() }),
                version => row(&reading, keys, address, version)?
                    .ok_or(StoreError::Damaged("its current version is missing")),
            }
        })
    }

    /// Reads one of the kept versions; `None` if it is not kept.
    pub fn read_version(
        &self,
        address: &Address,
        version: u64,
    ) -> Result<Option<StoredText>, StoreError> {
        self.reading(|reading, keys| row(&reading, keys, address, version))
    }

    /// Returns the kept versions, newest first, with the keys that each of them changed.
    pub fn versions(&self, address: &Address) -> Result<Vec<Version>, StoreError> {
        self.reading(|reading, keys| {
            let newest = head(&reading, keys, address)?;
            let oldest = newest.saturating_sub(VERSIONS_KEPT) + 1;
            let mut kept = Vec::new();
            for version in oldest..=newest {
                if let Some(text) = row(&reading, keys, address, version)? {
                    let (author, written_at) = (text.author.clone(), text.written_at);
                    let document = parsed(text)?.document;
                    kept.push(Kept { version, written_at, author, document });
                }
            }
            Ok(tell_versions(kept))
        })
    }

    /// Checks that the store can be read now, and that its file is in its place.
    pub fn check(&self) -> Result<(), StoreError> {
        self.in_place()?;
        self.reading(|_, _| Ok(()))
    }

    /// Returns whether there is any document of `team`, including an emptied one.
    pub fn has_team(&self, collection: Collection, team: &Name) -> Result<bool, StoreError> {
        let any = "SELECT 1 FROM versions WHERE collection = ?1 AND team = ?2";
        Ok(self.database.prepare_cached(any)?.exists((collection.as_str(), team.as_str()))?)
    }

    /// Returns at most `most` teams that have documents, sorted. It takes one look-up for each
    /// team, however many jobs there are.
    pub fn teams(&self, collection: Collection, most: usize) -> Result<Vec<String>, StoreError> {
        let mut next = self.database.prepare(
            "SELECT min(team) FROM versions WHERE collection = ?1 AND (?2 IS NULL OR team > ?2)",
        )?;
        let mut teams: Vec<String> = Vec::new();
        while teams.len() < most {
            let after = teams.last();
            match next.query_row((collection.as_str(), after), |row| row.get(0))? {
                Some(team) => teams.push(team),
                None => break,
            }
        }
        Ok(teams)
    }

    /// Returns at most `most` jobs of `team` that have documents in `collection`, even emptied ones,
    /// sorted by their bytes.
    pub fn jobs(
        &self,
        collection: Collection,
        team: &Name,
        most: usize,
    ) -> Result<Vec<String>, StoreError> {
        let mut jobs = self.database.prepare_cached(
            "SELECT DISTINCT job FROM versions WHERE collection = ?1 AND team = ?2
            ORDER BY job LIMIT ?3",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = jobs.query_map((collection.as_str(), team.as_str(), most), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns at most `most` jobs that have documents.
    pub fn owners(&self, most: usize) -> Result<Vec<Owner>, StoreError> {
        let mut all = self.database.prepare("SELECT DISTINCT team, job FROM heads LIMIT ?1")?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut rows = all.query([most])?;
        let mut owners = Vec::new();
        while let Some(row) = rows.next()? {
            let name =
                |column: usize| Ok::<_, StoreError>(Name::new(row.get::<_, String>(column)?));
            if let (Ok(team), Ok(job)) = (name(0)?, name(1)?) {
                owners.push(Owner { team, job });
            }
        }
        Ok(owners)
    }

    /// Returns the number of documents.
    pub fn len(&self) -> Result<u64, StoreError> {
        census::count(&self.database)
    }

    /// Returns whether nothing was ever written.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.len()? == 0)
    }
}
