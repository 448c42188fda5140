//! What a job ignores: `vdk: ignore[VDK003] reason` in a comment on the line, or `ignore` in `[check]` of
//! its config.ini, where `VDK003[KEY]` is for one key.

use super::{Finding, Place, Rule};

/// Rules that are ignored at a place, or everywhere.
#[derive(Debug)]
pub struct Ignore {
    /// Where it stands.
    place: Place,
    /// Whether it is for the whole job.
    is_everywhere: bool,
    /// What is written there as a rule.
    rule: String,
    key: Option<String>,
    /// Whether it has hit something.
    pub is_used: bool,
}

impl Ignore {
    /// Returns whether it hits `finding`.
    pub fn hits(&self, finding: &Finding) -> bool {
        let is_here = self.is_everywhere
            || finding.place.as_ref().is_some_and(|place| {
                (&place.file, place.cell) == (&self.place.file, self.place.cell)
                    && (place.lines.0..=place.lines.1).contains(&self.place.line)
            });
        is_here
            && Rule::parse(&self.rule) == Some(finding.rule)
            && (self.key.is_none() || self.key == finding.key)
    }

    /// Returns the rule, if there is one of this name.
    pub fn rule(&self) -> Option<Rule> {
        Rule::parse(&self.rule)
    }

    /// Returns the finding that it hits nothing.
    pub fn stale(&self) -> Finding {
        let message = match (self.rule(), &self.key) {
            (None, _) => format!("the ignore names '{}', which is no rule", self.rule),
            (_, Some(key)) => format!("the ignore of {} for '{key}' hits nothing", self.rule),
            (..) => format!("the ignore of {} hits nothing", self.rule),
        };
        let mut finding = Finding::new(Rule::VDK013, message).at(&self.place);
        finding.key = self.key.clone();
        finding
    }
}

/// Reads the ignores in a comment at `place`.
pub fn parse(comment: &str, place: &Place) -> Vec<Ignore> {
    let lower = comment.to_ascii_lowercase();
    let begin = lower.match_indices("vdk:").find_map(|(at, mark)| {
        let rest = lower[at + mark.len()..].trim_start();
        let rest = rest.strip_prefix("ignore")?.trim_start().strip_prefix('[')?;
        Some(lower.len() - rest.len())
    });
    let Some(rest) = begin.map(|begin| &comment[begin..]) else { return Vec::new() };
    let Some((rules, _)) = rest.split_once(']') else { return Vec::new() };
    let each = rules.split([',', ' ']).filter(|rule| !rule.is_empty());
    each.map(|rule| ignore(rule, None, place, false)).collect()
}

/// Reads the list of `[check] ignore`.
pub fn listed(value: &str, place: &Place) -> Vec<Ignore> {
    // What is behind a rule or a key is a comment from a # on.
    let lines = value.lines().map(|line| match line.trim_start().starts_with('#') {
        true => "",
        false => line.split_once(" #").map_or(line, |(before, _)| before),
    });
    let value = &lines.collect::<Vec<_>>().join("\n");
    let mut all = Vec::new();
    let mut rest = value.trim_start_matches([',', ' ', '\n', '\t']);
    while !rest.is_empty() {
        let end = rest.find([',', ' ', '\n', '\t', '[']).unwrap_or(rest.len());
        let (rule, after) = rest.split_at(end);
        // The key ends at the bracket that ends the word, as it may hold brackets and blanks.
        let (key, after) = match after.strip_prefix('[').map(|inner| (inner, inner.find(']'))) {
            Some((inner, Some(close))) => (Some(&inner[..close]), &inner[close + 1..]),
            Some((inner, None)) => (Some(inner), ""),
            None => (None, after),
        };
        all.push(ignore(rule, key, place, true));
        rest = after.trim_start_matches([',', ' ', '\n', '\t']);
    }
    all
}

fn ignore(rule: &str, key: Option<&str>, place: &Place, is_everywhere: bool) -> Ignore {
    Ignore {
        place: place.clone(),
        is_everywhere,
        rule: rule.into(),
        key: key.map(String::from),
        is_used: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists() {
        let place =
            Place { file: "config.ini".into(), cell: None, line: 1, column: 1, lines: (1, 1) };
        let read = |text: &str| {
            let all = listed(text, &place).into_iter();
            all.map(|one| (one.rule, one.key.unwrap_or_default())).collect::<Vec<_>>()
        };
        let pair = |rule: &str, key: &str| (rule.to_string(), key.to_string());
        assert_eq!(read("vdk003, VDK008  # why"), [pair("vdk003", ""), pair("VDK008", "")]);
        assert_eq!(read("\nVDK003[a b],\nVDK007"), [pair("VDK003", "a b"), pair("VDK007", "")]);
        assert!(read("").is_empty());
    }
}
