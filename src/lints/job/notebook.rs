//! Notebooks: the code of their cells as one module.

use serde::Deserialize;

#[derive(Deserialize)]
struct Notebook {
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    cell_type: String,
    source: Option<Lines>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Lines {
    Whole(String),
    Each(Vec<String>),
}

/// A cell's number, from 1, and the index of its first line in the text of all.
pub type CellStart = (usize, usize);

/// The code of a notebook.
pub struct Code {
    /// That of all cells with Python.
    pub python: String,
    /// Where each of them begins.
    pub cells: Vec<CellStart>,
    /// The cells with SQL by number, without their first line.
    pub sql: Vec<(usize, String)>,
}

/// Magics of a cell that run the rest of it as Python.
const PYTHON: [&str; 5] = ["%%time", "%%timeit", "%%capture", "%%prun", "%%python"];
/// Magics of a cell that run the rest of it as SQL.
const SQL: [&str; 2] = ["%%sql", "%%vdksql"];

/// Returns the code of all cells.
pub fn cells(text: &str) -> Result<Code, String> {
    let notebook: Notebook =
        serde_json::from_str(text).map_err(|error| format!("it is no notebook: {error}"))?;
    let mut code = Code { python: String::new(), cells: Vec::new(), sql: Vec::new() };
    for (at, cell) in notebook.cells.into_iter().enumerate() {
        if cell.cell_type != "code" {
            continue;
        }
        let mut source = match cell.source {
            Some(Lines::Whole(text)) => text,
            Some(Lines::Each(lines)) => lines.concat(),
            None => continue,
        };
        if source.starts_with("%%") {
            let (line, rest) = source.split_once('\n').unwrap_or((&source, ""));
            let magic = line.split_whitespace().next().unwrap_or_default();
            if SQL.contains(&magic) {
                code.sql.push((at + 1, rest.into()));
            }
            if !PYTHON.contains(&magic) {
                continue;
            }
            source = format!("\n{rest}");
        }
        code.cells.push((at + 1, code.python.matches('\n').count()));
        code.python.push_str(&source);
        code.python.push('\n');
    }
    Ok(code)
}
