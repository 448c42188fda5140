//! The master key, which wraps the data keys and which a person can back up.

use std::fmt;

use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use super::cipher::{KEY_BYTES, Sealer, random};
use crate::error::KeyError;

/// The key that opens a store: 256 random bits, as text 64 hexadecimal digits.
pub struct MasterKey(Zeroizing<[u8; KEY_BYTES]>);

impl MasterKey {
    /// Generates a random key.
    pub fn generate() -> Result<Self, KeyError> {
        random().map(MasterKey)
    }

    /// Parses the 64 hexadecimal digits of a key. Ignores white space around them.
    pub fn from_text(text: &str) -> Option<Self> {
        let digits = text.trim().as_bytes();
        if digits.len() != 2 * KEY_BYTES {
            return None;
        }
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(MasterKey(bytes))
    }

    /// Returns the key as 64 hexadecimal digits.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(2 * KEY_BYTES));
        for byte in self.0.iter() {
            for half in [byte >> 4, byte & 15] {
                text.extend(char::from_digit(half.into(), 16));
            }
        }
        text
    }

    /// Returns the key's fingerprint, which identifies the key and reveals nothing of it.
    pub fn id(&self) -> String {
        let mut input = Zeroizing::new(b"vdk master key ".to_vec());
        input.extend_from_slice(&*self.0);
        digest(&SHA256, &input).as_ref()[..6].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Encrypts `plain`, which is not part of a store, and binds it to `label`.
    pub fn seal(&self, label: &[u8], plain: Zeroizing<Vec<u8>>) -> Result<Vec<u8>, KeyError> {
        self.sealer().seal(label, plain)
    }

    /// Decrypts the output of [`MasterKey::seal`]; `None` if any bit of it or of `label` differs.
    pub fn open(&self, label: &[u8], sealed: Vec<u8>) -> Option<Zeroizing<Vec<u8>>> {
        self.sealer().open(label, sealed)
    }

    pub(crate) fn sealer(&self) -> Sealer {
        Sealer::new(&self.0)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_a_key_as_text() {
        let key = MasterKey::generate().unwrap();
        let text = format!("{}\n", *key.to_text());
        assert_eq!(*MasterKey::from_text(&text).unwrap().0, *key.0);
        for bad in ["", "zz", &"g".repeat(64), &"0".repeat(63), &"é".repeat(32)] {
            assert!(MasterKey::from_text(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn shows_only_the_fingerprint_in_debug_output() {
        let key = MasterKey::generate().unwrap();
        assert_eq!(format!("{key:?}"), format!("MasterKey({})", key.id()));
        assert!(!key.to_text().contains(&key.id()));
    }
}
