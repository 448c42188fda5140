//! Generated values: random characters of one alphabet, from the operating system's randomness.

use secrecy::SecretString;
use vdk_api::escape;
use vdk_client::{Error, ErrorKind};
use zeroize::Zeroizing;

use crate::args::generate::ALPHABETS;

/// Lengths that are allowed, in characters.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=4096;

/// What a value is generated from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generate {
    length: usize,
    alphabet: String,
    characters: Vec<u8>,
}

impl Generate {
    /// Reads the value of `option`, and the name of an alphabet.
    pub fn new(length: &str, alphabet: Option<&str>, option: &str) -> Result<Self, Error> {
        let number = length.parse().ok().filter(|length| LENGTHS.contains(length));
        let length = number.ok_or_else(|| {
            Error::usage("Cannot generate a value.")
                .why(format!(
                    "{option} takes a number of characters from {} to {}.",
                    LENGTHS.start(),
                    LENGTHS.end()
                ))
                .help(format!("For example: {option} 40"))
        })?;
        let (upper, lower, digits) = (b'A'..=b'Z', b'a'..=b'z', b'0'..=b'9');
        let characters = match alphabet {
            Some("hex") => digits.chain(b'a'..=b'f').collect(),
            Some("base64url") => upper.chain(lower).chain(digits).chain(*b"-_").collect(),
            Some("printable") => (b'!'..=b'~').collect(),
            _ => upper.chain(lower).chain(digits).collect(),
        };
        Ok(Generate { length, alphabet: alphabet.unwrap_or(ALPHABETS[0]).into(), characters })
    }

    /// Returns the options that ask for it.
    pub fn options(&self) -> String {
        format!("--generate {} --alphabet {}", self.length, self.alphabet)
    }

    /// Returns whether a text may have been generated so.
    pub fn fits(&self, text: &str) -> bool {
        text.len() == self.length && text.bytes().all(|byte| self.characters.contains(&byte))
    }

    /// Generates a value.
    pub fn value(&self) -> Result<SecretString, Error> {
        let count = self.characters.len();
        // Bytes from here on would make the first characters more frequent than the others.
        let fair = 256 - 256 % count;
        let mut text = Zeroizing::new(String::with_capacity(self.length));
        let mut bytes = Zeroizing::new([0; 256]);
        while text.len() < self.length {
            getrandom::fill(&mut *bytes).map_err(|error| {
                Error::new(ErrorKind::Unavailable, "Cannot generate a value.")
                    .why(format!("The operating system gives no random bytes: {error}."))
                    .help("Try again, or give a value.")
            })?;
            let usable = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
            let missing = self.length - text.len();
            text.extend(usable.take(missing).map(|byte| char::from(self.characters[byte % count])));
        }
        Ok(SecretString::from(text.as_str()))
    }
}

/// Says that a new value of `key` is stored if it could not be printed: nobody else knows it.
pub fn stored_but(key: &str, printed: anyhow::Result<()>) -> anyhow::Result<()> {
    printed.map_err(|error| {
        Error::new(ErrorKind::Unavailable, "The new value could not be printed.")
            .why(format!("{error:#}."))
            .consequences("It is stored, and the old one is replaced.")
            .help(format!("Read it: --get {} -o raw", escape::line(key)))
            .into()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use secrecy::ExposeSecret;

    use super::*;

    fn value(length: &str, alphabet: Option<&str>) -> String {
        let generate = Generate::new(length, alphabet, "--generate").unwrap();
        generate.value().unwrap().expose_secret().into()
    }

    #[test]
    fn takes_lengths_that_make_sense() {
        for length in ["8", "32", "4096"] {
            assert_eq!(value(length, None).len().to_string(), length);
            let generate = Generate::new(length, None, "--generate").unwrap();
            assert!(generate.fits(&value(length, None)) && !generate.fits("typed by hand"));
        }
        for length in ["", "0", "7", "4097", "-8", "1e3", "forty", "99999999999999999999"] {
            assert!(Generate::new(length, None, "--generate").is_err(), "{length}");
        }
    }

    #[test]
    fn uses_every_character_of_the_alphabet_equally_often() {
        for (alphabet, count) in
            [(None, 62), (Some("hex"), 16), (Some("base64url"), 64), (Some("printable"), 94)]
        {
            let mut seen: HashMap<char, f64> = HashMap::new();
            let total = 4096.0 * 50.0;
            for _ in 0..50 {
                value("4096", alphabet).chars().for_each(|c| *seen.entry(c).or_default() += 1.0);
            }
            assert_eq!(seen.len(), count, "{alphabet:?}");
            // Chi-squared, seven standard deviations away from what chance makes of it: one failure
            // in 10^11 runs. A modulo without rejection is more than a hundred away.
            let (degrees, mean) = (count as f64 - 1.0, total / count as f64);
            let squared: f64 = seen.values().map(|n| (n - mean).powi(2) / mean).sum();
            assert!(squared < degrees + 7.0 * (2.0 * degrees).sqrt(), "{alphabet:?}: {squared}");
        }
    }
}
