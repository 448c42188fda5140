//! The environment of a program: this one, changed by the plan.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use vdk_api::escape;
use vdk_client::config::env_vars;

use super::plan::Plan;
use crate::args::exec::ExecArgs;
use crate::terminal::reporter::TerminalReporter;

/// Variables by which a program finds its way in a clean environment, beside `LC_*`.
const BASIC: [&str; 9] =
    ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "TZ", "TMPDIR"];
/// Variables that give whoever has them the rights of the user.
const LOGIN: [&str; 5] = [
    env_vars::API_TOKEN,
    env_vars::API_TOKEN_FILE,
    env_vars::CLIENT_SECRET,
    env_vars::CLIENT_SECRET_FILE,
    env_vars::MASTER_KEY_FILE,
];

/// Returns the program's environment. `files` are the paths of the values that are in files, by
/// variable.
pub fn environment(
    plan: &Plan,
    args: &ExecArgs,
    files: &BTreeMap<String, PathBuf>,
    reporter: TerminalReporter,
) -> BTreeMap<OsString, OsString> {
    let kept: Vec<&str> = args.keep.iter().flat_map(|names| names.split(',')).collect();
    let is_inherited = |name: &OsStr| match name.to_str() {
        _ if !args.clean_env => true,
        Some(name) => BASIC.contains(&name) || name.starts_with("LC_") || kept.contains(&name),
        None => false,
    };
    let mut variables: BTreeMap<OsString, OsString> =
        env::vars_os().filter(|(name, _)| is_inherited(name)).collect();
    if !args.keep_login {
        let removed: Vec<&str> =
            LOGIN.into_iter().filter(|name| variables.remove(OsStr::new(name)).is_some()).collect();
        if !removed.is_empty() {
            reporter.note(&format!(
                "{} is not passed on; to pass it: --keep-login",
                removed.join(", ")
            ));
        }
    }
    for name in &plan.left_out {
        variables.remove(OsStr::new(name));
    }
    let preserved: Vec<&str> =
        args.preserve_env.iter().flat_map(|names| names.split(',')).collect();
    let is_preserved = |name: &str| preserved.contains(&"*") || preserved.contains(&name);
    let mut overridden = Vec::new();
    for entry in &plan.entries {
        let value: OsString = match files.get(&entry.variable) {
            Some(path) => path.into(),
            None => entry.text.as_str().into(),
        };
        let before = variables.get(OsStr::new(&entry.variable));
        if before.is_some() && is_preserved(&entry.variable) {
            continue;
        }
        if before.is_some_and(|before| *before != value) {
            overridden.push(escape::line(&entry.variable).into_owned());
        }
        variables.insert(OsString::from(&entry.variable), value);
    }
    if !overridden.is_empty() {
        reporter.note(&format!("overrides {}", overridden.join(", ")));
    }
    variables
}
