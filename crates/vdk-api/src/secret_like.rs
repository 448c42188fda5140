//! Detection of secrets in the place of a name, path or setting. People paste a token, a key or a
//! document instead of the name of its file, and an error that repeats it puts it into logs.

/// Prefixes that issuers give to tokens so that leaked ones can be found.
const PREFIXES: [&str; 21] = [
    "eyJ",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xox",
    "sk-",
    "sk_",
    "AKIA",
    "ASIA",
    "hvs.",
    "hvb.",
    "AIza",
    "npm_",
    "pypi-",
    "dop_v1_",
    "Bearer ",
    "Basic ",
    "ya29.",
    "SG.",
];
/// Length from which hexadecimal digits are not a name, in characters.
const HEX: usize = 32;
/// Length from which letters and digits without a separator are not a name, in characters.
const RANDOM: usize = 20;
/// Length from which a prefix makes a token, in characters.
const TOKEN: usize = 20;
/// Length from which base64 is not a path although it may contain slashes, in characters.
const BASE64: usize = 40;

/// Returns whether `text` may be a secret, or a document that contains some.
pub fn may_be_secret(text: &str) -> bool {
    let text = text.trim();
    text.contains(['\n', '\r'])
        || text.starts_with(['{', '[', '"'])
        || text.starts_with("-----")
        || PREFIXES.iter().any(|prefix| text.starts_with(prefix))
        || is_api_token(text)
        // An option with its value in the place of a name.
        || (text.starts_with("--") && text.contains('='))
        || (text.len() >= BASE64 && !text.starts_with(['/', '.', '~']) && is_mixed(text, "+/="))
        || text.split(['/', '\\']).any(is_random)
}

/// Returns whether `text` has the form of a credential: a JWT, a private key, a token with an issuer's
/// prefix, or a URL with a password.
pub fn is_credential(text: &str) -> bool {
    let text = text.trim();
    let is_jwt = text.starts_with("eyJ") && text.matches('.').count() == 2;
    let is_key = text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----");
    let is_word = !text.contains(char::is_whitespace);
    let is_token = is_word
        && text.len() >= TOKEN
        && PREFIXES.iter().any(|prefix| *prefix != "eyJ" && text.starts_with(prefix));
    is_jwt || is_key || is_token || is_api_token(text) || (is_word && has_password(text))
}

/// Returns whether `text` is a URL with a password that is written out.
fn has_password(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let password = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':'));
    password
        .is_some_and(|(_, password)| !password.is_empty() && !password.starts_with(['$', '{', '<']))
}

/// Returns whether `text` begins like an API token of the Control Service: `vdk_`, 16 hexadecimal
/// digits, `_`.
fn is_api_token(text: &str) -> bool {
    let rest = text.strip_prefix("vdk_").map(str::as_bytes).unwrap_or_default();
    rest.len() > 16 && rest[16] == b'_' && rest[..16].iter().all(u8::is_ascii_hexdigit)
}

/// Returns whether a part of a path looks like a key or a token.
fn is_random(part: &str) -> bool {
    let part = part.trim_end_matches('=');
    (part.len() >= HEX && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
        || (part.len() >= RANDOM && is_mixed(part, "+"))
}

/// Returns whether `text` has lower case, upper case and digits, and otherwise only `more`.
fn is_mixed(text: &str, more: &str) -> bool {
    let has = |kind: fn(&char) -> bool| text.chars().any(|c| kind(&c));
    text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_what_may_be_a_secret() {
        let hex = "0123456789abcdef".repeat(4);
        for text in [
            "vdk_0293a0fe7d1049ea_abc",
            "eyJhbGciOiJFZERTQSJ9.e30.x",
            "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n",
            "{\"password\": \"x\"}",
            " [1]",
            &hex,
            &format!("{hex}\n"),
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==",
            "q7Xv29LmPz83RtKw41Yb",
            "Bearer x",
            "--key=0123",
        ] {
            assert!(may_be_secret(text), "{text}");
        }
    }

    #[test]
    fn recognizes_credentials_by_their_form() {
        for text in [
            "eyJhbGciOiJFZERTQSJ9.e30.x",
            "-----BEGIN RSA PRIVATE KEY-----\nMII\n",
            "ghp_0123456789abcdef0123",
            "AKIAIOSFODNN7EXAMPLE",
            "postgresql://etl:pa55@db.example.org/sales",
        ] {
            assert!(is_credential(text), "{text}");
        }
        for text in [
            "sk-SK",
            "https://db.example.org:8080/a@b:c",
            "postgresql://etl:${PASSWORD}@db/sales",
            "postgresql://etl@db/sales",
            "{\"a\": 1}",
            "two\nlines",
            "eyJ",
        ] {
            assert!(!is_credential(text), "{text}");
        }
    }

    #[test]
    fn does_not_take_names_and_paths_for_secrets() {
        for text in [
            "key.pem",
            "/home/ana/project-2026/tls/ServerKey2.pem",
            "./new.json",
            "C:\\Users\\Ana\\Documents\\secrets-2026-11-28.json",
            "/etc/vdk/vault-secretid",
            "/tmp/.tmpA1b2C3/.vdk.internal/local/store.db",
            "ingest-orders",
            "vdk_secrets.json",
            "vdk_service.properties",
            "deploy/Prod2026/config/ControlService.properties",
            "-",
            "--list",
            "",
            "/var/lib/docker/volumes/data/_data/a-quite-long-name-of-a-folder/file",
        ] {
            assert!(!may_be_secret(text), "{text}");
        }
    }
}
