//! Text that somebody else may have written, for logs and terminals.

/// Escapes characters that a terminal would act on, or that reorder text.
pub fn escape(text: &str) -> String {
    let escape = |c: char| match vdk_api::is_harmful(c) {
        true => format!("\\u{{{:x}}}", u32::from(c)),
        false => c.to_string(),
    };
    text.chars().map(escape).collect()
}
