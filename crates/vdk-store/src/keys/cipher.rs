//! AES-256-GCM with a fresh nonce for every encryption, as master keys and data keys use it.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::error::KeyError;

/// Length of every key.
pub(crate) const KEY_BYTES: usize = 32;

/// Bytes that encryption adds: the nonce in front, the authentication tag at the end.
pub(crate) const OVERHEAD: usize = NONCE_LEN + 16;

/// An AES-256-GCM key that encrypts and decrypts.
pub(crate) struct Sealer(LessSafeKey);

impl Sealer {
    pub(crate) fn new(key: &[u8; KEY_BYTES]) -> Self {
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

/// Returns random bytes for a key.
pub(crate) fn random() -> Result<Zeroizing<[u8; KEY_BYTES]>, KeyError> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    SystemRandom::new().fill(&mut *bytes).map_err(|_| KeyError::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decrypts_only_unchanged_bytes_under_their_label() {
        let sealer = Sealer::new(&random().unwrap());
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
}
