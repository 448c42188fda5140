//! What `exec --dry-run` prints: each key with its variable, and what else changes in the environment.

use std::collections::BTreeMap;

use super::environment::environment;
use super::plan::{Entry, Plan};
use crate::args::exec::ExecArgs;
use crate::formats::{self, json_string};

/// Returns the plan as a table or as JSON. It has no values.
pub fn rendered(plan: &Plan, args: &ExecArgs) -> String {
    let changes = environment(plan, args, &BTreeMap::new());
    let overrides = |entry: &Entry| changes.overridden.contains(&entry.variable);
    let from = |entry: &Entry| match changes.preserved.contains(&entry.variable) {
        true => "environment",
        false => entry.collection.as_str(),
    };
    if !args.output.is_json() {
        let rows = plan.entries.iter().map(|entry| {
            let file = if entry.in_file { ", in a file" } else { "" };
            let over = if overrides(entry) { ", overrides the one that is set" } else { "" };
            [entry.key.clone(), entry.variable.clone(), format!("{}{file}{over}", from(entry))]
        });
        return formats::variable_table(rows);
    }
    let of = |in_file: bool| {
        let entries = plan.entries.iter().filter(move |entry| entry.in_file == in_file);
        let each = entries.map(|entry| {
            format!(
                "{{\"key\": {}, \"variable\": {}, \"from\": \"{}\", \"overrides\": {}}}",
                json_string(&entry.key),
                json_string(&entry.variable),
                from(entry),
                overrides(entry)
            )
        });
        each.collect::<Vec<_>>().join(", ")
    };
    let strings =
        |all: Vec<String>| all.iter().map(|text| json_string(text)).collect::<Vec<_>>().join(", ");
    let command = args.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let logins = changes.logins.iter().map(ToString::to_string);
    let removed = logins.chain(changes.left_out.iter().cloned()).collect();
    format!(
        "{{\"command\": [{}], \"variables\": [{}], \"files\": [{}], \"removed\": [{}]}}\n",
        strings(command),
        of(false),
        of(true),
        strings(removed)
    )
}
