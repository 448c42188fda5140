//! Access tokens: no text of a token or key makes the check panic, no signature holds that its key
//! has not made, and claims of any kind are read.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use vdk_server::fuzz::{claims, signed, token};

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Raw {
        token: &'a str,
        jwk: &'a str,
    },
    /// `late`: seconds after the end, where there is one.
    Claims {
        json: &'a str,
        late: i16,
        at: u16,
        with: char,
    },
}

fuzz_target!(|input: Input<'_>| {
    match input {
        Input::Raw { token: text, jwk } => {
            token(text, jwk);
        }
        Input::Claims { json, late, at, with } => {
            let Ok(given) = serde_json::from_str::<Value>(json) else { return };
            let (Some((good, jwk)), Some((_, other))) = (signed(&given, 7), signed(&given, 8))
            else {
                panic!("any JSON can be signed")
            };
            let end = given.get("exp").and_then(Value::as_f64);
            let now = (end.unwrap_or(0.0) as i64).saturating_add(late.into());
            let read = claims(&good, &jwk, now);
            assert_eq!(read.is_some(), given.is_object() && good.len() <= 32 * 1024);
            // Clocks may differ by 60 seconds.
            assert!(read != Some(true) || (end.is_some() && late < 60), "{json} is taken at {now}");
            if let (Some(end), Some(false)) = (end, read) {
                let is_early = given.get("nbf").is_some();
                assert!(late >= 60 || is_early || end.abs() > 1e18, "{json} is refused at {now}");
            }
            assert!(!token(&good, &other), "by another key");
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
