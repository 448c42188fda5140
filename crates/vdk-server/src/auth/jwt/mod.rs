//! Signed tokens (JWS, RFC 7515, in compact form) and their claims (JWT, RFC 7519). ring verifies
//! signatures; this module parses the rest strictly, and accepts only algorithms with a public key.
//!
//! The crate `jsonwebtoken` (10.4, with a provider on ring) was tried instead and fails our tests:
//! it ignores `crit`, refuses a header with an additional member that is not a text, accepts arrays
//! as issuers, keeps one provider for the whole process, and reports an unsupported algorithm as
//! invalid JSON. It checks times only against the system's clock, and its keys name neither a curve
//! nor an algorithm. What would be left of it is the splitting at two dots.

mod error;
mod key;
mod kind;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
pub use error::TokenError;
use key::Algorithm;
pub use key::Key;
use kind::normal_type;
use ring::signature::Ed25519KeyPair;
use serde_json::{Map, Value, json};
use vdk_api::ambiguity;

use super::claim_path::find;

/// Seconds by which clocks may differ.
pub const SKEW: i64 = 60;
/// Longest token, in bytes.
const LONGEST: usize = 32 * 1024;

/// A token whose signature is not verified yet.
pub struct Unchecked<'a> {
    /// The id of the key that signed it, if it names one.
    pub key_id: Option<String>,
    algorithm: Algorithm,
    signed: &'a [u8],
    signature: Vec<u8>,
    claims: Claims,
}

/// The claims of a token whose signature is valid.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The type in the header, in lower case and without `application/`.
    typ: Option<String>,
    all: Map<String, Value>,
}

impl<'a> Unchecked<'a> {
    /// Parses a token.
    pub fn parse(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::NotJwt)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenError::NotJwt)?;
        let (header, all) = (object(header)?, object(payload)?);
        if header.get("crit").is_some_and(|crit| !crit.is_null()) {
            return Err(TokenError::Extension);
        }
        let text = |name: &str| match header.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(TokenError::NotJwt),
        };
        let algorithm = text("alg")?.ok_or(TokenError::NotJwt)?;
        let algorithm = Algorithm::named(algorithm).ok_or(TokenError::Algorithm)?;
        Ok(Unchecked {
            key_id: text("kid")?.map(String::from),
            algorithm,
            signed: signed.as_bytes(),
            signature: decoded(signature)?,
            claims: Claims { typ: text("typ")?.map(normal_type), all },
        })
    }

    /// Returns the issuer that the token names, by which its keys are found.
    pub fn issuer(&self) -> Option<&str> {
        self.claims.all.get("iss").and_then(Value::as_str)
    }

    /// Verifies the signature with `key`.
    pub fn check(&self, key: &Key) -> Result<Claims, TokenError> {
        if key.verifies(self.algorithm, self.signed, &self.signature) {
            Ok(self.claims.clone())
        } else {
            Err(TokenError::Signature)
        }
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, TokenError> {
    BASE64.decode(part).map_err(|_| TokenError::NotJwt)
}

/// Parses a part that is a JSON object. Others may read another one of two members with one name.
fn object(part: &str) -> Result<Map<String, Value>, TokenError> {
    let text = String::from_utf8(decoded(part)?).map_err(|_| TokenError::NotJwt)?;
    let object = serde_json::from_str(&text).map_err(|_| TokenError::NotJwt)?;
    if ambiguity(&text).is_some() { Err(TokenError::NotJwt) } else { Ok(object) }
}

impl Claims {
    /// Checks that the token is valid at `now`, in seconds since 1970.
    pub fn check_time(&self, now: i64) -> Result<(), TokenError> {
        let time = |name: &str| match self.all.get(name) {
            None => Ok(None),
            // RFC 7519 allows fractions.
            Some(value) => match value.as_f64().filter(|time| time.is_finite()) {
                #[allow(clippy::cast_possible_truncation, reason = "a time far off is far off")]
                Some(time) => Ok(Some(time as i64)),
                None => Err(TokenError::Time),
            },
        };
        let end = time("exp")?.ok_or(TokenError::NoExpiry)?;
        if end.saturating_add(SKEW) <= now {
            return Err(TokenError::Expired);
        }
        if time("nbf")?.is_some_and(|from| from.saturating_sub(SKEW) > now) {
            return Err(TokenError::NotYetValid);
        }
        Ok(())
    }

    /// Returns the time of expiry, in seconds since 1970.
    pub fn end(&self) -> i64 {
        #[allow(clippy::cast_possible_truncation, reason = "a time far off is far off")]
        self.all.get("exp").and_then(Value::as_f64).map_or(0, |end| end as i64)
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.all.get(name)
    }

    /// Returns a claim that is a text, and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        find(&self.all, name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Returns whether there is such a claim, of any type but null.
    pub fn has(&self, name: &str) -> bool {
        find(&self.all, name).is_some_and(|value| !value.is_null())
    }

    /// Returns the names of all claims.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.keys().map(String::as_str)
    }

    /// Returns a claim that is a text or a list of texts.
    pub fn list(&self, name: &str) -> Vec<String> {
        match find(&self.all, name) {
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
            assert!(!checked(&token, &key, late).unwrap_err().is_guess(), "{late}");
        }
        let other = Ed25519KeyPair::from_seed_unchecked(&[8; 32]).unwrap();
        let forged = sign(&other, "k", &json!({"iss": "i", "exp": 2000}));
        assert!(checked(&forged, &key, 1500).unwrap_err().is_guess());
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
}
