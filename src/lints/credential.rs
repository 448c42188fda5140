//! Names and values that look like credentials.

/// Words that name a credential.
const WORDS: [&str; 13] = [
    "password",
    "passwd",
    "passwords",
    "bearer",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "privatekey",
    "credential",
    "credentials",
    "passcode",
];
/// Words that name a credential before `key`.
const KEYS: [&str; 8] =
    ["api", "access", "private", "secret", "signing", "encryption", "auth", "account"];
/// First words of names that are no credential: of pages of an answer, and of limits.
const NOT: [&str; 7] = ["next", "page", "continuation", "max", "min", "num", "count"];
/// Last words of names that are about a credential and hold none.
const ABOUT: [&str; 28] = [
    "url", "uri", "path", "file", "filename", "folder", "dir", "name", "id", "count", "expiry",
    "expires", "expired", "at", "date", "time", "type", "ttl", "length", "size", "user", "enabled",
    "required", "endpoint", "issuer", "scope", "policy", "version",
];

/// Returns whether a key with this name is a credential.
pub fn is_named_so(name: &str) -> bool {
    let words = words(name);
    // Words may be written together: dbpassword.
    let is_word = words.iter().any(|word| WORDS.iter().any(|one| word.ends_with(one)));
    let is_key = words.windows(2).any(|pair| pair[1] == "key" && KEYS.contains(&&*pair[0]));
    let is_first = |all: &[&str]| words.first().is_some_and(|first| all.contains(&first.as_str()));
    (is_word || is_key || words.iter().any(|word| word == "pass" || word == "pw"))
        && !is_first(&NOT)
        && !words.last().is_some_and(|last| ABOUT.contains(&last.as_str()))
}

/// Splits a name at what is no letter or digit, and before upper case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = c.is_lowercase();
        if c.is_alphanumeric()
            && let Some(last) = words.last_mut()
        {
            last.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns whether text in a setting is a placeholder for a value from elsewhere.
pub fn is_placeholder(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    let word = value.to_lowercase();
    value.is_empty()
        || ["none", "null", "true", "false", "yes", "no", "on", "off", "0", "1"].contains(&&*word)
        || value.starts_with(['$', '<', '{'])
        || value.starts_with("%(")
        || value.chars().all(|c| c == '*' || c == 'x' || c == 'X')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_names_of_credentials() {
        for name in [
            "db-password",
            "apiKey",
            "dbpassword",
            "api-key",
            "privatekey",
            "API_TOKEN",
            "aws.secret.access.key",
            "pwd2 pwd",
        ] {
            assert!(is_named_so(name), "{name}");
        }
        for name in [
            "token_url",
            "passwordFile",
            "secret-name",
            "key",
            "last_id",
            "compass",
            "tokens_at",
            "next_token",
            "max_tokens",
        ] {
            assert!(!is_named_so(name), "{name}");
        }
    }
}
