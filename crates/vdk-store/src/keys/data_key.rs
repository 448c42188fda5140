//! Data keys, which encrypt the documents. The store holds them wrapped by the master key.

use zeroize::Zeroizing;

use super::cipher::{KEY_BYTES, OVERHEAD, Sealer, random};
use super::master_key::MasterKey;
use crate::error::KeyError;

/// A key that encrypts data. The store holds it under a number, wrapped by the master key.
pub(crate) struct DataKey(Zeroizing<[u8; KEY_BYTES]>);

impl DataKey {
    pub(crate) fn generate() -> Result<Self, KeyError> {
        random().map(DataKey)
    }

    pub(crate) fn wrap(&self, number: i64, master: &MasterKey) -> Result<Vec<u8>, KeyError> {
        let mut data_key = Zeroizing::new(Vec::with_capacity(KEY_BYTES + OVERHEAD));
        data_key.extend_from_slice(&*self.0);
        master.sealer().seal(&wrap_label(number), data_key)
    }

    /// Decrypts the wrapped data key. Returns `None` if it was changed.
    pub(crate) fn unwrap(number: i64, wrapped: Vec<u8>, master: &MasterKey) -> Option<Self> {
        let data_key = master.sealer().open(&wrap_label(number), wrapped)?;
        Some(DataKey(Zeroizing::new(data_key.as_slice().try_into().ok()?)))
    }

    pub(crate) fn sealer(&self) -> Sealer {
        Sealer::new(&self.0)
    }
}

/// Omits the number 1 from the label: stores of format 1 had one data key, without a number.
fn wrap_label(number: i64) -> Vec<u8> {
    let mut label = b"vdk-store/1 data key".to_vec();
    if number != 1 {
        label.extend_from_slice(format!(" {number}").as_bytes());
    }
    label
}
