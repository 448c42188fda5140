//! The public keys of issuers, and the signatures that they verify. ring does the cryptography.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::Value;

/// The accepted algorithms (RFC 7518, RFC 8037): none without a signature, none with a shared key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the standards")]
pub enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    /// Returns the algorithm with this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Algorithm::Rs256,
            "RS384" => Algorithm::Rs384,
            "RS512" => Algorithm::Rs512,
            "ES256" => Algorithm::Es256,
            "ES384" => Algorithm::Es384,
            "EdDSA" => Algorithm::EdDsa,
            _ => return None,
        })
    }
}

/// A public key of an issuer (JWK, RFC 7517), for one kind of signature.
#[derive(Clone, Debug)]
pub enum Key {
    /// Modulus and exponent, and the only algorithm if the key names one.
    Rsa(Vec<u8>, Vec<u8>, Option<String>),
    /// A point on a curve, uncompressed, and the curve's name.
    Ec(Vec<u8>, String),
    /// An Ed25519 key.
    Ed25519(Vec<u8>),
}

impl Key {
    /// Parses a key of a key set; `None` if it is of another kind or for another use.
    pub fn from_jwk(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| BASE64.decode(text(name)?.trim_end_matches('=')).ok();
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let algorithm = text("alg").map(String::from);
        match text("kty")? {
            "RSA" => Some(Key::Rsa(bytes("n")?, bytes("e")?, algorithm)),
            "EC" => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                Some(Key::Ec([&[4], &x[..], &y[..]].concat(), text("crv")?.into()))
            }
            "OKP" if text("crv") == Some("Ed25519") => Some(Key::Ed25519(bytes("x")?)),
            _ => None,
        }
    }

    /// Returns whether this key made `signature`.
    pub fn verifies(&self, algorithm: Algorithm, signed: &[u8], signature: &[u8]) -> bool {
        use signature::{
            ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
            RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
        };
        let of_bytes = |kind: &'static dyn signature::VerificationAlgorithm, bytes: &[u8]| {
            UnparsedPublicKey::new(kind, bytes).verify(signed, signature).is_ok()
        };
        match (self, algorithm) {
            (Key::Rsa(n, e, only), Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512) => {
                let (kind, name) = match algorithm {
                    Algorithm::Rs256 => (&RSA_PKCS1_2048_8192_SHA256, "RS256"),
                    Algorithm::Rs384 => (&RSA_PKCS1_2048_8192_SHA384, "RS384"),
                    _ => (&RSA_PKCS1_2048_8192_SHA512, "RS512"),
                };
                only.as_ref().is_none_or(|only| only == name)
                    && RsaPublicKeyComponents { n, e }.verify(kind, signed, signature).is_ok()
            }
            (Key::Ec(point, curve), Algorithm::Es256) if curve == "P-256" => {
                of_bytes(&ECDSA_P256_SHA256_FIXED, point)
            }
            (Key::Ec(point, curve), Algorithm::Es384) if curve == "P-384" => {
                of_bytes(&ECDSA_P384_SHA384_FIXED, point)
            }
            (Key::Ed25519(bytes), Algorithm::EdDsa) => of_bytes(&ED25519, bytes),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ignores_keys_for_other_uses() {
        for jwk in [
            json!({"kty": "oct", "k": "AAAA"}),
            json!({"kty": "RSA", "use": "enc", "n": "AAAA", "e": "AQAB"}),
            json!({"kty": "OKP", "crv": "X25519", "x": "AAAA"}),
            json!({"kty": "RSA", "n": "AAAA"}),
            json!({}),
        ] {
            assert!(Key::from_jwk(&jwk).is_none(), "{jwk}");
        }
    }
}
