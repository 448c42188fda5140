//! Variables and masks for the next steps of a GitHub Actions job. The runner reads masks from
//! stdout, and variables from the file that `GITHUB_ENV` names.

use vdk_client::Error;
use vdk_client::run::runs_code;
use zeroize::Zeroizing;

use super::{Members, Refusals, is_variable, text_of};

/// Writes the commands that make the runner mask each value in its logs: the whole, and each line,
/// because logs are masked line by line.
pub fn masks(members: &Members<'_>, out: &mut String) {
    for (_, value) in members {
        let text = text_of(value);
        let lines = text.split(['\n', '\r']).filter(|line| *line != text.as_str());
        for part in std::iter::once(text.as_str()).chain(lines) {
            // The runner rejects an empty mask.
            if !part.trim().is_empty() {
                out.push_str("::add-mask::");
                for c in part.chars() {
                    match c {
                        '%' => out.push_str("%25"),
                        '\r' => out.push_str("%0D"),
                        '\n' => out.push_str("%0A"),
                        c => out.push(c),
                    }
                }
                out.push('\n');
            }
        }
    }
}

/// Writes the assignments. `delimiter` returns another word each time it is asked.
pub fn variables(
    members: &Members<'_>,
    delimiter: impl Fn() -> String,
    out: &mut String,
) -> Result<(), Error> {
    let mut refusals = Refusals::default();
    for (key, value) in members {
        let text = text_of(value);
        let upper = key.to_ascii_uppercase();
        if !is_variable(key) {
            refusals.add(key, "not a valid variable name; --names upper makes it one");
        } else if upper.starts_with("GITHUB_") || upper.starts_with("RUNNER_") {
            refusals.add(key, "a variable of the runner's own");
        } else if runs_code(&upper, &text) {
            refusals.add(key, "a variable by which programs run other code");
        } else if text.contains('\0') {
            refusals.add(key, "a value with a NUL, which no variable can hold");
        } else {
            let mut end = delimiter();
            while text.contains(&end) {
                end = delimiter();
            }
            let block = format!("{key}<<{end}\n{}\n{end}\n", text.as_str());
            out.push_str(&Zeroizing::new(block));
        }
    }
    refusals.into_result()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use vdk_api::Document;

    use super::*;

    #[test]
    fn masks_the_whole_and_each_line() {
        let document = Document::parse(r#"{"A":"50%\nx\r\n\n","B":"","C":"y"}"#).unwrap();
        let mut out = String::new();
        masks(&document.iter().collect(), &mut out);
        let expected = "::add-mask::50%25%0Ax%0D%0A%0A\n::add-mask::50%25\n::add-mask::x\n\
                        ::add-mask::y\n";
        assert_eq!(out, expected);
    }

    #[test]
    fn takes_a_delimiter_that_is_not_in_the_value() {
        let document = Document::parse(r#"{"A":"x\nD0\nB<<D1\n"}"#).unwrap();
        let (count, mut out) = (Cell::new(0), String::new());
        let delimiter = || format!("D{}", count.replace(count.get() + 1));
        variables(&document.iter().collect(), delimiter, &mut out).unwrap();
        assert_eq!(out, "A<<D2\nx\nD0\nB<<D1\n\nD2\n");
    }

    #[test]
    fn refuses_variables_of_the_runner_and_those_that_run_code() {
        let json = r#"{"github_env":1,"RUNNER_TEMP":1,"NODE_OPTIONS":1,"a-b":1,"OK":1}"#;
        let document = Document::parse(json).unwrap();
        let error = variables(&document.iter().collect(), || "END".into(), &mut String::new());
        let why = error.unwrap_err().body.why;
        for key in ["'github_env', 'RUNNER_TEMP': a", "'NODE_OPTIONS': a", "'a-b': not"] {
            assert!(why.contains(key), "{why}");
        }
    }
}
