//! Placeholders in values, as Spring has them: `${NAME}` and `${NAME:default}`.

/// Most placeholders within each other.
const DEEPEST: usize = 16;
/// The expression for no value, as a default.
const NULL: &str = "#{null}";

/// The reason why a placeholder has no value.
#[derive(Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// This name is not set, and there is no default.
    NotSet(String),
    /// Values refer to each other in a circle.
    Circular,
}

/// Replaces the placeholders in `text` by what `look_up` returns for their names.
pub fn expand(text: &str, look_up: &dyn Fn(&str) -> Option<String>) -> Result<String, Unresolved> {
    within(text, look_up, 0)
}

/// Returns whether the whole text is one placeholder.
pub fn is_placeholder(text: &str) -> bool {
    text.strip_prefix("${").and_then(end).is_some_and(|end| end + 3 == text.len())
}

fn within(
    text: &str,
    look_up: &dyn Fn(&str) -> Option<String>,
    depth: usize,
) -> Result<String, Unresolved> {
    if depth > DEEPEST {
        return Err(Unresolved::Circular);
    }
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once("${") {
        let Some(end) = end(behind) else { break };
        out.push_str(before);
        let inner = &behind[..end];
        rest = &behind[end + 1..];
        let (name, default) = match inner.split_once(':') {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        let found = look_up(name.trim());
        let value = match (found, default) {
            (Some(found), _) => within(&found, look_up, depth + 1)?,
            (None, Some(NULL)) => String::new(),
            (None, Some(default)) => within(default, look_up, depth + 1)?,
            (None, None) => return Err(Unresolved::NotSet(name.trim().into())),
        };
        out.push_str(&value);
    }
    out.push_str(rest);
    Ok(out)
}

/// Returns the place of the brace that closes a placeholder; `text` begins behind the opening one.
fn end(text: &str) -> Option<usize> {
    let mut open = 0;
    text.char_indices().find_map(|(at, c)| match c {
        '{' => {
            open += 1;
            None
        }
        '}' if open == 0 => Some(at),
        '}' => {
            open -= 1;
            None
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expands_names_and_defaults() {
        let look_up = |name: &str| match name {
            "A" => Some("a".to_string()),
            "EMPTY" => Some(String::new()),
            "NESTED" => Some("<${A}>".into()),
            "LOOP" => Some("x${LOOP}".into()),
            _ => None,
        };
        for (text, expected) in [
            ("plain", "plain"),
            ("${A}", "a"),
            ("x${A}y${A}", "xaya"),
            ("${NESTED}", "<a>"),
            ("${EMPTY}", ""),
            ("${NONE:b:c}", "b:c"),
            ("${NONE:}", ""),
            ("${NONE:${A}}", "a"),
            ("${NONE:{3.9: {image: 'x'}}}", "{3.9: {image: 'x'}}"),
            ("${NONE:#{null}}", ""),
            ("$A ${A", "$A ${A"),
            ("a$b{c}", "a$b{c}"),
        ] {
            assert_eq!(expand(text, &look_up).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(expand("${NONE}", &look_up), Err(Unresolved::NotSet("NONE".into())));
        assert_eq!(expand("${LOOP}", &look_up), Err(Unresolved::Circular));
        assert!(is_placeholder("${A}") && is_placeholder("${A:{}}"));
        assert!(!is_placeholder("x${A}") && !is_placeholder("${A}${A}") && !is_placeholder("${A"));
    }
}
