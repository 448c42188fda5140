//! The job's `config.ini`: credentials in it, and rules that it ignores.

use std::sync::Arc;

use vdk_client::config::ini::Ini;

use super::{Code, Finding, Place, Rule, ignores, unread};
use crate::lints::credential;

/// Reads the file.
pub fn read(file: &Arc<str>, text: &str, code: &mut Code) {
    let ini = match Ini::parse(text) {
        Ok(ini) => ini,
        Err(error) => {
            code.findings.push(unread(file, error));
            return;
        }
    };
    for option in ini.options() {
        if let Some(section) = option.section.strip_prefix("vdk_") {
            code.sections.insert(section.to_lowercase());
        }
        let line = option.line + 1;
        let place = Place { file: file.clone(), cell: None, line, column: 1, lines: (line, line) };
        if option.section == "check" {
            if option.name == "ignore" {
                code.ignores.extend(ignores::listed(option.value, &place));
            }
            continue;
        }
        let is_credential =
            credential::is_named_so(option.name) || vdk_api::is_credential(option.value);
        if is_credential && !credential::is_placeholder(option.value) {
            let mut finding = Finding::new(
                Rule::VDK008,
                format!(
                    "option '{}' holds a credential, which is in git with the job",
                    option.name
                ),
            );
            finding.key = Some(option.name.into());
            code.findings.push(finding.at(&place));
        }
    }
}
