//! The page of the documentation about the names of the original service.

use super::original::{NAMES, Name, Treatment};

const HEAD: &str = "\
# What becomes of the settings of the original service?

The settings of the original Control Service keep their names: the [settings
reference](../reference/settings.md) has them. Its Helm chart and its properties files set more names. This
page is made from the table by which the service reads them. `--check-config` applies it to yours.

- **Spellings.** `spring.datasource.url`, `SPRING_DATASOURCE_URL`, camel case, and dashes or underscores in
  place of dots are one name, in the file and in the environment. The variables of the chart (upper case
  below) are spelled exactly so.
- **Empty means not set.** The chart sets many variables to nothing.
- **The environment comes before the file.** Two different names of one setting must have the same value, else
  the service refuses to start.
- **Placeholders** such as `${DB_PASSWORD}` and `${NAME:default}` are replaced, by a variable or by a name in
  the file. One without a value and without a default is refused.
- **Quotes around a value** are refused, because `docker --env-file` makes them part of it.
- **A final `*`** stands for any rest. Of several rows for a name, the longest counts. `vdk.*` counts only in
  the file, because such variables also belong to `vdk` and to jobs.
- **Any other name in the file** is warned of. Variables that Kubernetes makes for the Services of a namespace,
  and those of other programs, are ignored.
";

/// Returns the page.
pub fn page() -> String {
    let mut text = HEAD.to_string();
    section(&mut text, "Taken", "", ["name", "setting"], |treatment| match treatment {
        Treatment::Taken(setting) => Some(format!("`{setting}`")),
        _ => None,
    });
    section(
        &mut text,
        "Refused",
        "These stop the start, as ignoring them would open something or store it elsewhere.\n",
        ["name", "why"],
        |treatment| match treatment {
            Treatment::Refused(why) => Some(why.into()),
            Treatment::Only(only, why) => Some(format!("unless it is `{only}`: {why}")),
            Treatment::JavaOptions(why) => {
                Some(format!("if it sets (`-D`) a name that is taken or refused: {why}"))
            }
            _ => None,
        },
    );
    section(
        &mut text,
        "Warned of",
        "These have no effect, and the log says so at the start.\n",
        ["name", "why"],
        |treatment| match treatment {
            Treatment::Warned(why) => Some(why.into()),
            _ => None,
        },
    );
    section(
        &mut text,
        "Ignored",
        "These have no effect either, and need none.\n",
        ["name", "why"],
        |treatment| match treatment {
            Treatment::Ignored(why) => Some(why.into()),
            _ => None,
        },
    );
    text
}

/// Adds a section with the names for which `cell` returns the second column.
fn section(
    text: &mut String,
    title: &str,
    intro: &str,
    columns: [&str; 2],
    cell: impl Fn(Treatment) -> Option<String>,
) {
    let [name, what] = columns;
    text.push_str(&format!("\n## {title}\n\n"));
    if !intro.is_empty() {
        text.push_str(&format!("{intro}\n"));
    }
    text.push_str(&format!("| {name} | {what} |\n|---|---|\n"));
    let row =
        |row: &Name| cell(row.treatment).map(|cell| format!("| `{}` | {cell} |\n", row.pattern));
    NAMES.iter().filter_map(row).for_each(|row| text.push_str(&row));
}
