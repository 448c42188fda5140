//! What `vdk check` found: lines for people, JSON, or annotations of GitHub Actions.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use vdk_api::escape;

use crate::lints::job::{Finding, Level, Place, Report};

/// The job whose report is printed.
pub struct Subject<'a> {
    /// The folder, as the command line names it.
    pub folder: &'a Path,
    /// The job.
    pub job: &'a str,
    /// The team, if it is known.
    pub team: Option<&'a str>,
    /// Whether the keys that are set are known.
    pub has_keys: bool,
}

impl Subject<'_> {
    /// Returns a file of the job, seen from the working directory.
    pub fn path(&self, file: &str) -> PathBuf {
        match self.folder == Path::new(".") {
            true => file.into(),
            false => self.folder.join(file),
        }
    }
}

/// Returns the message with the key that was probably meant.
pub fn message(finding: &Finding) -> String {
    match &finding.suggestion {
        Some(suggestion) => format!("{}. Set: '{suggestion}'.", finding.message),
        None => format!("{}.", finding.message),
    }
}

/// Returns the message for readers that know no cells.
pub fn message_with_cell(finding: &Finding) -> String {
    match finding.place.as_ref().and_then(|place| Some((place.cell?, place.line))) {
        Some((cell, line)) => format!("{} (Cell {cell}, line {line}.)", message(finding)),
        None => message(finding),
    }
}

/// Renders a line for each finding, and one with their numbers.
pub fn text(subject: &Subject<'_>, report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let place = match &finding.place {
            Some(place) => self::place(subject, place, true),
            None if subject.folder == Path::new(".") => subject.job.to_string(),
            None => subject.folder.display().to_string(),
        };
        let (level, rule) = (finding.level.as_str(), finding.rule.id());
        let line = format!("{place}: {level} {rule}: {}", message(finding));
        out.push_str(&escape::line(&line));
        out.push('\n');
    }
    out + &summary(subject, report)
}

fn place(subject: &Subject<'_>, place: &Place, with_column: bool) -> String {
    let path = subject.path(&place.file);
    let cell = place.cell.map(|cell| format!(":cell {cell}")).unwrap_or_default();
    let column = if with_column { format!(":{}", place.column) } else { String::new() };
    format!("{}{cell}:{}{column}", path.display(), place.line)
}

fn summary(subject: &Subject<'_>, report: &Report) -> String {
    let count = |count: usize, one: &str, more: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {more}"),
    };
    let of = |level| report.findings.iter().filter(|finding| finding.level == level).count();
    let found = [
        (of(Level::Error), "error", "errors"),
        (of(Level::Warning), "warning", "warnings"),
        (of(Level::Note), "note", "notes"),
    ];
    let found = found.into_iter().filter(|(of_level, ..)| *of_level > 0);
    let found: Vec<_> = found.map(|(of_level, one, more)| count(of_level, one, more)).collect();
    let found = if found.is_empty() { "nothing found".into() } else { found.join(", ") };
    let mut parts = vec![format!("{} used", count(report.used, "name", "names"))];
    if subject.has_keys {
        parts.push(format!("{} set", report.set));
    }
    if let Some(first) = report.dynamic.first() {
        let names = count(report.dynamic.len(), "name", "names");
        let more = if report.dynamic.len() > 1 { ", …" } else { "" };
        let place = place(&Subject { folder: Path::new("."), ..*subject }, first, false);
        parts.push(format!("{names} only known at run time ({place}{more})"));
    }
    format!("{}; {}.\n", found, escape::line(&parts.join(", ")))
}

/// Renders one object on one line.
pub fn json(subject: &Subject<'_>, report: &Report) -> String {
    let findings = report.findings.iter().map(|finding| {
        let place = finding.place.as_ref();
        json!({
            "rule": finding.rule.id(),
            "level": finding.level.as_str(),
            "file": place.map(|place| &*place.file),
            "cell": place.and_then(|place| place.cell),
            "line": place.map(|place| place.line),
            "column": place.map(|place| place.column),
            "collection": finding.collection.map(|collection| collection.as_str()),
            "key": finding.key,
            "suggestion": finding.suggestion,
            "message": finding.message,
        })
    });
    let report = json!({
        "job": subject.job,
        "team": subject.team,
        "findings": findings.collect::<Vec<Value>>(),
        "used": report.used,
        "set": subject.has_keys.then_some(report.set),
        "dynamic": report.dynamic.len(),
    });
    format!("{report}\n")
}

/// Renders workflow commands of GitHub Actions, which shows them beside the lines of a change.
pub fn github(subject: &Subject<'_>, report: &Report) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut out = String::new();
    for finding in &report.findings {
        let command = match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let mut properties = Vec::new();
        if let Some(place) = &finding.place {
            let file = subject.path(&place.file).display().to_string();
            properties.push(format!("file={}", property(&file)));
            // A line of a cell is none of the file.
            if place.cell.is_none() {
                properties.push(format!("line={},col={}", place.line, place.column));
            }
        }
        properties.push(format!("title={}", finding.rule.id()));
        let message = data(&escape::line(&message_with_cell(finding)));
        out.push_str(&format!("::{command} {}::{message}\n", properties.join(",")));
    }
    out
}
