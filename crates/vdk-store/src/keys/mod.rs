//! Keys and encryption: the master key, which a person can back up, and the data keys it wraps.

mod file;
pub(crate) mod key_file;
mod local;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use file::FileKeys;
pub use key_file::{
    KEY_FILE, find_key_file, find_named_key_file, forget_key_file, keep_next_key_file, next_to,
    read_key_file, read_named_key_file, retire_key_file, set_aside, settle_key_file,
    write_key_file,
};
pub use local::{LocalKeys, MASTER_KEY_FILE};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::KeyError;

const KEY_BYTES: usize = 32;

/// The key that opens a store: 256 random bits, as text 64 hexadecimal digits.
pub struct MasterKey(Zeroizing<[u8; KEY_BYTES]>);

/// The place of a store's master key, which the store records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In the operating system's keyring.
    Keyring,
    /// In the file [`crate::KEY_FILE`] of the store's folder.
    File,
    /// In a file that the operator names at each start.
    Given,
}

impl KeyPlace {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            KeyPlace::Keyring => "keyring",
            KeyPlace::File => "file",
            KeyPlace::Given => "given",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [KeyPlace::Keyring, KeyPlace::File, KeyPlace::Given]
            .into_iter()
            .find(|place| place.as_str() == text)
    }
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeyPlace::Keyring => "the operating system's keyring",
            KeyPlace::File => "the key file beside the store",
            KeyPlace::Given => "a key file given by the operator",
        })
    }
}

/// A keeper of master keys. The store creates a second key only for a rotation.
pub trait MasterKeys: Send + Sync {
    /// Creates the key of a new store in `folder`, or takes the one that already lies there.
    /// Returns the place in which it is kept from now on.
    fn create(&self, folder: &Path) -> Result<(KeyPlace, MasterKey), KeyError>;

    /// Returns the key with fingerprint `id`, which [`MasterKeys::create`] or [`MasterKeys::keep`]
    /// put into `place`.
    fn load(&self, place: KeyPlace, id: &str, folder: &Path) -> Result<MasterKey, KeyError>;

    /// Stores `key`, the next one of the store in `folder`, beside the current one in `place`.
    /// Returns its place, which is the new `file` if an operator gives keys and names it. The key
    /// is durable when this returns, because the store is encrypted with it right after.
    fn keep(
        &self,
        place: KeyPlace,
        key: &MasterKey,
        folder: &Path,
        file: Option<&Path>,
    ) -> Result<KeyPlace, KeyError> {
        let _ = (key, folder, file);
        let place = place.to_string();
        Err(KeyError::CannotKeep { place, why: "nothing else can be stored there".into() })
    }

    /// Finishes [`MasterKeys::keep`]: makes `id` in `place` the key of the store in `folder`, and
    /// sets the key before it aside. Is called again if a process was killed before.
    fn settle(&self, place: KeyPlace, id: &str, folder: &Path) -> Result<(), KeyError> {
        let _ = (place, id, folder);
        Ok(())
    }

    /// Returns the same keeper for a store that stays open while others may rotate its keys.
    fn shared(&self) -> Arc<dyn MasterKeys>;
}

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

    pub(crate) fn sealer(&self) -> Sealer {
        Sealer::new(&self.0)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id())
    }
}

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

/// Bytes that encryption adds: the nonce in front, the authentication tag at the end.
pub(crate) const OVERHEAD: usize = NONCE_LEN + 16;

/// An AES-256-GCM key that encrypts and decrypts.
pub(crate) struct Sealer(LessSafeKey);

impl Sealer {
    fn new(key: &[u8; KEY_BYTES]) -> Self {
        #[allow(clippy::expect_used, reason = "the length is in the type")]
        let key = UnboundKey::new(&AES_256_GCM, key).expect("32 bytes are a key of AES-256");
        Sealer(LessSafeKey::new(key))
    }

    /// Encrypts `plain` under a fresh nonce and binds it to `label`.
    pub(crate) fn seal(
        &self,
        label: &[u8],
        mut plain: Zeroizing<Vec<u8>>,
    ) -> Result<Vec<u8>, KeyError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| KeyError::Random)?;
        let tag = self
            .0
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(label),
                &mut plain,
            )
            .map_err(|_| KeyError::Random)?;
        // In place: a document may be large. Reallocation moves only ciphertext.
        let mut sealed = std::mem::take(&mut *plain);
        sealed.extend_from_slice(tag.as_ref());
        sealed.splice(..0, nonce);
        Ok(sealed)
    }

    /// Decrypts the output of [`Sealer::seal`]; `None` if any bit of it or of `label` differs.
    pub(crate) fn open(&self, label: &[u8], mut sealed: Vec<u8>) -> Option<Zeroizing<Vec<u8>>> {
        let nonce = Nonce::try_assume_unique_for_key(sealed.get(..NONCE_LEN)?).ok()?;
        let length =
            self.0.open_within(nonce, Aad::from(label), &mut sealed, NONCE_LEN..).ok()?.len();
        sealed.truncate(length);
        Some(Zeroizing::new(sealed))
    }
}

fn random() -> Result<Zeroizing<[u8; KEY_BYTES]>, KeyError> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    SystemRandom::new().fill(&mut *bytes).map_err(|_| KeyError::Random)?;
    Ok(bytes)
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
    fn decrypts_only_unchanged_bytes_under_their_label() {
        let sealer = MasterKey::generate().unwrap().sealer();
        let seal = || sealer.seal(b"label", Zeroizing::new(b"plain".to_vec())).unwrap();
        assert_eq!(sealer.open(b"label", seal()).unwrap().as_slice(), b"plain");
        assert!(sealer.open(b"other", seal()).is_none());
        assert!(sealer.open(b"label", vec![0; 5]).is_none());
        for at in 0..seal().len() {
            let mut changed = seal();
            changed[at] ^= 1;
            assert!(sealer.open(b"label", changed).is_none(), "byte {at}");
        }
    }

    #[test]
    fn shows_only_the_fingerprint_in_debug_output() {
        let key = MasterKey::generate().unwrap();
        assert_eq!(format!("{key:?}"), format!("MasterKey({})", key.id()));
        assert!(!key.to_text().contains(&key.id()));
    }
}
