//! Positional arguments behind `secrets` and `properties`: where the program of `exec` begins, and the
//! verbs that are second spellings of options.

/// Options before and behind a verb whose value is the next argument.
const WITH_VALUE: [&str; 17] = [
    "-n",
    "--name",
    "-t",
    "--team",
    "-u",
    "--rest-api-url",
    "-o",
    "--output",
    "--expiring",
    "--only",
    "--except",
    "--names",
    "--prefix",
    "--map",
    "--file",
    "--keep",
    "--redact",
];
/// Options before and behind a verb that have no value, or only one behind `=`.
const FLAGS: [&str; 12] = [
    "-h",
    "--help",
    "-y",
    "--yes",
    "--dry-run",
    "--allow-insecure-http",
    "--show-secrets",
    "--exit-code",
    "--with-properties",
    "--clean-env",
    "--preserve-env",
    "--keep-login",
];
/// Verbs, each with the option that it stands for.
pub const VERBS: [(&str, &str); 5] = [
    ("list", "--list"),
    ("get", "--get"),
    ("set", "--set"),
    ("delete", "--delete"),
    ("help", "--help"),
];
/// Every word that may be the first behind `secrets` and `properties`.
pub const FIRST_WORDS: [&str; 15] = [
    "list", "get", "set", "delete", "exec", "export", "import", "diff", "copy", "move", "edit",
    "find", "replace", "history", "rollback",
];
/// Those behind `secrets` only, and behind `properties` only.
pub const SECRETS_WORDS: [&str; 2] = ["describe", "rotate"];
pub const PROPERTIES_WORDS: [&str; 1] = ["migrate"];

/// Returns how many of `words`, which come after `secrets` or `properties`, are ours: all, or those
/// before the program that `exec` runs. A `--` before it is among ours.
pub fn own_words(words: &[String]) -> usize {
    let Some(exec) = first_positional(words).filter(|at| words[*at] == "exec") else {
        return words.len();
    };
    let own = &words[exec + 1..];
    let program = first_positional(own).unwrap_or(own.len());
    let dashes = usize::from(own.get(program).is_some_and(|word| word == "--"));
    exec + 1 + program + dashes
}

/// Replaces a verb in `words`, which come after `secrets` or `properties`, by its option. The options
/// before its keys come first then. All words behind `--` are keys, also those that look like options.
pub fn replace_verb(words: &mut Vec<String>) {
    let Some(at) = first_positional(words) else { return };
    let Some((verb, option)) = VERBS.iter().find(|(verb, _)| words[at] == *verb) else { return };
    words.remove(at);
    let first = first_positional(&words[at..]).map_or(words.len(), |key| at + key);
    let dashes = words.get(first).is_some_and(|word| word == "--");
    if dashes {
        words.remove(first);
    }
    if dashes && *verb == "get" {
        words[first..].iter_mut().for_each(|key| key.insert_str(0, "--get="));
        return;
    }
    words.insert(first, (*option).into());
    if *verb == "get" {
        let mut next = first + 2;
        while let Some(key) = words.get(next..).and_then(first_positional) {
            words.insert(next + key, (*option).into());
            next += key + 2;
        }
    }
}

/// Returns the place of the first argument that is neither an option nor the value of one, or `--`;
/// `None` behind an option of an action, whose values may be anything.
pub fn first_positional(words: &[String]) -> Option<usize> {
    let mut at = 0;
    loop {
        let word = words.get(at)?.as_str();
        if word == "--" || word == "-" || !word.starts_with('-') {
            return Some(at);
        }
        let name = word.split_once('=').map_or(word, |(name, _)| name);
        let is_long = word.starts_with("--");
        // Short options may stand together, and with a value: -yn JOB, -nJOB.
        let cluster = word.trim_start_matches('-').trim_start_matches('y');
        let first = cluster.chars().next().map(|c| format!("-{c}"));
        let takes_value = first.is_some_and(|short| WITH_VALUE.contains(&short.as_str()));
        at += match is_long {
            _ if WITH_VALUE.contains(&word) => 2,
            _ if FLAGS.contains(&name) || (is_long && WITH_VALUE.contains(&name)) => 1,
            true => return None,
            false if cluster.is_empty() => 1,
            false if takes_value => {
                if cluster.chars().count() == 1 {
                    2
                } else {
                    1
                }
            }
            false => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(line: &str) -> String {
        let words: Vec<String> = line.split(' ').map(String::from).collect();
        words[..own_words(&words)].join(" ")
    }

    #[test]
    fn ends_where_the_program_begins() {
        for (line, ours) in [
            ("-n j exec env -o json", "-n j exec"),
            ("-n exec --list", "-n exec --list"),
            ("-nexec exec -t exec psql -n x", "-nexec exec -t exec"),
            ("-yn j exec --only a,b --dry-run -- env", "-yn j exec --only a,b --dry-run --"),
            ("exec --only=a env -- -n", "exec --only=a"),
            ("exec --preserve-env env", "exec --preserve-env"),
            ("exec -- -x", "exec --"),
            ("exec - a", "exec"),
            ("exec --help", "exec --help"),
            ("--set a exec b", "--set a exec b"),
            ("history exec env", "history exec env"),
            ("--get exec env", "--get exec env"),
            ("exec --nonsense -- env", "exec --nonsense -- env"),
        ] {
            assert_eq!(own(line), ours, "{line}");
        }
    }

    #[test]
    fn replaces_verbs_by_options() {
        for (line, replaced) in [
            ("list", "--list"),
            ("-n j list --show-secrets -o json", "-n j --show-secrets -o json --list"),
            ("get a", "--get a"),
            ("get a b -o raw c", "--get a --get b -o raw --get c"),
            ("get -n j a", "-n j --get a"),
            ("-y set -t t k -5", "-y -t t --set k -5"),
            ("-t t list --expiring 30d --exit-code", "-t t --expiring 30d --exit-code --list"),
            ("--expiring 30d list", "--expiring 30d --list"),
            ("set k", "--set k"),
            ("get -- -k --list", "--get=-k --get=--list"),
            ("set -- -k v", "--set -k v"),
            ("delete -n j -- -k", "-n j --delete -k"),
            ("delete a b -n j", "--delete a b -n j"),
            ("help", "--help"),
            ("--get list", "--get list"),
            ("--set list list", "--set list list"),
            ("-n list history", "-n list history"),
            ("lst", "lst"),
        ] {
            let mut words: Vec<String> = line.split(' ').map(String::from).collect();
            replace_verb(&mut words);
            assert_eq!(words.join(" "), replaced, "{line}");
        }
    }

    #[test]
    fn knows_every_option_that_takes_the_next_argument() {
        let mut command = crate::commands::command();
        command.build();
        let secrets = command.find_subcommand("secrets").unwrap();
        let exec = secrets.find_subcommand("exec").unwrap();
        for arg in exec.get_arguments().filter(|arg| !arg.is_positional()) {
            let takes = arg.get_action().takes_values() && !arg.is_require_equals_set();
            let names: &[&str] = if takes { &WITH_VALUE } else { &FLAGS };
            let long = format!("--{}", arg.get_long().unwrap());
            assert!(names.contains(&long.as_str()), "{long}");
            if let Some(short) = arg.get_short() {
                assert!(names.contains(&format!("-{short}").as_str()), "-{short}");
            }
        }
    }
}
