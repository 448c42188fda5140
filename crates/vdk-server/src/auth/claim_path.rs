//! Claims within objects. A setting names one by its path, such as `realm_access.roles` of
//! Keycloak. Names may have dots themselves, such as `https://example.org/groups` of Auth0.

use serde_json::{Map, Value};

/// Returns the claim `path`: the one with exactly this name, or the one within an object.
pub fn find<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(dot, _)| {
        let inner = claims.get(&path[..dot])?.as_object()?;
        find(inner, &path[dot + 1..])
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_claims_within_objects_and_those_with_dots_in_their_names() {
        let claims = json!({
            "realm_access": {"roles": ["a"]},
            "resource_access": {"my.client": {"roles": ["b"]}, "my": "text"},
            "https://example.org/groups": ["c"],
            "x.y": 1, "x": {"y": 2},
        });
        let claims = claims.as_object().unwrap();
        for (path, expected) in [
            ("realm_access.roles", json!(["a"])),
            ("resource_access.my.client.roles", json!(["b"])),
            ("https://example.org/groups", json!(["c"])),
            ("x.y", json!(1)),
        ] {
            assert_eq!(find(claims, path), Some(&expected), "{path}");
        }
        for path in ["roles", "realm_access.", ".roles", "realm_access.roles.0", "", "x.y.z"] {
            assert_eq!(find(claims, path), None, "{path}");
        }
    }
}
