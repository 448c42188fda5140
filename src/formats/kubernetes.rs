//! The manifest of a Kubernetes Secret. Names and limits are those of its API server.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use vdk_client::{Error, ErrorKind, NOTHING_CHANGED};
use zeroize::Zeroizing;

use super::notation::yaml_string;
use super::{Members, Refusals, text_of};

/// Largest Secret, in bytes of its values (`MaxSecretSize` of Kubernetes).
const LARGEST: usize = 1 << 20;

/// Name and namespace of the Secret.
pub struct Metadata<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its namespace; without, `kubectl` chooses.
    pub namespace: Option<&'a str>,
}

/// Writes the manifest.
pub fn render(
    members: &Members<'_>,
    metadata: &Metadata<'_>,
    out: &mut String,
) -> Result<(), Error> {
    out.push_str("apiVersion: v1\nkind: Secret\nmetadata:\n  name: ");
    yaml_string(metadata.name, out);
    if let Some(namespace) = metadata.namespace {
        out.push_str("\n  namespace: ");
        yaml_string(namespace, out);
    }
    out.push_str("\n  labels:\n    app.kubernetes.io/managed-by: vdk\ntype: Opaque\ndata:");
    let (mut refusals, mut total) = (Refusals::default(), 0);
    for (key, value) in members {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let is_name = (1..=253).contains(&key.len()) && key.chars().all(is_allowed);
        if !is_name || *key == "." || key.starts_with("..") {
            refusals.add(key, "not a key of a Secret (letters, digits, '-', '_' and '.')");
            continue;
        }
        let text = text_of(value);
        total += text.len();
        out.push_str("\n  ");
        yaml_string(key, out);
        out.push_str(": \"");
        out.push_str(&Zeroizing::new(BASE64_STANDARD.encode(text.as_bytes())));
        out.push('"');
    }
    refusals.into_result()?;
    if total > LARGEST {
        return Err(Error::new(ErrorKind::Usage, "These values are too large for one Secret.")
            .why(format!("They have {total} bytes, and Kubernetes accepts {LARGEST}."))
            .consequences(format!("Nothing was printed. {NOTHING_CHANGED}")));
    }
    out.push_str(if members.is_empty() { " {}\n" } else { "\n" });
    Ok(())
}

/// Returns whether `text` is a DNS label, as the names of namespaces are (RFC 1123).
pub fn is_label(text: &str) -> bool {
    let is_allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(is_allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Returns whether `text` is a DNS subdomain, as the names of Secrets are (RFC 1123).
pub fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}
