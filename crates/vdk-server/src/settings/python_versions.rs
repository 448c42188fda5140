//! The Python versions that `vdk info` shows.

use vdk_api::Document;

/// Parses a comma-separated list of versions, or an object with them as keys. The original service
/// has that object as JSON or, in its own file, as `{3.9: {vdkImage: 'x'}}`.
pub fn parse(text: &str) -> Vec<String> {
    let text = text.trim();
    if let Ok(document) = Document::parse(text) {
        return document.keys().map(String::from).collect();
    }
    let (items, is_object) = match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    let mut depth = 0;
    let outer = items.split(|c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    let version = |item: &str| {
        let name = if is_object { item.split(':').next().unwrap_or_default() } else { item };
        name.trim().trim_matches(['"', '\'']).to_string()
    };
    outer.map(version).filter(|version| !version.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_lists_and_objects() {
        for (text, versions) in [
            ("3.9, 3.11", ["3.9", "3.11"].as_slice()),
            ("{\"3.9\": {\"vdkImage\": \"a,b\"}, \"3.11\": {}}", &["3.9", "3.11"]),
            ("{3.9: {vdkImage: 'a:b', baseImage: 'c'}, 3.11: {}}", &["3.9", "3.11"]),
            ("{}", &[]),
            (" ", &[]),
        ] {
            assert_eq!(parse(text), versions, "{text}");
        }
    }
}
