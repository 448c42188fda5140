//! Suggestions for misspelled names.

/// Least similarity of two names, from 0 to 1 (Jaro-Winkler).
const LIKE: f64 = 0.85;

/// Longest name that is compared, in bytes: it takes the square of that.
const MAX_LENGTH: usize = 256;

/// Returns the name among `names` that is most similar to `word`. Returns `None` if `word` is among
/// them or none is similar. Names that differ in digits alone, as numbered jobs do, are not
/// similar.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > MAX_LENGTH {
        return None;
    }
    let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let of_word = letters(word);
    let mut best = None;
    for name in names.into_iter().filter(|name| name.len() <= MAX_LENGTH) {
        if name == word {
            return None;
        }
        let likeness = strsim::jaro_winkler(word, name);
        if likeness > LIKE
            && letters(name) != of_word
            && best.is_none_or(|(_, other)| likeness > other)
        {
            best = Some((name, likeness));
        }
    }
    best.map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_nearest_name() {
        let names = ["ingest", "sales", "etl-1", "report"];
        assert_eq!(nearest("ingset", names), Some("ingest"));
        assert_eq!(nearest("saless", names), Some("sales"));
        for word in ["ingest", "etl-2", "other", "x"] {
            assert_eq!(nearest(word, names), None, "{word}");
        }
    }
}
