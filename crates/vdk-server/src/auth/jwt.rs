//! Signed tokens (JWS, RFC 7515, in compact form) and their claims (JWT, RFC 7519). ring verifies
//! signatures; this module parses the rest strictly, and accepts only algorithms with a public key.
//! The crates for tokens either bring a second crypto library or have treated claims of a wrong
//! type as absent.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::signature::{self, Ed25519KeyPair, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::claim_path::find;

/// Seconds by which clocks may differ.
pub const SKEW: i64 = 60;
/// Longest token, in bytes.
const LONGEST: usize = 32 * 1024;

/// The reason why a token is rejected. The texts are for its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// The issuer that the token names did not make it: a guess.
    Invalid(&'static str),
    /// The token was valid, but is not any more, or not here.
    NotAccepted(&'static str),
}

/// A token whose signature is not verified yet.
pub struct Unchecked<'a> {
    /// The id of the key that signed it, if it names one.
    pub key_id: Option<String>,
    algorithm: Algorithm,
    signed: &'a [u8],
    signature: Vec<u8>,
    claims: Map<String, Value>,
}

/// The claims of a token whose signature is valid.
#[derive(Debug)]
pub struct Claims(Map<String, Value>);

/// The accepted algorithms (RFC 7518, RFC 8037): none without a signature, none with a shared key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    fn named(name: &str) -> Option<Self> {
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

impl<'a> Unchecked<'a> {
    /// Parses a token.
    pub fn parse(token: &'a str) -> Result<Self, TokenError> {
        const NO_JWT: TokenError = TokenError::Invalid("it is not a JSON web token");
        #[derive(Deserialize)]
        struct Header {
            alg: String,
            #[serde(default)]
            kid: Option<String>,
            #[serde(default)]
            crit: Option<Value>,
        }
        if token.len() > LONGEST {
            return Err(TokenError::Invalid("it is too long"));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(NO_JWT)?;
        let (header, payload) = signed.split_once('.').ok_or(NO_JWT)?;
        let part = |text: &str| BASE64.decode(text).map_err(|_| NO_JWT);
        let header: Header = serde_json::from_slice(&part(header)?).map_err(|_| NO_JWT)?;
        if header.crit.is_some() {
            return Err(TokenError::Invalid("it requires an unknown extension"));
        }
        let algorithm = Algorithm::named(&header.alg);
        let algorithm =
            algorithm.ok_or(TokenError::Invalid("its signature algorithm is not supported"))?;
        let claims = serde_json::from_slice(&part(payload)?).map_err(|_| NO_JWT)?;
        Ok(Unchecked {
            key_id: header.kid,
            algorithm,
            signed: signed.as_bytes(),
            signature: part(signature)?,
            claims,
        })
    }

    /// Returns the issuer that the token names, by which its keys are found.
    pub fn issuer(&self) -> Option<&str> {
        self.claims.get("iss").and_then(Value::as_str)
    }

    /// Verifies the signature with `key`.
    pub fn check(&self, key: &Key) -> Result<Claims, TokenError> {
        if key.verifies(self.algorithm, self.signed, &self.signature) {
            Ok(Claims(self.claims.clone()))
        } else {
            Err(TokenError::Invalid("its signature is invalid"))
        }
    }
}

impl Claims {
    /// Checks that the token is valid at `now`, in seconds since 1970.
    pub fn check_time(&self, now: i64) -> Result<(), TokenError> {
        let time = |name: &str| match self.0.get(name) {
            None => Ok(None),
            // RFC 7519 allows fractions.
            Some(value) => match value.as_f64().filter(|time| time.is_finite()) {
                #[allow(clippy::cast_possible_truncation, reason = "a time far off is far off")]
                Some(time) => Ok(Some(time as i64)),
                None => Err(TokenError::Invalid("one of its times is invalid")),
            },
        };
        let end = time("exp")?.ok_or(TokenError::Invalid("it has no expiry"))?;
        if end.saturating_add(SKEW) <= now {
            return Err(TokenError::NotAccepted("it has expired"));
        }
        if time("nbf")?.is_some_and(|from| from.saturating_sub(SKEW) > now) {
            return Err(TokenError::NotAccepted("it is not valid yet"));
        }
        Ok(())
    }

    /// Returns the time of expiry, in seconds since 1970.
    pub fn end(&self) -> i64 {
        #[allow(clippy::cast_possible_truncation, reason = "a time far off is far off")]
        self.0.get("exp").and_then(Value::as_f64).map_or(0, |end| end as i64)
    }

