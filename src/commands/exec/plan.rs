//! The variables and files for a program, checked before anything is started.

use vdk_api::{Collection, Document, JsonText, escape};
use vdk_client::run::{Names, Naming, NoSuchKeys, runs_code};
use vdk_client::{Error, ErrorKind};
use zeroize::Zeroizing;

use super::failure::{Refused, no_such_keys, nothing_run};
use crate::args::exec::ExecArgs;
use crate::formats::quoted;
use crate::terminal::reporter::TerminalReporter;

/// Most bytes of `NAME=value` that Linux passes to a program, with the NUL at its end
/// (`MAX_ARG_STRLEN`, execve(2)).
const LONGEST: usize = 131_072;

/// One collection of the job.
pub struct Source {
    /// Secrets or properties.
    pub collection: Collection,
    /// Its key/values.
    pub document: Document,
    /// Its name and place, for messages.
    pub name: String,
}

/// One key and how the program gets it.
pub struct Entry {
    /// The key.
    pub key: String,
    /// The collection.
    pub collection: Collection,
    /// The variable that holds the value, or the path of a file with it.
    pub variable: String,
    /// The value as text.
    pub text: Zeroizing<String>,
    /// The value as it is stored.
    pub value: JsonText,
    /// True if the value is in a file.
    pub in_file: bool,
}

/// Everything that the program gets.
pub struct Plan {
    /// The keys, in the order of the job.
    pub entries: Vec<Entry>,
    /// Variables of keys that are left out. The program must not inherit them.
    pub left_out: Vec<String>,
}

impl Plan {
    /// Makes the plan of the options, or returns the error that names every key that does not fit.
    pub fn new(
        sources: &[Source],
        args: &ExecArgs,
        reporter: TerminalReporter,
    ) -> Result<Self, Error> {
        let (map, files) = (pairs("--map", &args.map)?, pairs("--file", &args.file)?);
        let subset = args.subset.subset();
        let keys: Vec<&str> = sources.iter().flat_map(|source| source.document.keys()).collect();
        let chosen = subset.choose(&keys).map_err(|missing| no_such_keys(&missing, sources))?;
        let named = |pairs: &[(String, String)], key: &str| pairs.iter().any(|(k, _)| k == key);
        check_named(&map, &files, &keys, &chosen, sources)?;
        let naming = Naming {
            names: if args.names == "keep" { Names::Keep } else { Names::Upper },
            prefix: args.prefix.clone().unwrap_or_default(),
            map: map.iter().chain(&files).cloned().collect(),
        };
        let mut plan = Plan { entries: Vec::new(), left_out: Vec::new() };
        let mut refused = Refused::default();
        for source in sources {
            for (key, value) in source.document.iter() {
                let variable = naming.variable(key);
                if !chosen.contains(&key) {
                    plan.left_out.push(variable);
                    continue;
                }
                let text = value.to_text().unwrap_or_else(|| Zeroizing::new(value.expose().into()));
                let in_file = named(&files, key);
                let is_named = subset.names(key) || in_file || named(&map, key);
                let entry = Entry {
                    key: key.into(),
                    collection: source.collection,
                    variable,
                    text,
                    value: value.clone(),
                    in_file,
                };
                check(&entry, is_named, &mut refused);
                plan.add(entry, &mut refused, reporter);
            }
        }
        refused.into_result()?;
        // One key left out and one taken may share a variable.
        let taken = |variable: &String| plan.entries.iter().any(|e| e.variable == *variable);
        plan.left_out.retain(|variable| !taken(variable));
        Ok(plan)
    }

    /// Adds an entry whose variable no other has. A secret wins over a property.
    fn add(&mut self, entry: Entry, refused: &mut Refused, reporter: TerminalReporter) {
        match self.entries.iter().find(|other| other.variable == entry.variable) {
            None => self.entries.push(entry),
            Some(secret) if secret.collection != entry.collection => reporter.note(&format!(
                "the secret '{}' wins over the property '{}': both are {}",
                escape::line(&secret.key),
                escape::line(&entry.key),
                escape::line(&entry.variable)
            )),
            Some(other) => refused.same.push((other.key.clone(), entry.key, entry.variable)),
        }
    }
}

/// Notes why the program cannot get the value.
fn check(entry: &Entry, is_named: bool, refused: &mut Refused) {
    let (key, variable) = (entry.key.clone(), &entry.variable);
    if variable.is_empty() || variable.contains(['=', '\0']) {
        refused.invalid.push(key);
    } else if !is_named && runs_code(variable, &entry.text) {
        refused.run_code.push(key);
    } else if entry.in_file {
    } else if entry.text.contains('\0') {
        refused.nul.push(key);
    } else if cfg!(target_os = "linux") && variable.len() + entry.text.len() + 2 > LONGEST {
        refused.too_long.push((key, entry.text.len()));
    }
}

/// Parses the words of `--map` or `--file`. A key may contain `=`, a variable cannot.
fn pairs(option: &str, words: &[String]) -> Result<Vec<(String, String)>, Error> {
    let pair = |word: &String| match word.rsplit_once('=') {
        Some((key, variable)) if !variable.is_empty() => Ok((key.into(), variable.into())),
        _ => Err(nothing_run(
            ErrorKind::Usage,
            format!("Invalid {option}."),
            "A key and a variable are expected, with '=' between them. The argument is not shown \
             because it may be a value.",
            &format!("Write {option} KEY=VARIABLE. Values are never on the command line of exec."),
        )),
    };
    words.iter().map(pair).collect()
}

/// Rejects keys of `--map` and `--file` that are not there, left out, or in both.
fn check_named(
    map: &[(String, String)],
    files: &[(String, String)],
    keys: &[&str],
    chosen: &[&str],
    sources: &[Source],
) -> Result<(), Error> {
    let all: Vec<&str> = map.iter().chain(files).map(|(key, _)| key.as_str()).collect();
    let missing: Vec<String> =
        all.iter().filter(|key| !keys.contains(key)).map(|key| (*key).to_string()).collect();
    if !missing.is_empty() {
        return Err(no_such_keys(&NoSuchKeys(missing), sources));
    }
    let refuse = |keys: &[&str], why: &str, help: &str| {
        nothing_run(
            ErrorKind::Usage,
            "Invalid arguments".into(),
            &format!("{} {why}", quoted(keys, 5)),
            help,
        )
    };
    let out: Vec<&str> = all.iter().filter(|key| !chosen.contains(key)).copied().collect();
    if !out.is_empty() {
        let help = "Name each key either to pass it or to leave it out.";
        return Err(refuse(&out, "is left out, but --map or --file passes it.", help));
    }
    let twice: Vec<&str> = all
        .iter()
        .enumerate()
        .filter(|(at, key)| all[..*at].contains(key))
        .map(|(_, key)| *key)
        .collect();
    if !twice.is_empty() {
        let help = "Give each key one variable.";
        return Err(refuse(&twice, "is given a variable twice, by --map or --file.", help));
    }
    Ok(())
}
