//! Access tokens: no text of a token or key makes the check panic, no signature holds that its key
//! has not made, and claims of any kind are read.

use arbitrary::Arbitrary;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use vdk_server::jwt::{Key, Unchecked, sign};

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Raw {
        token: &'a str,
        jwk: &'a str,
    },
    Claims {
        end: Option<i32>,
        start: Option<i32>,
        /// Seconds after the end.
        late: i16,
        /// Any JSON, for a claim of any kind, or for all of them.
        other: &'a str,
        at: u16,
        with: char,
    },
}

fuzz_target!(|input: Input<'_>| {
    match input {
        Input::Raw { token: text, jwk } => {
            token(text, jwk);
        }
        Input::Claims { end, start, late, other, at, with } => {
            let other: Value = serde_json::from_str(other).unwrap_or(Value::Null);
            let mut given = match &other {
                Value::Object(_) => other.clone(),
                _ => json!({"sub": other, "aud": other, "groups": other}),
            };
            if let Some(end) = end {
                given["exp"] = end.into();
            }
            if let Some(start) = start {
                given["nbf"] = start.into();
            }
            let (Some((good, jwk)), Some((_, key))) = (signed(&given, 7), signed(&given, 8)) else {
                panic!("any JSON can be signed")
            };
            let now = i64::from(end.unwrap_or(0)) + i64::from(late);
            let read = claims(&good, &jwk, now);
            assert_eq!(read.is_some(), good.len() <= 32 * 1024);
            // Clocks may differ by 60 seconds.
            if end.is_some() && (start.is_some() || given.get("nbf").is_none()) && read.is_some() {
                let is_early = start.is_some_and(|start| i64::from(start) - 60 > now);
                assert_eq!(read, Some(late < 60 && !is_early), "{given} at {now}");
            }
            let by_itself = claims(&signed(&other, 7).unwrap().0, &jwk, now);
            assert!(by_itself.is_none() || other.is_object());
            assert!(!token(&good, &key), "by another key");
            changed(&good, &jwk, usize::from(at), with);
        }
    }
});

/// A token with another character in it.
fn changed(good: &str, jwk: &str, at: usize, with: char) {
    let mut characters: Vec<char> = good.chars().collect();
    let at = at % characters.len();
    if characters[at] == with {
        return;
    }
    characters[at] = with;
    let bad: String = characters.iter().collect();
    assert!(!token(&bad, jwk), "{bad} for {good}");
}

/// Returns whether the key `jwk` verifies the signature of `token`.
fn token(token: &str, jwk: &str) -> bool {
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
fn signed(claims: &Value, seed: u8) -> Option<(String, String)> {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).ok()?;
    let point = BASE64.encode(pair.public_key());
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": point});
    Some((sign(&pair, "k", claims), jwk.to_string()))
}

/// Checks a validly signed token at `now`, after reading its claims in every way.
fn claims(token: &str, jwk: &str, now: i64) -> Option<bool> {
    let key = serde_json::from_str(jwk).ok().and_then(|jwk: Value| Key::from_jwk(&jwk))?;
    let claims = Unchecked::parse(token).ok()?.check(&key).ok()?;
    for name in ["sub", "aud", "scope", "exp", "groups"] {
        let _ = (claims.text(name), claims.has(name), claims.list(name), claims.words(name));
    }
    let _ = claims.end();
    Some(claims.check_time(now).is_ok())
}