    /// Returns a claim that is a text, and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        find(&self.0, name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Returns whether there is such a claim, of any type but null.
    pub fn has(&self, name: &str) -> bool {
        find(&self.0, name).is_some_and(|value| !value.is_null())
    }

    /// Returns the names of all claims.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns a claim that is a text or a list of texts.
    pub fn list(&self, name: &str) -> Vec<String> {
        match find(&self.0, name) {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(items)) => {
                items.iter().filter_map(Value::as_str).map(String::from).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Does the same, and splits texts at spaces, as `scope` requires (RFC 8693, section 4.2).
    pub fn words(&self, name: &str) -> Vec<String> {
        let list = self.list(name);
        list.iter().flat_map(|text| text.split(' ')).map(String::from).collect()
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

    fn verifies(&self, algorithm: Algorithm, signed: &[u8], signature: &[u8]) -> bool {
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

/// Signs `claims` with a key of the service.
pub fn sign(key: &Ed25519KeyPair, key_id: &str, claims: &Value) -> String {
    let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": key_id});
    let part = |value: &Value| BASE64.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(claims));
    let signature = BASE64.encode(key.sign(signed.as_bytes()).as_ref());
    format!("{signed}.{signature}")
}

#[cfg(test)]
mod tests {
    use ring::signature::KeyPair;

    use super::*;

    fn pair() -> (Ed25519KeyPair, Key) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": BASE64.encode(pair.public_key())});
        (pair, Key::from_jwk(&jwk).unwrap())
    }

    fn checked(token: &str, key: &Key, now: i64) -> Result<Claims, TokenError> {
        let claims = Unchecked::parse(token)?.check(key)?;
        claims.check_time(now).map(|()| claims)
    }

    #[test]
    fn accepts_a_token_only_in_its_time_and_with_its_key() {
        let (pair, key) = pair();
        let token = sign(&pair, "k", &json!({"iss": "i", "nbf": 1000, "exp": 2000.5}));
        assert_eq!(checked(&token, &key, 1500).unwrap().end(), 2000);
        assert!(checked(&token, &key, 940).is_ok() && checked(&token, &key, 2059).is_ok());
        for late in [939, 2060] {
            assert!(
                matches!(checked(&token, &key, late), Err(TokenError::NotAccepted(_))),
                "{late}"
            );
        }
        let other = Ed25519KeyPair::from_seed_unchecked(&[8; 32]).unwrap();
        let forged = sign(&other, "k", &json!({"iss": "i", "exp": 2000}));
        assert!(matches!(checked(&forged, &key, 1500), Err(TokenError::Invalid(_))));
        for claims in [json!({}), json!({"exp": "2000"}), json!({"exp": 2000, "nbf": "x"})] {
            assert!(checked(&sign(&pair, "k", &claims), &key, 1500).is_err(), "{claims}");
        }
    }

    #[test]
    fn rejects_manipulated_tokens() {
        let (pair, key) = pair();
        let token = sign(&pair, "k", &json!({"iss": "i", "exp": 2000, "sub": "ana"}));
        let parts: Vec<&str> = token.split('.').collect();
        let with = |header: &Value, claims: &str, signature: &str| {
            format!("{}.{claims}.{signature}", BASE64.encode(header.to_string()))
        };
        for (token, what) in [
            (with(&json!({"alg": "none"}), parts[1], ""), "none"),
            (with(&json!({"alg": "HS256"}), parts[1], parts[2]), "symmetric"),
            (with(&json!({"alg": "RS256"}), parts[1], parts[2]), "another algorithm"),
            (with(&json!({"alg": "EdDSA", "crit": ["x"]}), parts[1], parts[2]), "critical"),
            (format!("{}.{}.{}", parts[0], BASE64.encode("{\"exp\":9e9}"), parts[2]), "claims"),
            (format!("{token}."), "a part more"),
            (format!("{}.{}", parts[0], parts[1]), "a part less"),
            (format!("{token}="), "padding"),
            ("x".repeat(LONGEST + 1), "length"),
            (String::new(), "nothing"),
        ] {
            assert!(checked(&token, &key, 1500).is_err(), "{what}");
        }
        // Flips each byte's lowest bit.
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            assert!(checked(&text, &key, 1500).is_err(), "byte {at}");
        }
    }

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
