//! The choice of some keys by name or pattern: one rule for every command that takes a subset.

use std::collections::HashSet;

/// Words of `--only` or `--except` that match no key.
#[derive(Debug, PartialEq, Eq)]
pub struct NoSuchKeys(pub Vec<String>);

/// The keys to take: those that `only` names, or all, without those that `except` names.
#[derive(Debug, Default)]
pub struct Subset {
    only: Vec<String>,
    except: Vec<String>,
}

impl Subset {
    /// Makes the subset of the words of `--only` and `--except`, which are not split yet.
    pub fn new(only: Vec<String>, except: Vec<String>) -> Self {
        Subset { only, except }
    }

    /// Returns the chosen ones of `keys`, in their order. Each word is a key, or a list of keys and
    /// patterns with `*`, separated by commas. A key that is spelled exactly so wins.
    pub fn choose<'a>(&self, keys: &[&'a str]) -> Result<Vec<&'a str>, NoSuchKeys> {
        let mut missing = Vec::new();
        let mut matching = |words: &[String]| -> HashSet<&'a str> {
            let mut found = HashSet::new();
            for word in words {
                for part in parts(word, keys) {
                    let hits = hits(part, keys);
                    if hits.is_empty() {
                        missing.push(part.to_string());
                    }
                    found.extend(hits);
                }
            }
            found
        };
        let (only, except) = (matching(&self.only), matching(&self.except));
        if !missing.is_empty() {
            return Err(NoSuchKeys(missing));
        }
        let is_chosen =
            |key: &&&str| (self.only.is_empty() || only.contains(**key)) && !except.contains(**key);
        Ok(keys.iter().filter(is_chosen).copied().collect())
    }

    /// Returns whether `--only` names `key` itself, not by a pattern.
    pub fn names(&self, key: &str) -> bool {
        self.only.iter().any(|word| word == key || word.split(',').any(|part| part == key))
    }
}

/// Splits a word at its commas, unless the whole is a key.
fn parts<'w>(word: &'w str, keys: &[&str]) -> Vec<&'w str> {
    if keys.contains(&word) { vec![word] } else { word.split(',').collect() }
}

fn hits<'a>(part: &str, keys: &[&'a str]) -> Vec<&'a str> {
    match keys.iter().find(|key| **key == part) {
        Some(key) => vec![*key],
        None => keys.iter().copied().filter(|key| is_match(part, key)).collect(),
    }
}

/// Returns whether `pattern`, in which `*` stands for any text, matches all of `key`.
pub fn is_match(pattern: &str, key: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == key };
    let Some(mut key) = key.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match key.find(part) {
            Some(at) => key = &key[at + part.len()..],
            None => return false,
        }
    }
    key.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 6] = ["db-user", "db-pass", "api", "a,b", "x*", "xy"];

    fn chosen(only: &[&str], except: &[&str]) -> Result<Vec<&'static str>, NoSuchKeys> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_string()).collect();
        Subset::new(words(only), words(except)).choose(&KEYS)
    }

    #[test]
    fn chooses_by_name_and_pattern() {
        assert_eq!(chosen(&[], &[]).unwrap(), KEYS);
        assert_eq!(chosen(&["api,db-*"], &[]).unwrap(), ["db-user", "db-pass", "api"]);
        assert_eq!(chosen(&["*"], &["*-*", "a,b"]).unwrap(), ["api", "x*", "xy"]);
        assert_eq!(chosen(&["d*s*r", "*y"], &[]).unwrap(), ["db-user", "xy"]);
    }

    #[test]
    fn prefers_a_key_that_is_spelled_exactly_so() {
        assert_eq!(chosen(&["a,b"], &[]).unwrap(), ["a,b"]);
        assert_eq!(chosen(&["x*"], &[]).unwrap(), ["x*"]);
    }

    #[test]
    fn names_words_that_match_nothing() {
        let missing = |words: &[&str]| NoSuchKeys(words.iter().map(|w| (*w).into()).collect());
        assert_eq!(chosen(&["api,no", "z*"], &["never"]), Err(missing(&["no", "z*", "never"])));
        assert_eq!(chosen(&[""], &[]), Err(missing(&[""])));
    }

    #[test]
    fn tells_names_from_patterns() {
        let subset = Subset::new(vec!["api,db-*".into()], vec![]);
        assert!(subset.names("api") && !subset.names("db-user"));
    }
}
