//! Reads that return the newest data, whichever node of a cluster gets them. Since OpenBao 2.5, a
//! standby node answers reads itself, from its replica, which may lack writes that another node has
//! acknowledged. A request may name an index that the node must have reached, and ask to be
//! forwarded otherwise. An index that no node ever reaches always leads to the active node.

use std::sync::{PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::RequestBuilder;
use reqwest::header::{HeaderMap, HeaderValue};

const INDEX: &str = "x-vault-index";
const INCONSISTENT: &str = "x-vault-inconsistent";
/// The largest number that OpenBao reads in an index.
const NEVER_REACHED: &str = "9223372036854775807";
/// Most bytes of an index. Those of Vault and OpenBao have about 200. Every request repeats it, and
/// servers and proxies reject requests with large headers.
const LONGEST: usize = 1024;

/// The index to request, once a response has named one. Vault, and OpenBao before 2.7, name none.
#[derive(Default)]
pub struct Newest(RwLock<Option<HeaderValue>>);

impl Newest {
    /// Adds the index to `request`, which is forwarded to the active node if necessary.
    pub fn ask(&self, request: RequestBuilder) -> RequestBuilder {
        match &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            Some(index) => request.header(INDEX, index).header(INCONSISTENT, "forward-active-node"),
            None => request,
        }
    }

    /// Forgets the index, which may be the reason why a request was rejected. Returns false if there
    /// was none. The next response names it again.
    pub fn forget(&self) -> bool {
        self.0.write().unwrap_or_else(PoisonError::into_inner).take().is_some()
    }

    /// Learns the index from the headers of a response.
    pub fn learn(&self, headers: &HeaderMap) {
        let Some(index) = headers.get(INDEX).filter(|index| index.len() <= LONGEST) else { return };
        // An index of another format is repeated, so that at least nothing is older than what was
        // seen before. If its order is unknown, it may come from a slow response.
        let index = never_reached(index).unwrap_or_else(|| index.clone());
        let is_news = |known: &Option<HeaderValue>| {
            known.as_ref().is_none_or(|known| *known != index && !is_before(&index, known))
        };
        if is_news(&self.0.read().unwrap_or_else(PoisonError::into_inner)) {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            // Another response may have come meanwhile.
            if is_news(&known) {
                *known = Some(index);
            }
        }
    }
}

/// Returns an index of the same cluster that no node ever reaches.
fn never_reached(index: &HeaderValue) -> Option<HeaderValue> {
    let mut index: serde_json::Value =
        serde_json::from_slice(&STANDARD.decode(index.as_bytes()).ok()?).ok()?;
    let value = index.get_mut("value")?;
    value.as_str()?.parse::<u64>().ok()?;
    *value = NEVER_REACHED.into();
    HeaderValue::from_str(&STANDARD.encode(index.to_string())).ok()
}

/// Returns whether a Vault index is earlier than another one of the same cluster.
fn is_before(index: &HeaderValue, known: &HeaderValue) -> bool {
    match (progress(index), progress(known)) {
        (Some((cluster, reached)), Some((same, known))) if cluster == same => {
            reached[0] < known[0] || reached[1] < known[1]
        }
        _ => false,
    }
}

/// Returns the cluster of a Vault index (`v1:CLUSTER:LOCAL:REPLICATED:MAC`, as its Go client reads
/// it), and its progress.
fn progress(index: &HeaderValue) -> Option<(String, [u64; 2])> {
    let text = String::from_utf8(STANDARD.decode(index.as_bytes()).ok()?).ok()?;
    let parts: Vec<&str> = text.splitn(5, ':').collect();
    let ["v1", cluster, local, replicated, _] = parts[..] else { return None };
    Some((cluster.into(), [local.parse().ok()?, replicated.parse().ok()?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requested_index(newest: &Newest) -> Option<String> {
        let client = crate::tls::client(false, None).unwrap();
        let request = newest.ask(client.get("http://localhost")).build().unwrap();
        let index = request.headers().get(INDEX)?;
        assert_eq!(request.headers()[INCONSISTENT], "forward-active-node");
        Some(index.to_str().unwrap().to_string())
    }

    #[test]
    fn requests_an_unreachable_index_once_the_cluster_is_known() {
        let newest = Newest::default();
        let learn = |text: &str| {
            newest.learn(&HeaderMap::from_iter([(
                INDEX.parse().unwrap(),
                HeaderValue::from_str(text).unwrap(),
            )]));
        };
        newest.learn(&HeaderMap::new());
        assert_eq!(requested_index(&newest), None);
        for (cluster, value) in [("a", "37"), ("a", "38"), ("b", "1")] {
            learn(&STANDARD.encode(format!(r#"{{"cluster":"{cluster}","value":"{value}"}}"#)));
            let index = STANDARD.decode(requested_index(&newest).unwrap()).unwrap();
            let expected = format!(r#"{{"cluster":"{cluster}","value":"{NEVER_REACHED}"}}"#);
            assert_eq!(String::from_utf8(index).unwrap(), expected);
        }
        // Vault's index cannot be forged. An older index from a slow response does not replace it.
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
            assert_eq!(requested_index(&newest), Some(expected));
        }
        // An index without numbers, and one in an unknown format.
        for index in [STANDARD.encode(r#"{"cluster":"a","value":"0/16B37"}"#), "opaque".into()] {
            learn(&index);
            assert_eq!(requested_index(&newest), Some(index));
        }
    }
}
