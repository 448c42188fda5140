//! The manifest of a Kubernetes Secret. Names and limits are those of its API server.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use vdk_api::{Document, JsonText, Kind};
use vdk_client::change::NewValue;
use vdk_client::{Error, ErrorKind, NOTHING_CHANGED};
use zeroize::Zeroizing;

use super::entries::{Entries, Parsed, Problem};
use super::yaml::{self, quote_string};
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
    quote_string(metadata.name, out);
    if let Some(namespace) = metadata.namespace {
        out.push_str("\n  namespace: ");
        quote_string(namespace, out);
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
        quote_string(key, out);
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

/// Reads the manifest of a Secret, in YAML or JSON. As in Kubernetes, `stringData` wins over `data`.
pub fn parse(text: &str) -> Parsed {
    let manifest = document(text)?;
    let kind = manifest.get("kind").and_then(JsonText::to_text);
    if kind.is_none_or(|kind| *kind != "Secret") {
        return Err(fail("not the manifest of one Secret (kind: Secret)"));
    }
    let part = |name: &str| match manifest.get(name) {
        Some(of) if of.kind() == Kind::Object => {
            let part = Document::parse(of.expose()).map_err(|_| fail("no mapping"))?;
            match part.duplicate() {
                Some(key) => Err(vec![Problem::of_key(key, format!("{name}: twice"))]),
                None => Ok(part),
            }
        }
        Some(of) if of.kind() != Kind::Null => Err(fail(&format!("{name} is no mapping"))),
        _ => Ok(Document::default()),
    };
    let (data, strings) = (part("data")?, part("stringData")?);
    let mut entries = Entries::default();
    for (key, value) in data.iter().filter(|(key, _)| strings.get(key).is_none()) {
        let decoded = value.to_text().and_then(|text| {
            let bytes = BASE64_STANDARD.decode(text.replace(['\n', '\r'], "")).ok()?;
            String::from_utf8(bytes).ok().map(Zeroizing::new)
        });
        match decoded {
            Some(text) => entries.add(0, 0, key, NewValue::Text(text.as_str().into())),
            None => entries.problem(Problem::of_key(key, "data: no base64 of UTF-8 text")),
        }
    }
    for (key, value) in strings.iter() {
        match value.to_text() {
            Some(text) => entries.add(0, 0, key, NewValue::Text(text.as_str().into())),
            None => entries.problem(Problem::of_key(key, "stringData: no string")),
        }
    }
    entries.finish()
}

/// Reads the manifest itself. JSON is not quite YAML: only JSON has pairs of surrogates.
fn document(text: &str) -> Result<Document, Vec<Problem>> {
    match Document::parse(text) {
        Ok(json) => match json.duplicate() {
            Some(key) => Err(vec![Problem::of_key(key, "a key that occurs twice")]),
            None => Ok(json),
        },
        Err(_) => {
            let members = yaml::parse(text, false)?.into_iter();
            let json = |(key, value)| match value {
                NewValue::Json(json) => Some((key, json)),
                NewValue::Text(_) => None,
            };
            Ok(members.filter_map(json).collect())
        }
    }
}

fn fail(why: &str) -> Vec<Problem> {
    vec![Problem::new(1, 1, why)]
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

#[cfg(test)]
mod tests {
    use super::super::entries::tests::shown;
    use super::*;

    #[test]
    fn reads_secrets_as_kubernetes_has_them() {
        let yaml = "kind: Secret\nmetadata: {name: x}\ndata: {a: YQ==, b: eA==}\n\
                    stringData:\n  b: \"1\"\n  c: \"\"\n";
        let json =
            r#"{"kind":"Secret","data":{"a":"YQ==","b":"eA=="},"stringData":{"b":"1","c":""}}"#;
        for text in [yaml, json] {
            assert_eq!(shown(parse(text)).unwrap(), ["a=a", "b=1", "c="]);
        }
        assert!(shown(parse("kind: Secret\n")).unwrap().is_empty());
    }

    #[test]
    fn refuses_a_key_that_occurs_twice() {
        for text in [
            r#"{"kind":"Secret","data":{"a":"YQ==","a":"Yg=="}}"#,
            r#"{"kind":"Secret","data":{"a":"YQ=="},"data":{"b":"Yg=="}}"#,
            r#"{"kind":"Secret","stringData":{"a":"1","a":"2"}}"#,
            "kind: Secret\ndata: {a: YQ==, a: YQ==}\n",
        ] {
            assert_eq!(shown(parse(text)).unwrap_err().len(), 1, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_text() {
        let text = "kind: Secret\ndata: {a: '/w==', b: '%', c: 1}\nstringData: {d: 1}\n";
        let problems = shown(parse(text)).unwrap_err();
        assert_eq!(problems.len(), 4, "{problems:?}");
        for text in
            ["kind: ConfigMap\n", "a: 1\n", "kind: Secret\ndata: x\n", "kind: List\nitems: []\n"]
        {
            assert_eq!(shown(parse(text)).unwrap_err().len(), 1);
        }
    }
}
