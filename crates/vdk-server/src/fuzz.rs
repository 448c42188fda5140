//! Access to private functions for fuzzing. Release builds do not have it.

use ring::signature::Ed25519KeyPair;
use serde_json::Value;

use crate::auth::jwt::{Key, Unchecked, sign};
use crate::settings::{Invalid, Settings, Sources};

/// Reads the settings from a properties file with these bytes.
pub fn settings(file: &[u8]) -> Result<Settings, Invalid> {
    let sources = Sources::default().with_bytes(file.to_vec())?;
    Settings::from_sources(&sources, "/nonexistent".into(), false)
}

/// Returns the value of `name` in a properties file with these bytes.
pub fn property(file: &[u8], name: &str) -> Result<Option<String>, Invalid> {
    Ok(Sources::default().with_bytes(file.to_vec())?.in_file(name))
}

/// Returns whether the key `jwk` verifies the signature of `token`.
pub fn token(token: &str, jwk: &str) -> bool {
    let key = serde_json::from_str(jwk).ok().and_then(|jwk: Value| Key::from_jwk(&jwk));
    match (Unchecked::parse(token), key) {
        (Ok(unchecked), Some(key)) => {
            let _ = unchecked.issuer();
            unchecked.check(&key).is_ok()
        }
        _ => false,
    }
}

/// Signs `claims` with a key made from `seed`. Returns the token, and the key to verify it.
pub fn signed(claims: &Value, seed: u8) -> Option<(String, String)> {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
    use ring::signature::KeyPair;
    let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).ok()?;
    let point = BASE64.encode(pair.public_key());
    let jwk = serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": point});
    Some((sign(&pair, "k", claims), jwk.to_string()))
}

/// Checks a validly signed token at `now`, after reading its claims in every way.
pub fn claims(token: &str, jwk: &str, now: i64) -> Option<bool> {
    let key = serde_json::from_str(jwk).ok().and_then(|jwk: Value| Key::from_jwk(&jwk))?;
    let claims = Unchecked::parse(token).ok()?.check(&key).ok()?;
    for name in ["sub", "aud", "scope", "exp", "groups"] {
        let _ = (claims.text(name), claims.has(name), claims.list(name), claims.words(name));
    }
    let _ = claims.end();
    Some(claims.check_time(now).is_ok())
}
