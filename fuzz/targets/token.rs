//! Access tokens: no text of a token or key makes the check panic, no signature holds that its key
//! has not made, and claims of any kind are read.
#![cfg_attr(fuzzing, no_main)]

use arbitrary::Arbitrary;
#[cfg(fuzzing)]
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use vdk_server::fuzz::{claims, signed, token};

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
