//! Compares the tables that a test run makes with those in `docs/assurance`, or updates them with
//! `VDK_UPDATE=1`. It ignores the seconds, which differ from run to run.

use std::path::Path;

/// A row of cells, followed by the seconds that it took.
pub struct Row {
    pub cells: Vec<String>,
    pub seconds: f64,
}

impl Row {
    fn line(&self) -> String {
        format!("| {} | {:.1} |", self.cells.join(" | "), self.seconds)
    }
}

/// Compares a table with the one between `<!-- NAME -->` and `<!-- end -->` in
/// `docs/assurance/FILE`. `columns` are the titles of the cells.
#[track_caller]
pub fn check(file: &str, name: &str, columns: &[&str], rows: &[Row]) {
    // The manifest is in the root or in a folder below `crates/`.
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().find(|folder| folder.join("Cargo.lock").exists()).unwrap();
    let path = root.join("docs/assurance").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let begin = format!("<!-- {name} -->\n");
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("no {begin}"));
    let (committed, after) = rest.split_once("<!-- end -->").unwrap();
    let mut lines = vec![
        format!("| {} | seconds |", columns.join(" | ")),
        format!("|{}--:|", "---|".repeat(columns.len())),
    ];
    lines.extend(rows.iter().map(Row::line));
    if std::env::var_os("VDK_UPDATE").is_some() {
        let table = lines.join("\n");
        std::fs::write(&path, format!("{before}{begin}\n{table}\n\n<!-- end -->{after}")).unwrap();
        return;
    }
    let untimed =
        |line: &str| line.trim_end_matches(" |").rsplit_once(" | ").map(|p| p.0.to_string());
    let committed: Vec<_> = committed.lines().filter(|line| line.starts_with('|')).collect();
    for (n, line) in lines.iter().enumerate().skip(2) {
        let there = committed.get(n).copied().unwrap_or_default();
        assert!(
            untimed(line) == untimed(there),
            "seen:      {line}\ncommitted: {there}\nrun it with VDK_UPDATE=1"
        );
    }
    assert_eq!(committed.len(), lines.len(), "rows that nothing made; run it with VDK_UPDATE=1");
}
