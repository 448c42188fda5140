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

/// The environment of a program, and how it differs from this one.
pub struct Environment {
    /// All variables.
    pub variables: BTreeMap<OsString, OsString>,
    /// Variables that are set here to something else.
    pub overridden: Vec<String>,
    /// Variables that are set here, and win.
    pub preserved: Vec<String>,
    /// Variables of logins that are set here, and not passed on.
    pub logins: Vec<&'static str>,
    /// Variables of keys that are left out, which are set here.
    pub left_out: Vec<String>,
}

impl Environment {
    /// Notes what somebody may miss.
    pub fn tell(&self, reporter: TerminalReporter) {
        if !self.logins.is_empty() {
            let names = self.logins.join(", ");
            reporter.note(&format!("{names} is not passed on; to pass it: --keep-login"));
        }
        if !self.overridden.is_empty() {
            let names: Vec<_> = self.overridden.iter().map(|name| escape::line(name)).collect();
            reporter.note(&format!("overrides {}", names.join(", ")));
        }
    }
}

/// Returns the program's environment. `files` are the paths of the values that are in files, by
/// variable.
pub fn environment(plan: &Plan, args: &ExecArgs, files: &BTreeMap<String, PathBuf>) -> Environment {
    let kept: Vec<&str> = args.keep.iter().flat_map(|names| names.split(',')).collect();
    let is_inherited = |name: &OsStr| match name.to_str() {
        _ if !args.clean_env => true,
        Some(name) => BASIC.contains(&name) || name.starts_with("LC_") || kept.contains(&name),
        None => false,
    };
    let mut variables: BTreeMap<OsString, OsString> =
        env::vars_os().filter(|(name, _)| is_inherited(name)).collect();
    let mut remove = |name: &str| variables.remove(OsStr::new(name)).is_some();
    let logins = match args.keep_login {
        true => Vec::new(),
        false => LOGIN.into_iter().filter(|name| remove(name)).collect(),
    };
    let left_out = plan.left_out.iter().filter(|name| remove(name)).cloned().collect();
    let preserved: Vec<&str> =
        args.preserve_env.iter().flat_map(|names| names.split(',')).collect();
    let is_preserved = |name: &str| preserved.contains(&"*") || preserved.contains(&name);
    let (mut overridden, mut kept_here) = (Vec::new(), Vec::new());
    for entry in &plan.entries {
        let value: OsString = match files.get(&entry.variable) {
            Some(path) => path.into(),
            None => entry.text.as_str().into(),
        };
        let before = variables.get(OsStr::new(&entry.variable));
        if before.is_some() && is_preserved(&entry.variable) {
            kept_here.push(entry.variable.clone());
            continue;
        }
        if before.is_some_and(|before| *before != value) {
            overridden.push(entry.variable.clone());
        }
        variables.insert(OsString::from(&entry.variable), value);
    }
    Environment { variables, overridden, preserved: kept_here, logins, left_out }
}
