//! Answers that are the newest, whichever node of a cluster is asked. Since OpenBao 2.5 a node that
//! stands by answers reads itself, from what has reached it: what another one has acknowledged may
//! not be among it. A request may name an index that the answer has to have reached at least, and
//! say that it is to be forwarded where it was not. One that no node ever reaches goes to the
//! active node, always.

use std::sync::{PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::RequestBuilder;
use reqwest::header::{HeaderMap, HeaderValue};

const INDEX: &str = "x-vault-index";
const INCONSISTENT: &str = "x-vault-inconsistent";
/// The largest number that OpenBao reads there.
const NEVER_REACHED: &str = "9223372036854775807";

/// The index to ask for, once an answer has named one: Vault, and OpenBao before 2.7, name none.
#[derive(Default)]
pub struct Newest(RwLock<Option<HeaderValue>>);

impl Newest {
    /// `request`, to be answered by the active node.
    pub fn ask(&self, request: RequestBuilder) -> RequestBuilder {
        match &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            Some(index) => request.header(INDEX, index).header(INCONSISTENT, "forward-active-node"),
            None => request,
        }
    }

    /// Learns from the headers of an answer.
    pub fn learn(&self, headers: &HeaderMap) {
        let Some(index) = headers.get(INDEX) else { return };
        // One of another making is repeated: at least nothing is older than what was seen before.
        // One of which nothing is known but that it differs may be that of a slow answer; there is
        // no way to tell.
        let index = never_reached(index).unwrap_or_else(|| index.clone());
        let is_news = |known: &Option<HeaderValue>| {
            known.as_ref().is_none_or(|known| *known != index && !is_before(&index, known))
        };
        if is_news(&self.0.read().unwrap_or_else(PoisonError::into_inner)) {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            // Another answer may have come meanwhile.
            if is_news(&known) {
                *known = Some(index);
            }
        }
    }
}

/// The index of the same cluster that is never reached.
fn never_reached(index: &HeaderValue) -> Option<HeaderValue> {
    let mut index: serde_json::Value =
        serde_json::from_slice(&STANDARD.decode(index.as_bytes()).ok()?).ok()?;
    let value = index.get_mut("value")?;
    value.as_str()?.parse::<u64>().ok()?;
    *value = NEVER_REACHED.into();
    HeaderValue::from_str(&STANDARD.encode(index.to_string())).ok()
}

/// Whether one index of Vault's is an earlier one than another of the same cluster.
fn is_before(index: &HeaderValue, known: &HeaderValue) -> bool {
    match (progress(index), progress(known)) {
        (Some((cluster, reached)), Some((same, known))) if cluster == same => {
            reached[0] < known[0] || reached[1] < known[1]
        }
        _ => false,
    }
}

/// The cluster of an index of Vault's (`v1:CLUSTER:LOCAL:REPLICATED:MAC`, as its Go client reads it),
/// and how far it has got.
fn progress(index: &HeaderValue) -> Option<(String, [u64; 2])> {
    let text = String::from_utf8(STANDARD.decode(index.as_bytes()).ok()?).ok()?;
    let parts: Vec<&str> = text.splitn(5, ':').collect();
    let ["v1", cluster, local, replicated, _] = parts[..] else { return None };
    Some((cluster.into(), [local.parse().ok()?, replicated.parse().ok()?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(newest: &Newest) -> Option<String> {
        let client = crate::tls::client(false, None).unwrap();
        let request = newest.ask(client.get("http://localhost")).build().unwrap();
        let index = request.headers().get(INDEX)?;
        assert_eq!(request.headers()[INCONSISTENT], "forward-active-node");
        Some(index.to_str().unwrap().to_string())
    }

    #[test]
    fn what_no_node_reaches_is_asked_for_once_the_cluster_is_known() {
        let newest = Newest::default();
        let learn = |text: &str| {
            newest.learn(&HeaderMap::from_iter([(
                INDEX.parse().unwrap(),
                HeaderValue::from_str(text).unwrap(),
            )]));
        };
        newest.learn(&HeaderMap::new());
        assert_eq!(asked(&newest), None);
        for (cluster, value) in [("a", "37"), ("a", "38"), ("b", "1")] {
            learn(&STANDARD.encode(format!(r#"{{"cluster":"{cluster}","value":"{value}"}}"#)));
            let index = STANDARD.decode(asked(&newest).unwrap()).unwrap();
            let expected = format!(r#"{{"cluster":"{cluster}","value":"{NEVER_REACHED}"}}"#);
            assert_eq!(String::from_utf8(index).unwrap(), expected);
        }
        // Vault's cannot be made up, and is not replaced by that of a slow answer.
        let of_vault =
            |cluster, n, m| STANDARD.encode(format!("v1:{cluster}:{n}:{m}:5eac").as_bytes());
        for (index, expected) in [
            (of_vault("a", 37, 2), of_vault("a", 37, 2)),
            (of_vault("a", 38, 2), of_vault("a", 38, 2)),
            (of_vault("a", 37, 2), of_vault("a", 38, 2)),
            (of_vault("a", 38, 1), of_vault("a", 38, 2)),
            (of_vault("b", 1, 1), of_vault("b", 1, 1)),
        ] {
            learn(&index);
            assert_eq!(asked(&newest), Some(expected));
        }
        // Of a storage that does not count, and of somebody else's making.
        for index in [STANDARD.encode(r#"{"cluster":"a","value":"0/16B37"}"#), "opaque".into()] {
            learn(&index);
            assert_eq!(asked(&newest), Some(index));
        }
    }
}
